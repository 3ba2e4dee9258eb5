"""The stage `line_dedup`: lines that many documents have are taken out of all of them, or of all but one."""

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
    PROTECTED,
    Scope,
    check_scope,
    protect_field,
    protections,
    scope_field,
    scope_hashes,
    scope_libraries,
)
from .line_verdicts import (
    CommonLines,
    certainty,
    characters_by_certainty,
    copies_of,
    groups_of,
    least_certainty,
    limits_of,
    spared_by_language,
)
from .row_verdicts import PARTITION, numbered, one_chunk, optional_column, with_columns
from .survivor import Survivor, check_survivor, survivor_columns, survivor_field, survivor_fields, survivor_order

if TYPE_CHECKING:
    from ..filters.line_units import LineUnits

UNKNOWN = "und"
REASON = "line_duplicates"
_TOTALS = pa.schema(
    [("scope", pa.uint64()), ("language", pa.string()), ("documents", pa.int64()), ("characters", pa.int64())]
)
_VERDICTS = pa.schema(
    [
        ("key", pa.uint64()),
        ("certainty", pa.int32()),
        ("keeps_row", pa.int32()),
        ("keeps_group", pa.uint64()),
    ]
)
_SHARES = pa.schema([("language", pa.string()), ("certainty", pa.int32()), ("characters", pa.int64())])
_LIMITS = pa.schema([("language", pa.string()), ("least", pa.int32())])


