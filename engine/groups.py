"""From an ordered list of stages to groups: chains of map stages that run fused, and stages made of steps.

A group is what is cached as one: rows are written at its end, nowhere inside. A chain ends after a stage that asks for
it, after scoring, before a stage of steps, before anything that is read by name, and at the end of the pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from .errors import ConfigError, HexaplaError
from .outcome import REASON_COLUMNS
from .stage import MapStage, PublishStage, ScoreStage, Stage, StepStage

READ = "00-read"
MAIN_OUTPUT = "data"


@dataclass(frozen=True)
class Link:
    """One stage, or half of one, within a fused chain.

    Attributes:
        folder: the stage's folder, `NN-name`.
        stage: the configured stage.
        half: "score", "select", or "" for the whole stage.
        schema: schema of the rows that leave the link.
        removed_schema: schema of its removed rows, reason columns included.
    """

    folder: str
    stage: Stage
    half: Literal["", "score", "select"]
    schema: pa.Schema
    removed_schema: pa.Schema


@dataclass(frozen=True)
class Group:
    """A chain of links, or one stage of steps.

    Attributes:
        number: position among the groups; group 0 reads the input.
        folder: the stage folder that its rows are written to.
        output: the name of the output within that folder: "data" or "scored".
        links: the chain; one link for a stage of steps; none when group 0 only reads.
        source: number of the group whose rows this one reads; -1 for the input.
        schema: schema of the rows that leave the group.
        input_schema: schema of the rows that it reads.
        source_output: the name of another output of that group that is read in place of its rows; "" for the rows.
    """

    number: int
    folder: str
    output: str
    links: tuple[Link, ...]
    source: int
    schema: pa.Schema
    input_schema: pa.Schema
    source_output: str = ""

    @property
    def steps(self) -> StepStage | None:
        """The stage of steps, when the group is one."""
        only = self.links[0].stage if len(self.links) == 1 else None
        return only if isinstance(only, StepStage) else None

    @property
    def title(self) -> str:
        """What a person calls the group: the stages' names joined."""
        names = [f"{link.folder[3:]}{'.' + link.half if link.half else ''}" for link in self.links]
        return " + ".join((["read"] if self.source < 0 else []) + names)

    @property
    def holds_model(self) -> bool:
        """Whether workers should be kept for this group."""
        return any(link.stage.holds_model() for link in self.links)


def other_outputs(group: Group) -> dict[str, pa.Schema]:
    """What the group leaves besides its rows: name -> schema."""
    steps = group.steps.steps() if group.steps is not None else ()
    named = {step.output: step.schema for step in steps if step.output and step.schema is not None}
    return {name: schema if isinstance(schema, pa.Schema) else group.input_schema for name, schema in named.items()}


def stage_folder(position: int, name: str) -> str:
    """`NN-name`."""
    return f"{position:02d}-{name}"


def with_reasons(schema: pa.Schema) -> pa.Schema:
    """A schema with the reason columns last."""
    names = {name for name, _ in REASON_COLUMNS}
    kept = [field for field in schema if field.name not in names]
    return pa.schema([*kept, *(pa.field(*pair) for pair in REASON_COLUMNS)])


def make_groups(
    stages: tuple[tuple[str, Stage, str], ...], schema: pa.Schema, places: tuple[str, ...] = ()
) -> tuple[Group, ...]:
    """Cut the stages (name, stage, source) into groups and declare every schema.

    Args:
        stages: in their order.
        schema: of the rows that are read.
        places: where each stage stands in the pipeline file ("web.yaml:4"), for messages.

    Raises:
        ConfigError: a stage needs a column that is not there, or names a source that is not a stage before it.
    """
    builder = _Builder(schema)
    wanted = {source.split(".")[0] for _, _, source in stages if source}
    for position, (name, stage, source) in enumerate(stages, start=1):
        try:
            builder.add(stage_folder(position, name), stage, source, named=name in wanted)
        except ConfigError as error:
            raise _placed(error, name, places[position - 1] if places else "") from error
    return builder.finish()


