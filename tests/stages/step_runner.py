"""Runs the steps of a `StepStage` in memory, as the engine does: what a step sees is what it sees in a run.

So a step over units gets the columns that it names and no others, what earlier steps left comes with its column
`partition` and, within one call, in the order of partitions, and only partitions that have rows are called for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
from hexapla.engine.outcome import REASON_COLUMNS
from hexapla.engine.stage import Step, StepInput, StepStage

PARTITION = pa.field("partition", pa.int32())


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
        whole = {name: _left(left[name], steps[name]) for name in {*step.slices, *step.whole}}
        for index in _calls(step, len(units), [whole[name] for name in step.slices]):
            rows = _batches(units[index], batch, step.columns) if step.over == "units" else iter(())
            tables = {name: _slice(whole[name], index) for name in step.slices}
            tables |= {name: whole[name] for name in step.whole}
            found = list(step.run(StepInput(index, partitions, rows, tables, input_schema=schema)))
            if step.name == "apply":
                outcomes.append((units[index].num_rows, found))
            elif step.output:
                outputs.setdefault(step.output, []).append(pa.Table.from_batches(found, schema=step.schema))
            else:
                left[step.name].append(_checked(step, found))
    assert step.name == "apply"
    for count, found in outcomes:
        assert count == sum(x.kept.num_rows + (x.removed.num_rows if x.removed is not None else 0) for x in found)
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


def _checked(step: Step, batches: list[pa.RecordBatch]) -> pa.Table:
    """What one call left, the rows of one partition together."""
    table = pa.Table.from_batches(batches, schema=_sliced_schema(step))
    return table.take(pa.compute.sort_indices(table.column("partition")))


def _sliced_schema(step: Step) -> pa.Schema:
    assert isinstance(step.schema, pa.Schema)
    return step.schema.append(PARTITION)


def _left(tables: list[pa.Table], step: Step) -> pa.Table:
    """What all calls of a step left; there may have been none."""
    return pa.concat_tables([_sliced_schema(step).empty_table(), *tables])


def _slice(whole: pa.Table, index: int) -> pa.Table:
    return whole.filter(pa.compute.equal(whole.column("partition"), index))
