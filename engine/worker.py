"""What runs inside a worker: one task from its input to its committed record.

A task writes to a local spool, puts files named by their content, and writes its record last; whoever dies before that
has done nothing, and whoever runs it again writes the same names.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from .canonical import CanonicalWriter, Regrouper, Written, read_batches
from .chain import Chain, CountedRows, LinkCounts
from .errors import HexaplaError
from .exchange import SliceTables, sliced_schema, write_slices
from .filepieces import PublishedFiles
from .groups import READ, with_reasons
from .outcome import Outcome
from .readers.read import BROKEN_SCHEMA, ReadBatch, SourceRange, read_range
from .records import Part, UnitRecord, load_record, save_record
from .stage import FilePiece, PublishStage, StepInput
from .store import Store
from .stored import open_part
from .tasks import KeepText, MapTask, SpoolTask, StepTask, Task

SPOOLED_UNIT_BYTES = 64 << 20
BROKEN = with_reasons(BROKEN_SCHEMA)


def run_task(task: Task) -> UnitRecord:
    """Run a task, or return the record that somebody else left for the same fingerprint.

    Raises:
        HexaplaError: what the task ran into, with the stage and unit.
    """
    store = Store(task.output)
    done = load_record(store, task.folder, task.fingerprint)
    if done is not None:
        return done
    wall, cpu = time.perf_counter(), _cpu_seconds()
    record = UnitRecord(task.fingerprint, task.unit)
    with store.spool() as spool:
        if isinstance(task, MapTask):
            _run_chain(task, record, store, spool)
        elif isinstance(task, SpoolTask):
            _run_spool(task, record, store, spool)
        elif isinstance(task, StepTask):
            _run_step(task, record, store, spool)
        record.cpu_seconds = round(_cpu_seconds() - cpu, 4)
        record.wall_seconds = round(time.perf_counter() - wall, 4)
        record.peak_memory = peak_memory()
        save_record(store, task.folder, record)
    return record


def peak_memory() -> int:
    """The largest resident size of this process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


class Sink:
    """Collects rows into one canonical file and puts it in place."""

    def __init__(self, store: Store, spool: Path, name: str, schema: pa.Schema, *, published: bool = False) -> None:
        self._store, self._folder = store, name
        self._path = spool / name.replace("/", "_")
        self._cutter = Regrouper(schema)
        self._writer = CanonicalWriter(self._path, schema, published=published)

    def add(self, batch: pa.RecordBatch | None) -> None:
        """Take rows."""
        if batch is not None:
            for group in self._cutter.add(batch):
                self._writer.write_group(group)

    @property
    def waiting_bytes(self) -> int:
        """Size of what has been written so far."""
        return self._path.stat().st_size if self._path.exists() else 0

    def commit(self, *, even_empty: bool = False) -> Part | None:
        """Put the file in place under the name of its content; None when there is nothing to put."""
        for group in self._cutter.finish():
            self._writer.write_group(group)
        if not self._writer.rows and not even_empty:
            return None
        return put_part(self._store, self._path, self._writer.close(), self._folder)


def put_part(store: Store, path: Path, written: Written, folder: str) -> Part:
    """Move a written file to `folder`, named by its content."""
    name = f"{folder}/{written.name}.parquet"
    store.put(path, name)
    return Part(name, written.rows, written.bytes, written.content)


def blank_text(rows: pa.RecordBatch, keep: KeepText) -> pa.RecordBatch:
    """Drop the text of removed rows as the policy says; a sample is chosen by `uid`, so that it is always the same."""
    place = rows.schema.get_field_index("text")
    if keep == "all" or place < 0:
        return rows
    text = pa.nulls(rows.num_rows, pa.string())
    if keep == "sample":
        chosen = pc.starts_with(rows.column("uid"), "00")
        text = pc.if_else(chosen, rows.column("text"), text)
    return rows.set_column(place, rows.schema.field(place).with_nullable(True), text)


