"""Runs the steps of a `StepStage` in memory, as the engine does: what a step sees is what it sees in a run.

So a step over units gets the columns that it names and no others, what earlier steps left comes with its column
`partition` and, within one call, in the order of partitions, and only partitions that have rows are called for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from hexapla.engine.outcome import REASON_COLUMNS, Outcome
from hexapla.engine.stage import INPUT_ROWS, Step, StepInput, StepStage

PARTITION = pa.field("partition", pa.int32())
WIDE_PARTITION = pa.field("partition", pa.int64())


@dataclass(frozen=True)
class Result:
    """All kept and all removed rows, in input order, and other outputs by name."""

    kept: pa.Table
    removed: pa.Table
    outputs: dict[str, pa.Table] = field(default_factory=dict)


def cut(rows: pa.Table, size: int) -> list[pa.Table]:
    """Cut rows into units of `size` rows (the last may be shorter)."""
    return [rows.slice(start, size) for start in range(0, max(1, rows.num_rows), size)]


def run_steps(stage: StepStage, units: list[pa.Table], *, partitions: int = 4, batch: int = 1000) -> Result:
    """Run every step over every unit or partition.

    Args:
        stage: the stage.
        units: its input.
        partitions: what the plan suggests.
        batch: rows per batch.
    """
    schema = units[0].schema
    steps = {step.name: step for step in stage.steps()}
    left: dict[str, list[pa.Table]] = {name: [] for name in steps}
    outputs: dict[str, list[pa.Table]] = {}
    outcomes = []
    for step in steps.values():
        whole = {name: _left(left[name], steps[name], schema) for name in {*step.slices, *step.whole}}
        read = {name: _left(left[name], steps[name], schema) for name in step.reads}
        for index in _calls(step, len(units), [whole[name] for name in step.slices]):
            rows = _batches(units[index], batch, step.columns) if step.over == "units" else iter(())
            tables = {name: _slice(whole[name], index) for name in step.slices}
            tables |= {name: _chosen(read[name], index, choose) for name, choose in step.reads.items()}
            tables |= {name: whole[name] for name in step.whole}
            found = list(step.run(StepInput(index, partitions, rows, tables, input_schema=schema)))
            if step.name == "apply":
                outcomes.append((units[index].num_rows, found))
            elif step.output:
                outputs.setdefault(step.output, []).append(pa.Table.from_batches(found, schema=step.schema))
            else:
                left[step.name].append(_checked(step, found, schema))
    assert step.name == "apply"
    for count, found in outcomes:
        assert count == sum(_came_in(outcome) for outcome in found)
    every = [outcome for _, found in outcomes for outcome in found]
    removed_schema = pa.schema(
        [*stage.removed_schema(schema), *(pa.field(*column) for column in REASON_COLUMNS if column[0] != "removed_by")]
    )
    return Result(
        pa.Table.from_batches([outcome.kept for outcome in every], schema=stage.output_schema(schema)),
        pa.Table.from_batches([x.removed for x in every if x.removed is not None], schema=removed_schema),
        {name: pa.concat_tables(tables) for name, tables in outputs.items()},
    )


def _calls(step: Step, units: int, sliced: list[pa.Table]) -> list[int]:
    """The units or partitions that a step is called for."""
    if step.over == "units":
        return list(range(units))
    if step.over == "all":
        return [0]
    found = {index for table in sliced for index in table.column("partition").unique().to_pylist()}
    return [index for index in sorted(found) if step.where is None or step.where(index)]


def _batches(rows: pa.Table, size: int, columns: tuple[str, ...] | None) -> Iterator[pa.RecordBatch]:
    seen = rows if columns is None else rows.select(columns)
    return iter(seen.combine_chunks().to_batches(max_chunksize=size))


def _checked(step: Step, batches: list[pa.RecordBatch], rows: pa.Schema) -> pa.Table:
    """What one call left, the rows of one partition together."""
    table = pa.Table.from_batches(batches, schema=_sliced_schema(step, rows))
    return table.take(pa.compute.sort_indices(table.column("partition")))


def _sliced_schema(step: Step, rows: pa.Schema) -> pa.Schema:
    schema = rows if step.schema == INPUT_ROWS else step.schema
    assert isinstance(schema, pa.Schema)
    return schema.append(WIDE_PARTITION if step.wide else PARTITION)


def _left(tables: list[pa.Table], step: Step, rows: pa.Schema) -> pa.Table:
    """What all calls of a step left; there may have been none."""
    return pa.concat_tables([_sliced_schema(step, rows).empty_table(), *tables])


def _came_in(outcome: Outcome) -> int:
    """Input rows that an outcome accounts for, by the law of the ledger."""
    consumed = outcome.consumed if isinstance(outcome.consumed, int) else sum(outcome.consumed.values())
    removed = 0 if outcome.removed is None else outcome.removed.num_rows
    return outcome.kept.num_rows - outcome.created + removed + consumed


def _chosen(whole: pa.Table, index: int, choose: Callable[[int, Sequence[int]], Iterable[int]]) -> pa.Table:
    """Other partitions of an earlier step than the call's own, one after the other."""
    there = sorted(whole.column("partition").unique().to_pylist())
    return pa.concat_tables([whole.slice(0, 0), *(_slice(whole, number) for number in choose(index, there))])


def _slice(whole: pa.Table, index: int) -> pa.Table:
    return whole.filter(pa.compute.equal(whole.column("partition"), index))
