"""`minhash_dedup` against an index: its steps over the rows of earlier runs, and what becomes of these rows.

Groups of candidates that hold a new document are judged as one run over everything would judge them, with all rows of
the index that belong to them. Earlier runs are frozen, so what changes for their rows is written down beside the new
rows: a row of the index that one run would not keep is retracted, one that it would keep although it was removed is
restored, as a row that this stage creates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.stage import Step, StepInput
from .dedup_index import DedupIndex
from .row_verdicts import one_chunk
from .survivor import WAS_KEPT

Run = Callable[[StepInput], Iterator[Any]]

RETRACTIONS = pa.schema(
    [
        ("uid", pa.string()),
        ("id", pa.string()),
        ("duplicate_of", pa.string()),
        ("similarity", pa.float32()),
        ("run", pa.string()),
    ]
)
"""Rows of earlier runs that one run over everything would not keep: what they are, whose duplicates, of which run."""

UNIT = pa.field("unit", pa.int32())
_PREFIX = "index_"


def joint_steps(steps: tuple[Step, ...], index: DedupIndex, retract: Run) -> tuple[Step, ...]:
    """The steps of a run against an index, from those of a run that stands alone.

    Every step over units whose result is compared gets a twin over the units of the index, which are partitions below
    0; steps over partitions see what both left under one name.

    Args:
        steps: the steps, the first three of which find groups of candidates.
        index: the index.
        retract: what tells of the retracted rows.
    """
    twins = {step.name: _PREFIX + step.name for step in steps[3:] if step.over == "units" and step.name != "apply"}
    found: list[Step] = list(steps[:3])
    for step in steps[3:]:
        if step.name == "apply":
            found.append(
                Step("retract", "partitions", retract, RETRACTIONS, step.slices, fields=(), where=_below_0,
                     output="retractions")
            )  # fmt: skip
        joint = _joint(step, index, twins)
        found.append(joint)
        if step.name in twins:
            found.append(replace(joint, name=twins[step.name], over="partitions", where=_below_0))
    return tuple(found)


def _joint(step: Step, index: DedupIndex, twins: Mapping[str, str]) -> Step:
    """A step that sees rows of the index, too."""
    if step.over == "partitions":
        more = tuple(twins[name] for name in step.slices if name in twins)
        schema, run = _with(step, UNIT), partial(_judged, step.run)
        return replace(step, slices=(*step.slices, *more), where=_above_0, schema=schema, run=run)
    if step.name == "ranks":
        return replace(step, schema=_with(step, WAS_KEPT), run=partial(_known, step.run, index))
    return step


def _with(step: Step, field: pa.Field) -> pa.Schema:
    assert isinstance(step.schema, pa.Schema)
    return step.schema.append(field)


def _known(run: Run, index: DedupIndex, given: StepInput) -> Iterator[pa.RecordBatch]:
    """The survivor columns, and of rows of the index whether they are kept so far."""
    for rows in run(given):
        count = rows.num_columns - 1
        kept = pa.nulls(rows.num_rows, pa.bool_())
        if given.index < 0:
            kept = pa.array(index.kept(given.index, rows.column("row").to_numpy().astype(np.int64)))
        yield rows.add_column(count, WAS_KEPT, kept)


def _below_0(partition: int) -> bool:
    return partition < 0


def _above_0(partition: int) -> bool:
    return partition >= 0


def _judged(run: Run, given: StepInput) -> Iterator[pa.RecordBatch]:
    """Run a step on what the units and the units of the index left, as if it were one."""
    streams = {name: partial(_stream, given, name) for name in _own(given)}
    both = replace(given, tables=_Both(given), streams=streams)
    for found in run(both):
        yield joint_verdicts(both.tables["ranks"], found)


class _Both(Mapping[str, pa.Table]):
    """The tables of steps and their twins as one, read when they are asked for."""

    def __init__(self, given: StepInput) -> None:
        self._given = given

    def __getitem__(self, name: str) -> pa.Table:
        twin = _PREFIX + name
        tables = [self._given.tables[part] for part in (name, twin) if part in self._given.tables]
        return pa.concat_tables(tables)

    def __iter__(self) -> Iterator[str]:
        return iter(_own(self._given))

    def __len__(self) -> int:
        return len(_own(self._given))


def _own(given: StepInput) -> list[str]:
    return [name for name in given.tables if not name.startswith(_PREFIX)]


def _stream(given: StepInput, name: str) -> Iterator[pa.RecordBatch]:
    twin = _PREFIX + name
    return chain(given.stream(name), given.stream(twin) if twin in given.tables else ())


def indexed_edges(
    index: DedupIndex, keys: npt.NDArray[np.uint64], partition: int, partitions: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The rows of the index that have one of some keys.

    Args:
        index: the index.
        keys: the new documents' keys in this partition.
        partition: which part of all keys is looked at.
        partitions: of how many.

    Returns:
        Keys and rows, as `DedupIndex.keys` yields them.
    """
    wanted = np.unique(keys)
    found_keys, found_rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for key, row in index.keys(partition, partitions):
        place = np.minimum(np.searchsorted(wanted, key), max(0, len(wanted) - 1))
        shared = wanted[place] == key if len(wanted) else np.zeros(len(key), bool)
        found_keys.append(key[shared])
        found_rows.append(row[shared])
    return np.concatenate(found_keys), np.concatenate(found_rows)


