"""The page of pairs to judge."""

import base64
import hashlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_parallel_run import write_parallel_run
from hexapla.cli.parallel_rows import find_table
from hexapla.cli.review_files import tsv_text
from hexapla.cli.review_page import review_page
from hexapla.cli.review_sample import draw
from hexapla.engine.results import Results


class Tags(HTMLParser):
    """All tags with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "run"
    write_parallel_run(folder, documents=8)
    table = find_table(Results(str(folder)), None)
    sample = draw(table, 150, 0)
    return review_page(sample, table), sample


def test_the_table_of_the_page_is_the_table_beside_it(page):
    text, sample = page
    tags = Tags(text)
    (body,) = tags.all("body")
    rows = [attrs["data-row"] for attrs in tags.all("li") if "data-row" in attrs]
    assert "\n".join([body["data-header"], *rows, ""]) == tsv_text(sample.rows)


def test_hostile_text_cannot_act_and_only_one_script_may_run(page):
    text, sample = page
    assert any("<script>" in row["src"] for row in sample.rows)
    tags = Tags(text)
    assert [name for name, _ in tags.found if name in ("img", "iframe", "object", "embed", "link", "base", "form")] == []
    assert len(tags.all("script")) == 1
    assert [attrs for _, attrs in tags.found if any(name.startswith("on") for name in attrs)] == []
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(attrs["content"] for attrs in tags.all("meta") if attrs.get("http-equiv"))
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert "\x1b" not in text and "\x00" not in text
    shown = re.sub(r' data-row="[^"]*"', "", text)
    assert "\u202e" not in shown and '<span class="code">U+202E</span>' in shown


def test_every_text_says_its_language_and_direction(page):
    texts = [attrs for attrs in Tags(page[0]).all("div") if attrs.get("class") == "text"]
    assert len(texts) == 2 * len(page[1].rows)
    found = {(attrs["lang"], attrs["dir"]) for attrs in texts}
    assert found == {("ar", "rtl"), ("zh-Hans", "ltr"), ("deu-Latn", "ltr"), ("eng-Latn", "ltr"), ("heb-Hebr", "rtl")}