def _placed(error: ConfigError, name: str, place: str) -> ConfigError:
    """The error with the place of its stage: "web.yaml:4: stages.join.keys"."""
    key = error.where.removeprefix("stages.")
    if key != name and not key.startswith((f"{name}.", f"{name}:")):
        key = f"{name}: {key}" if key else name
    where = f"{place}: stages.{key}" if place else f"stages.{key}"
    return ConfigError(error.what, where=where, hint=error.hint)


class _Builder:
    def __init__(self, schema: pa.Schema) -> None:
        self.groups: list[Group] = []
        self.chain: list[Link] = []
        self.source, self.source_output = -1, ""
        self.read_schema = self.schema = schema
        self.by_name: dict[str, int] = {}

    def add(self, folder: str, stage: Stage, source: str, *, named: bool) -> None:
        name = folder[3:]
        if source:
            self.close()
            origin, _, output = source.partition(".")
            where = f"stages.{name}.from"
            if origin not in self.by_name:
                raise ConfigError(f"'from: {source}' names no stage before it", where=where)
            self.source = self.by_name[origin]
            self.schema = self.groups[self.source].schema
            if output not in ("", MAIN_OUTPUT):
                self.source_output, self.schema = output, self._other_output(origin, output, where)
            self.read_schema = self.schema
        if not self.chain and self.source >= 0 and isinstance(self.groups[self.source].steps, PublishStage):
            raise ConfigError(
                f"nothing can come after the stage {self.groups[self.source].folder[3:]!r}, which publishes",
                where=f"stages.{name}",
                hint="move it to the end, or say with `from` which stage's rows are meant",
            )
        if isinstance(stage, StepStage):
            self._add_steps(folder, stage)
        elif isinstance(stage, ScoreStage):
            self._link(folder, stage, "score", stage.scored_schema(self._checked(folder, stage)))
            self.close()
            self._link(folder, stage, "select", stage.output_schema(self.before_score))
        elif isinstance(stage, MapStage):
            self._link(folder, stage, "", stage.output_schema(self._checked(folder, stage)))
        else:
            raise HexaplaError(f"{type(stage).__name__} is neither a map stage nor a stage of steps")
        if stage.writes_after or named or stage.gpus():
            self.close()
        if not self.chain:
            self.by_name[name] = len(self.groups) - 1

    def _other_output(self, origin: str, output: str, where: str) -> pa.Schema:
        """The schema of what a stage leaves besides its rows.

        Raises:
            ConfigError: there is no such output.
        """
        schemas = other_outputs(self.groups[self.source])
        if output not in schemas:
            has = ", ".join([MAIN_OUTPUT, *schemas])
            raise ConfigError(f"the stage {origin!r} has no output {output!r}", where=where, hint=f"it has: {has}")
        return schemas[output]

    def _checked(self, folder: str, stage: Stage) -> pa.Schema:
        self.before_score = self.schema
        return self.schema

    def _link(self, folder: str, stage: Stage, half: Literal["", "score", "select"], schema: pa.Schema) -> None:
        before = self.before_score if half == "select" else self.schema
        removed = with_reasons(stage.removed_schema(before))
        self.chain.append(Link(folder, stage, half, schema, removed))
        self.schema = schema

    def _add_steps(self, folder: str, stage: StepStage) -> None:
        self.close(always=not self.groups)
        before = self.schema
        self.before_score = before
        self._link(folder, stage, "", stage.output_schema(before))
        self.close()

    def close(self, *, always: bool = False) -> None:
        """End the chain; group 0 exists even without a link, because the input has to be read."""
        if not self.chain and not always:
            return
        number = len(self.groups)
        last = self.chain[-1] if self.chain else None
        folder = last.folder if last else READ
        output = "scored" if last and last.half == "score" else "data"
        chain, read = tuple(self.chain), self.read_schema
        self.groups.append(Group(number, folder, output, chain, self.source, self.schema, read, self.source_output))
        self.chain, self.source, self.source_output = [], number, ""
        self.read_schema = self.schema

    def finish(self) -> tuple[Group, ...]:
        self.close(always=not self.groups)
        return tuple(self.groups)