class LineDedup(StepStage):
    """Take out of documents the lines (paragraphs, sentences) that too many other documents have as well.

    A line counts once for each document that has it, whatever its place. When more than `max_copies` documents of a
    scope have it, and more than the share `max_share` of them, it goes from all of them (`keep: none`) or from all but
    one (`keep: first`: it stays in the document that `survivor` puts first). Lines are compared after CCNet: in lower
    case, with 0 for digits, without punctuation; accents, vowel signs and other marks stay (`filters/line_units.py`).

    Short lines are common in good text: answers in dialogues, headings, verse numbers, list items, closing braces. So
    a line with fewer letters than `min_characters` is never judged alone, but with as many of its neighbours, behind
    or before, as make up that many letters: a menu of one-word lines goes; a heading "Introduction" above a text of its
    own stays, and so does a column of numbers.

    `cap` bounds what a language may lose. Where more would go, lines that the fewest documents have are spared first,
    and the counter `lines_spared_by_cap_LANGUAGE` says how many lines were.

    What stays of a document is joined as in `trim`: text that loses nothing stays as it is, byte for byte.
    `lines_removed` and `characters_removed` count what was taken out, and with `list_removed` the column
    `removed_lines` has it. Documents of which nothing is left are removed for the reason `line_duplicates`, with their
    text as it was. Whole documents that are copies of each other are for `exact_dedup` and `minhash_dedup`, before this
    stage.
    """

    unit: Literal["line", "paragraph", "sentence"] = Field(
        "line", description="what is compared: line, paragraph (up to an empty line) or sentence"
    )
    normalize: Literal["ccnet", "exact"] = Field(
        "ccnet", description="ccnet: lower case, 0 for digits, no punctuation; exact: as it is, but for white space"
    )
    scope: Scope = scope_field()
    max_copies: int = Field(
        5, ge=1, description="documents of a scope that may have the same line; 1: every repeated line goes (CCNet)"
    )
    max_share: float = Field(
        2e-7,
        ge=0,
        le=1,
        description="share of the scope's documents that may have the same line, where that is more than `max_copies` "
        "(Llama 3: 6 in 30 million); with scope domain, 0.1 takes out what a tenth of a site's pages have",
    )
    keep: Literal["first", "none"] = Field(
        "first", description="first: the line stays in one document; none: it goes from all"
    )
    survivor: Survivor = survivor_field("oldest")
    min_characters: int = Field(
        20,
        ge=0,
        description="letters that a line needs to be judged on its own (one of an unspaced script counts two); shorter "
        "ones are judged together with their neighbours; 0: every line on its own",
    )
    cap: float | None = Field(
        0.5,
        ge=0,
        le=1,
        description="largest share of a language's characters that may be taken out; null: no limit",
    )
    protect: str | None = protect_field()
    remove_empty: bool = Field(True, description="remove documents of which nothing is left; false: keep them, empty")
    list_removed: bool = Field(False, description="add the column `removed_lines`: what was taken out, in order")

    needs: ClassVar[tuple[str, ...]] = ("uid", "text")
    libraries: ClassVar[Any] = ByConfiguration((), scope_libraries)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(lines_removed="int32", characters_removed="int32")
    reasons: ClassVar[Mapping[str, str]] = {
        REASON: "all of its lines are in too many other documents; the value is the share of characters, 1",
    }

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the counts of what was taken out.

        Raises:
            ConfigError: a needed column is missing.
        """
        check_scope(self.scope, self.protect, schema, self.stage_name())
        check_survivor(self.survivor, schema, self.stage_name())
        made = super().output_schema(schema)
        return with_columns(made, removed_lines=pa.list_(pa.string())) if self.list_removed else made

    def backing(self, language: str) -> Backing:
        """The same comparison for all; letters of unspaced scripts count two."""
        return Backing("proxy", "the same comparison for all scripts")

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """Measured on help pages and on short legal texts, in many languages each."""
        return {"keys of the lines of all rows": size // 9}

    def steps(self) -> tuple[Step, ...]:
        """Keys per unit of work, what is too common per partition, the cap, removal."""
        drawn = ("unit", "normalize", "scope", "min_characters", "protect", "survivor")
        judged = ("max_copies", "max_share", "keep", "survivor")
        return (
            Step("keys", "units", self._keys, schema=self._key_schema(), fields=drawn),
            Step("totals", "partitions", self._totals, _TOTALS, slices=("keys",), fields=("max_copies", "max_share")),
            Step("verdicts", "partitions", self._verdicts, _VERDICTS, ("keys",), whole=("totals",), fields=judged),
            Step("shares", "units", self._shares, _SHARES, slices=("verdicts",), fields=(*drawn, "cap")),
            Step("limits", "all", self._limits, schema=_LIMITS, whole=("shares", "totals"), fields=("cap",)),
            Step("apply", "units", self._apply, slices=("verdicts",), whole=("limits",)),
        )

    def _key_schema(self) -> pa.Schema:
        """A key, how often it occurs, and who of its documents would keep it; `key` 0 marks totals."""
        ours = [
            ("key", pa.uint64()), ("scope", pa.uint64()), ("unit", pa.int32()), ("row", pa.int32()),
            ("documents", pa.int32()), ("language", pa.string()), ("characters", pa.int64()),
        ]  # fmt: skip
        order = [field for field in survivor_fields(self.survivor) if field.name != "uid"]
        return pa.schema([*ours, PROTECTED, *order])

    def _units(self, rows: pa.RecordBatch, scopes: npt.NDArray[np.uint64] | None) -> LineUnits:
        from ..filters.line_units import line_units

        return line_units(
            rows.column("text"),
            optional_column(rows, "language"),
            unit=self.unit,
            normalize=self.normalize,
            least=self.min_characters,
            scopes=scopes,
        )

    def _keys(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Every distinct key of the unit once, with what the first of its documents is like; then totals."""
        from ..kernels.line_keys import group_keys

        documents, found = [], []
        for start, rows in numbered(given.rows):
            scopes = scope_hashes(rows, self.scope)
            units = self._units(rows, scopes)
            number, side = np.nonzero(units.keys)
            found.append((units.keys[number, side], (start + units.rows()[number]).astype(np.int32)))
            order = survivor_columns(rows, self.survivor)
            order.pop("uid")
            of = {
                "scope": np.zeros(rows.num_rows, np.uint64) if scopes is None else scopes,
                "language": pc.fill_null(optional_column(rows, "language"), UNKNOWN),
                "size": units.sums(units.characters),
                PROTECTED.name: protections(rows, self.protect),
            }
            documents.append(pa.table(of | order))
        if not documents:
            return
        table = pa.concat_tables(documents).combine_chunks()
        ranks = np.empty(table.num_rows, np.int64)
        ranks[self._order(table)] = np.arange(table.num_rows)
        keys, rows_of = (np.concatenate(parts) for parts in zip(*found, strict=True))
        # documents of protected groups are counted apart
        apart = (keys ^ groups_of(table.column(PROTECTED.name))[rows_of]) * np.uint64(0x9E3779B97F4A7C15)
        distinct = group_keys(apart, rows_of, ranks)
        yield self._key_rows(given, table, keys[distinct[:, 0]], distinct)
        yield from self._total_rows(given, table)

    def _key_rows(
        self, given: StepInput, table: pa.Table, keys: npt.NDArray[np.uint64], distinct: npt.NDArray[np.int64]
    ) -> pa.RecordBatch:
        best = table.drop_columns(["language", "size"]).take(pa.array(distinct[:, 2]))
        made = {
            **{name: one_chunk(best, name) for name in best.column_names},
            "key": keys,
            "unit": np.full(len(keys), given.index, np.int32),
            "row": distinct[:, 2].astype(np.int32),
            "documents": distinct[:, 1].astype(np.int32),
            "partition": (keys % np.uint64(given.partitions)).astype(np.int32),
        }
        schema = self._key_schema().append(PARTITION)
        nothing = {name: pa.nulls(len(keys), schema.field(name).type) for name in ("language", "characters")}
        return pa.RecordBatch.from_pydict({**nothing, **made}, schema=schema)

    def _total_rows(self, given: StepInput, table: pa.Table) -> Iterator[pa.RecordBatch]:
        """Documents of each scope, and characters of each language, under the key 0."""
        schema = self._key_schema().append(PARTITION)
        for by in ("scope", "language"):
            sums = table.group_by(by, use_threads=False).aggregate([([], "count_all"), ("size", "sum")])
            made: dict[str, pa.Array | npt.NDArray[np.generic]] = {
                by: one_chunk(sums, by),
                "key": np.zeros(sums.num_rows, np.uint64),
                "documents": one_chunk(sums, "count_all").cast(pa.int32()),
                "characters": one_chunk(sums, "size_sum"),
                "partition": np.zeros(sums.num_rows, np.int32),
            }
            if by == "scope":
                made["partition"] = (sums.column(by).to_numpy() % np.uint64(given.partitions)).astype(np.int32)
            nothing = {field.name: pa.nulls(sums.num_rows, field.type) for field in schema if field.name not in made}
            yield pa.RecordBatch.from_pydict({**nothing, **made}, schema=schema)

    def _order(self, table: pa.Table) -> npt.NDArray[np.int64]:
        """Who comes first; documents of equal contents in the order of their places."""
        return survivor_order(table.append_column("uid", pa.nulls(table.num_rows, pa.string())), self.survivor)

    def _totals(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Characters by language; documents of the scopes that are so large that `max_share` makes a difference."""
        table = given.tables["keys"].select(["key", "scope", "language", "documents", "characters"])
        table = table.filter(pc.equal(table.column("key"), pa.scalar(0, pa.uint64())))
        sums = table.group_by(["scope", "language"], use_threads=False).aggregate(
            [("documents", "sum"), ("characters", "sum")]
        )
        made = pa.table(
            [sums.column(name) for name in ("scope", "language", "documents_sum", "characters_sum")],
            names=_TOTALS.names,
        ).cast(_TOTALS)
        large = pc.greater(pc.multiply(made.column("documents").cast(pa.float64()), self.max_share), self.max_copies)
        made = made.filter(pc.or_(pc.is_valid(made.column("language")), large))
        yield from _batches(made.sort_by([("language", "ascending"), ("scope", "ascending")]))

    def _verdicts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The keys that too many documents have, for every unit of work that has them."""
        from ..kernels.unionfind import first_with_key

        table = given.tables["keys"]
        table = table.filter(pc.greater(table.column("key"), pa.scalar(0, pa.uint64())))
        copies = copies_of(table, first_with_key(table.column("key").to_numpy()))
        common = copies > self._most(given.tables["totals"], table.column("scope").to_numpy())
        table, copies = table.filter(pa.array(common)).combine_chunks(), copies[common]
        keys = table.column("key").to_numpy()
        groups = groups_of(table.column(PROTECTED.name))
        keeps_row, keeps_group = np.full(len(keys), -1, np.int32), np.zeros(len(keys), np.uint64)
        if self.keep == "first" and len(keys):
            hub = first_with_key(keys)
            order = self._order(table)
            _, places = np.unique(hub[order], return_index=True)
            winners = order[places]
            keeps_row[winners] = table.column("row").to_numpy()[winners]
            keeps_group[hub[winners]] = groups[winners]
            keeps_group = keeps_group[hub]
        yield pa.RecordBatch.from_pydict(
            {
                "key": keys,
                "certainty": certainty(copies, keys),
                "keeps_row": keeps_row,
                "keeps_group": keeps_group,
                "partition": one_chunk(table, "unit"),
            },
            schema=_VERDICTS.append(PARTITION),
        )

    def _most(self, totals: pa.Table, scopes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
        """How many documents of each row's scope may have a line."""
        totals = totals.filter(pc.is_null(totals.column("language"))).sort_by("scope")
        large = totals.column("scope").to_numpy()
        most = np.full(len(scopes), float(self.max_copies))
        if len(large):
            places = np.minimum(np.searchsorted(large, scopes), len(large) - 1)
            share = totals.column("documents").to_numpy()[places] * self.max_share
            most = np.where(large[places] == scopes, np.maximum(most, share), most)
        return most

    def _judged(self, given: StepInput) -> Iterator[tuple[pa.RecordBatch, LineUnits, npt.NDArray[np.int32], pa.Array]]:
        """The rows with their lines, how sure it is that each has to go, and their languages."""
        common = CommonLines(given.tables["verdicts"])
        for start, rows in numbered(given.rows):
            units = self._units(rows, scope_hashes(rows, self.scope))
            languages = pc.fill_null(optional_column(rows, "language"), UNKNOWN)
            yield rows, units, common.judge(units, start, protections(rows, self.protect)), languages

    def _shares(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Characters that would go, by language and certainty."""
        if self.cap is None or not given.tables["verdicts"].num_rows:
            return
        for _, units, sure, languages in self._judged(given):
            yield from _batches(characters_by_certainty(units, sure, languages).cast(_SHARES))

    def _limits(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The least certainty with which lines go, where the cap makes a difference."""
        totals = given.tables["totals"]
        totals = totals.filter(pc.is_valid(totals.column("language")))
        sizes = dict(zip(totals.column("language").to_pylist(), totals.column("characters").to_pylist(), strict=True))
        least = {} if self.cap is None else least_certainty(given.tables["shares"], sizes, self.cap)
        yield from _batches(pa.table([list(least), list(least.values())], schema=_LIMITS))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Take the lines out."""
        limits = given.tables["limits"]
        least = dict(zip(limits.column("language").to_pylist(), limits.column("least").to_pylist(), strict=True))
        for rows, units, sure, languages in self._judged(given):
            enough = sure >= np.repeat(limits_of(languages, least), np.diff(units.first))
            spared = spared_by_language(units, (sure >= 0) & ~enough, languages)
            yield self._outcome(rows, units, (sure >= 0) & enough, spared)

    def _outcome(
        self, rows: pa.RecordBatch, units: LineUnits, goes: npt.NDArray[np.bool_], spared: Mapping[str, int]
    ) -> Outcome:
        lines, characters = units.sums(goes), units.sums(units.characters * goes)
        of = units.sums(units.characters)
        empty = (characters > 0) & (characters == of)
        keep = pa.array(~empty | (not self.remove_empty))
        # what is removed keeps its text, for whoever asks why
        text = pc.if_else(keep, units.without(goes), rows.column("text"))
        made = {
            "text": pc.if_else(pa.array(lines > 0), text, rows.column("text")),
            "lines_removed": pa.array(lines.astype(np.int32)),
            "characters_removed": pa.array(characters.astype(np.int32)),
        }
        if self.list_removed:
            made["removed_lines"] = units.strings(goes)
        named = {name: rows.column(name) for name in rows.schema.names} | made
        schema = self.output_schema(rows.schema)
        done = pa.RecordBatch.from_arrays([named[name] for name in schema.names], schema=schema)
        share = pa.array(characters / np.maximum(of, 1))
        counters = {
            "lines_removed": int(lines.sum()),
            "line_characters_removed": int(characters.sum()),
            "line_documents_changed": int((lines > 0).sum()),
        }
        return Outcome.split(done, keep, reason=REASON, values=share, counters=counters | dict(spared))


def _batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows of a small table, all for partition 0."""
    yield from table.append_column(PARTITION, pa.array(np.zeros(table.num_rows, np.int32))).to_batches()
