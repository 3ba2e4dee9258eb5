"""The page about a run: whole, safe, the same every time."""

import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fake_run import HOSTILE, STAGES, write_fake_run
from hexapla.engine.errors import ConfigError
from hexapla.engine.report import build_report

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """Checks that tags nest, and gathers tags, attributes and text."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.texts, self.found = [], Counter(), [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)
        if ("class", "text") in attributes:
            self.found.append((dict(attributes), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)
            if self.found and "article" in self.open:
                self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


def built(folder):
    return Path(build_report(folder)).read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_loads_and_runs_nothing(reported):
    reader = Reader(reported[2])
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags)
    assert not [
        name for _, name, _ in reader.attributes if name.startswith("on") or name in ("src", "action", "srcset")
    ]
    links = [value for tag, name, value in reader.attributes if name == "href"]
    assert links
    assert all(value.startswith("#") for value in links)
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert {value[1:] for value in links} <= set(ids)
    style = re.search(r"<style>(.*?)</style>", reported[2], re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes


def test_hostile_text_is_shown_and_cannot_act(reported):
    page = reported[2]
    assert "<script" not in page
    assert "onerror=y>" not in page.replace("onerror=y&gt;", "")
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    assert not {"\x00", "\x1b", "\u202e", "\u202c"} & set(page)
    assert '<span class="code">U+202E</span>evil' in page
    assert HOSTILE not in page


def test_every_text_says_its_direction_and_language(reported):
    samples = [(marks, text) for marks, text in Reader(reported[2]).found if "none" not in marks["class"]]
    assert len(samples) > 20
    assert all(marks["dir"] == "auto" for marks, _ in samples)
    languages = {marks.get("lang") for marks, _ in samples}
    assert {"ar", "heb-Hebr", "zh-Hans", "ja", "hin-Deva"} <= languages
    assert None in languages  # Cherokee, of no known language


def test_the_counts_of_the_ledgers_are_on_the_page(reported):
    folder, documents, page = reported
    text = " ".join(" ".join(Reader(page).texts).split())
    kept = sum(document["removed"] is None for document in documents)
    assert f"{len(documents):,} records read" in text
    assert f"Left at the end {kept:,} {100 * kept / len(documents):.1f} %" in text
    for reason, number in Counter(d["removed"][1] for d in documents if d["removed"]).items():
        assert re.search(rf"{reason} +{number} ", text.replace("_ ", "_")), reason
    for position, stage in enumerate(STAGES, start=1):
        ledger = json.loads((folder / "stages" / f"{position:02d}-{stage}" / "ledger.json").read_text())
        assert f'aria-label="{stage}: {ledger["totals"]["in"]} rows in' in page
    assert "trafilatura 2.1.0" in text
    assert "toxicity not_screened 95" in text


def test_languages_that_were_not_screened_are_named(reported):
    text = " ".join(" ".join(Reader(reported[2]).texts).split())
    assert (
        "8 languages not screened at all amh_Ethi, cmn_Hani, ell_Grek, heb_Hebr, jpn_Jpan, kor_Hang, tha_Thai" in text
    )


def test_the_same_folder_gives_the_same_page(reported, tmp_path):
    folder, _, page = reported
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy)
    (copy / "report.html").unlink()
    build_report(str(copy))
    assert (copy / "report.html").read_text(encoding="utf-8") == page
    build_report(str(copy) + "/")
    assert (copy / "report.html").read_text(encoding="utf-8") == page


def test_a_run_without_kept_texts_and_one_that_keeps_nothing(tmp_path):
    write_fake_run(tmp_path / "a", count=60, text_kept=False)
    page = built(str(tmp_path / "a"))
    assert "The text was not kept." in page
    write_fake_run(tmp_path / "b", count=0)
    Reader(built(str(tmp_path / "b")))


def test_rows_that_were_made_are_no_share_of_the_records(tmp_path):
    write_fake_run(tmp_path / "run", count=60)
    assert re.search(r"<dt>Left at the end</dt><dd>\d+ <small>", built(str(tmp_path / "run")))
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    run["totals"]["out"] = 55_739
    (tmp_path / "run" / "run.json").write_text(json.dumps(run))
    assert "<dt>Left at the end</dt><dd>55,739</dd>" in built(str(tmp_path / "run"))


def test_a_folder_without_files_of_rows_is_reported_as_far_as_it_goes(tmp_path):
    """Only `run.json` and one ledger: what an engine without data files would leave."""
    write_fake_run(tmp_path / "o", count=30)
    for stage in (tmp_path / "o" / "stages").iterdir():
        (stage / "manifest.json").unlink()
        (stage / "timings.json").unlink()
    shutil.rmtree(tmp_path / "o" / "data")
    page = built(str(tmp_path / "o"))
    Reader(page)
    assert "heuristics" in page


def test_many_languages_are_listed_below(tmp_path):
    write_fake_run(tmp_path / "o", count=30)
    path = tmp_path / "o" / "stages" / "08-export" / "ledger.json"
    ledger = json.loads(path.read_text())
    for number in range(3000):
        entry = {"in": 1, "kept": 1, "removed": 0, "consumed": 0, "created": 0, "out": 1, "reasons": {}}
        ledger["languages"][f"q{number:04d}<b>_Latn"] = entry
    path.write_text(json.dumps(ledger))
    page = built(str(tmp_path / "o"))
    assert "2476 more languages" in page
    assert "<b>_Latn" not in page
    assert len(page) < 1_500_000


def test_no_run_no_page(tmp_path):
    with pytest.raises(ConfigError, match="no finished run"):
        build_report(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_scrolling_sideways(reported, tmp_path, width):
    """The frame's script measures the page; the page itself runs none."""
    page = (
        reported[2].replace("<details>", "<details open>").replace("default-src 'none';", "script-src 'unsafe-inline';")
    )
    script = "<script>document.title = document.documentElement.scrollWidth + ' ' + innerWidth</script></body>"
    (tmp_path / "page.html").write_text(page.replace("</body>", script), encoding="utf-8")
    frame = f'<iframe src="page.html" style="width:{width}px;height:2000px;border:0"></iframe>'
    reading = (
        "<script>onload = () => { document.body.append("
        "document.querySelector('iframe').contentDocument.title) }</script>"
    )
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><body>{frame}{reading}")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
               "--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files",
               f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{tmp_path / 'frame.html'}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"(\d+) (\d+)</body>", done.stdout)
    assert found, done.stdout[-500:]
    assert int(found[2]) == width
    assert int(found[1]) <= width


def test_what_stages_rest_on_is_said_with_rows_and_languages(reported):
    page = reported[2]
    section = page.partition('id="backing"')[2].partition("</section>")[0]
    assert "none: " in section
    assert "no word list" in section
    assert "&lt;b&gt;403&lt;/b&gt; terms; false alarms: legal 0 of 90" in section
    assert '<a href="#backing">' in page
