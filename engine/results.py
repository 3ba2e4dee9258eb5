"""What a run left behind, for those who look at it: stages, ledgers, and rows found without reading whole files."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from .errors import ConfigError, HexaplaError
from .groups import READ, stage_folder
from .store import Store

Item = TypeVar("Item")
MOST_FILES = 256
Mask = Callable[[pa.RecordBatch], npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class StageResult:
    """One stage of a finished run.

    Attributes:
        folder: `NN-name`.
        name, position: the two halves of it.
        ledger, timings, manifest: the contents of its files; empty where there is none.
    """

    folder: str
    name: str
    position: int
    ledger: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, Any] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, str]:
        """The columns of the kept rows and their Arrow types."""
        return dict(self.manifest.get("schema", ()))

    @property
    def scored_columns(self) -> list[str]:
        """Columns of the scored rows."""
        return [str(name) for name, _ in self.manifest.get("scored_schema", ())]

    @property
    def kept(self) -> list[str]:
        """Files of the rows that the stage kept; none where they were only written after a later stage."""
        return self._paths(self.manifest.get("parts", ()))

    @property
    def scored(self) -> list[str]:
        """Files of all rows with their scores, before the stage selected."""
        return self._paths(self.manifest.get("outputs", {}).get("scored", ()))

    @property
    def removed(self) -> list[str]:
        """Files of the rows that the stage removed."""
        return self._paths(self.manifest.get("removed", ()))

    @property
    def totals(self) -> Mapping[str, Any]:
        """The ledger's totals over all languages."""
        totals: Mapping[str, Any] = self.ledger.get("totals", {})
        return totals

    def _paths(self, parts: Sequence[Mapping[str, Any]]) -> list[str]:
        return [f"stages/{self.folder}/{part['path']}" for part in parts if part.get("rows")]


@dataclass(frozen=True)
class Place:
    """Where a row stands: file, row group, and the row's number within the row group."""

    file: str
    group: int
    row: int


