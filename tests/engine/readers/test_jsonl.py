"""JSON Lines: every kind of broken line, ids, columns, damage in compressed files, and cuts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hexapla.engine.errors import ConfigError
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.readers.files import list_files
from hexapla.engine.readers.read import input_schema, plan_ranges, read_range
from hexapla.stages.filter import Filter
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

LINES: list[tuple[str, bytes, str]] = [
    ("utf16", '{"id": "1", "text": "Wien, ŝtato"}'.encode("utf-16-le"), "utf16"),
    ("utf16 of Latin text", '{"id": "1", "text": "Wien"}'.encode("utf-16-le"), "utf16"),
    ("cut", b'{"id": "1", "text": "Malowe', "bad_json"),
    ("cr", '{"text": "Все люди"}\r'.encode(), ""),
    ("latin-1", '{"text": "Prämbel"}'.encode("latin-1"), "invalid_utf8"),
    ("a byte that is no UTF-8", b'{"text": "abc\xff"}', "invalid_utf8"),
    ("CESU-8 surrogate", b'{"text": "\xed\xa0\x80"}', "invalid_utf8"),
    ("byte order mark", b'\xef\xbb\xbf{"text": "marked"}', ""),
    ("escaped NUL", b'{"text": "a\\u0000b"}', ""),
    ("raw NUL", b'{"text": "a\x00b"}', "bad_json"),
    ("list as text", b'{"text": ["a", "b"]}', "text_not_a_string"),
    ("object as text", b'{"text": {"a": 1}}', "text_not_a_string"),
    ("number as text", b'{"text": 7}', "text_not_a_string"),
    ("U+2028", '{"text": "one\u2028line"}'.encode(), ""),
    ("two objects", b'{"text": "a"}{"text": "b"}', "bad_json"),
    ("NaN", b'{"text": "a", "score": NaN}', "nan_value"),
    ("-Infinity", b'{"text": "a", "score": -Infinity}', "nan_value"),
    ("single quotes", b"{'text': 'a'}", "bad_json"),
    ("raw tab", b'{"text": "a\tb"}', "bad_json"),
    ("nested others", b'{"text": "a", "meta": {"k": [1, {"z": null}]}}', ""),
    ("null text", b'{"id": "1", "text": null}', "null_text"),
    ("string", b'"just a string"', "not_an_object"),
    ("array", b'["text"]', "not_an_object"),
    ("number", b"12", "not_an_object"),
    ("equal keys", b'{"text": "first", "text": "second"}', ""),
    ("no text", b'{"id": "1", "body": "a"}', "missing_text"),
    ("lone surrogate", b'{"text": "a\\ud800b"}', ""),
    ("deep", b'{"text": "a", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}", "too_deep"),
    ("deep and cut", b"[" * 100_000, "too_deep"),
    ("no id", b'{"text": "a"}', ""),
    ("number as id", b'{"id": 12, "text": "a"}', ""),
    ("long", b'{"text": "' + b"x" * 800_000 + b'"}', ""),
    ("too long", b'{"text": "' + b"x" * 3_000_000 + b'"}', "record_too_large"),
    ("a huge number", b'{"text": "a", "n": ' + b"9" * 400 + b"}", ""),
    ("a number of no size", b'{"text": "a", "n": 1e999}', "number_too_large"),
    ("a number without end", b'{"text": "a", "n": ' + b"9" * 9000 + b"}", "number_too_large"),
    ("a deep other", b'{"text": "a", "x": ' + b"[" * 400 + b"]" * 400 + b"}", "too_deep"),
    ("brackets in a string", b'{"text": "\\ud800' + b"[" * 900 + b'"}', ""),
    ("trailing comma", b'{"text": "a",}', "bad_json"),
]


@pytest.mark.parametrize(("line", "reason"), [pytest.param(line, reason, id=name) for name, line, reason in LINES])
def test_each_kind_of_line_between_good_ones(
    line: bytes, reason: str, tmp_path: Path, everything: Callable[..., Any]
) -> None:
    place = tmp_path / "in.jsonl"
    place.write_bytes(b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    found = everything(path=str(place), max_record_bytes=1_000_000)
    assert found.texts[0] == "before" and found.texts[-1] == "after"
    if reason:
        assert found.reasons == [reason] and len(found.rows) == 2
        record = found.broken[0]
        assert record["raw"] == line[: 64 << 10] and record["raw_bytes"] == len(line)
        assert record["position"] == len(b'{"text": "before"}\n') and record["file_path"] == "in.jsonl"
        assert record["reasons"][0]["rule"] == reason
    else:
        assert not found.broken and len(found.rows) == 3


def test_what_becomes_of_the_lines_that_are_kept(tmp_path: Path, everything: Callable[..., Any]) -> None:
    place = tmp_path / "in.jsonl"
    place.write_bytes(b"\n".join(line for _, line, reason in LINES if not reason))
    texts = everything(path=str(place)).texts
    for expected in ("marked", "a\0b", "one\u2028line", "second", "a\ufffdb", "Все люди"):
        assert expected in texts


def test_empty_lines_are_counted(tmp_path: Path, everything: Callable[..., Any]) -> None:
    place = tmp_path / "in.jsonl"
    place.write_bytes(b'\n   \n{"text": "a"}\n\r\n\n')
    found = everything(path=str(place))
    assert found.consumed == {"blank_line": 4} and found.texts == ["a"]


def test_columns(tmp_path: Path, everything: Callable[..., Any]) -> None:
    record = {
        "content": "Все люди", "id": 7, "url": "http://x/ä", "date": "2024-01-01", "lang": "ru",
        "language_score": 0.5, "token_count": 3, "uid": "not ours", "text": "not this", "b": [1], "a": {"k": None},
    }
    place = tmp_path / "CC-MAIN-2024-10" / "in.jsonl"
    place.parent.mkdir()
    place.write_text(json.dumps(record, ensure_ascii=False))
    mapping = {"text": "content", "language": "lang", "language_score": "language_score", "token_count": "token_count"}
    (row,) = everything(path=str(place), columns=mapping).rows
    assert list(row) == [
        "uid", "id", "text", "url", "date", "dump", "file_path", "language", "language_score", "token_count", "extra"
    ]
    assert (row["id"], row["text"], row["url"]) == ("7", "Все люди", "http://x/ä")
    assert (row["dump"], row["language"], row["language_score"], row["token_count"]) == ("CC-MAIN-2024-10", "ru", 0.5, 3)
    assert json.loads(row["extra"]) == {"b": [1], "a": {"k": None}}
    (plain,) = everything(path=str(place), dump="mine").rows
    assert plain["text"] == "not this" and plain["dump"] == "mine"


VALUES = [
    ("float", "0.5", 0.5), ("float", "3", 3.0), ("float", '"0.25"', 0.25), ("float", '" -1e3 "', -1000.0),
    ("float", "null", None), ("float", "true", "wrong"), ("float", '"high"', "wrong"), ("float", '""', "wrong"),
    ("float", '"nan"', "wrong"), ("float", '"1e999"', "wrong"), ("float", "[1]", "wrong"), ("float", '"١"', "wrong"),
    ("float", "9" * 400, "wrong"), ("float", '"1_000"', "wrong"),
    ("integer", "7", 7), ("integer", "7.0", 7), ("integer", '"-7"', -7), ("integer", "7.5", "wrong"),
    ("integer", "9223372036854775807", 9223372036854775807), ("integer", "9223372036854775808", "wrong"),
    ("integer", '"9223372036854775807"', 9223372036854775807), ("integer", '"1e400"', "wrong"), ("integer", "{}", "wrong"),
    ("boolean", "true", True), ("boolean", '"False"', False), ("boolean", "1", "wrong"), ("boolean", '"yes"', "wrong"),
    ("text", "0.50", "0.5"), ("text", '"x"', "x"), ("text", '{"a": 1}', '{"a":1}'), ("text", "null", None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "expected"), VALUES)
def test_columns_of_a_declared_type(
    kind: str, value: str, expected: object, tmp_path: Path, everything: Callable[..., Any]
) -> None:
    place = tmp_path / "in.jsonl"
    place.write_text('{"text": "before"}\n' + f'{{"text": "a", "k": {value}}}\n', encoding="utf-8")
    given = {"path": str(place), "columns": {"score": "k"}, "types": {"score": kind}}
    found, empty = everything(**given), everything(**given, on_wrong_type="null")
    if expected == "wrong":
        assert found.reasons == ["wrong_type"] and found.texts == ["before"]
        record = found.broken[0]
        assert (record["file_path"], record["position"]) == ("in.jsonl", len('{"text": "before"}\n'))
        assert record["reasons"] == [{"rule": f"wrong_type: k is not {kind}", "value": None}]
        assert not empty.broken and empty.rows[1]["score"] is None
    else:
        assert not found.broken and found.rows == empty.rows
        assert found.rows[1]["score"] == expected and type(found.rows[1]["score"]) is type(expected)
    assert found.rows[0]["score"] is None  # a key that is not there


def test_typed_columns_can_be_compared_and_misplaced_types_are_named(tmp_path: Path) -> None:
    place = tmp_path / "in.jsonl"
    place.write_text("".join(f'{{"text": "a", "score": "{score}"}}\n' for score in (0.1, 0.9, 12)))
    config = InputConfig.model_validate({"path": str(place), "format": "jsonl", "types": {"score": "float"}})
    assert config.columns == {"score": "score"}
    (file,) = list_files(config)
    schema = input_schema(config, [file])
    (source,) = plan_ranges(config, file)
    rows = next(iter(read_range(config, source, schema))).rows
    assert Filter(remove={"low": "score < 0.5"}).map_shard(rows).kept["score"].to_pylist() == [0.9, 12.0]
    for wrong, what in (
        ({"types": {"text": "integer"}}, "types.text: this column is text"),
        ({"types": {"score": "number"}}, "'text', 'integer', 'float' or 'boolean'"),
        ({"types": {"score": "float"}, "format": "parquet"}, "have types of their own"),
        ({"types": {"score": "float"}, "columns": ["score"]}, "columns"),
    ):
        with pytest.raises(ValidationError, match=what):
            InputConfig.model_validate({"path": str(place), "format": "jsonl", **wrong})
    (tmp_path / "in.txt").write_text("a")
    text = InputConfig.model_validate({"path": str(tmp_path / "in.txt"), "document": "file", "types": {"score": "float"}})
    with pytest.raises(ConfigError, match="the columns of text have types of their own"):
        input_schema(text, list_files(text))


def test_without_an_id_it_is_the_uid(tmp_path: Path, everything: Callable[..., Any]) -> None:
    place = tmp_path / "in.jsonl"
    place.write_text('{"text": "a"}\n{"text": "a"}\n{"text": "a", "id": ""}\n{"text": "a", "id": null}\n')
    rows = everything(path=str(place)).rows
    assert [row["id"] for row in rows] == [row["uid"] for row in rows]
    assert len({row["uid"] for row in rows}) == 4


def test_ids_of_any_type_become_labels(tmp_path: Path, everything: Callable[..., Any]) -> None:
    place = tmp_path / "in.jsonl"
    ids = ["12", "123456789012345678901234", "-99999999999999999999", "1.5", "true", '["a", 1]', '"\u0939"']
    place.write_text("".join(f'{{"text": "a", "id": {label}}}\n' for label in ids))
    labels = [row["id"] for row in everything(path=str(place)).rows]
    assert labels == ["12", "123456789012345678901234", "-99999999999999999999", "1.5", "true", '["a",1]', "ह"]


def test_equal_ids_are_kept(tmp_path: Path, everything: Callable[..., Any]) -> None:
    place = tmp_path / "in.jsonl"
    place.write_text('{"text": "a", "id": "x"}\n' * 3)
    rows = everything(path=str(place)).rows
    assert [row["id"] for row in rows] == ["x"] * 3 and len({row["uid"] for row in rows}) == 3


def test_uids_do_not_depend_on_compression_or_place(
    tmp_path: Path, everything: Callable[..., Any], sentences: tuple[str, ...]
) -> None:
    data = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in sentences)
    found = []
    for folder, pack in (("a", lambda raw: raw), ("b", gzip.compress), ("c", zstandard.compress)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "in.jsonl.gz").write_bytes(pack(data))  # a file named .gz that is none is read as it is
        if folder == "c":
            (tmp_path / folder / "in.jsonl.gz").unlink()
            continue
        found.append([row["uid"] for row in everything(path=str(tmp_path / folder)).rows])
    assert found[0] == found[1] and len(set(found[0])) == len(sentences)


def _many(count: int) -> list[bytes]:
    return [json.dumps({"text": f"{number} текст " * 9}).encode() for number in range(count)]


@pytest.mark.parametrize(("kind", "pack"), [("gz", gzip.compress), ("zst", zstandard.compress)])
def test_a_cut_file_keeps_what_came_before(
    kind: str, pack: Callable[[bytes], bytes], tmp_path: Path, everything: Callable[..., Any]
) -> None:
    whole = pack(b"\n".join(_many(5000)))
    place = tmp_path / f"in.jsonl.{kind}"
    place.write_bytes(whole[: len(whole) * 2 // 3])
    found = everything(path=str(place))
    reason = "truncated_gzip" if kind == "gz" else "truncated_zstd"
    assert found.reasons == [reason] and 1000 < len(found.rows) < 5000
    assert found.texts == [json.loads(line)["text"] for line in _many(len(found.rows))]


def test_damage_in_a_member_loses_the_rest_of_that_member_only(
    tmp_path: Path, everything: Callable[..., Any]
) -> None:
    lines = _many(3000)
    members = [gzip.compress(b"\n".join(lines[start : start + 1000]) + b"\n") for start in (0, 1000, 2000)]
    middle = bytearray(members[1])
    middle[len(middle) // 2 : len(middle) // 2 + 40] = b"\xff" * 40
    place = tmp_path / "in.jsonl.gz"
    place.write_bytes(members[0] + bytes(middle) + members[2])
    found = everything(path=str(place))
    numbers = [int(text.split()[0]) for text in found.texts]
    assert set(range(1000)) <= set(numbers) and set(range(2000, 3000)) <= set(numbers)
    assert "corrupt_gzip" in found.reasons and numbers == sorted(set(numbers))


def test_empty_and_padded_gzip_files(tmp_path: Path, everything: Callable[..., Any]) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n') + b"\0" * 1000)
    (tmp_path / "c.jsonl").write_bytes(b"")
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(b'{"text": "b"}\n') + b"garbage")
    found = everything(path=str(tmp_path))
    assert found.texts == ["a", "b"] and found.reasons == ["truncated_gzip", "corrupt_gzip"]


PIECES = st.lists(
    st.sampled_from([
        b'{"text": "\xd0\x92\xd1\x81\xd0\xb5"}', b"", b'{"text": "a"}\r', b"\xff\xfe", b"{", b'{"text": "' + b"x" * 300 + b'"}',
        b'{"text": "' + b"y" * 3000 + b'"}',
    ]),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(pieces=PIECES, target=st.integers(1, 700), closed=st.booleans())
def test_any_cut_gives_the_same_records(
    pieces: list[bytes], target: int, closed: bool,
    tmp_path_factory: pytest.TempPathFactory, everything: Callable[..., Any],
) -> None:
    place = tmp_path_factory.mktemp("cut") / "in.jsonl"
    place.write_bytes(b"\n".join(pieces) + (b"\n" if closed else b"") + b'{"text": "end"}')
    whole = everything(path=str(place), max_record_bytes=2000)
    cut = everything(target=target, path=str(place), max_record_bytes=2000)
    assert len(cut.ranges) == -(-place.stat().st_size // target)
    assert (cut.rows, cut.broken, cut.consumed) == (whole.rows, whole.broken, whole.consumed)


def test_rows_of_any_table_need_no_text(tmp_path: Path, everything: Callable[..., Any]) -> None:
    lines = ['{"src": "Wasser", "tgt": "νερό", "score": 0.5}', '{"src": "Brot", "text": "x"}', "[]"]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = everything(path=str(tmp_path), rows="any", columns={"src": "src", "tgt": "tgt"}, types={"score": "float"})
    assert found.columns == ["uid", "id", "url", "date", "dump", "file_path", "src", "tgt", "score", "extra"]
    assert [(row["src"], row["tgt"], row["score"], row["extra"]) for row in found.rows] == [
        ("Wasser", "νερό", 0.5, None),
        ("Brot", None, None, '{"text":"x"}'),
    ]
    assert found.reasons == ["not_an_object"]