def touched_components(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], index: DedupIndex
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The groups of candidates that hold a new document, with all rows of the index that belong to them.

    Args:
        first: one end of each edge between new documents, and from them to rows of the index.
        second: the other ends.
        index: the index, whose own groups stay together.

    Returns:
        Rows, and the number of the group of each.
    """
    from ..kernels.unionfind import components_of, first_with_key

    ones, others = [first], [second]
    for nodes, numbers in index.groups():
        ones.append(nodes)
        others.append(nodes[first_with_key(numbers.view(np.uint64))])
    ends, component, _ = components_of(np.concatenate(ones), np.concatenate(others))
    new = np.zeros(len(ends) + 1, bool)
    new[component[ends >= 0]] = True
    touched = new[component]
    return ends[touched], component[touched]


def joint_verdicts(ranks: pa.Table, found: pa.RecordBatch) -> pa.RecordBatch:
    """Verdicts on new rows as they are, and those on rows of the index that change something.

    Args:
        ranks: rows with `unit` (below 0 in the index), `row` and `was_kept`.
        found: n verdicts on some of them, the last column of which is `partition`, the unit; void where they have a
            `component` that is not null.

    Returns:
        The verdicts with a column `unit` before `partition`. A restored row goes to the first new unit, a retracted
        one stays with its unit of the index.
    """
    unit = found.column("partition").to_numpy()
    stays = pc.is_null(found.column("duplicate_of")).to_numpy(zero_copy_only=False)
    void = np.zeros(len(unit), bool)
    if found.schema.get_field_index("component") >= 0:
        void = pc.is_valid(found.column("component")).to_numpy(zero_copy_only=False)
    changed = (unit < 0) & (stays != _were_kept(ranks, unit, found.column("row").to_numpy()))
    partition = np.where(changed & stays & ~void, 0, unit).astype(np.int32)
    columns = {name: found.column(name) for name in found.schema.names if name != "partition"}
    joint = pa.RecordBatch.from_pydict(columns | {UNIT.name: pa.array(unit), "partition": pa.array(partition)})
    return joint.filter(pa.array((unit >= 0) | changed | void))


def _were_kept(
    ranks: pa.Table, unit: npt.NDArray[np.int32], row: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """Whether rows of the index have been kept so far; true for others."""
    of_index = ranks.filter(pc.less(ranks.column("unit"), 0))
    nodes = (one_chunk(of_index, "unit").to_numpy().astype(np.int64) << 32) | one_chunk(of_index, "row").to_numpy()
    order = np.argsort(nodes)
    kept = one_chunk(of_index, WAS_KEPT.name).to_numpy(zero_copy_only=False).astype(bool)
    found = np.ones(len(unit), bool)
    mine = unit < 0
    place = np.searchsorted(nodes[order], (unit[mine].astype(np.int64) << 32) | row[mine])
    found[mine] = kept[order[place]]
    return found


def retracted(verdicts: pa.Table, index: DedupIndex, unit: int) -> Iterator[pa.RecordBatch]:
    """What `retractions` says of one unit of the index.

    Args:
        verdicts: verdicts on its rows.
        index: the index.
        unit: the unit's number, below 0.
    """
    gone = verdicts.filter(pc.is_valid(verdicts.column("duplicate_of"))).sort_by("row")
    numbers = one_chunk(gone, "row").to_numpy().astype(np.int64)
    done = 0
    for chosen, rows in index.rows(unit, numbers, pa.schema([RETRACTIONS.field("uid"), RETRACTIONS.field("id")])):
        part = gone.slice(done, len(chosen))
        done += len(chosen)
        yield pa.RecordBatch.from_pydict(
            {
                "uid": rows.column("uid"),
                "id": rows.column("id"),
                "duplicate_of": one_chunk(part, "duplicate_of"),
                "similarity": one_chunk(part, "similarity"),
                "run": pa.array([index.name_of(unit)] * len(chosen), pa.string()),
            },
            schema=RETRACTIONS,
        )


def restored(
    verdicts: pa.Table, index: DedupIndex, schema: pa.Schema
) -> Iterator[tuple[pa.RecordBatch, pa.Table]]:
    """The rows of the index that stay after all.

    Args:
        verdicts: verdicts with `unit`.
        index: the index.
        schema: columns of the stage's input.

    Yields:
        Rows and their verdicts.
    """
    back = verdicts.filter(pc.less(verdicts.column("unit"), 0)).sort_by([("unit", "descending"), ("row", "ascending")])
    units = one_chunk(back, "unit").to_numpy()
    for unit in np.unique(units)[::-1].tolist():
        mine = back.filter(pc.equal(back.column("unit"), unit))
        done = 0
        for chosen, rows in index.rows(unit, one_chunk(mine, "row").to_numpy().astype(np.int64), schema):
            yield rows, mine.slice(done, len(chosen))
            done += len(chosen)