class Results:
    """A finished run.

    Args:
        output: the output folder, a path or URL.

    Raises:
        ConfigError: nothing has been finished there.
    """

    def __init__(self, output: str) -> None:
        self.output = output
        self.store = Store(output)
        run = self.store.get_json("run.json")
        if not isinstance(run, dict):
            what = "no finished run is here" if self.store.exists("") else "there is no such folder"
            raise ConfigError(what, where=output, hint="name the output folder of a run: --output curated")
        self.run: dict[str, Any] = run

    @cached_property
    def stages(self) -> tuple[StageResult, ...]:
        """The stages in order; the first is the reading of the input."""
        named = [(int(entry["position"]), str(entry["name"])) for entry in self.run.get("stages", ())]
        return tuple(self._stage(stage_folder(position, name)) for position, name in [(0, READ[3:]), *named])

    def _stage(self, folder: str) -> StageResult:
        names = ("ledger", "timings", "manifest")
        files = [self.store.get_json(f"stages/{folder}/{name}.json") or {} for name in names]
        return StageResult(folder, folder[3:], int(folder[:2]), *files)

    @cached_property
    def last_kept(self) -> StageResult | None:
        """The stage whose rows on disk are those left at the end, in input order where the run has such rows."""
        written = [stage for stage in self.stages if stage.kept]
        same = [stage for stage in written if stage.totals.get("out") == written[-1].totals.get("out")]
        # the last stage that writes is often the one that sorts rows by language; one before it may have the same rows
        return same[-2] if len(same) > 1 else written[-1] if written else None

    @cached_property
    def published(self) -> tuple[str, ...]:
        """The published files, `data/<config>/train-...parquet`."""
        return tuple(name for name in self.store.files("data") if name.endswith(".parquet"))

    def find(self, files: Sequence[str], columns: Sequence[str], mask: Mask) -> Iterator[tuple[Place, dict[str, Any]]]:
        """All rows that a mask picks, in order, with all their columns.

        Args:
            files: Parquet files of the run.
            columns: the columns that the mask needs; those that a file lacks are left out.
            mask: for a batch of these columns, which rows to pick.
        """
        for file, parquet in self._opened(files):
            have = [name for name in columns if name in parquet.schema_arrow.names]
            for group in range(parquet.num_row_groups):
                batch = _one_batch(_read(parquet, group, have))
                picked = np.flatnonzero(mask(batch))
                if len(picked):
                    rows = _read(parquet, group).take(pa.array(picked)).to_pylist()
                    for number, row in zip(picked.tolist(), rows, strict=True):
                        yield Place(file, group, number), row

    def sample(
        self, files: Sequence[str], count: int, seed: int, columns: Sequence[str] = (), mask: Mask | None = None
    ) -> list[dict[str, Any]]:
        """A random sample of the rows that a mask picks; the same for the same rows and seed however they are cut.

        Args:
            files: Parquet files of the run.
            count: how many rows at most.
            seed: of the random order.
            columns: the columns that the mask needs.
            mask: for a batch of these columns, which rows may be drawn; without it all of them.
        """
        best: list[tuple[int, Place]] = []
        for file, parquet in self._opened(files):
            have = [name for name in dict.fromkeys(["uid", *columns]) if name in parquet.schema_arrow.names]
            for group in range(parquet.num_row_groups):
                batch = _one_batch(_read(parquet, group, have))
                rows = np.arange(batch.num_rows) if mask is None else np.flatnonzero(mask(batch))
                keys = random_keys(batch, seed)[rows]
                few = np.argsort(keys, kind="stable")[:count]
                best += [(int(keys[at]), Place(file, group, int(rows[at]))) for at in few]
                best = heapq.nsmallest(count, best, key=lambda pair: pair[0])
        return self.rows([place for _, place in best])

    def spread(
        self, files: Sequence[str], columns: Sequence[str], rows: int
    ) -> Iterator[tuple[str, int, pa.RecordBatch]]:
        """Some columns of whole row groups spread evenly over the files, about so many rows.

        Args:
            files: Parquet files of the run; at most `MOST_FILES` of them are opened.
            columns: names of columns; those that a file lacks are left out.
            rows: how many rows are enough.

        Yields:
            The file, the row group's number, its rows.
        """
        some = evenly(files, MOST_FILES)
        groups = [
            (file, group, parquet.metadata.row_group(group).num_rows)
            for file, parquet in self._opened(some)
            for group in range(parquet.num_row_groups)
        ]
        mean = sum(count for _, _, count in groups) / len(groups) if groups else 1
        chosen = evenly(groups, max(1, math.ceil(rows / max(mean, 1))))
        for file, parquet in self._opened(list(dict.fromkeys(file for file, _, _ in chosen))):
            have = [name for name in columns if name in parquet.schema_arrow.names]
            for group in (group for name, group, _ in chosen if name == file):
                yield file, group, _one_batch(_read(parquet, group, have))

    def rows(self, places: Sequence[Place]) -> list[dict[str, Any]]:
        """The rows at some places, in the order of the places."""
        found: dict[Place, dict[str, Any]] = {}
        for file, parquet in self._opened(sorted({place.file for place in places})):
            for group in sorted({place.group for place in places if place.file == file}):
                here = [place for place in places if place.file == file and place.group == group]
                table = _read(parquet, group).take(pa.array([place.row for place in here], pa.int64()))
                found.update(zip(here, table.to_pylist(), strict=True))
        return [found[place] for place in places]

    def _opened(self, files: Sequence[str]) -> Iterator[tuple[str, pq.ParquetFile]]:
        for file in files:
            try:
                with self.store.open(file) as handle:
                    # without threads: a pool that still works when the interpreter ends can abort the process
                    yield file, pq.ParquetFile(handle, pre_buffer=False)
            except (FileNotFoundError, pa.ArrowInvalid) as error:
                raise HexaplaError(
                    f"the manifest lists a file that cannot be read: {error}",
                    where=f"{self.output.rstrip('/')}/{file}",
                    hint="run the pipeline again: it makes what is missing",
                ) from error


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, the first among them, at equal distances."""
    if len(items) <= most:
        return list(items)
    return [items[place * len(items) // most] for place in range(most)]


def random_keys(rows: pa.RecordBatch, seed: int) -> npt.NDArray[np.uint64]:
    """A random number for each row, from its `uid` and a seed (the finaliser of SplitMix64; Steele et al. 2014)."""
    at = rows.schema.get_field_index("uid")
    if at < 0:
        key = np.arange(rows.num_rows, dtype=np.uint64)
    else:
        key = np.array([int(uid[:16], 16) if _is_hex(uid) else 0 for uid in rows.column(at).to_pylist()], np.uint64)
    with np.errstate(over="ignore"):
        key = key + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: npt.NDArray[np.uint64] = key ^ (key >> np.uint64(31))
    return mixed


def _is_hex(uid: str | None) -> bool:
    return uid is not None and len(uid) >= 16 and not set(uid[:16]) - set("0123456789abcdef")


def _read(parquet: pq.ParquetFile, group: int, columns: list[str] | None = None) -> pa.Table:
    return parquet.read_row_group(group, columns=columns, use_threads=False)


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
