"""Parquet: ranges along row groups, types, broken rows, damaged files, and memory with one huge row group."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine.errors import ConfigError, RetryableError
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.readers.files import list_files
from hexapla.engine.readers.read import SourceRange, input_schema, plan_ranges, read_range
from hypothesis import given, settings
from hypothesis import strategies as st


def write(place: Path, table: pa.Table | dict[str, Any], **options: Any) -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), place, **options)
    return str(place)


def test_columns_of_a_document(
    tmp_path: Path, everything: Callable[..., Any], sentences: tuple[str, ...]
) -> None:
    count = len(sentences)
    path = write(
        tmp_path / "CC-MAIN-2023-50" / "in.parquet",
        {
            "n": pa.array(range(count), pa.int16()), "text": pa.array(sentences, pa.large_string()),
            "uid": ["theirs"] * count, "language": pa.array(["x"] * count).dictionary_encode(),
            "tags": pa.array([["a"]] * count, pa.large_list(pa.large_string())), "url": [f"http://{n}" for n in range(count)],
        },
    )
    found = everything(path=path)
    assert found.columns == ["uid", "id", "text", "url", "date", "dump", "file_path", "n", "language", "tags"]
    assert found.texts == list(sentences)
    row = found.rows[3]
    assert row["id"] == row["uid"] != "theirs" and row["url"] == "http://3" and row["date"] is None
    assert (row["dump"], row["file_path"], row["n"], row["language"], row["tags"]) == (
        "CC-MAIN-2023-50", "in.parquet", 3, "x", ["a"],
    )
    assert len({row["uid"] for row in found.rows}) == count


def test_uids_depend_on_path_position_and_text_only(tmp_path: Path, everything: Callable[..., Any]) -> None:
    texts = ["наш", "наш", "x"]
    one = everything(path=write(tmp_path / "1" / "in.parquet", {"text": texts, "k": [1, 2, 3]}, row_group_size=1)).rows
    two = everything(path=write(tmp_path / "2" / "in.parquet", {"text": texts, "k": [4, 5, 6]})).rows
    other = everything(path=write(tmp_path / "3" / "on.parquet", {"text": texts})).rows
    assert [row["uid"] for row in one] == [row["uid"] for row in two]
    assert len({row["uid"] for row in [*one, *other]}) == 6


def test_labels_of_other_types(tmp_path: Path, everything: Callable[..., Any]) -> None:
    day = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)
    path = write(
        tmp_path / "in.parquet",
        {"text": ["a", "b", "c"], "id": [5, None, 7], "date": pa.array([day, None, day], pa.timestamp("us", "UTC")),
         "dump": ["own", None, "own"]},
    )
    rows = everything(path=path).rows
    assert [row["id"] for row in rows] == ["5", rows[1]["uid"], "7"]
    assert [row["date"] for row in rows] == ["2024-02-29T12:30:00.000000Z", None, "2024-02-29T12:30:00.000000Z"]
    assert [row["dump"] for row in rows] == ["own", None, "own"]
    assert {row["dump"] for row in everything(path=path, dump="set").rows} == {"set"}


def test_mapping(tmp_path: Path, everything: Callable[..., Any]) -> None:
    path = write(tmp_path / "in.parquet", {"content": ["ours"], "text": ["shadowed"], "file_path": ["s3://x"]})
    found = everything(path=path, columns={"text": "content", "source_path": "file_path"})
    assert found.columns[-1] == "source_path" and "content" not in found.columns
    assert found.texts == ["ours"] and found.rows[0]["source_path"] == "s3://x"
    assert found.rows[0]["file_path"] == "in.parquet"


def test_union_of_schemas(tmp_path: Path, everything: Callable[..., Any]) -> None:
    write(tmp_path / "a.parquet", {"text": ["a"], "x": pa.array([None], pa.null()), "y": ["only here"]})
    write(tmp_path / "b.parquet", {"z": [1.5], "x": [3], "text": pa.array([b"b"], pa.binary())})
    found = everything(path=str(tmp_path))
    assert found.columns[7:] == ["x", "y", "z"] and found.texts == ["a", "b"]
    assert [(row["x"], row["y"], row["z"]) for row in found.rows] == [(None, "only here", None), (3, None, 1.5)]


def test_a_conflict_names_both_files_and_the_column(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"text": ["a"], "score": [1]})
    write(tmp_path / "b.parquet", {"text": ["a"], "score": ["high"]})
    config = InputConfig(path=str(tmp_path))
    with pytest.raises(ConfigError, match=r"column score is int64 in a\.parquet and string in b\.parquet"):
        input_schema(config, list_files(config))


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        ({"Text": ["a"], "n": [1]}, {}, "did you mean 'Text'"),
        ({"text": [1]}, {}, "text is int64"),
        ({"content": ["a"]}, {"text": "contents"}, "did you mean 'content'"),
        ({"text": ["a"], "id": [["x"]]}, {}, "id is list"),
    ],
)
def test_columns_that_do_not_fit(table: dict[str, Any], columns: dict[str, str], message: str, tmp_path: Path) -> None:
    config = InputConfig(path=write(tmp_path / "in.parquet", table), columns=columns)
    with pytest.raises(ConfigError, match=message):
        input_schema(config, list_files(config))


def test_broken_rows(tmp_path: Path, everything: Callable[..., Any]) -> None:
    raw = pa.array([b"good", None, b"\xff\xfe", b"x" * 5000, "день".encode(), b"ab\xc3"], pa.binary())
    as_text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers(), raw.null_count)
    path = write(tmp_path / "in.parquet", {"text": as_text, "n": range(6)})
    found = everything(path=path, max_record_bytes=4000)
    assert found.texts == ["good", "день"] and [row["n"] for row in found.rows] == [0, 4]
    assert [(r["position"], r["reason"]) for r in found.broken] == [
        (1, "null_text"), (2, "invalid_utf8"), (3, "record_too_large"), (5, "invalid_utf8")
    ]
    assert [r["raw_bytes"] for r in found.broken] == [0, 2, 5000, 3]
    assert found.broken[2]["reasons"] == [{"rule": "record_too_large", "value": 5000.0}]


def test_other_columns_that_are_no_utf8_are_repaired(tmp_path: Path, everything: Callable[..., Any]) -> None:
    raw = pa.array([b"http://\xff", b"http://x"], pa.binary())
    path = write(tmp_path / "in.parquet", {"text": ["a", "b"], "note": pa.Array.from_buffers(pa.string(), 2, raw.buffers())})
    assert [row["note"] for row in everything(path=path).rows] == ["http://\ufffd", "http://x"]


def test_a_file_without_text_among_others(tmp_path: Path, everything: Callable[..., Any]) -> None:
    write(tmp_path / "a.parquet", {"text": ["a", "b"]})
    write(tmp_path / "b.parquet", {"body": ["x"] * 9000})
    found = everything(path=str(tmp_path))
    assert found.texts == ["a", "b"] and found.reasons == ["missing_text"] * 9000
    assert [record["position"] for record in found.broken] == list(range(9000))


def test_an_unreadable_file_is_one_broken_record(tmp_path: Path, everything: Callable[..., Any]) -> None:
    write(tmp_path / "a.parquet", {"text": ["a"]})
    (tmp_path / "b.parquet").write_bytes(b"PAR1 not at all")
    (tmp_path / "c.parquet").write_bytes(b"")
    found = everything(path=str(tmp_path))
    assert found.texts == ["a"]
    assert [(r["file_path"], r["reason"], r["position"]) for r in found.broken] == [
        ("b.parquet", "corrupt_parquet", 0), ("c.parquet", "corrupt_parquet", 0)
    ]
    config = InputConfig(path=str(tmp_path / "[bc].parquet"))
    with pytest.raises(ConfigError, match="none of 2 files"):
        input_schema(config, list_files(config))


def test_a_damaged_row_group_loses_only_its_own_rows(tmp_path: Path, everything: Callable[..., Any]) -> None:
    texts = [f"{n} " + "слово " * 50 for n in range(4000)]
    path = write(tmp_path / "in.parquet", {"text": texts}, row_group_size=1000, use_dictionary=False, compression="zstd")
    group = pq.read_metadata(path).row_group(1).column(0)
    with open(path, "r+b") as handle:
        handle.seek(group.data_page_offset + group.total_compressed_size // 2)
        handle.write(b"\xaa" * 64)
    found = everything(path=path)
    numbers = [int(text.split()[0]) for text in found.texts]
    assert set(range(1000)) | set(range(2000, 4000)) <= set(numbers)
    (record,) = found.broken
    assert record["reason"] == "corrupt_parquet" and 1000 <= record["position"] < 2000
    assert len(found.rows) + record["reasons"][0]["value"] == 4000


def test_plan_joins_small_groups_and_leaves_huge_ones_to_one_reader(tmp_path: Path) -> None:
    place = tmp_path / "in.parquet"
    schema = pa.schema([("text", pa.string())])
    with pq.ParquetWriter(place, schema, compression="none", use_dictionary=False) as writer:
        for rows in (10, 10, 10, 500, 10, 10):
            writer.write_table(pa.table({"text": ["x" * 1000] * rows}))
    config = InputConfig(path=str(place))
    (file,) = list_files(config)
    ranges = [(r.start, r.stop, r.kind) for r in plan_ranges(config, file, 25_000)]
    assert ranges == [(0, 20, "rows"), (20, 30, "rows"), (30, 530, "stream"), (530, 550, "rows")]


@settings(max_examples=40, deadline=None)
@given(
    groups=st.lists(st.integers(0, 40), min_size=1, max_size=8), target=st.integers(1, 40_000), data=st.data()
)
def test_any_cut_gives_the_same_rows(
    groups: list[int], target: int, data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory, everything: Callable[..., Any],
) -> None:
    place = tmp_path_factory.mktemp("cut") / "in.parquet"
    with pq.ParquetWriter(place, pa.schema([("text", pa.string())])) as writer:
        for number, rows in enumerate(groups):
            texts = [None if row % 7 == 3 else f"{number}:{row} день " * (row + 1) for row in range(rows)]
            writer.write_table(pa.table({"text": pa.array(texts, pa.string())}))
    if not sum(groups):
        return
    whole, cut = everything(path=str(place)), everything(target=target, path=str(place))
    assert (cut.rows, cut.broken) == (whole.rows, whole.broken)
    config = InputConfig(path=str(place))
    (file,) = list_files(config)
    border = data.draw(st.integers(0, sum(groups)))
    schema = input_schema(config, [file])
    parts = [SourceRange(file, 0, border, "rows"), SourceRange(file, border, sum(groups), "rows")]
    rows = [row for part in parts for batch in read_range(config, part, schema) for row in batch.rows.to_pylist()]
    assert rows == whole.rows


def test_a_remote_store_is_planned_from_footers_only(memory_store: Any, everything: Callable[..., Any]) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": ["день " * 200 + str(n) for n in range(3000)]}), sink, row_group_size=500)
    memory_store.pipe("/pq/in.parquet", sink.getvalue().to_pybytes())
    found = everything(target=100_000, path="memory://pq")
    assert len(found.rows) == 3000 and len(found.ranges) == 6
    file = found.ranges[0].file
    memory_store.rm("/pq/in.parquet")
    with pytest.raises(ConfigError, match="not there"):
        list(read_range(InputConfig(path="memory://pq"), found.ranges[0], pa.schema([("text", pa.string())])))
    assert file.path == "memory:///pq/in.parquet"


def test_a_failing_store_is_no_damage(memory_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network error must end the run with "try again", never drop rows as corrupt."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": ["x" * 100 + str(n) for n in range(3000)]}), sink)
    memory_store.pipe("/fail/in.parquet", sink.getvalue().to_pybytes())
    config = InputConfig(path="memory://fail/in.parquet")
    (file,) = list_files(config)
    schema = input_schema(config, [file])
    (source,) = plan_ranges(config, file)
    opened = memory_store.store["/fail/in.parquet"]

    def refuse(size: int = -1) -> bytes:
        raise ConnectionResetError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(type(opened), "read", lambda self, size=-1: refuse(size), raising=False)
        with pytest.raises(RetryableError, match="gone"):
            list(read_range(config, source, schema))
    assert sum(batch.rows.num_rows for batch in read_range(config, source, schema)) == 3000


MEASURE = """
import resource, sys
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.readers.files import list_files
from hexapla.engine.readers.read import input_schema, plan_ranges, read_range
config = InputConfig(path=sys.argv[1])
files = list_files(config)
schema = input_schema(config, files)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(b.rows.num_rows for r in plan_ranges(config, files[0]) for b in read_range(config, r, schema))
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_with_one_huge_row_group(tmp_path: Path, sentences: tuple[str, ...]) -> None:
    """100 MB in one row group."""
    place = tmp_path / "in.parquet"
    texts = pa.array([(sentence + " ") * 250 for sentence in sentences] * 200)
    pq.write_table(pa.table({"text": texts, "n": range(len(texts))}), place, row_group_size=1 << 30, use_dictionary=False)
    rows, grown = subprocess.check_output([sys.executable, "-c", MEASURE, str(place)], text=True).split()
    assert int(rows) == len(texts) and texts.nbytes > 90_000_000
    assert int(grown) < 80


