"""What a stage is: one frozen pydantic model that is its own configuration, in one of three forms.

`MapStage` works on one batch at a time and is pure. `ScoreStage` is a map stage whose costly half (`score`) is written
down before its cheap half (`select`), so that a threshold can change without scoring again. `StepStage` is anything
that needs rows of several units together: summaries with a merge, and exchanges through partition files.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from .errors import ConfigError
from .outcome import Outcome


def columns(**types: str) -> dict[str, pa.DataType]:
    """Name columns with their Arrow types, for `Stage.adds`: `columns(language="string", language_score="float32")`."""
    return {name: pa.type_for_alias(alias) for name, alias in types.items()}


@dataclass(frozen=True)
class Backing:
    """What a stage rests on for documents in one language.

    Attributes:
        level: "measured": a resource made for this language, whose effect was measured on text in it; "proxy": one made
            for its script, a relative, or all languages alike; "none": nothing, its score is null there.
        by: the resource in a few words ("thresholds of its script", "89 words, UDHR and NTREX").
    """

    level: Literal["measured", "proxy", "none"]
    by: str


class Stage(BaseModel):
    """Base of every stage. The fields of the model are the configuration; their descriptions are the documentation.

    Class attributes:
        needs: columns that the input must have.
        adds: columns that the output has in addition (or replaces), in order.
        libraries: distributions whose versions belong to the fingerprint ("trafilatura", "icu4py" ...).
        renamed: former names of configuration keys, with what they are called now, for the error about an old file.
        reasons: why the stage removes rows, each reason with what it means; those that depend on the configuration (a
            preset's rules) are left to the docstring.
        num_cpus, num_gpus, memory: what one worker needs (cores, devices, bytes).
        writes_after: rows are written to disk after this stage even when the next one could be fused with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    needs: ClassVar[tuple[str, ...]] = ("text",)
    adds: ClassVar[Mapping[str, pa.DataType]] = {}
    libraries: ClassVar[tuple[str, ...]] = ()
    renamed: ClassVar[Mapping[str, str]] = {}
    reasons: ClassVar[Mapping[str, str]] = {}
    num_cpus: ClassVar[float] = 1.0
    num_gpus: ClassVar[float] = 0.0
    memory: ClassVar[int] = 1 << 30
    writes_after: ClassVar[bool] = False

    @classmethod
    def stage_name(cls) -> str:
        """The name in pipeline files: the class name in snake case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def gpus(self) -> float:
        """GPUs that one worker takes with this configuration; `num_gpus` unless the stage says otherwise."""
        return self.num_gpus

    def holds_model(self) -> bool:
        """Whether a worker should be kept for this stage because it loads something large."""
        return False

    def resource_files(self) -> tuple[str, ...]:
        """Paths of the models and word lists whose contents belong to the fingerprint."""
        return ()

    def backing(self, language: str) -> Backing | None:
        """What the stage rests on for documents in `language` (canonical: fra_Latn), read from the tables that it uses.

        None, the default, says that languages make no difference to it.
        """
        return None

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of the kept rows for an input of `schema`: the added columns replace those of the same name.

        Raises:
            ConfigError: a needed column is missing.
        """
        for name in self.needs:
            if schema.get_field_index(name) < 0:
                close = difflib.get_close_matches(name, schema.names, n=1, cutoff=0.75)
                has = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(schema.names)}"
                raise ConfigError(
                    f"the stage {self.stage_name()!r} needs the column {name!r}, which its input does not have",
                    hint=f"{has}; see input.columns, or is a stage missing before this one?",
                )
        fields = [field for field in schema if field.name not in self.adds]
        return pa.schema([*fields, *(pa.field(name, kind) for name, kind in self.adds.items())])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of the removed rows, without the reason columns, for an input of `schema`."""
        return self.output_schema(schema)


class MapStage(Stage):
    """A stage that is local and pure: the result for a row depends on that row and the configuration only."""

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Annotate, keep and remove. Batch borders mean nothing: the same rows cut otherwise give the same result."""
        raise TypeError(f"{type(self).__name__} does not say what it does with rows")

    def pieces(self, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """A batch in pieces that the stage takes one by one: for a stage that makes many rows of one."""
        yield rows


class ScoreStage(MapStage):
    """A map stage in two halves with a written boundary between them.

    Class attributes:
        selection_fields: configuration keys that only `select` reads; changing them never scores again.
    """

    selection_fields: ClassVar[tuple[str, ...]] = ()

    def selection_files(self) -> tuple[str, ...]:
        """Paths, besides `resource_files`, that only `select` reads; changing them never scores again."""
        return ()

    def scored_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of what `score` returns; by default the output schema."""
        return self.output_schema(schema)

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add the score columns."""
        raise TypeError(f"{type(self).__name__} does not say how it scores")

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Keep or remove scored rows."""
        raise TypeError(f"{type(self).__name__} does not say how it selects")

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Both halves at once."""
        return self.select(self.score(rows))


@dataclass(frozen=True)
class StepInput:
    """What one call of a step sees.

    Attributes:
        index: the unit's number (over "units"), the partition's number (over "partitions"), 0 (over "all").
        partitions: how many partitions the plan suggests for an exchange of this size; free to ignore.
        rows: the unit's rows in order, in batches of bounded size; empty unless the step is over "units".
        tables: what earlier steps left for this call, by step name, in unit order (see `Step.slices`, `Step.whole`).
        streams: the same as `tables`, read batch by batch (see `stream`).
        input_schema: schema of the stage's input.
        scratch: a folder for temporary files, which goes with the call; "" leaves the choice to the system.
        previous: what `PublishStage.layout_state` kept at the end of the last finished run; empty at the first.
    """

    index: int
    partitions: int
    rows: Iterator[pa.RecordBatch] = field(default_factory=lambda: iter(()))
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)
    streams: Mapping[str, Callable[[], Iterator[pa.RecordBatch]]] = field(default_factory=dict)
    input_schema: pa.Schema = field(default_factory=lambda: pa.schema([]))
    scratch: str = ""

    def stream(self, name: str) -> Iterator[pa.RecordBatch]:
        """What the step `name` left for this call, in batches of bounded size instead of one table."""
        if name in self.streams:
            return self.streams[name]()
        return iter(self.tables[name].to_batches())


