"""Partition files: every row in its partition, in input order."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine import exchange
from hexapla.engine.exchange import suggested_partitions, write_slices
from hexapla.engine.store import Store
from hexapla.engine.tasks import SliceInput
from hypothesis import given, settings
from hypothesis import strategies as st

SCHEMA = pa.schema([("value", pa.int64()), ("partition", pa.int32())])


@settings(max_examples=50, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 6)), max_size=40), size=st.integers(1, 9))
def test_slices_hold_the_rows_of_their_partition(pairs: list, size: int, tmp_path_factory: object) -> None:
    path: Path = tmp_path_factory.mktemp("slices") / "f"
    pieces = (
        pa.record_batch([[v for v, _ in pairs[i : i + size]], [p for _, p in pairs[i : i + size]]], schema=SCHEMA)
        for i in range(0, len(pairs), size)
    )
    _, slices = write_slices(pieces, path, SCHEMA)
    reader = pq.ParquetFile(path)
    found = {
        int(key): reader.read_row_groups(list(entry[2:]))["value"].to_pylist() for key, entry in slices.items()
    }
    wanted: dict[int, list[int]] = {}
    for value, partition in pairs:
        wanted.setdefault(partition, []).append(value)
    assert found == wanted
    assert all(entry[1] == len(wanted[int(key)]) for key, entry in slices.items())


def test_the_hash_of_a_slice_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    one = pa.record_batch([[5, 6, 7], [1, 0, 1]], schema=SCHEMA)
    other = pa.record_batch([[5, 9, 9, 7], [1, 0, 2, 1]], schema=SCHEMA)
    _, first = write_slices(iter([one]), tmp_path / "a", SCHEMA)
    _, second = write_slices(iter([other]), tmp_path / "b", SCHEMA)
    assert first["1"][0] == second["1"][0]
    assert first["0"][0] != second["0"][0]


def test_partitions_grow_with_the_data_in_powers_of_two() -> None:
    sizes = [suggested_partitions(size) for size in (0, 10 << 20, 1 << 30, 1 << 40, 1 << 50)]
    assert sizes == [4, 4, 32, 4096, 4096]


def test_footers_stay_while_their_files_are_read_and_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    class Footer:
        serialized_size = 10

    monkeypatch.setattr(exchange, "MOST_FOOTER_BYTES", 30)
    monkeypatch.setattr(exchange, "_footers", {"old/1": Footer(), "new/0": Footer()})
    files = tuple((f"new/{number}", (0,)) for number in range(6))
    exchange.SliceTables(Store("."), (SliceInput("new", files),), {})
    assert list(exchange._footers) == ["new/0"]
    for name, _ in files:
        exchange._keep_footer(name, Footer())
    assert list(exchange._footers) == ["new/0", "new/1", "new/2"]
