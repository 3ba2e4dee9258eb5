"""What a run starts from: the input's files and ranges, the groups, and the fingerprints known beforehand."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from .errors import ConfigError
from .exchange import Catalogue, partitions_of, slice_inputs, suggested_partitions
from .fingerprint import code_hash, digest, stage_parts
from .groups import READ, Group, Link, make_groups
from .packing import pack_sources
from .readers.config import InputConfig
from .readers.files import InputFile, list_files
from .readers.read import SourceRange, input_schema, plan_ranges
from .records import Part, UnitRecord
from .stage import Stage, Step
from .startup import import_pandas_later
from .store import Store
from .tasks import KeepText, MapTask, SpoolTask, StepTask

LOG = logging.getLogger(__name__)

KEEP_ALL_BELOW = 50_000_000_000
"""`removed: auto` keeps all removed text below this size of the input, in bytes."""


@dataclass(frozen=True)
class RunRequest:
    """Everything that a run was asked for.

    Attributes:
        name: the pipeline's name.
        stages: (name, configured stage, source) in order; source "" is the main output of the stage before.
        input: where the rows come from.
        output: the output folder, a path or fsspec URL.
        executor, workers, address: who runs it; no part of any fingerprint.
        limit: read at most so many records.
        removed: what becomes of the text of removed rows.
        seed: written to `run.json`; stages that choose at random carry their own.
        pipeline_file: for messages.
        input_place: where its input stands ("web.yaml:2"), for messages.
        places: where each stage stands in the pipeline file ("web.yaml:4"), for messages.
    """

    name: str
    stages: tuple[tuple[str, Stage, str], ...]
    input: InputConfig
    output: str
    executor: Literal["ray", "local"] = "ray"
    workers: int | None = None
    address: str | None = None
    limit: int | None = None
    removed: Literal["auto", "all", "sample", "none"] = "auto"
    seed: int = 0
    pipeline_file: str = ""
    input_place: str = ""
    places: tuple[str, ...] = ()


class Prepared:
    """A request with its input listed and its groups made.

    Raises:
        ConfigError: the input is not there, schemas conflict, or a stage lacks a column.
    """

    def __init__(self, request: RunRequest) -> None:
        import_pandas_later()
        self.request = request
        self.store = Store(request.output)
        try:
            self.files: list[InputFile] = _apart(self.store, list_files(request.input))
            self.schema: pa.Schema = input_schema(request.input, self.files)
        except ConfigError as error:
            if not request.input_place or not error.where.startswith("input"):
                raise
            where = f"{request.input_place}: {error.where}"
            raise ConfigError(error.what, where=where, hint=error.hint) from error
        self.groups = make_groups(request.stages, self.schema, request.places)
        self.sources: list[SourceRange] = [source for file in self.files for source in plan_ranges(request.input, file)]
        self.packs = pack_sources(self.sources)
        self.input_bytes = sum(file.size for file in self.files)
        self.keep_text: KeepText = _keep_text(request.removed, self.input_bytes)
        self._bases: dict[int, str] = {}

    def read_parts(self) -> dict[str, Any]:
        """What reading depends on besides the files."""
        config = self.request.input.model_dump(mode="json", exclude={"path", "storage_options", "path_list"})
        return {
            "config": config,
            "code": code_hash(f"{__package__}.readers.read"),
            "schema": [[field.name, str(field.type)] for field in self.schema],
            "limit": self.request.limit,
            "removed": self.keep_text,
        }

    def link_parts(self, link: Link) -> Mapping[str, Any]:
        """What a link depends on."""
        return stage_parts(link.stage, link.half)

    def base(self, group: Group) -> str:
        """Hash of what all units of a group depend on."""
        if group.number not in self._bases:
            value: dict[str, Any] = self._around(group) | {"links": [self.link_parts(link) for link in group.links]}
            if group.source < 0:
                value["read"] = self.read_parts()
            self._bases[group.number] = digest(value)
        return self._bases[group.number]

    def step_base(self, group: Group, step: Step) -> str:
        """Hash of what all calls of a step depend on."""
        link = group.links[0]
        parts = stage_parts(link.stage, "", step.fields, reads_files=step.reads_files)
        return digest([self._around(group), parts, step.name])

    def _around(self, group: Group) -> dict[str, Any]:
        return {
            "schema": [[field.name, str(field.type)] for field in group.schema],
            "keep_text": self.keep_text,
            "folder": group.folder,
        }

    def spool_tasks(self) -> list[SpoolTask]:
        """Tasks for what one reader has to read, and for packs of small files; with a limit, one for everything."""
        streams: Sequence[Sequence[SourceRange]] = [pack for pack in self.packs if _is_spooled(pack)]
        if self.request.limit is not None:
            streams = [self.sources]
        tasks = []
        for number, sources in enumerate(streams):
            parts = {"spool": [_source_key(source) for source in sources], "read": self.read_parts()}
            tasks.append(
                SpoolTask(
                    self.request.output,
                    READ,
                    number,
                    digest(parts | {"keep_text": self.keep_text}),
                    self.keep_text,
                    tuple(sources),
                    self.request.input,
                    self.schema,
                    self.request.limit,
                )
            )
        return tasks

    def first_units(self, spooled: Sequence[UnitRecord]) -> list[SourceRange | Part]:
        """The units of group 0, in input order: ranges that are read directly, and spooled files."""
        if self.request.limit is not None:
            return [part for record in spooled for part in record.parts["data"]]
        records = iter(spooled)
        units: list[SourceRange | Part] = []
        for pack in self.packs:
            units += next(records).parts["data"] if _is_spooled(pack) else [pack[0]]
        return units

    def map_tasks(self, group: Group, units: Sequence[SourceRange | Part]) -> list[MapTask]:
        """One task for each unit of a chain."""
        base = self.base(group)
        return [
            MapTask(
                self.request.output,
                group.folder,
                number,
                digest([base, unit.content if isinstance(unit, Part) else _source_key(unit)]),
                self.keep_text,
                group,
                unit,
                self.request.input,
                self.schema,
            )
            for number, unit in enumerate(units)
        ]

    def step_tasks(
        self,
        group: Group,
        step: Step,
        units: Sequence[Part],
        records: dict[str, list[UnitRecord]],
        previous: dict[str, Any],
    ) -> list[StepTask]:
        """One task for each call of a step.

        Args:
            group: the stage of steps.
            step: the step.
            units: the stage's input.
            records: what the earlier steps left.
            previous: the stage's `layout.json`: {"state", "made_from", "previous"}; empty when there is none.
        """
        partitions = suggested_partitions(sum(part.bytes for part in units))
        catalogue = Catalogue(records)
        if step.over == "units":
            indexes = list(range(len(units)))
        else:
            indexes = [0] if step.over == "all" else partitions_of(step.slices, catalogue)
            indexes = [index for index in indexes if step.where is None or step.where(index)]
        tasks = []
        for index in indexes:
            inputs, contents = slice_inputs(step, index, records, catalogue)
            part = units[index] if step.over == "units" else None
            content = part.content if part else None
            key = digest([self.step_base(group, step), index, partitions, contents, content])
            known = _known(previous, key) if step.over == "all" else {}
            tasks.append(
                StepTask(
                    self.request.output,
                    group.folder,
                    index,
                    digest([key, known]),
                    self.keep_text,
                    group,
                    step.name,
                    partitions,
                    group.input_schema,
                    part,
                    inputs,
                    known,
                    key,
                )
            )
        return tasks


def _apart(store: Store, files: Sequence[InputFile]) -> list[InputFile]:
    """The inputs without what earlier runs have written to an output that lies in the input's folder.

    Raises:
        ConfigError: an input lies inside the output folder for another reason: it was named, or is the only one.
    """
    output = (os.path.realpath(store.path) if store.is_local else store.path).rstrip("/") + "/"
    inside = set()
    for file in files:
        path = os.path.realpath(file.path) if store.is_local else file.path.rpartition("://")[2]
        if not path.startswith(output):
            continue
        inside.add(file.path)
        root = path.removesuffix(file.relative)
        found_around_output = root != path and output.startswith(root) and output != root
        if not found_around_output or len(inside) == len(files):
            raise ConfigError(
                "an input lies inside the output folder",
                where=file.path,
                hint=f"choose an output outside of {store.root} or name the inputs more narrowly",
            )
    if inside:
        LOG.warning("%d files of the output folder %s are left out of the input", len(inside), store.root)
    return [file for file in files if file.path not in inside]


def _keep_text(policy: Literal["auto", "all", "sample", "none"], size: int) -> KeepText:
    if policy == "auto":
        return "all" if size < KEEP_ALL_BELOW else "sample"
    return policy


def _known(stored: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What a layout may know of the last run: the same as then when nothing has changed, so that it is not redone."""
    if stored.get("made_from") == key:
        return dict(stored["previous"])
    return dict(stored.get("state", {}))


def _is_spooled(pack: Sequence[SourceRange]) -> bool:
    return len(pack) > 1 or pack[0].kind == "stream"


def _source_key(source: SourceRange) -> list[Any]:
    return [source.file.relative, source.file.identity, source.start, source.stop, source.kind]
