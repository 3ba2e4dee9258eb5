"""Earlier runs as a frozen index: their signatures, their groups of candidates and their rows, read where they lie.

A run of `minhash_dedup` leaves everything that a later run needs to compare with it: band keys in the files of its step
`signatures`, groups of candidates in those of `components`, and the rows that went in. Nothing of it is changed. What
an earlier run was itself compared with belongs to the index, too.

Rows of the index are numbered as rows of units below 0: the unit k of the index, counted over all its runs, is -1 - k.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..engine.errors import ConfigError, DamagedFileError
from ..engine.records import Part, UnitRecord, load_record
from ..engine.store import Store
from ..engine.stored import open_part

_VERDICTS = ("screen", "verify")
_STAGE = re.compile(r"(?:^|.*/)stages/(\d+-minhash_dedup)/?")


@dataclass(frozen=True, eq=False)
class IndexedRun:
    """One earlier run.

    Attributes:
        store: its output folder.
        folder: its stage folder, `NN-minhash_dedup`.
        inputs: the files that it read, unit by unit, below `stages/`.
        partitions: of its exchange of keys.
        signatures, components: what its steps left.
        verdicts: what its last steps left, by step.
        first_unit: number of its first unit in the index.
        units_before: the number in the index of each unit that the run itself was compared with.
    """

    store: Store
    folder: str
    inputs: tuple[str, ...]
    partitions: int
    signatures: tuple[UnitRecord, ...]
    components: tuple[UnitRecord, ...]
    verdicts: Mapping[str, tuple[UnitRecord, ...]]
    first_unit: int
    units_before: tuple[int, ...]

    @property
    def numbers(self) -> range:
        """Numbers of its units, counted over the index."""
        return range(self.first_unit, self.first_unit + len(self.inputs))

    def numbers_of(self, units: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Numbers in the index, below 0, of units as this run numbered them."""
        found = -1 - (self.first_unit + units)
        before = units < 0
        if before.any():
            found[before] = -1 - np.array(self.units_before, np.int64)[-1 - units[before]]
        return found


