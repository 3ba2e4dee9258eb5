"""The stage `pair_dedup`: of equal sentence pairs one stays, and none that is in an evaluation set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage, columns
from .named_files import FileName
from .pair_filter import table_of
from .row_verdicts import PARTITION, RowVerdicts, annotate, as_array, numbered, one_chunk, repeated_keys, with_columns
from .survivor import Survivor, check_survivor, survivor_columns, survivor_field, survivor_fields, survivor_order

if TYPE_CHECKING:
    from ..filters.pair_keys import Sameness

_KEY = [("key", pa.uint64()), ("key_rest", pa.uint64())]
_KEYS = pa.schema([*_KEY, ("unit", pa.int32()), ("row", pa.int32())])
_REPEATS = pa.schema([("row", pa.int32()), *_KEY])
_VERDICTS = pa.schema(
    [("row", pa.int32()), ("duplicate_of", pa.string()), ("is_exact", pa.bool_()), ("pair_cluster_size", pa.int32())]
)
_SAMENESS = ("compare", "lowercase", "letters_only", "letter_words_only")


class PairDedup(StepStage):
    """Keep one of all sentence pairs that are the same, and none that an evaluation set has.

    Reads beads, pairs and groups. Pairs are the same within one pair of languages when their sides are: as they stand,
    or whatever the case (`lowercase`), or by their letters alone (`letters_only`), the measures of OpusFilter's
    remove_duplicates. `compare: src` makes one translation of each source stay. Groups are the same when they have the
    same segments in the same languages.

    A row is removed as `duplicate_pair` where it says the very same as the one that stays, as `near_duplicate_pair`
    where case or other characters differ; `duplicate_of` is the uid of the one that stays. Rows with a side in one of
    the files of `overlap` (FLORES, WMT ...) are removed as `evaluation_overlap`, by the same measure.
    """

    compare: Literal["both", "src", "tgt"] = Field("both", description="the sides that must be the same")
    lowercase: bool = Field(False, description="whether case makes no difference")
    letters_only: bool = Field(False, description="whether only letters count: no digits, marks, spaces")
    letter_words_only: bool = Field(False, description="whether only words count that are nothing but letters")
    overlap: tuple[FileName, ...] = Field(
        (), description="evaluation sets: files of one sentence a line (.gz too), .tsv, or .parquet (all text columns)"
    )
    survivor: Survivor = survivor_field("score desc")

    needs: ClassVar[tuple[str, ...]] = ("uid",)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(pair_cluster_size="int32")
    reasons: ClassVar[Mapping[str, str]] = {
        "duplicate_pair": "a copy; `duplicate_of` is the uid of the one that stayed",
        "near_duplicate_pair": "the same but for case or characters that do not count; `duplicate_of` stayed",
        "evaluation_overlap": "a side is in one of the files of `overlap`",
    }

    def resource_files(self) -> tuple[str, ...]:
        """The evaluation sets."""
        return self.overlap

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and how many copies there were.

        Raises:
            ConfigError: the rows are neither pairs nor groups, or a rule of `survivor` cannot be asked.
        """
        table_of(schema)
        check_survivor(self._order(schema), schema, "pair_dedup")
        return super().output_schema(schema)

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """As the kept rows, with the uid of the pair that stayed."""
        return with_columns(self.output_schema(schema), duplicate_of=pa.string())

    def _order(self, schema: pa.Schema) -> tuple[str, ...]:
        """The rules of `survivor`; the default takes what the table has instead of a score, or nothing that differs."""
        if "survivor" in self.model_fields_set or "score" in schema.names:
            return self.survivor
        return ("agreement desc",) if "agreement" in schema.names else ("src_lang desc",)

    def steps(self) -> tuple[Step, ...]:
        """Keys per unit, rows with equal keys per partition, what decides among them, who stays, removal."""
        return (
            Step("keys", "units", self._keys, schema=_KEYS, fields=(*_SAMENESS, "overlap")),
            Step("repeats", "partitions", self._repeats, schema=_REPEATS, slices=("keys",), fields=()),
            Step("ranks", "units", self._ranks, schema=self._ranked(), slices=("repeats",), fields=("survivor",)),
            Step("groups", "partitions", self._groups, schema=_VERDICTS, slices=("ranks",), fields=("survivor",)),
            Step("apply", "units", self._apply, slices=("groups",), fields=(*_SAMENESS, "overlap")),
        )

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """A key and a place for every row."""
        return {"keys of all rows": rows * 24}

    def _ranked(self) -> pa.Schema:
        exact = [("exact", pa.uint64()), ("exact_rest", pa.uint64())]
        return pa.schema([*_KEYS, *exact, *survivor_fields(self.survivor)])

    def _sameness(self) -> Sameness:
        from ..filters.pair_keys import Sameness

        return Sameness(self.compare, self.lowercase, self.letters_only, self.letter_words_only)

    def _overlapping(self, rows: pa.RecordBatch) -> np.ndarray:
        from ..filters.pair_keys import in_evaluation

        if not self.overlap:
            return np.zeros(rows.num_rows, np.bool_)
        return in_evaluation(rows, self.overlap, self._sameness())

    def _keys(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """One row for every pair that is in no evaluation set."""
        for start, rows in numbered(given.rows):
            keys = self._sameness().keys(rows)
            found = pa.RecordBatch.from_pydict(
                {
                    "key": keys[:, 0],
                    "key_rest": keys[:, 1],
                    "unit": np.full(rows.num_rows, given.index, np.int32),
                    "row": np.arange(start, start + rows.num_rows, dtype=np.int32),
                    "partition": (keys[:, 0] % np.uint64(given.partitions)).astype(np.int32),
                },
                schema=_KEYS.append(PARTITION),
            )
            yield found.filter(pa.array(~self._overlapping(rows)))

    def _repeats(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The pairs whose key (its first half) another one has, too."""
        yield repeated_keys(given.tables["keys"], _REPEATS.names)

    def _ranks(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """What decides among pairs with one key."""
        from ..filters.pair_keys import Sameness

        repeats = RowVerdicts(given.tables["repeats"])
        for start, batch in numbered(given.rows):
            keys = repeats.of(start, batch.num_rows)
            known = as_array(pc.is_valid(keys.column("key")))
            if not known.true_count:
                continue
            rows, keys = batch.filter(known), keys.filter(known)
            exact = Sameness().keys(rows)
            found = {
                "key": as_array(keys.column("key")),
                "key_rest": as_array(keys.column("key_rest")),
                "unit": np.full(rows.num_rows, given.index, np.int32),
                "row": as_array(keys.column("row")),
                "exact": exact[:, 0],
                "exact_rest": exact[:, 1],
                "partition": (keys.column("key").to_numpy() % np.uint64(given.partitions)).astype(np.int32),
            }
            order = self._order(rows.schema)
            found |= survivor_columns(_with_text(rows), order)
            yield pa.RecordBatch.from_pydict(found, schema=self._ranked().append(PARTITION))

    def _groups(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """For every pair with copies: how many there are, and which one stays."""
        table = given.tables["ranks"]
        table = table.take(pa.array(survivor_order(table, self.survivor, ["key", "key_rest"])))
        keys, exact = (
            np.stack([table.column(name).to_numpy(), table.column(f"{name}_rest").to_numpy()])
            for name in ("key", "exact")
        )
        begins = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)) if table.num_rows else np.zeros(0, bool)
        starts = np.flatnonzero(begins)
        first = np.repeat(starts, np.diff(np.append(starts, table.num_rows)))
        own = np.arange(table.num_rows)
        size = np.bincount(first, minlength=table.num_rows)[first]
        found = pa.RecordBatch.from_pydict(
            {
                "row": one_chunk(table, "row"),
                "duplicate_of": one_chunk(table, "uid").take(pa.array(first, mask=first == own)),
                "is_exact": (exact == exact[:, first]).all(axis=0),
                "pair_cluster_size": size.astype(np.int32),
                "partition": one_chunk(table, "unit"),
            },
            schema=_VERDICTS.append(PARTITION),
        )
        yield found.filter(pa.array(size > 1))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Remove every copy but the one that stays, and what is in an evaluation set."""
        verdicts = RowVerdicts(given.tables["groups"])
        for start, rows in numbered(given.rows):
            found = verdicts.of(start, rows.num_rows)
            size = pc.fill_null(found.column("pair_cluster_size"), pa.scalar(1, pa.int32()))
            original = as_array(found.column("duplicate_of"))
            overlapping = pa.array(self._overlapping(rows))
            is_exact = as_array(pc.fill_null(found.column("is_exact"), False))
            reason = pc.if_else(is_exact, "duplicate_pair", "near_duplicate_pair")
            reason = pc.if_else(overlapping, "evaluation_overlap", reason)
            keep = pc.and_(pc.is_null(original), pc.invert(overlapping))
            kept = annotate(rows, pair_cluster_size=size)
            outcome = Outcome.split(annotate(kept, duplicate_of=original), keep, reason=reason)
            yield Outcome(outcome.kept.select(kept.schema.names), outcome.removed)


def _with_text(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with the column `text` that `longest` and `shortest` measure: both sides, or all segments."""
    if "text" in rows.schema.names:
        return rows
    if "segments" in rows.schema.names:
        segments = rows.column("segments")
        texts = pa.ListArray.from_arrays(segments.offsets, segments.values.field("text"))
        return rows.append_column("text", pc.binary_join(texts, " "))
    sides = [pc.fill_null(rows.column(name), "") for name in ("src", "tgt")]
    return rows.append_column("text", pc.binary_join_element_wise(*sides, " "))