def _run_spool(task: SpoolTask, record: UnitRecord, store: Store, spool: Path) -> None:
    counts = CountedRows()
    broken = Sink(store, spool, f"stages/{READ}/removed", BROKEN)
    parts: list[Part] = []
    sink = Sink(store, spool, f"stages/{READ}/data", task.input_schema)
    size = 0
    started = time.process_time()
    for batch in _limited(task):
        counts.read(batch)
        broken.add(_broken(batch, task.keep_text))
        sink.add(batch.rows)
        size += batch.rows.nbytes
        if size >= SPOOLED_UNIT_BYTES:
            parts.append(_done(sink.commit(even_empty=True)))
            sink, size = Sink(store, spool, f"stages/{READ}/data", task.input_schema), 0
        record.rows += batch.rows.num_rows
        record.bytes += batch.rows.nbytes
    last = sink.commit(even_empty=not parts)
    record.parts["data"] = [*parts, *([last] if last else [])]
    counts.seconds = time.process_time() - started
    _close_read(record, broken, counts)


def _limited(task: SpoolTask) -> Iterator[ReadBatch]:
    left = task.limit
    for source in task.sources:
        for batch in read_range(task.config, source, task.input_schema):
            if left is None:
                yield batch
                continue
            rows = batch.rows.slice(0, left)
            left -= rows.num_rows
            yield ReadBatch(rows, batch.broken, batch.consumed)
            if left <= 0:
                return


def _done(part: Part | None) -> Part:
    if part is None:
        raise HexaplaError("a unit without rows was not written")
    return part


def _broken(batch: ReadBatch, keep: KeepText) -> pa.RecordBatch | None:
    if batch.broken is None or not batch.broken.num_rows:
        return None
    by = pa.array(["read"] * batch.broken.num_rows, pa.string())
    columns = {name: batch.broken.column(name) for name in batch.broken.schema.names} | {"removed_by": by}
    if keep == "none":
        columns["raw"] = pa.nulls(batch.broken.num_rows, pa.binary())
    return pa.RecordBatch.from_arrays([columns[field.name] for field in BROKEN], schema=BROKEN)


def _close_read(record: UnitRecord, broken: Sink, counts: CountedRows) -> None:
    part = broken.commit()
    if part is not None:
        record.removed[READ] = part
    record.stages[READ] = counts.finish()
    record.stage_seconds[READ] = round(counts.seconds, 4)


def _run_chain(task: MapTask, record: UnitRecord, store: Store, spool: Path) -> None:
    chain = Chain(task.group.links)
    home = f"stages/{task.group.folder}/{task.group.output}"
    kept = Sink(store, spool, home, task.group.schema)
    removed = [Sink(store, spool, f"stages/{link.folder}/removed", link.removed_schema) for link in task.group.links]
    broken, read = Sink(store, spool, f"stages/{READ}/removed", BROKEN), CountedRows()
    for rows in _rows_of(task, store, record, broken, read):
        record.rows += rows.num_rows
        record.bytes += rows.nbytes
        for piece in chain.run(rows):
            if piece.link is None:
                kept.add(piece.rows)
            else:
                removed[piece.link].add(blank_text(piece.rows, task.keep_text))
    record.parts[task.group.output] = [_done(kept.commit(even_empty=True))]
    for link, sink in zip(task.group.links, removed, strict=True):
        part = sink.commit()
        if part is not None:
            record.removed[link.folder] = part
    record.stages, record.stage_seconds = chain.counts(), chain.seconds()
    if isinstance(task.source, SourceRange):
        _close_read(record, broken, read)


def _rows_of(
    task: MapTask, store: Store, record: UnitRecord, broken: Sink, read: CountedRows
) -> Iterator[pa.RecordBatch]:
    if isinstance(task.source, Part):
        with open_part(store, task.source.path) as handle:
            yield from read_batches(handle)
        return
    started = time.process_time()
    for batch in read_range(task.config, task.source, task.input_schema):
        read.read(batch)
        broken.add(_broken(batch, task.keep_text))
        read.seconds += time.process_time() - started
        yield batch.rows
        started = time.process_time()