class DedupIndex:
    """All runs that a run is compared with.

    Args:
        paths: output folders (or their `stages/NN-minhash_dedup`).
        config: the configuration of the run that is to come; it must be that of the earlier runs.

    Raises:
        ConfigError: a folder holds no finished run with `minhash_dedup`, or one with another configuration.
    """

    def __init__(self, paths: Sequence[str], config: Mapping[str, Any]) -> None:
        self.runs: list[IndexedRun] = []
        self._opened: dict[str, list[IndexedRun]] = {}
        for path in paths:
            self._open(path, config, ())

    @property
    def units(self) -> int:
        """How many units the index has."""
        return sum(len(run.inputs) for run in self.runs)

    def manifests(self) -> tuple[str, ...]:
        """The files whose contents say what the index holds."""
        return tuple(f"{run.store.root.rstrip('/')}/stages/{run.folder}/manifest.json" for run in self.runs)

    def keys(self, partition: int, partitions: int) -> Iterator[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]]:
        """The band keys of one partition and the rows that have them, in pieces of bounded size.

        Args:
            partition: keys with key % partitions == partition are wanted.
            partitions: a power of two.

        Yields:
            n keys, and n rows as (unit << 32) | row, with units below 0.
        """
        for run in self.runs:
            finer = run.partitions >= partitions
            for part in _parts(run.signatures, "signatures"):
                groups = [
                    group
                    for name, entry in (part.slices or {}).items()
                    if (int(name) % partitions == partition if finer else int(name) == partition % run.partitions)
                    for group in entry[2:]
                ]
                for table in _row_groups(run.store, part.path, sorted(groups), ["band_key", "unit", "row"]):
                    key = table.column("band_key").to_numpy()
                    node = _packed(run.numbers_of(_integers(table, "unit")), _integers(table, "row"))
                    wanted = slice(None) if finer else key % np.uint64(partitions) == np.uint64(partition)
                    yield key[wanted], node[wanted]

    def groups(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """The groups of candidates of each run.

        Yields:
            n rows, and the number of the group of each: equal numbers of one run are one group.
        """
        for run in self.runs:
            nodes, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
            for part in _parts(run.components, "components"):
                every = sorted(group for entry in (part.slices or {}).values() for group in entry[2:])
                for table in _row_groups(run.store, part.path, every, ["row", "component", "partition"]):
                    units = run.numbers_of(_integers(table, "partition"))
                    nodes.append(_packed(units, _integers(table, "row")))
                    numbers.append(_integers(table, "component"))
            yield np.concatenate(nodes), np.concatenate(numbers)

    def rows(
        self, unit: int, numbers: npt.NDArray[np.int64], schema: pa.Schema
    ) -> Iterator[tuple[npt.NDArray[np.int64], pa.RecordBatch]]:
        """Some rows of one unit, with the columns of a schema (null where the unit has no such column).

        Args:
            unit: the unit's number, below 0.
            numbers: ascending numbers of rows within the unit.
            schema: what is wanted.

        Yields:
            Numbers and rows, row group by row group.
        """
        run = next(run for run in self.runs if -1 - unit in run.numbers)
        path = f"stages/{run.inputs[-1 - unit - run.first_unit]}"
        start = 0
        with _open(run.store, path) as handle:
            reader = pq.ParquetFile(handle, pre_buffer=False, page_checksum_verification=True)
            names = [name for name in schema.names if name in reader.schema_arrow.names]
            for group in range(reader.num_row_groups):
                stop = start + reader.metadata.row_group(group).num_rows
                chosen = numbers[np.searchsorted(numbers, start) : np.searchsorted(numbers, stop)]
                if len(chosen):
                    table = reader.read_row_group(group, columns=names, use_threads=False)
                    yield chosen, _as_schema(table.take(pa.array(chosen - start)), schema)
                start = stop

    def kept(self, unit: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether rows of one unit are kept, after all runs of the index.

        Args:
            unit: the unit's number, below 0.
            numbers: ascending numbers of rows within the unit.
        """
        found = np.ones(len(numbers), bool)
        for run in self.runs:
            if -1 - unit in run.numbers:
                local = -1 - unit - run.first_unit
                partitions = [str(local)]
            elif -1 - unit in run.units_before:
                local = -1 - run.units_before.index(-1 - unit)
                partitions = [str(local), "0"]
            else:
                continue
            for table in _verdicts(run, partitions, local):
                row = _integers(table, "row")
                place = np.minimum(np.searchsorted(numbers, row), max(0, len(numbers) - 1))
                hit = numbers[place] == row if len(numbers) else np.zeros(len(row), bool)
                stays = pc.is_null(table.column("duplicate_of")).to_numpy()
                found[place[hit]] = stays[hit]
        return found

    def name_of(self, unit: int) -> str:
        """The output folder that a unit, below 0, belongs to."""
        return next(run for run in self.runs if -1 - unit in run.numbers).store.root

    def _open(self, path: str, config: Mapping[str, Any], below: tuple[str, ...]) -> list[IndexedRun]:
        """Add a run and what it was compared with; return them, the run last."""
        store, folder = _find(path)
        name = f"{store.path}/{folder}"
        if name in below:
            raise ConfigError("a run cannot be compared with itself", where=path)
        if name in self._opened:
            return self._opened[name]
        manifest = store.get_json(f"stages/{folder}/manifest.json") or {}
        if "components" not in manifest.get("steps", {}):
            raise ConfigError(
                "this is no finished run with minhash_dedup", where=path, hint="run its pipeline to the end first"
            )
        stored = manifest["fingerprint"]["all"]["config"]
        _refuse_other(stored, config, path)
        before: list[IndexedRun] = []
        for other in stored.get("against", ()):
            before += [run for run in self._open(other, config, (*below, name)) if run not in before]
        run = IndexedRun(
            store,
            folder,
            tuple(entry["path"] for entry in manifest["input"]),
            int(manifest["partitions"]),
            _records(store, folder, tuple(manifest["steps"]["signatures"])),
            _records(store, folder, tuple(manifest["steps"]["components"])),
            {name: _records(store, folder, tuple(manifest["steps"].get(name, ()))) for name in _VERDICTS},
            self.units,
            tuple(number for other in before for number in other.numbers),
        )
        self.runs.append(run)
        self._opened[name] = [*before, run]
        return self._opened[name]


def _find(path: str) -> tuple[Store, str]:
    """The output folder and stage folder that a path means.

    Raises:
        ConfigError: there is no such stage, or more than one.
    """
    named = _STAGE.fullmatch(path)
    if named:
        return Store(path.rstrip("/").removesuffix(f"stages/{named[1]}").rstrip("/") or "."), named[1]
    store = Store(path)
    about = store.get_json("run.json") or {}
    found = [
        f"{stage['position']:02d}-{stage['name']}"
        for stage in about.get("stages", ())
        if stage["name"] == "minhash_dedup"
    ]
    if not found:
        raise ConfigError("this is no finished run with minhash_dedup", where=path, hint="name the output of one")
    if len(found) > 1:
        hint = f"name one of them: {path.rstrip('/')}/stages/{found[0]}"
        raise ConfigError(f"the run has {len(found)} stages minhash_dedup", where=path, hint=hint)
    return store, found[0]


def _refuse_other(stored: Mapping[str, Any], config: Mapping[str, Any], path: str) -> None:
    """See that the index was made as it will be used.

    Raises:
        ConfigError: with every key that differs.
    """
    keys = sorted(({*stored, *config}) - {"against"})
    missing = object()
    differing = [key for key in keys if stored.get(key, missing) != config.get(key, missing)]
    if differing:
        told = "; ".join(f"{key}: {stored.get(key)!r} there, {config.get(key)!r} here" for key in differing)
        raise ConfigError(
            f"the index was made with other settings ({told})", where=f"minhash_dedup.against: {path}",
            hint="take its settings, or run its pipeline again with these",
        )


@contextmanager
def _open(store: Store, path: str) -> Iterator[Any]:
    """Open a file of an earlier run.

    Raises:
        ConfigError: it is gone or damaged; only its own pipeline can make it again.
    """
    hint = "run the pipeline of the index again: it makes the file again"
    if store.size(path) < 0:
        raise ConfigError("a file of the index is missing", where=store.full(path), hint=hint)
    try:
        with open_part(store, path) as handle:
            yield handle
    except DamagedFileError as error:
        raise ConfigError("a file of the index is damaged", where=store.full(path), hint=hint) from error


@lru_cache(maxsize=64)
def _loaded(root: str, folder: str, fingerprints: tuple[str, ...]) -> tuple[UnitRecord, ...]:
    store = Store(root)
    records = [load_record(store, folder, fingerprint) for fingerprint in fingerprints]
    if None in records:
        raise ConfigError(
            "files of the index are missing or damaged", where=f"{store.path}/stages/{folder}",
            hint="run its pipeline again: it makes them again",
        )
    return tuple(record for record in records if record is not None)


def _records(store: Store, folder: str, fingerprints: tuple[str, ...]) -> tuple[UnitRecord, ...]:
    return _loaded(store.root, folder, fingerprints)


def _parts(records: Sequence[UnitRecord], step: str) -> Iterator[Part]:
    return (part for record in records for part in record.parts[step])


def _row_groups(store: Store, path: str, groups: Sequence[int], columns: list[str]) -> Iterator[pa.Table]:
    if not groups:
        return
    with _open(store, path) as handle:
        reader = pq.ParquetFile(handle, pre_buffer=False, page_checksum_verification=True)
        there = [name for name in columns if name in reader.schema_arrow.names]
        for group in groups:
            yield reader.read_row_group(group, columns=there, use_threads=False)


def _verdicts(run: IndexedRun, partitions: Sequence[str], unit: int) -> Iterator[pa.Table]:
    """The verdicts that a run came to about one unit, as it numbered it."""
    for step in _VERDICTS:
        for part in _parts(run.verdicts[step], step):
            groups = sorted(group for name in partitions for group in (part.slices or {}).get(name, ())[2:])
            for table in _row_groups(run.store, part.path, groups, ["row", "duplicate_of", "component", "unit"]):
                counts = pa.array(np.ones(table.num_rows, bool))
                if "component" in table.column_names:
                    counts = pc.is_null(table.column("component"))
                if "unit" in table.column_names:
                    counts = pc.and_(counts, pc.equal(table.column("unit"), unit))
                yield table.filter(counts)


def _integers(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = table.column(name).to_numpy().astype(np.int64)
    return found


def _packed(units: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return (units << 32) | rows


def _as_schema(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """The rows with the columns of a schema."""
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        if column.type != field.type:
            try:
                column = pc.cast(column, field.type)
            except pa.ArrowException as error:
                raise ConfigError(
                    f"the column {field.name!r} is {column.type} in the index and {field.type} here", where="against"
                ) from error
        columns.append(column.combine_chunks() if column.num_chunks != 1 else column.chunk(0))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
