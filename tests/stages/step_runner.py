"""Runs the steps of a `StepStage` in memory, exactly as `Step` and `StepInput` say, without the engine."""

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
    left: dict[str, list[pa.Table]] = {}
    outputs: dict[str, list[pa.Table]] = {}
    outcomes = []
    for step in stage.steps():
        calls = {"units": range(len(units)), "partitions": range(partitions), "all": range(1)}[step.over]
        if step.where is not None:
            calls = [index for index in range(-partitions, partitions) if step.where(index)]
        for index in calls:
            rows = _batches(units[index], batch) if step.over == "units" else iter(())
            tables = {name: _slice(left[name], index) for name in step.slices}
            tables |= {name: pa.concat_tables(left[name]).drop_columns("partition") for name in step.whole}
            found = list(step.run(StepInput(index, partitions, rows, tables)))
            if step.name == "apply":
                outcomes.append((units[index].num_rows, found))
            elif step.output:
                outputs.setdefault(step.output, []).append(pa.Table.from_batches(found, schema=step.schema))
            else:
                left.setdefault(step.name, []).append(_checked(step, found))
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


def _batches(rows: pa.Table, size: int) -> Iterator[pa.RecordBatch]:
    return iter(rows.combine_chunks().to_batches(max_chunksize=size))


def _checked(step: Step, batches: list[pa.RecordBatch]) -> pa.Table:
    assert isinstance(step.schema, pa.Schema)
    return pa.Table.from_batches(batches, schema=step.schema.append(PARTITION))


def _slice(tables: list[pa.Table], index: int) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.filter(pa.compute.equal(whole.column("partition"), index)).drop_columns("partition")