def _run_step(task: StepTask, record: UnitRecord, store: Store, spool: Path) -> None:
    stage = task.group.steps
    if stage is None:
        raise HexaplaError(f"{task.group.title} has no steps", where=task.label)
    steps = {step.name: step for step in stage.steps()}
    step = steps[task.step]
    schemas = {given.step: sliced_schema(steps[given.step], task.input_schema) for given in task.inputs}
    tables = SliceTables(store, task.inputs, schemas)
    streams = {name: partial(tables.stream, name) for name in tables}
    rows = _counted(store, task.part, record, step.columns)
    given = StepInput(
        task.unit, task.partitions, rows, tables, task.previous, streams, task.input_schema, str(spool)
    )
    started = time.process_time()
    if step.name == "apply":
        _write_outcomes(task, step.run(given), record, store, spool)
    elif step.publishes:
        _write_published(task, step.run(given), record, store, spool)
    elif step.output:
        schema = step.schema if isinstance(step.schema, pa.Schema) else task.input_schema
        sink = Sink(store, spool, f"stages/{task.folder}/{step.output}", schema)
        for batch in step.run(given):
            sink.add(batch)
        record.parts[step.output] = [_done(sink.commit(even_empty=True))]
    else:
        path = spool / "slices.parquet"
        written, slices = write_slices(step.run(given), path, sliced_schema(step, task.input_schema))
        part = put_part(store, path, written, f"stages/{task.folder}/steps/{step.name}")
        record.parts[step.name] = [replace(part, slices=slices)]
    record.stage_seconds = {task.folder: round(time.process_time() - started, 4)}


def _write_outcomes(task: StepTask, outcomes: Iterator[Outcome], record: UnitRecord, store: Store, spool: Path) -> None:
    link = task.group.links[0]
    counts = LinkCounts(link)
    kept = Sink(store, spool, f"stages/{task.folder}/data", task.group.schema)
    removed = Sink(store, spool, f"stages/{task.folder}/removed", link.removed_schema)
    for outcome in outcomes:
        kept_rows, removed_rows = counts.take(outcome)
        kept.add(kept_rows)
        if removed_rows is not None:
            removed.add(blank_text(removed_rows, task.keep_text))
    record.parts["data"] = [_done(kept.commit(even_empty=True))]
    part = removed.commit()
    if part is not None:
        record.removed[task.folder] = part
    counts.rows_in = record.rows
    record.stages[task.folder] = counts.finish()


def _write_published(
    task: StepTask, items: Iterator[pa.RecordBatch | FilePiece], record: UnitRecord, store: Store, spool: Path
) -> None:
    counts = LinkCounts(task.group.links[0])
    folder = f"stages/{task.folder}/data"
    sink = Sink(store, spool, folder, task.group.schema, published=True)
    stage = task.group.steps
    files = PublishedFiles(spool) if isinstance(stage, PublishStage) and stage.writes_files() else None
    for item in items:
        if isinstance(item, FilePiece):
            if files is None:
                raise HexaplaError("a stage that writes no files of its own yields one", where=task.label)
            files.add(item)
            continue
        if files is None:
            sink.add(item)
        counts.take(Outcome.keep(item))
        counts.rows_in += item.num_rows
        record.rows += item.num_rows
        record.bytes += item.nbytes
    record.parts["data"] = [_done(sink.commit(even_empty=True))] if files is None else []
    if files is not None:
        record.parts |= files.commit(store, folder)
    record.stages[task.folder] = counts.finish()


def _counted(
    store: Store, part: Part | None, record: UnitRecord, columns: tuple[str, ...] | None
) -> Iterator[pa.RecordBatch]:
    if part is None:
        return
    with open_part(store, part.path) as handle:
        for rows in read_batches(handle, None if columns is None else list(columns)):
            record.rows += rows.num_rows
            record.bytes += rows.nbytes
            yield rows
