"""The stage `join`: rows that stand for the same thing in several languages become groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage
from ..filters.join_schemas import EVIDENCE, FITS, FOUND, JOINED, MEMBERS, TOTAL, Columns
from ..filters.parallel_tables import BEADS
from .join_columns import check_columns
from .row_verdicts import PARTITION, RowVerdicts, as_array, numbered, one_chunk

SAMPLE = 100_000
"""About so many rows are compared word by word to learn which languages are relatives."""


class Times(BaseModel):
    """Columns with the times of subtitles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: str = Field("start", description="column with the seconds at which a cue begins")
    end: str = Field("end", description="column with the seconds at which it ends")
    tolerance: float = Field(
        0.5, ge=0, le=10, description="seconds that a cue may reach into the time of its neighbours' counterparts"
    )
    track: str | None = Field(
        None,
        description="column that tells several versions of one talk and language apart; by default `track`, if any",
    )


class Join(StepStage):
    """Join rows by key: equal `keys` in several languages are one group.

    Keys are what names the same content in every language: the id of a message, the number of a line, a verse, an
    address. With `span` keys are ranges: verses 3-4 of one Bible belong to 3 and 4 of another, and a group is the
    union of all that overlap. With `times` the rows are cues of subtitles, the keys name the talk or film, and cues are
    brought together by time: shift and speed of every file are fitted against the one with most cues, piece by piece
    where something was cut; then all are cut at times at which no language goes on. With `pivot` the rows are bitext
    (pairs, beads or groups), and those with the same text in that language become one group.

    A group has each language once, and `parallelism` says how many. Nothing is overwritten: of two rows with one key
    in one language the first stays (or both, joined), and the other is removed with its reason; the same holds for
    rows without a counterpart, and for texts that are copied from another language instead of translated. Names,
    numbers and close relatives such as Bosnian and Croatian may be equal: which languages are relatives is learned
    from the words that their different texts share.

    `agreement` is 1 for equal keys; for ranges the share that the languages cover, for times how much of the group's
    time each of them fills. The output `fits` says for each file of subtitles how it was fitted; with `pairs` the
    output `beads` has the groups pair by pair, for stages that read beads.
    """

    keys: tuple[str, ...] = Field(
        ("doc_key", "key"), min_length=1, description="columns whose values name the same content in every language"
    )
    document: str | None = Field(
        None,
        description="the column that names the document, for `doc_key` and the numbers of segments; by default "
        "`doc_key` or else the first of several keys. With one key each group is a document of its own",
    )
    language: str = Field("language", description="column with the language")
    text: str = Field("text", description="column with the text")
    index: str | None = Field(
        None,
        description="column with the number of the segment within its document and language; by default `index`, if "
        "any, else segments are numbered in the order of their keys",
    )
    span: str | tuple[str, str] | None = Field(
        None, description='column with ranges such as "3-4", or two columns with the first and the last number'
    )
    times: Times | None = Field(None, description="columns with the times of subtitles; {} for start and end")
    pivot: str | None = Field(None, description="language, such as eng_Latn, whose equal texts join pairs or groups")
    repeated: Literal["first", "join"] = Field(
        "first", description="what becomes of other texts with the same key in one language: removed, or joined to it"
    )
    untranslated: Literal["remove", "keep"] = Field(
        "remove", description="what becomes of texts that are copies of another language's"
    )
    source: str | None = Field(
        None, description="language that others are translated from; by default the one that is copied most often"
    )
    min_languages: int = Field(2, ge=1, description="remove the rows of groups with fewer languages (no_counterpart)")
    pairs: Literal["none", "all"] | tuple[tuple[str, str], ...] = Field(
        "none", description="pairs of languages that the output `beads` has; n languages make n * (n - 1) / 2 of all"
    )

    needs: ClassVar[tuple[str, ...]] = ()
    reasons: ClassVar[Mapping[str, str]] = {
        "no_key": "a key is null",
        "no_language": "the language is null",
        "no_text": "there is no text",
        "no_range": "`span` or the times hold no range",
        "no_pivot": "the pair or group has no text in the pivot language",
        "key_repeated": "the language has the key already, with another text",
        "text_repeated": "the language has the key already, with the same text",
        "cue_repeated": "the same cue at the same time",
        "language_repeated": "another file of the same talk and language has something at that time",
        "times_do_not_fit": "no shift and speed brings the file's cues together with those of the others",
        "untranslated": "a copy of the text of another language",
        "no_counterpart": "no other language has the key",
    }

    @model_validator(mode="after")
    def _one_way(self) -> Join:
        given = [name for name in ("span", "times", "pivot") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are different ways to join; take one, or two stages")
        return self

    @property
    def method(self) -> Literal["key", "span", "time", "pivot"]:
        """How rows are brought together."""
        if self.times is not None:
            return "time"
        return "span" if self.span is not None else "pivot" if self.pivot is not None else "key"

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Groups, whatever else the input has.

        Raises:
            ConfigError: a column is missing, or cannot hold what it should.
        """
        self.columns(schema)
        return JOINED

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The rows as they came."""
        return schema

    def columns(self, schema: pa.Schema) -> Columns:
        """Which columns of the input hold what.

        Raises:
            ConfigError: one is missing, or cannot hold what it should.
        """
        names = set(schema.names)
        document = self.document or next(
            iter([name for name in self.keys if name == "doc_key"] or self.keys[: len(self.keys) - 1]), ""
        )
        start, end = self.span if isinstance(self.span, tuple) else ("", "")
        track = ""
        if self.times is not None:
            start, end = self.times.start, self.times.end
            track = self.times.track or ("track" if "track" in names else "")
            document = document or self.keys[0]
        index = self.index or ("index" if "index" in names else "")
        span = self.span if isinstance(self.span, str) else ""
        found = Columns(self.keys, document, self.language, self.text, index, start, end, span, track)
        check_columns(found, schema, self.pivot is not None)
        return found

    def steps(self) -> tuple[Step, ...]:
        """Members, how many, what they say of languages, groups; beads and fits; removal."""
        steps = [
            Step("members", "units", self._members, MEMBERS),
            Step("total", "partitions", self._total, TOTAL, ("members",), fields=()),
            Step("evidence", "partitions", self._evidence, EVIDENCE, ("members",), ("total",)),
            Step("groups", "partitions", self._groups, FOUND, ("members",), ("evidence",)),
        ]
        if self.pairs != "none":
            steps.append(Step("beads", "partitions", self._beads, BEADS, ("groups",), output="beads"))
        if self.times is not None:
            steps.append(Step("fits", "partitions", self._fits, FITS, ("groups",), output="fits"))
        return (*steps, Step("apply", "units", self._apply, slices=("groups",)))

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """All texts with their keys, once by key and once as groups."""
        return {"rows by key": size + rows * 60, "groups": size}

    def _members(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Every row that can be joined goes where others with its key go."""
        from ..filters.join_members import partitions_of

        columns = self.columns(given.input_schema)
        by_document = self.method in ("time", "span") or (self.method == "key" and not columns.index)
        for start, rows in numbered(given.rows):
            members, _ = self._read(rows, columns, given.index, start)
            partition = pa.array(partitions_of(members, given.partitions, by_document))
            yield pa.RecordBatch.from_arrays([*members.columns, partition], schema=MEMBERS.append(PARTITION))

    def _read(self, rows: pa.RecordBatch, columns: Columns, unit: int, start: int) -> tuple[pa.RecordBatch, pa.Array]:
        from ..filters.join_members import members_of_bitext, members_of_rows

        if self.pivot is not None:
            return members_of_bitext(rows, self.pivot, unit, start)
        return members_of_rows(rows, columns, unit, start)

    def _total(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """How many members there are."""
        rows = sum(batch.num_rows for batch in given.stream("members"))
        yield pa.RecordBatch.from_pydict({"rows": [rows], "partition": [0]}, schema=TOTAL.append(PARTITION))

    def _evidence(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """How often languages have equal texts, and share words."""
        from ..filters.group_joining import evidence_of

        if self.untranslated == "keep":
            return
        share = max(1, int(one_chunk(given.tables["total"], "rows").to_numpy().sum()) // SAMPLE)
        found = evidence_of(_batch(given.tables["members"]), self.method, share)
        yield found.append_column(PARTITION, pa.array(np.zeros(found.num_rows, np.int32)))

    def _groups(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The groups of this partition, and the rows that are in none; each goes to its unit."""
        from ..filters.group_joining import groups_of
        from ..filters.untranslated import Copying

        known = None
        if self.untranslated == "remove":
            known = Copying.learn(given.tables["evidence"], self.source or self.pivot or "")
        tolerance = self.times.tolerance if self.times is not None else 0.0
        numbered = self.pivot is not None or bool(self.columns(given.input_schema).index)
        yield groups_of(
            _batch(given.tables["members"]), self.method, known, self.repeated, self.min_languages, tolerance, numbered
        )

    def _beads(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The groups of a unit, pair by pair."""
        from ..filters.group_joining import beads_of

        for batch in given.stream("groups"):
            yield from beads_of(batch, self.pairs if isinstance(self.pairs, tuple) else None)

    def _fits(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """How the files of a unit were fitted."""
        from ..filters.group_joining import fits_of

        for batch in given.stream("groups"):
            yield fits_of(batch)

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Groups in the place of their first row; rows without one are removed."""
        from ..filters.group_joining import counters_of

        columns = self.columns(given.input_schema)
        found = given.tables["groups"].combine_chunks()
        made = found.filter(pc.is_valid(found.column("uid"))).sort_by("row").combine_chunks()
        verdicts = RowVerdicts(found.filter(pc.is_valid(found.column("reason"))).select(["row", "reason"]))
        first = made.column("row").to_numpy()
        counters = counters_of(found)
        for start, rows in numbered(given.rows):
            low, high = np.searchsorted(first, [start, start + rows.num_rows])
            groups = _batch(made.select(JOINED.names).slice(low, high - low)).cast(JOINED)
            _, unread = self._read(rows, columns, given.index, start)
            reason = pc.coalesce(as_array(verdicts.of(start, rows.num_rows).column("reason")), unread)
            split = Outcome.split(rows, pc.is_null(reason), reason=reason)
            used = _by_language(split.kept, columns.language if self.pivot is None else "")
            yield Outcome(groups, split.removed, counters, used, groups.num_rows)
            counters = {}


def _batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch."""
    columns = [as_array(column) for column in table.columns]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _by_language(rows: pa.RecordBatch, column: str) -> Mapping[str, int] | int:
    """Rows that were used up, by language."""
    if not column:
        used: int = rows.num_rows
        return used
    counted = pc.value_counts(rows.column(column)).to_pylist()
    return {entry["values"]: entry["counts"] for entry in sorted(counted, key=lambda entry: str(entry["values"]))}
