"use strict";
(() => {
  const page = document.body;
  const lines = [...document.querySelectorAll(".line")];
  const doubtful = document.getElementById("doubtful"), most = document.getElementById("most");
  const boxes = [...document.querySelectorAll("[data-column]")];
  const doubts = ["low", "length", "disagrees", "crossing"];

  function columns() {
    for (const box of boxes) page.classList.toggle("hide-" + box.dataset.column, !box.checked);
    document.getElementById("lines").style.setProperty("--columns", boxes.filter(box => box.checked).length);
  }
  function filter() {
    const limit = Number(most.value);
    document.getElementById("most-said").textContent = limit < 1 ? limit.toFixed(2) : "any";
    let left = 0;
    for (const line of lines) {
      const fits = (limit >= 1 || Number(line.dataset.score) <= limit)
        && (!doubtful.checked || doubts.some(doubt => line.classList.contains(doubt)));
      line.hidden = !fits;
      left += fits;
    }
    document.getElementById("far").textContent = left === lines.length ? "" : left + " of " + lines.length + " lines";
    page.classList.toggle("nothing", !left);
  }
  for (const box of boxes) box.addEventListener("change", columns);
  doubtful.addEventListener("change", filter);
  most.addEventListener("input", filter);
  columns();
  filter();
})();
