"use strict";
(() => {
  const cards = [...document.querySelectorAll("#pairs > li")];
  const byUid = new Map(cards.map(card => [card.dataset.uid, card]));
  const name = "hexapla-review-" + document.body.dataset.drawing;
  const words = { g: "good", p: "partial", b: "bad", s: "skip", 1: "good", 2: "partial", 3: "bad", 4: "skip" };
  const judge = document.getElementById("judge");
  let now = 0;

  // a browser may forbid storage to a page from a file; then the verdicts live as long as the page
  function recall() {
    try { return JSON.parse(localStorage.getItem(name)) || {}; } catch { return {}; }
  }
  function remember() {
    const verdicts = {};
    for (const card of cards) if (card.dataset.verdict) verdicts[card.dataset.uid] = card.dataset.verdict;
    try { localStorage.setItem(name, JSON.stringify({ verdicts, judge: judge.value })); } catch { /* see above */ }
  }
  function show(card, verdict) {
    if (verdict) card.dataset.verdict = verdict; else delete card.dataset.verdict;
    card.querySelector(".verdict").textContent = verdict || "";
  }
  function count() {
    const done = cards.filter(card => card.dataset.verdict).length;
    document.getElementById("far").textContent = done + " of " + cards.length;
    document.getElementById("bar").style.width = 100 * done / Math.max(cards.length, 1) + "%";
  }
  function go(place, scroll = "nearest") {
    if (!cards.length) return;
    cards[now].classList.remove("now");
    now = Math.max(0, Math.min(cards.length - 1, place));
    cards[now].classList.add("now");
    if (scroll) cards[now].scrollIntoView({ block: scroll });
  }
  function nextOpen() {
    for (let step = 1; step <= cards.length; step++) {
      const place = (now + step) % cards.length;
      if (!cards[place].dataset.verdict) return place;
    }
    return now;
  }
  function say(verdict) {
    if (!cards.length) return;
    show(cards[now], cards[now].dataset.verdict === verdict ? "" : verdict);
    remember();
    count();
    if (cards[now].dataset.verdict) go(nextOpen());
  }
  function save() {
    const lines = [document.body.dataset.header, ...cards.map(card => card.dataset.row + (card.dataset.verdict || "")), ""];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/tab-separated-values;charset=utf-8" }));
    const who = judge.value.trim().replace(/[^\p{L}\p{N}_-]+/gu, "-");
    link.download = "judged" + (who ? "-" + who : "") + ".tsv";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  async function load(file) {
    const lines = (await file.text()).replace(/^\ufeff/, "").split("\n").map(line => line.replace(/\r$/, "").split("\t"));
    const uid = lines[0].indexOf("uid"), verdict = lines[0].indexOf("verdict");
    for (const cells of lines.slice(1)) {
      const said = (cells[verdict] || "").trim().toLowerCase();
      if (byUid.has(cells[uid]) && Object.values(words).includes(said)) show(byUid.get(cells[uid]), said);
    }
    remember();
    count();
    go(nextOpen());
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input[type=text]")) return;
    const key = event.key.toLowerCase();
    if (words[key]) say(words[key]);
    else if (key === "j" || key === "arrowdown") go(now + 1);
    else if (key === "k" || key === "arrowup") go(now - 1);
    else return;
    event.preventDefault();
  });
  document.getElementById("pairs").addEventListener("click", event => {
    const card = event.target.closest("li");
    if (card && !String(getSelection())) go(cards.indexOf(card), false);
  });
  for (const button of document.querySelectorAll("[data-say]")) button.addEventListener("click", () => say(button.dataset.say));
  document.getElementById("back").addEventListener("click", () => go(now - 1));
  document.getElementById("on").addEventListener("click", () => go(now + 1));
  document.getElementById("save").addEventListener("click", save);
  document.getElementById("load").addEventListener("change", event => event.target.files[0] && load(event.target.files[0]));
  document.getElementById("facts").addEventListener("change", event => document.body.classList.toggle("show-facts", event.target.checked));
  document.getElementById("open-only").addEventListener("change", event => document.body.classList.toggle("open-only", event.target.checked));
  judge.addEventListener("change", remember);

  const kept = recall();
  judge.value = kept.judge || "";
  for (const [uid, verdict] of Object.entries(kept.verdicts || {})) if (byUid.has(uid)) show(byUid.get(uid), verdict);
  count();
  const open = cards.findIndex(card => !card.dataset.verdict);
  history.scrollRestoration = "manual";
  go(Math.max(open, 0), open > 0 && "center");
})();
