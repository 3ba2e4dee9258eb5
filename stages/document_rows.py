"""Beads and pairs on their way to the partition of their document."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.stage import StepInput


def in_documents(rows: pa.RecordBatch) -> pa.BooleanArray:
    """Which rows have a document and a text on both sides."""
    keep = rows.column("doc_key").is_valid()
    for name in ("src", "tgt"):
        keep = pc.and_(keep, pc.fill_null(pc.greater(pc.binary_length(rows.column(name)), 0), False))
    return keep


def segments_of(given: StepInput, order: str) -> Iterator[pa.RecordBatch]:
    """The rows of a unit that have a document and both sides, each to the partition of its document.

    Args:
        given: what a step over units sees.
        order: the column of the place in the document.
    """
    from ..filters.document_order import SEGMENTS_IN_ORDER, document_hashes, places

    first = 0
    for rows in given.rows:
        columns = {name: rows.column(name) for name in ("doc_key", "src_lang", "tgt_lang", "uid", "src", "tgt")}
        columns |= {"place": places(rows, order)}
        columns["unit"] = pa.array(np.full(rows.num_rows, given.index, np.int32))
        columns["row"] = pa.array(np.arange(first, first + rows.num_rows, dtype=np.int32))
        partition = (document_hashes(rows) % np.uint64(given.partitions)).astype(np.int32)
        arrays = [columns[name] for name in SEGMENTS_IN_ORDER.names]
        schema = SEGMENTS_IN_ORDER.append(pa.field("partition", pa.int32()))
        yield pa.RecordBatch.from_arrays([*arrays, pa.array(partition)], schema=schema).filter(in_documents(rows))
        first += rows.num_rows
