"""Parallel text of a finished run: which stage has it, in which table, and its rows as pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..engine.errors import ConfigError, HexaplaError, nearest
from ..engine.results import Results, StageResult
from ..filters.parallel_tables import BEADS, GROUPS, PAIRS, TableKind, pairs_of_groups, table_kind
from .sample import kept_files

PARALLEL = ("beads", "groups", "pairs")
PLACES = ("src_index", "tgt_index")
GROUPS_AT_ONCE = 500

Directions = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ParallelTable:
    """Beads, groups or pairs that a stage left.

    Attributes:
        results: the run.
        name: the stage, and its output where it is not the main one: `align`, `align.groups`.
        files: Parquet files of the run.
        kind: which of the tables.
        without: files with rows that are not meant, where the rows are those that a stage scored.
    """

    results: Results
    name: str
    files: tuple[str, ...]
    kind: TableKind
    without: tuple[str, ...] = ()

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows, some columns of them; those that a file lacks are left out."""
        gone = self.gone()
        wanted = columns if gone is None else list(dict.fromkeys(["uid", *columns]))
        for batch in self._read(self.files, wanted):
            yield batch if gone is None else batch.filter(pc.invert(pc.is_in(batch["uid"], gone)))

    def gone(self) -> pa.Array | None:
        """The uids of rows that are not meant; None where all are."""
        if not self.without:
            return None
        found = [batch["uid"] for batch in self._read(self.without, ["uid"])]
        return pa.concat_arrays(found) if found else pa.array([], pa.string())

    def _read(self, files: Sequence[str], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for file in files:
            try:
                with self.results.store.open(file) as handle:
                    parquet = pq.ParquetFile(handle, pre_buffer=False)
                    have = [name for name in columns if name in parquet.schema_arrow.names]
                    # one thread: a pool that still works when the interpreter ends can abort the process
                    yield from parquet.iter_batches(columns=have, use_threads=False)
            except (FileNotFoundError, pa.ArrowInvalid) as error:
                raise HexaplaError(
                    f"the manifest lists a file that cannot be read: {error}",
                    where=f"{self.results.output.rstrip('/')}/{file}",
                    hint="run the pipeline again: it makes what is missing",
                ) from error

    def pairs(self, directions: Directions | None = None) -> Iterator[pa.RecordBatch]:
        """All rows as pairs; those of beads keep their places, and those with one empty side are among them.

        Args:
            directions: only these (source, target).
        """
        if self.kind == "groups":
            # those of a group in 100 languages are 4,950 pairs
            for batch in self.batches(GROUPS.names):
                for start in range(0, batch.num_rows, GROUPS_AT_ONCE):
                    yield pairs_of_groups(_typed(batch.slice(start, GROUPS_AT_ONCE), GROUPS), directions)
            return
        schema = BEADS if self.kind == "beads" else PAIRS
        for batch in self.batches(schema.names):
            yield _of_directions(_typed(batch, schema), directions)


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of a table in its types; null where there is no such column, or a user's of another type."""
    have = set(batch.schema.names)
    arrays = []
    for field in schema:
        values = pa.nulls(batch.num_rows, field.type)
        if field.name in have:
            with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
                values = batch.column(field.name).cast(field.type)
        arrays.append(values)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _of_directions(batch: pa.RecordBatch, directions: Directions | None) -> pa.RecordBatch:
    if directions is None:
        return batch
    names = pc.binary_join_element_wise(batch["src_lang"], batch["tgt_lang"], "-")
    return batch.filter(pc.is_in(names, pa.array([f"{source}-{target}" for source, target in directions])))


def find_table(results: Results, name: str | None, kinds: Sequence[str] = PARALLEL) -> ParallelTable:
    """The parallel text of a stage, or of the last one that has any on disk.

    Args:
        results: the run.
        name: a stage, or an output of one: `align`, `03-align`, `align.groups`.
        kinds: which tables will do.

    Raises:
        ConfigError: there is no such stage or output, or it has no parallel text.
    """
    if name is None:
        found = [table for stage in results.stages for table in tables_of(results, stage) if table.kind in kinds]
        main = [table for table in found if "." not in table.name] or found
        if not main:
            raise ConfigError(
                "the run left no parallel text", where=results.output, hint="a stage such as align or join makes it"
            )
        return main[-1]
    wanted, _, output = name.partition(".")
    stage = _stage_named(results, wanted)
    tables = {table.name: table for table in tables_of(results, stage)}
    key = f"{stage.name}.{output}" if output else stage.name
    if not output and key not in tables:
        kept_files(results, stage)  # says so where its rows were not written
    if key not in tables or tables[key].kind not in kinds:
        raise ConfigError(
            f"{name!r} has no {' or '.join(kinds)}",
            where=f"stages/{stage.folder}",
            hint="these have: " + (", ".join(_with_parallel_text(results, kinds)) or "none"),
        )
    return tables[key]


def _stage_named(results: Results, name: str) -> StageResult:
    wanted = [stage for stage in results.stages if name in (stage.name, stage.folder)]
    if not wanted:
        names = [stage.name for stage in results.stages]
        raise ConfigError(f"the run has no stage {name!r}", where=results.output, hint=nearest(name, names))
    if len(wanted) > 1:
        hint = "say which: " + ", ".join(stage.folder for stage in wanted)
        raise ConfigError(f"the stage {name!r} ran {len(wanted)} times", where=results.output, hint=hint)
    return wanted[0]


def _with_parallel_text(results: Results, kinds: Sequence[str]) -> list[str]:
    return [table.name for stage in results.stages for table in tables_of(results, stage) if table.kind in kinds]


def tables_of(results: Results, stage: StageResult) -> list[ParallelTable]:
    """The parallel text that a stage left on disk: its main output first, then the others by name."""
    files = list(stage.kept)
    if not files and stage is results.stages[-1] and stage.totals.get("out"):
        files = list(results.published)
    found = {stage.name: files}
    for name, parts in sorted(stage.manifest.get("outputs", {}).items()):
        if name != "scored":
            found[f"{stage.name}.{name}"] = [f"stages/{stage.folder}/{part['path']}" for part in parts if part["rows"]]
    tables = []
    for name, paths in found.items():
        kind = _kind(results, paths)
        if kind in PARALLEL:
            tables.append(ParallelTable(results, name, tuple(paths), kind))
    if not files and _kind(results, stage.scored) in ("beads", "pairs"):
        # rows that went straight into the next stage: what was scored, but for what was removed
        kind = _kind(results, stage.scored)
        tables.insert(0, ParallelTable(results, stage.name, tuple(stage.scored), kind, tuple(stage.removed)))
    return tables


def _kind(results: Results, files: Sequence[str]) -> TableKind:
    if not files:
        return "documents"
    try:
        with results.store.open(files[0]) as handle:
            schema = pq.read_schema(handle)
    except (FileNotFoundError, pa.ArrowInvalid):
        return "documents"
    kind = table_kind(schema)
    # gathered beads have lists of texts
    texts = [schema.field(name).type for name in ("src", "tgt")] if kind in ("beads", "pairs") else []
    return kind if all(pa.types.is_string(one) or pa.types.is_large_string(one) for one in texts) else "documents"


def parse_directions(pairs: Sequence[str]) -> list[tuple[str, str]] | None:
    """`eng_Latn-fra_Latn` as (source, target); None for none.

    Raises:
        ConfigError: one of them is no pair.
    """
    found: list[tuple[str, str]] = []
    for pair in pairs:
        source, dash, target = pair.partition("-")
        if not (source and dash and target):
            raise ConfigError(f"{pair!r} is no pair of languages", where="--pair", hint="write eng_Latn-fra_Latn")
        found.append((source, target))
    return found or None


def rows_of_document(table: ParallelTable, doc_key: str) -> list[dict[str, Any]]:
    """All rows of a document, in order."""

    def mask(batch: pa.RecordBatch) -> Any:
        keys = batch.column(0)
        return pc.fill_null(pc.equal(keys.cast(pa.string()), doc_key), False).to_numpy(zero_copy_only=False)

    gone = table.gone()
    removed = set() if gone is None else set(gone.to_pylist())
    found = (row for _, row in table.results.find(table.files, ("doc_key",), mask))
    return [row for row in found if row.get("uid") not in removed]
