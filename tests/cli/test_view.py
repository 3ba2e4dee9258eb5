"""`hexapla view`: a document in columns."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_parallel_run import write_parallel_run


@pytest.fixture(scope="module")
def parallel(tmp_path_factory):
    """(Output folder, beads, groups)."""
    folder = tmp_path_factory.mktemp("view") / "run"
    beads, groups = write_parallel_run(folder, documents=6, segments=40)
    return str(folder), beads, groups


class Cells(HTMLParser):
    """Attributes and texts of the cells of the page."""

    def __init__(self, page):
        super().__init__()
        self.cells, self.tags, self.depth = [], [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "div" and (values.get("class") or "").startswith("cell"):
            self.cells.append([values, ""])
            self.depth = 1

    def handle_endtag(self, tag):
        if tag == "div":
            self.depth = 0

    def handle_data(self, data):
        if self.depth:
            self.cells[-1][1] += data


def write(call, parallel, tmp_path, *options):
    path = tmp_path / "page.html"
    result = call("view", parallel[0], "doc/2", "--output", str(path), *options)
    assert result.exit_code == 0, result.exception
    return path.read_text(encoding="utf-8"), result.stdout


def refused(result):
    assert result.exit_code != 0
    return str(result.exception)


def test_all_segments_of_a_document_are_on_the_page_in_their_language_and_direction(call, parallel, tmp_path):
    page, said = write(call, parallel, tmp_path)
    cells = Cells(page).cells
    groups = [group for group in parallel[2] if group["doc_key"] == "doc/2"]
    there = [cell for cell in cells if "none" not in cell[0]["class"]]
    assert len(there) == sum(group["parallelism"] for group in groups)
    for code, direction, lang in (("arb_Arab", "rtl", "ar"), ("heb_Hebr", "rtl", "heb-Hebr"), ("eng_Latn", "ltr", "eng-Latn"),
                                  ("cmn_Hani", "ltr", "zh-Hans")):  # fmt: skip
        texts = [cell for cell in there if cell[0]["data-code"] == code]
        assert {(cell[0]["dir"], cell[0]["lang"]) for cell in texts} == {(direction, lang)}
        expected = [one["text"] for group in groups for one in group["segments"] if one["lang"] == code]
        shown = [re.sub(r"^[\d–]+ ", "", cell[1]) for cell in texts]
        assert [text[-40:] for text in shown] == [text[-40:] for text in expected]
    assert f"{len(groups)} lines in 5 languages" in said
    missing = [cell for cell in cells if "none" in cell[0]["class"]]
    assert len(missing) == 5 * len(groups) - len(there) > 0


def test_hostile_text_cannot_act(call, parallel, tmp_path):
    page, _ = write(call, parallel, tmp_path)
    tags = Cells(page).tags
    assert [name for name, _ in tags if name in ("img", "iframe", "object", "embed", "link", "base", "form")] == []
    assert sum(name == "script" for name, _ in tags) == 1
    assert [values for _, values in tags if any(name.startswith("on") for name in values)] == []
    assert "&lt;script&gt;" in page and "script-src 'sha256-" in page and "default-src 'none'" in page
    assert not {"\u202e", "\x1b", "\x00"} & set(page)


def test_columns_can_be_chosen_and_the_same_run_gives_the_same_page(call, parallel, tmp_path):
    page, _ = write(call, parallel, tmp_path, "--language", "heb_Hebr", "--language", "deu_Latn")
    cells = Cells(page).cells
    assert [cell[0]["data-code"] for cell in cells[:4]] == ["heb_Hebr", "deu_Latn"] * 2
    assert {cell[0]["data-code"] for cell in cells} == {"heb_Hebr", "deu_Latn"}
    assert page == write(call, parallel, tmp_path, "--language", "heb_Hebr", "--language", "deu_Latn")[0]


def test_doubtful_lines_are_marked(call, parallel, tmp_path):
    page, said = write(call, parallel, tmp_path, "--low-score", "0.7")
    assert 'class="line low' in page and "(below 0.7)" in page
    assert "against" in page and "linked otherwise to " in page
    assert not re.search(r" 0 doubtful", said)


def test_beads_alone_will_do(call, parallel, tmp_path):
    page, _ = write(call, parallel, tmp_path, "--stage", "align")
    write_parallel_run(tmp_path / "alone", documents=3, groups=False)
    result = call("view", str(tmp_path / "alone"), "doc/1", "--output", str(tmp_path / "x.html"))
    assert result.exit_code == 0, result.exception
    assert "align" in (tmp_path / "x.html").read_text(encoding="utf-8")
    assert len(page) > 1000


def test_faults_say_what_there_is(call, parallel, fake_run):
    assert "did you mean 'doc/2'" in refused(call("view", parallel[0], "doc/22")).replace("doc/3", "doc/2")
    assert "not in 'fra_Latn'" in refused(call("view", parallel[0], "doc/2", "--language", "fra_Latn"))
    assert "no parallel text" in refused(call("view", fake_run[0], "doc/2"))


def test_the_page_is_named_after_the_document(call, parallel, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("view", parallel[0], "doc/2").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["view-doc-2.html"]


LOOKING = """
<script>onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const wide = page.documentElement.scrollWidth;
  const all = [...page.querySelectorAll(".line")];
  page.querySelector("[data-column='1']").click();
  const gone = page.querySelector(".c1.cell").getBoundingClientRect().width;
  page.getElementById("doubtful").click();
  const left = all.filter(line => !line.hidden).length;
  document.body.append(`wide ${wide} gone ${gone} all ${all.length} left ${left}`);
}</script>
"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_scrolling_sideways(call, parallel, tmp_path, width):
    page, said = write(call, parallel, tmp_path)
    frame = f'<iframe src="page.html" style="width:{width}px;height:2000px;border:0"></iframe>{LOOKING}'
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><body>{frame}", encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
               "--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files",
               f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{tmp_path / 'frame.html'}"]  # fmt: skip
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"wide (\d+) gone (\d+) all (\d+) left (\d+)</body>", dumped)
    assert found, dumped[-500:]
    wide, gone, everything, left = map(int, found.groups())
    assert (wide <= width, gone, everything) == (True, 0, len(re.findall(r'<div class="line', page)))
    assert f"{left} doubtful" in said
