"""The stage `substring_dedup`: passages that occur more than once are cut out of all documents but one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.outcome import Outcome
from ..engine.stage import Backing, Step, StepInput, StepStage, columns
from .by_configuration import ByConfiguration
from .dedup_scope import (
    ALWAYS,
    PROTECTED,
    Scope,
    check_scope,
    protect_field,
    protections,
    scope_field,
    scope_hashes,
    scope_libraries,
)
from .row_verdicts import PARTITION, annotate, numbered, one_chunk, with_columns
from .substring_verdicts import GOES, GOES_AS_FIRST, STAYS, STAYS_AS_MEMBER, WINDOWS, SubstringVerdicts
from .survivor import Survivor, check_survivor, survivor_columns, survivor_field, survivor_fields, survivor_order

if TYPE_CHECKING:
    from ..kernels.substring_copies import Copies

REASON = "substring_duplicate"
SHORT = 0.5
"""Weight of the short windows whose hashes stand for windows, as a part of theirs (measured: docs/dedup.md)."""

FREQUENT = 10_000
"""Windows with a fingerprint that occurs more often travel one by one, so that no partition gets all of them."""

_FINGERPRINTS = pa.schema([("fingerprint", pa.uint32()), ("unit", pa.int32()), ("times", pa.int32())])
_REPEATED = pa.schema([("key", pa.uint64()), ("frequent", pa.bool_())])
_COPIES = pa.schema(
    [("row", pa.int32()), ("start", pa.int32()), ("stop", pa.int32()), ("verdict", pa.int8()), ("source", pa.string())]
)


class SubstringDedup(StepStage):
    """Cut passages of `tokens` words or more out of documents that are not the first to have them.

    After Lee et al., Deduplicating Training Data Makes Language Models Better, 2021, section 4.1 (EXACTSUBSTR), with
    words in place of a tokenizer's tokens. A token is a word, or one letter in scripts without spaces; 50 words are 100
    Chinese or Japanese letters, or 200 Thai, Lao, Khmer or Burmese ones. Compared are the words in NFC and without
    case; white space, punctuation and format characters make no difference. Every run of that length that occurs again,
    wherever in the corpus, is found (`kernels/substrings.py`), and all tokens that stand in such a run are cut, but for
    the runs' first `max_copies` occurrences: first in the order of `survivor`, in one document by place. Occurrences
    that overlap in one document are one.

    What was cut never glues two words together, parts no letter from its marks, and leaves one of the gaps around it,
    the one with more line feeds (`kernels/substring_cuts.py`). One pass is made: texts that come to stand side by side
    at a cut are not compared again.

    `substring_characters_removed` and `substring_spans_removed` count what was cut (with `action: mark` or `remove`:
    what would be). A document of which too little is left is removed for the reason `substring_duplicate`, with its
    text as it was and the share that is duplicated as value; `duplicate_of` is the uid of the document that has the
    beginning of its longest span first (null: it repeats itself). A document that has the copy which stays, whole, of a
    passage that others lost is never removed.
    """

    tokens: int = Field(
        50, ge=2, le=10_000,
        description="length in words of the shortest passage that counts; letters of unspaced scripts count half (East "
        "Asian ones) or a quarter of a word",
    )  # fmt: skip
    max_copies: int = Field(
        1,
        ge=1,
        le=1_000_000_000,
        description="so often a passage may occur before copies are cut, for verses, licences, formulas of law",
    )
    keep: Literal["first", "none"] = Field(
        "first",
        description="first: the first `max_copies` stay; none: what occurs more often than that goes everywhere",
    )
    within: bool = Field(True, description="whether repeats inside one document count, too")
    action: Literal["cut", "remove", "mark"] = Field(
        "cut",
        description="cut: passages are cut out, documents of which too little is left are removed; remove: those are "
        "removed, the others stay as they are; mark: only the columns are added",
    )
    min_characters: int = Field(
        100,
        ge=0,
        description="a document that loses something and has fewer characters left is removed",
    )
    min_share: float = Field(0.0, ge=0, le=1, description="the same for the share of its characters that is left")
    survivor: Survivor = survivor_field("oldest")
    scope: Scope = scope_field()
    protect: str | None = protect_field()

    needs: ClassVar[tuple[str, ...]] = ("uid", "text")
    libraries: ClassVar[Any] = ByConfiguration((), scope_libraries)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        substring_characters_removed="int32", substring_spans_removed="int32"
    )
    reasons: ClassVar[Mapping[str, str]] = {
        REASON: "too little is left without passages that other documents have; the value is the share they have",
    }

    def backing(self, language: str) -> Backing:
        """Words or letters by the script; how many letters are a word was measured in four languages."""
        from ..kernels.unicode_build import UNSPACED_SCRIPTS

        if language.rpartition("_")[2] not in {*UNSPACED_SCRIPTS, "Jpan", "Hans", "Hant"}:
            return Backing("proxy", f"runs of {self.tokens} words")
        return Backing("proxy", f"runs of letters that say as much as {self.tokens} words")

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the counts of what was cut.

        Raises:
            ConfigError: a needed column is missing.
        """
        check_scope(self.scope, self.protect, schema, self.stage_name())
        check_survivor(self.survivor, schema, self.stage_name())
        return super().output_schema(schema)

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """As the kept rows, with the document that has the longest span first."""
        return with_columns(self.output_schema(schema), duplicate_of=pa.string())

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """Measured on mixed real text, of which a tenth was repeated."""
        return {"fingerprints of passages": size // 20, "passages that may be repeated": size // 3}

    def steps(self) -> tuple[Step, ...]:
        """Fingerprints, those that are repeated, their windows, which of them are copies, cuts."""
        drawn = ("tokens", "scope")
        ranked = (*drawn, "max_copies", "keep", "within", "survivor", "protect")
        return (
            Step("fingerprints", "units", self._fingerprints, schema=_FINGERPRINTS, fields=drawn),
            Step("repeated", "partitions", self._repeated, schema=_REPEATED, slices=("fingerprints",), fields=()),
            Step(
                "windows", "units", self._windows, schema=self._window_schema(), slices=("repeated",), fields=ranked
            ),
            Step(
                "copies", "partitions", self._copies, schema=_COPIES, slices=("windows",), fields=ranked,
                where=lambda index: index < 0,
            ),
            Step("apply", "units", self._apply, slices=("windows", "copies")),
        )  # fmt: skip

    def _window_schema(self) -> pa.Schema:
        """Windows on their way to a partition (below 0), and what refers to them on its way to its own unit."""
        return pa.schema([*WINDOWS, PROTECTED, *survivor_fields(self.survivor)])

    @property
    def _most(self) -> int:
        """Of how many copies the places have to be known."""
        return self.max_copies + (self.keep == "none")

    def _fingerprints(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The upper half of every fingerprint of the unit once; the partition tells most of the rest."""
        from ..kernels.substrings import fingerprints

        parts = [fingerprints(_texts(rows), self.tokens, SHORT, scope_hashes(rows, self.scope)) for rows in given.rows]
        values, times = np.unique(np.concatenate([np.zeros(0, np.uint64), *parts]), return_counts=True)
        yield pa.RecordBatch.from_pydict(
            {
                "fingerprint": (values >> np.uint64(32)).astype(np.uint32),
                "unit": np.full(len(values), given.index, np.int32),
                "times": np.minimum(times, 1 << 30).astype(np.int32),
                "partition": (values % np.uint64(given.partitions)).astype(np.int32),
            },
            schema=_FINGERPRINTS.append(PARTITION),
        )

    def _repeated(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Fingerprints that occur twice, for every unit that has them."""
        table = given.tables["fingerprints"]
        marks = table.column("fingerprint").to_numpy()
        order = np.argsort(marks, kind="stable")
        begins = np.flatnonzero(np.append(True, np.diff(marks[order]) != 0)) if len(order) else order
        times = table.column("times").to_numpy().astype(np.int64)[order]
        sums = np.add.reduceat(times, begins) if len(begins) else times
        sums = np.repeat(sums, np.diff(np.append(begins, len(order))))
        order, sums = order[sums > 1], sums[sums > 1]
        yield pa.RecordBatch.from_pydict(
            {
                "key": (marks[order].astype(np.uint64) << np.uint64(32)) | np.uint64(given.index + 1),
                "frequent": sums > FREQUENT,
                "partition": table.column("unit").to_numpy()[order],
            },
            schema=_REPEATED.append(PARTITION),
        )

    def _windows(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The first copies of the unit's windows, and what of the unit refers to them.

        What comes after `max_copies` copies in one unit is a copy whatever other units have: it is not sent anywhere,
        so a passage that is in a million documents reaches its partition once per unit.
        """
        from ..kernels.substring_copies import LEAD, rank_copies, stretches
        from ..kernels.substrings import candidate_windows, known_fingerprints

        keys = given.tables["repeated"]
        if not keys.num_rows:
            return
        frequent = one_chunk(keys, "frequent").to_numpy(zero_copy_only=False)
        known = known_fingerprints(keys.column("key").to_numpy(), frequent)
        parts, documents, numbers, count, windows = [], [], [], 0, 0
        for start, rows in numbered(given.rows):
            scopes = scope_hashes(rows, self.scope)
            found = candidate_windows(_texts(rows), self.tokens, SHORT, known, given.partitions, scopes)
            chosen, place = np.unique(found.runs[:, 0], return_inverse=True)
            batch = rows.take(pa.array(chosen))
            protected = {PROTECTED.name: protections(batch, self.protect)}
            documents.append(pa.table(survivor_columns(batch, self.survivor) | protected))
            numbers.append((start + chosen).astype(np.int64))
            sizes = found.runs[:, 2].astype(np.int64)
            first = windows + np.cumsum(sizes) - sizes
            runs = np.stack([found.runs[:, 1].astype(np.int64), first, sizes], axis=1)
            parts.append((found.hashes, found.lengths, found.fingerprints, runs, count + place, found.runs[:, 3] != 0))
            count += len(chosen)
            windows += len(found.hashes)
        if not windows:
            return
        hashes, lengths, marks, runs, owners, single = (np.concatenate(part) for part in zip(*parts, strict=True))
        del parts
        table, rows_of = pa.concat_tables(documents).combine_chunks(), np.concatenate(numbers)
        ranks = np.empty(count, np.int64)
        ranks[survivor_order(table, self.survivor)] = np.arange(count)
        owners = owners.astype(np.int64)
        groups = _groups(table)[owners]
        copies = rank_copies(
            marks,
            ranks[owners],
            runs,
            owners,
            groups,
            hashes,
            lengths,
            most=self._most,
            whole=not self.within,
            partial=True,
        )
        found_stretches = stretches(copies, runs, owners, single)
        is_lead = found_stretches[:, 3] == LEAD
        leads = hashes[copies.kinds == LEAD]
        yield self._leads(given, found_stretches[is_lead], leads, marks, single, table, rows_of)
        yield self._references(given, found_stretches[~is_lead], table, rows_of)

    def _leads(
        self,
        given: StepInput,
        found: npt.NDArray[np.int64],
        hashes: npt.NDArray[np.uint64],
        fingerprints: npt.NDArray[np.uint64],
        single: npt.NDArray[np.bool_],
        table: pa.Table,
        rows_of: npt.NDArray[np.int64],
    ) -> pa.RecordBatch:
        """Windows that other units have to know of, run by run, with what decides the order of their documents."""
        from ..kernels.hashing import combine_hashes

        borders = np.append(0, np.cumsum(found[:, 2] - found[:, 1]))
        marks = fingerprints[found[:, 6]]
        alone = single[found[:, 6]]
        spread = combine_hashes([marks[alone], hashes[borders[:-1][alone]]], int(alone.sum()))
        marks[alone] = spread
        partition = -1 - (marks % np.uint64(given.partitions)).astype(np.int32)
        own = {
            "fingerprint": marks,
            "unit": np.full(len(found), given.index, np.int32),
            "row": rows_of[found[:, 0]].astype(np.int32),
            "start": found[:, 1].astype(np.int32),
            "stop": found[:, 2].astype(np.int32),
            "windows": pa.ListArray.from_arrays(pa.array(borders.astype(np.int32)), pa.array(hashes)),
        }
        document = table.take(pa.array(found[:, 0]))
        order = {name: one_chunk(document, name) for name in document.column_names}
        return _filled(own | order | {"partition": partition}, self._window_schema())

    def _references(
        self, given: StepInput, found: npt.NDArray[np.int64], table: pa.Table, rows_of: npt.NDArray[np.int64]
    ) -> pa.RecordBatch:
        """Windows whose verdict follows from another window of the unit."""
        own = {
            "row": rows_of[found[:, 0]].astype(np.int32),
            "start": found[:, 1].astype(np.int32),
            "stop": found[:, 2].astype(np.int32),
            "kind": found[:, 3].astype(np.int8),
            "other_row": rows_of[found[:, 4]].astype(np.int32),
            "other_start": found[:, 5].astype(np.int32),
            "uid": one_chunk(table, "uid").take(pa.array(found[:, 4])),
            "partition": np.full(len(found), given.index, np.int32),
        }
        return _filled(own, self._window_schema())

    def _copies(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Which windows are cut, with the document that has them first, and which are the ones that stay."""
        from ..kernels.substring_copies import rank_copies

        table = given.tables["windows"].combine_chunks()
        if not table.num_rows:
            return
        place = np.lexsort([table.column(name).to_numpy() for name in ("start", "row", "unit")])
        table = table.take(pa.array(place)).combine_chunks()
        order = survivor_order(table, self.survivor)
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        hashes = one_chunk(table, "windows").flatten().to_numpy()
        starts, stops = (table.column(name).to_numpy().astype(np.int64) for name in ("start", "stop"))
        sizes = stops - starts
        runs = np.stack([starts, np.cumsum(sizes) - sizes, sizes], axis=1)
        copies = rank_copies(
            table.column("fingerprint").to_numpy(), ranks, runs, np.arange(len(runs)), _groups(table), hashes,
            np.zeros(len(hashes), np.uint16), most=self._most, whole=False, partial=False,
        )  # fmt: skip
        verdict, source = self._judge(copies, _groups(table))
        run_of = copies.run_of
        state = np.where(verdict < 0, -1, 4 * source.astype(np.int64) + verdict)
        begins = np.flatnonzero(np.append(True, (state[1:] != state[:-1]) | (run_of[1:] != run_of[:-1])))
        ends = np.append(begins[1:], len(hashes))
        told = verdict[begins] >= 0
        begins, ends = begins[told], ends[told]
        run = run_of[begins]
        start = starts[run] + begins - runs[run, 1]
        yield pa.RecordBatch.from_pydict(
            {
                "row": table.column("row").to_numpy()[run],
                "start": start.astype(np.int32),
                "stop": (start + ends - begins).astype(np.int32),
                "verdict": verdict[begins],
                "source": one_chunk(table, "uid").take(pa.array(source[begins])),
                "partition": table.column("unit").to_numpy()[run],
            },
            schema=_COPIES.append(PARTITION),
        )

    def _judge(
        self, copies: Copies, groups: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int32]]:
        """What becomes of each window (-1: nothing to tell), and the run that has it first.

        Args:
            copies: of w windows of r runs.
            groups: what protects each run.
        """
        from ..kernels.substring_copies import BEYOND, MEMBER

        sources = copies.firsts()
        is_first = sources == np.arange(len(sources))
        verdict = np.full(len(sources), -1, np.int8)
        verdict[copies.kinds == MEMBER] = STAYS_AS_MEMBER
        if self.keep == "first":
            verdict[copies.kinds == BEYOND] = GOES
            verdict[copies.counts > self._most] = STAYS
        else:
            always = groups == np.uint64(ALWAYS)
            marked = (copies.counts[sources] > self.max_copies) & ~always[copies.run_of]
            verdict[marked] = np.where(is_first[marked], GOES_AS_FIRST, GOES)
            sources = np.where(is_first & marked, copies.following, sources)
        return verdict, copies.run_of[sources]

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Cut, or remove, or only count."""
        from ..kernels.substring_cuts import cut

        verdicts = SubstringVerdicts(given.tables["windows"], given.tables["copies"])
        for start, rows in numbered(given.rows):
            texts = _texts(rows)
            part = verdicts.of(start, rows.num_rows)
            done = cut(texts, self.tokens, part.first, part.marked, part.first_kept, part.kept)
            before, after = (pc.utf8_length(column).to_numpy().astype(np.int64) for column in (texts, done.texts))
            lost = np.maximum(before - after, 0)
            share = lost / np.maximum(before, 1)
            little = (after < max(1, self.min_characters)) | (1 - share < self.min_share)
            gone = (done.spans > 0) & little & ~done.whole & (self.action != "mark")
            counts = {
                "substring_characters_removed": pa.array(lost.astype(np.int32)),
                "substring_spans_removed": pa.array(done.spans.astype(np.int32)),
            }
            annotated = annotate(rows, **counts)
            if self.action == "cut":
                changed = pa.array((done.spans > 0) & ~gone)
                field = annotated.schema.get_field_index("text")
                text = pc.if_else(changed, done.texts, rows.column("text"))
                annotated = annotated.set_column(field, annotated.schema.field(field), text)
            source = verdicts.sources(part, done.longest)
            source = pc.if_else(pc.equal(source, rows.column("uid")), pa.scalar(None, pa.string()), source)
            outcome = Outcome.split(
                annotate(annotated, duplicate_of=source), pa.array(~gone), reason=REASON, values=pa.array(share)
            )
            yield Outcome(outcome.kept.select(annotated.schema.names), outcome.removed)


def _texts(rows: pa.RecordBatch) -> pa.Array:
    """The texts, a missing one as an empty one."""
    return pc.fill_null(rows.column("text"), "")


def _groups(table: pa.Table) -> npt.NDArray[np.uint64]:
    """What protects each row; 0: nothing."""
    return pc.fill_null(one_chunk(table, PROTECTED.name), pa.scalar(0, pa.uint64())).to_numpy()  # type: ignore[no-any-return]


def _filled(values: Mapping[str, object], schema: pa.Schema) -> pa.RecordBatch:
    """A batch of `schema` and `partition`; columns that have no values are null."""
    full = schema.append(PARTITION)
    rows = len(values["partition"])  # type: ignore[arg-type]
    blank = {field.name: pa.nulls(rows, field.type) for field in full if field.name not in values}
    return pa.RecordBatch.from_pydict(blank | dict(values), schema=full)
