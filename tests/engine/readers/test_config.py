"""What the `input:` block accepts, and what it says of mistakes."""

from __future__ import annotations

import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.readers.config import InputConfig, compression_of, format_by_name, format_of
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/b.parquet", "parquet"), ("x.jsonl.gz", "jsonl"), ("x.ndjson.zst", "jsonl"), ("X.JSON.GZ", "jsonl"),
        ("CC-MAIN-20240220211055-00000.warc.gz", "warc"), ("CC-MAIN-1.warc.wet.gz", "wet"), ("notes.txt", "text"),
        ("https://host/x.warc.gz?sig=1.parquet", "warc"), ("README.md", None), ("data", None),
    ],
)
def test_format_by_name(name: str, kind: str | None) -> None:
    assert format_by_name(name) == kind


def test_compression_by_name() -> None:
    assert [compression_of(name) for name in ("a.gz", "a.jsonl.zst", "a.parquet")] == ["gzip", "zstd", None]


def test_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="formt"):
        InputConfig(path="x", formt="jsonl")


def test_text_needs_its_document_unit() -> None:
    with pytest.raises(ValidationError, match="document"):
        InputConfig(path="x.txt", format="text")
    with pytest.raises(ConfigError, match="one document"):
        format_of(InputConfig(path="x.txt"), "x.txt")
    assert format_of(InputConfig(path="x.txt", document="line"), "x.txt") == "text"


def test_columns_that_the_reader_makes_are_refused() -> None:
    with pytest.raises(ValidationError, match="uid"):
        InputConfig(path="x.parquet", columns={"uid": "key"})


def test_unknown_format_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="set format to one of"):
        format_of(InputConfig(path="x.bin"), "x.bin")


def test_path_lists_are_known_by_name() -> None:
    assert InputConfig(path="warc.paths.gz").listed
    assert InputConfig(path="list.txt", path_list=True).listed
    assert not InputConfig(path="paths.warc.gz").listed


def test_fields_of_lines_are_numbers_in_quotes_or_without() -> None:
    config = InputConfig(path="x.tsv", format="tsv", rows="any", columns={"src": 1, "tgt": "2"})
    assert config.columns == {"src": "1", "tgt": "2"}