INPUT_ROWS: Literal["input rows"] = "input rows"


@dataclass(frozen=True)
class Step:
    """One pass of a `StepStage`. Its result is stored, so it runs again only when what it depends on has changed.

    Attributes:
        name: the step's name within its stage; the last step has the name "apply".
        over: what one call works on: a unit's rows, one partition of earlier steps, or everything at once (one task).
        run: called as `run(given: StepInput)`. It yields record batches of `schema` plus a last column
            `partition: int32` that says where each row goes (a partition's number for a step over "partitions", a
            unit's number for a step over "units", 0 for one over "all"). The step "apply" is over "units" and yields
            `Outcome`s.
        schema: columns of the yielded batches without `partition`; `INPUT_ROWS` for those of the stage's input; None
            for "apply".
        slices: earlier steps of which this call sees the rows whose `partition` equals its own `index`; for a step over
            "partitions" the partitions that occur in them are its calls.
        reads: earlier steps of which this call sees other partitions than its own: by name, from the call's `index` and
            the partitions that there are, ascending, those that it sees, one after the other.
        whole: earlier steps of which this call sees all rows.
        fields: configuration keys that the step depends on; None for all. What it reads of earlier steps counts anyway.
        columns: for a step over "units": the columns of the input that it reads; None for all.
        reads_files: whether the step depends on the contents of the stage's `resource_files`.
        where: for a step over "partitions": those that it is called for; None for all. A stage may give numbers below
            0 to partitions of its own, beside those that are units.
        wide: whether `partition` is an int64 in what the step yields: numbers that carry several keys need the room.
        output: the name of an output of the stage besides its rows, which this step leaves: it yields batches of
            `schema` alone, without `partition`; no step reads them, a later stage does with `from: stage.output`.
        publishes: the last step of a `PublishStage`: over "partitions", yields the rows of one published file; of a
            stage that `writes_files`, the rows and beside them `FilePiece`s.
    """

    name: str
    over: Literal["units", "partitions", "all"]
    run: Callable[[StepInput], Iterator[Any]]
    schema: pa.Schema | Literal["input rows"] | None = None
    slices: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    reads: Mapping[str, Callable[[int, Sequence[int]], Iterable[int]]] = field(default_factory=dict)
    fields: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    reads_files: bool = True
    where: Callable[[int], bool] | None = None
    wide: bool = False
    output: str = ""
    publishes: bool = False


class StepStage(Stage):
    """A stage that brings rows of several units together, as a chain of stored steps."""

    def steps(self) -> tuple[Step, ...]:
        """The steps in order; the last is named "apply"."""
        raise TypeError(f"{type(self).__name__} does not say what its steps are")

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """About how many bytes the steps leave on disk or hold at once, for `plan`: what it is -> bytes.

        Args:
            rows: rows that go in, as far as they are known.
            size: their bytes.
        """
        return {}


@dataclass(frozen=True)
class FilePiece:
    """Some bytes of a published file; its pieces follow each other in order, those of other files may lie between.

    Attributes:
        path: relative to the output folder, below `data/`; each file belongs to one call of the step.
        data: the bytes.
    """

    path: str
    data: bytes


class PublishStage(StepStage):
    """A stage of steps whose last one yields the files that users read: it ends a pipeline.

    Its rows are written as Parquet, to the paths that `destinations` names; or, when `writes_files`, they are counted
    only, and what is published are the files whose pieces the last step yields.
    """

    def writes_files(self) -> bool:
        """Whether the last step yields files of its own making."""
        return False

    def destinations(self, layout: pa.Table) -> dict[int, str]:
        """The published path, relative to the output folder, of each partition of the last step.

        Args:
            layout: what the step named "layout" left.
        """
        raise TypeError(f"{type(self).__name__} does not say where its files go")

    def layout_state(self, layout: pa.Table) -> dict[str, Any]:
        """What the next run must know of this one's layout, as a JSON object."""
        raise TypeError(f"{type(self).__name__} does not say what it keeps of its layout")
