"""Listed addresses go, with the list and the entry; others and missing ones stay."""

import pyarrow as pa
import pytest
from hexapla.stages.url_filter import UrlFilter
from pydantic import ValidationError

URLS = [
    "https://a.bad.example/x",
    "https://good.bad.example/",
    "https://fine.example/casino",
    None,
    "not an address",
    "",
]


def batch():
    return pa.RecordBatch.from_pydict({"uid": list("abcdef"), "url": pa.array(URLS, pa.string()), "text": ["t"] * 6})


def test_lists_words_and_exceptions():
    stage = UrlFilter(
        block={"mine": ("bad.example",), "more": ("a.bad.example",)},
        words={"gambling": ("casino",)},
        allow={"good": ("good.bad.example",)},
    )
    outcome = stage.map_shard(batch())
    assert outcome.kept["uid"].to_pylist() == list("bdef")
    assert outcome.removed["reason"].to_pylist() == ["mine", "gambling"]
    assert outcome.removed["reasons"].to_pylist()[0] == [
        {"rule": "mine: bad.example", "value": None}, {"rule": "more: a.bad.example", "value": None},
    ]  # fmt: skip
    assert outcome.removed["url_list"].to_pylist() == ["mine", "gambling"]
    assert outcome.kept.schema == stage.output_schema(batch().schema)
    assert outcome.counters == {"url_mine": 1, "url_more": 1, "url_gambling": 1, "url_missing": 2, "url_exempt": 1}


def test_only_allowed_and_missing():
    stage = UrlFilter(allow={"good": ("fine.example",)}, only_allowed=True, on_missing="remove")
    outcome = stage.map_shard(batch())
    assert outcome.kept["uid"].to_pylist() == ["c"]
    assert outcome.removed["reason"].to_pylist() == ["not_allowed", "not_allowed", "no_url", "not_allowed", "no_url"]


def test_lists_can_be_named_only():
    outcome = UrlFilter(block={"mine": ("bad.example",)}, remove=False).map_shard(batch())
    assert outcome.removed is None
    assert outcome.kept["url_list"].to_pylist() == ["mine", "mine", None, None, None, None]


def test_files_count_and_errors_are_named(tmp_path):
    (tmp_path / "list.txt").write_text("bad.example\n")
    assert UrlFilter(block={"a": str(tmp_path / "list.txt")}).resource_files() == (str(tmp_path / "list.txt"),)
    with pytest.raises(ValidationError, match="there is no file or folder"):
        UrlFilter(block={"a": str(tmp_path / "none")})
    with pytest.raises(ValidationError, match="is a folder, not a file"):
        UrlFilter(words={"a": str(tmp_path)})
    with pytest.raises(ValidationError, match="only_allowed needs"):
        UrlFilter(only_allowed=True, block={"a": ("bad.example",)})
    for nothing in ({}, {"remove": False}, {"block": {}}):
        with pytest.raises(ValidationError, match="no list is given: name one under `block`"):
            UrlFilter.model_validate(nothing)
    assert UrlFilter(on_missing="remove").map_shard(batch()).kept["uid"].to_pylist() == list("abce")
