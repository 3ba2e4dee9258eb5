"""Rows with vectors as whole numbers: the vectors in memory, or in a mapped temporary file when they are many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Whole = npt.NDArray[np.int16]

MAPPED_BYTES = 256 << 20
"""Vectors of a partition that take more are put into a temporary file that is mapped into memory."""


def spooled_vectors(batches: Iterator[pa.RecordBatch], spool: IO[bytes], schema: pa.Schema) -> tuple[pa.Table, Whole]:
    """The rows of a partition without their vectors, and the vectors: in memory, or mapped when there are many."""
    from ..filters.vector_columns import from_bytes

    light, held, size, count = [], [], 0, 0
    for batch in batches:
        vectors = np.ascontiguousarray(from_bytes(batch.column("vector")))
        light.append(batch.select(schema.names))
        held.append(vectors)
        size, count = size + vectors.nbytes, count + len(vectors)
        if size > MAPPED_BYTES:
            for some in held:
                spool.write(some.tobytes())
            held = []
    table = pa.Table.from_batches(light, schema)
    if size <= MAPPED_BYTES:
        found = [some for some in held if len(some)]
        return table, np.concatenate(found) if found else np.zeros((0, 1), np.int16)
    spool.flush()
    return table, np.memmap(spool, np.int16, "r", shape=(count, size // count // 2))