def test_rows_of_any_table_need_no_text(tmp_path: Path, everything: Callable[..., Any]) -> None:
    pairs = [{"en": "Hello", "el": "Γεια"}, {"en": "water", "el": "νερό"}, {"en": None, "el": "ψωμί"}]
    table = pa.table({"translation": pairs, "score": [0.5, None, 1.0], "id": ["a", None, "c"]})
    pq.write_table(table, tmp_path / "pairs.parquet")
    found = everything(path=str(tmp_path), rows="any")
    assert found.columns == ["uid", "id", "url", "date", "dump", "file_path", "translation", "score"]
    assert [row["translation"] for row in found.rows] == pairs and not found.broken
    assert [row["id"] for row in found.rows] == ["a", found.rows[1]["uid"], "c"]
    pq.write_table(table.set_column(1, "score", [[0.5, 0.25, 1.0]]), tmp_path / "pairs.parquet")
    again = everything(path=str(tmp_path), rows="any")
    same = [one["uid"] == other["uid"] for one, other in zip(found.rows, again.rows, strict=True)]
    assert same == [True, False, True]


def test_a_text_of_any_table_may_be_missing(tmp_path: Path, everything: Callable[..., Any]) -> None:
    pq.write_table(pa.table({"text": ["νερό", None], "src": ["a", "b"]}), tmp_path / "a.parquet")
    found = everything(path=str(tmp_path), rows="any")
    assert [row["text"] for row in found.rows] == ["νερό", None]
