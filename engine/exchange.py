"""Partition files: what a step leaves for later steps, one file per call with the rows of each partition together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .canonical import CanonicalWriter, Regrouper, Written, compact
from .errors import HexaplaError
from .records import Part, UnitRecord
from .stage import Step
from .store import Store
from .stored import open_part
from .tasks import SliceInput

PARTITION = pa.field("partition", pa.int32())
WIDE_PARTITION = pa.field("partition", pa.int64())


def sliced_schema(step: Step, rows: pa.Schema) -> pa.Schema:
    """The schema of a step's file: its own columns and `partition`.

    Args:
        step: the step.
        rows: schema of the stage's input.
    """
    if step.schema is None:
        raise HexaplaError(f"the step {step.name!r} leaves nothing for later steps")
    columns = step.schema if isinstance(step.schema, pa.Schema) else rows
    return pa.schema([*columns, WIDE_PARTITION if step.wide else PARTITION])


MOST_FOOTER_BYTES = 24 << 20
"""Serialised; ten times as much when parsed."""
_footers: dict[str, pq.FileMetaData] = {}
"""Footers of partition files, by path (names are hashes of their bytes): a worker opens one for each partition."""


def _keep_footer(path: str, footer: pq.FileMetaData) -> None:
    """Keep a footer for the next partition, as long as there is room.

    Partitions read the files of a step again and again in the same order: what was thrown out would be wanted next.
    """
    kept = sum(other.serialized_size for other in _footers.values())
    if path not in _footers and kept + footer.serialized_size <= MOST_FOOTER_BYTES:
        _footers[path] = footer


class SliceTables(Mapping[str, pa.Table]):
    """What earlier steps left for a call, read when it is asked for.

    Args:
        store: the output folder.
        inputs: which files and row groups.
        schemas: schema of each earlier step's file, by step name.
    """

    def __init__(self, store: Store, inputs: tuple[SliceInput, ...], schemas: Mapping[str, pa.Schema]) -> None:
        self._store, self._schemas = store, schemas
        self._inputs = {given.step: given for given in inputs}
        wanted = {path for given in inputs for path, _ in given.files}
        for path in [path for path in _footers if path not in wanted]:
            del _footers[path]

    def __getitem__(self, name: str) -> pa.Table:
        return pa.Table.from_batches(self.stream(name), schema=self._schemas[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._inputs)

    def __len__(self) -> int:
        return len(self._inputs)

    def stream(self, name: str) -> Iterator[pa.RecordBatch]:
        """Row group by row group, in unit order."""
        for path, groups in self._inputs[name].files:
            with open_part(self._store, path) as handle:
                footer = _footers.get(path)
                reader = pq.ParquetFile(handle, metadata=footer, pre_buffer=False, page_checksum_verification=True)
                _keep_footer(path, reader.metadata)
                for group in groups:
                    yield from reader.read_row_group(group, use_threads=False).to_batches()


def write_slices(
    batches: Iterator[pa.RecordBatch], path: Path, schema: pa.Schema
) -> tuple[Written, dict[str, list[Any]]]:
    """Write rows with those of one partition together, in row groups of their own.

    Returns:
        What was written, and for each partition: hash of its rows, their number, its row groups.
    """
    pieces = [compact(batch, schema) for batch in batches]
    writer = CanonicalWriter(path, schema)
    slices: dict[str, list[Any]] = {}
    if any(piece.num_rows for piece in pieces):
        rows = pa.Table.from_batches(pieces, schema=schema).combine_chunks()
        del pieces
        keys = rows.column("partition").to_numpy()
        order = np.argsort(keys, kind="stable")
        borders = np.flatnonzero(np.diff(keys[order])) + 1
        for run in np.split(order, borders):
            cutter = Regrouper(schema)
            hashes, groups = [], []
            for batch in rows.take(pa.array(run)).combine_chunks().to_batches():
                for group in [*cutter.add(batch), *cutter.finish()]:
                    groups.append(writer.groups)
                    hashes.append(writer.write_group(group))
            slices[str(int(keys[run[0]]))] = ["".join(hashes), len(run), *groups]
    return writer.close(), slices


class Catalogue:
    """Where the partitions that earlier steps left lie; made once for all calls of a step.

    Args:
        records: for each earlier step its records, in order.
    """

    def __init__(self, records: dict[str, list[UnitRecord]]) -> None:
        self._records = records
        self._places: dict[str, dict[int, list[tuple[Part, list[Any]]]]] = {}
        self._there: dict[str, tuple[int, ...]] = {}

    def _of(self, name: str) -> dict[int, list[tuple[Part, list[Any]]]]:
        if name not in self._places:
            places: dict[int, list[tuple[Part, list[Any]]]] = {}
            for part in _parts(self._records[name], name):
                for key, entry in (part.slices or {}).items():
                    places.setdefault(int(key), []).append((part, entry))
            self._places[name] = dict(sorted(places.items()))
        return self._places[name]

    def there(self, name: str) -> Sequence[int]:
        """The partitions of a step, ascending."""
        if name not in self._there:
            self._there[name] = tuple(self._of(name))
        return self._there[name]

    def places(self, name: str, partition: int) -> list[tuple[Part, list[Any]]]:
        """The files that hold a partition, in unit order, with its entry in each: hash, rows, row groups."""
        return self._of(name).get(partition, [])


def slice_inputs(
    step: Step, index: int, records: dict[str, list[UnitRecord]], catalogue: Catalogue
) -> tuple[tuple[SliceInput, ...], dict[str, list[str]]]:
    """What a call of a step reads of earlier steps, and the hashes that its fingerprint needs.

    Args:
        step: the step.
        index: the call's unit or partition.
        records: for each earlier step its records, in order.
        catalogue: where the partitions of these records lie.
    """
    inputs, contents = [], {}
    wanted: dict[str, Sequence[int]] = {name: [index] for name in step.slices}
    wanted |= {name: list(choose(index, catalogue.there(name))) for name, choose in step.reads.items()}
    for name, partitions in wanted.items():
        found = [place for partition in partitions for place in catalogue.places(name, partition)]
        inputs.append(SliceInput(name, tuple((part.path, tuple(entry[2:])) for part, entry in found)))
        contents[name] = [str(entry[0]) for _, entry in found]
    for name in step.whole:
        parts = [part for part in _parts(records[name], name) if part.slices]
        inputs.append(SliceInput(name, tuple((part.path, all_groups(part)) for part in parts)))
        contents[name] = [part.content for part in parts]
    return tuple(inputs), contents


def all_groups(part: Part) -> tuple[int, ...]:
    """All row groups of a partition file, in file order."""
    return tuple(sorted(group for entry in (part.slices or {}).values() for group in entry[2:]))


def _parts(records: list[UnitRecord], name: str) -> list[Part]:
    return [part for record in records for part in record.parts.get(name, [])]


def partitions_of(names: tuple[str, ...], catalogue: Catalogue) -> list[int]:
    """The partitions that occur in earlier steps, ascending."""
    return sorted({partition for name in names for partition in catalogue.there(name)})


def suggested_partitions(total_bytes: int) -> int:
    """Number of partitions, a power of two, from the size of the data only: workers do not change the output."""
    wanted = max(4, -(-total_bytes // (32 << 20)))
    return min(4096, 1 << (wanted - 1).bit_length())


def count_by(column: pa.Array) -> dict[str, int]:
    """How often each value occurs; null counts as "und"."""
    counted = pc.value_counts(pc.fill_null(column, "und"))
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return {str(value): int(number) for value, number in sorted(pairs)}
