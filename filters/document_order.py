"""Rows of one document in their order: what was said before each, and whole documents."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import combine_hashes, value_hashes
from .parallel_tables import hash_uids
from .render_instructions import ITEMS
from .render_rows import first_numbers

SEGMENTS_IN_ORDER = pa.schema(
    [
        ("doc_key", pa.string()), ("src_lang", pa.string()), ("tgt_lang", pa.string()), ("place", pa.float64()),
        ("uid", pa.string()), ("src", pa.string()), ("tgt", pa.string()), ("unit", pa.int32()), ("row", pa.int32()),
    ]
)  # fmt: skip
KEYS = ("doc_key", "src_lang", "tgt_lang")


def places(rows: pa.RecordBatch, order: str) -> pa.Array:
    """Where rows stand in their document: a number for each.

    Args:
        rows: n rows.
        order: a column of numbers, or of lists whose first number counts.
    """
    column = rows.column(order)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = first_numbers(column)
    return pc.fill_null(column.cast(pa.float64()), float("inf"))


def document_hashes(rows: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """A hash of each row's document and languages."""
    return combine_hashes([value_hashes(rows.column(name)) for name in KEYS], rows.num_rows)


def sorted_documents(table: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Rows document by document in order, and n + 1 borders of the documents in them.

    Args:
        table: of `SEGMENTS_IN_ORDER`.
    """
    keys = [(name, "ascending") for name in (*KEYS, "place", "uid")]
    table = table.sort_by(keys).combine_chunks()
    if not table.num_rows:
        return table, np.zeros(1, np.int64)
    new = np.ones(table.num_rows, bool)
    new[1:] = False
    for name in KEYS:
        column = pc.fill_null(table.column(name), "").combine_chunks()
        new[1:] |= pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return table, np.append(np.flatnonzero(new), table.num_rows).astype(np.int64)


def previous_items(table: pa.Table, borders: npt.NDArray[np.int64], most: int) -> pa.ListArray:
    """For each row the texts of both sides of those before it in its document, the nearest last.

    Args:
        table: n rows, document by document in order.
        borders: of the documents.
        most: so many.
    """
    rows = table.num_rows
    start = np.repeat(borders[:-1], np.diff(borders))
    number = np.arange(rows)
    sizes = np.minimum(number - start, most)
    ends = np.cumsum(sizes)
    within = np.arange(int(sizes.sum())) - np.repeat(ends - sizes, sizes)
    at = pa.array(np.repeat(number - sizes, sizes) + within)
    sides = [table.column(side).combine_chunks().take(at) for side in ("src", "tgt")]
    items = pa.StructArray.from_arrays(sides, fields=list(ITEMS.value_type))
    return pa.ListArray.from_arrays(pa.array(np.append(0, ends).astype(np.int32)), items)


def whole_documents(table: pa.Table, borders: npt.NDArray[np.int64]) -> pa.RecordBatch:
    """One row for each document: both sides as lists, and the unit that holds its first row.

    Args:
        table: n rows, document by document in order.
        borders: of the documents.
    """
    first = pa.array(borders[:-1])
    offsets = pa.array(borders.astype(np.int32))
    columns = {name: table.column(name).combine_chunks().take(first) for name in (*KEYS, "unit")}
    uid = hash_uids([columns[name] for name in KEYS], len(first))
    sides = {
        f"{side}_segments": pa.ListArray.from_arrays(offsets, table.column(side).combine_chunks())
        for side in ("src", "tgt")
    }
    count = pa.array(np.diff(borders).astype(np.int32))
    return pa.RecordBatch.from_pydict({"uid": uid, **columns, **sides, "segment_count": count})
