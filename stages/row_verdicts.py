"""How a dedup stage's last step finds what was decided about each row (by its number), and removes duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.outcome import Outcome

PARTITION = pa.field("partition", pa.int32())


def numbered(rows: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The unit's batches, each with the number of its first row within the unit."""
    start = 0
    for batch in rows:
        yield start, batch
        start += batch.num_rows


def one_chunk(table: pa.Table, name: str) -> pa.Array:
    """A column of a table as one array."""
    return as_array(table.column(name))


def as_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The same values as one array."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 0:
        return pa.array([], column.type)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def optional_column(rows: pa.RecordBatch, name: str) -> pa.Array:
    """A column as strings, or nulls where the rows have no such column."""
    if rows.schema.get_field_index(name) < 0:
        return pa.nulls(rows.num_rows, pa.string())
    column = rows.column(name)
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def with_columns(schema: pa.Schema, **types: pa.DataType) -> pa.Schema:
    """The schema with columns at its end, in place of those of the same name."""
    fields = [field for field in schema if field.name not in types]
    return pa.schema([*fields, *(pa.field(name, kind) for name, kind in types.items())])


def annotate(rows: pa.RecordBatch, **values: pa.Array | pa.ChunkedArray) -> pa.RecordBatch:
    """The rows with columns at their end, in place of those of the same name."""
    columns = {name: rows.column(name) for name in rows.schema.names if name not in values}
    return pa.RecordBatch.from_pydict(columns | {name: as_array(column) for name, column in values.items()})


def repeated_keys(keys: pa.Table, names: Iterable[str]) -> pa.RecordBatch:
    """The rows of a partition whose key (its first half) another row has, too, on their way back to their units.

    Args:
        keys: with the columns `key` and `unit`.
        names: the columns that go along.
    """
    from ..kernels.unionfind import first_with_key

    hub = first_with_key(keys.column("key").to_numpy())
    repeated = keys.filter(pa.array(np.bincount(hub, minlength=len(hub))[hub] > 1))
    columns = {name: one_chunk(repeated, name) for name in names}
    return pa.RecordBatch.from_pydict(columns | {"partition": one_chunk(repeated, "unit")})


class RowVerdicts:
    """Verdicts about some rows of one unit.

    Args:
        table: at most one verdict per row; column `row: int32` is the row's number within the unit.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table.sort_by("row").combine_chunks()
        self._rows = self._table.column("row").to_numpy().astype(np.int64)

    def of(self, start: int, count: int) -> pa.Table:
        """The verdicts on `count` rows from number `start` on; all columns are null where there is none."""
        first, stop = np.searchsorted(self._rows, [start, start + count])
        places = np.full(count, -1, np.int64)
        places[self._rows[first:stop] - start] = np.arange(first, stop)
        return self._table.take(pa.array(places, mask=places < 0))


def split_duplicates(rows: pa.RecordBatch, reason: str, **values: pa.Array | pa.ChunkedArray) -> Outcome:
    """Remove the rows whose `duplicate_of` is not null.

    Args:
        rows: rows with the columns of the kept ones.
        reason: why a duplicate is removed.
        values: columns that only removed rows have, `duplicate_of` among them.
    """
    keep = as_array(pc.is_null(values["duplicate_of"]))
    found = Outcome.split(annotate(rows, **values), keep, reason=reason)
    return Outcome(found.kept.select(rows.schema.names), found.removed)
