"""Some columns of the rows that are looked at for a page: all rows of a small run, a bounded part of a large one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ..results import Place, Results, StageResult

ENOUGH_ROWS = 200_000


@dataclass(frozen=True)
class LookedAt:
    """Rows that were looked at.

    Attributes:
        table: n rows with the columns that were asked for; null where a file has no such column.
        found: the columns that some file has.
        starts: the number of the first row of each row group.
        groups: file and number of each row group.
    """

    table: pa.Table
    found: frozenset[str]
    starts: tuple[int, ...]
    groups: tuple[tuple[str, int], ...]

    def place(self, row: int) -> Place:
        """Where the row with a number stands."""
        at = bisect_right(self.starts, row) - 1
        file, group = self.groups[at]
        return Place(file, group, row - self.starts[at])

    def weight(self, rows: int) -> float:
        """For how many of `rows` rows each row stands that was looked at."""
        return max(1.0, rows / self.table.num_rows) if self.table.num_rows else 1.0


def look(results: Results, files: Sequence[str], columns: Mapping[str, pa.DataType]) -> LookedAt:
    """Read some columns of at most about `ENOUGH_ROWS` rows.

    Args:
        results: the run.
        files: Parquet files of it.
        columns: names and types; other types are cast, what cannot be is left out.
    """
    schema = pa.schema(list(columns.items()))
    batches: list[pa.RecordBatch] = []
    starts: list[int] = []
    groups: list[tuple[str, int]] = []
    found: set[str] = set()
    rows = 0
    for file, group, batch in results.spread(files, list(columns), ENOUGH_ROWS):
        arrays = []
        for name, kind in columns.items():
            place = batch.schema.get_field_index(name)
            values = pa.nulls(batch.num_rows, kind)
            if place >= 0:
                try:
                    values = batch.column(place).cast(kind)
                    found.add(name)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a column of the user's that has this name
                    pass
            arrays.append(values)
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        starts.append(rows)
        groups.append((file, group))
        rows += batch.num_rows
    return LookedAt(pa.Table.from_batches(batches, schema), frozenset(found), tuple(starts), tuple(groups))


def config_of(results: Results, stage: StageResult) -> Mapping[str, Any]:
    """The settings that a stage ran with."""
    for entry in results.run.get("stages", ()):
        if entry.get("position") == stage.position:
            config: Mapping[str, Any] = entry.get("config") or {}
            return config
    return {}
