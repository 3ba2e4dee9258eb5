"""The stage `lexical_score`: how well the words of sentence pairs fit, learned from the pairs themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage, columns
from .pair_filter import table_of
from .row_verdicts import PARTITION, annotate, as_array

if TYPE_CHECKING:
    from ..filters.lexical_scores import PairModel

_SAMPLE = pa.schema(
    [
        ("src_lang", pa.string()),
        ("tgt_lang", pa.string()),
        ("order", pa.uint64()),
        ("src", pa.string()),
        ("tgt", pa.string()),
    ]
)
_MODELS = pa.schema(
    [("src_lang", pa.string()), ("tgt_lang", pa.string()), ("pairs", pa.int64()), ("model", pa.binary())]
)

_LINK_COLUMNS = columns(src_tokens="string", tgt_tokens="string", word_links="string")

_SORTED_AT_ONCE = 100_000
"""Pairs that are gathered at least before those with the largest hashes are let go."""


class LexicalScore(StepStage):
    """Score sentence pairs by their words, with translations that are learned from these pairs (IBM model 1).

    Reads beads and pairs. For each pair of languages the tables are learned from at most `sample` different pairs,
    chosen by their contents. `lexical_score` is the mean of `lexical_forward` (how much the source tells of the
    target) and `lexical_backward`, in [0, 1]: by which share one side lowers the perplexity of the other. 0 is what
    unrelated texts have. All three are null where a side is empty, no word is known, or fewer than `min_pairs` pairs
    were there to learn from: tables of so few mean nothing.

    With `word_links: true` the same tables link words: `src_tokens` and `tgt_tokens` are the texts with a space between
    each two tokens (words, numbers, signs, letters of scripts without spaces), `word_links` has the places of linked
    ones among them, from 0, as Pharaoh, fast_align and awesome-align write them (`0-0 1-2`). A token is linked to the
    one that it most likely comes from, by words and by how near they are to the diagonal, where that is likelier than
    none; full stops and commas are not linked. Links are null where there are fewer than `min_pairs` pairs, where a
    side has no token, and beyond four million pairs of tokens.

    Nothing is removed: `pair_filter: {rules: {lexical: {column: lexical_score, min: 0.1}}}` does that.
    """

    sample: int = Field(50_000, ge=1, description="pairs of each two languages that are learned from at most")
    min_pairs: int = Field(300, ge=1, description="fewer different pairs of two languages: no scores")
    word_links: bool = Field(False, description="also link words: columns `src_tokens`, `tgt_tokens`, `word_links`")
    symmetrize: Literal["intersection", "union", "grow_diag"] = Field(
        "intersection",
        description="links that are left: those that both directions have; all; grow_diag: the first and neighbours "
        "of them among the rest",
    )

    needs: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        lexical_score="float32", lexical_forward="float32", lexical_backward="float32"
    )

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the scores.

        Raises:
            ConfigError: the rows are not pairs.
        """
        if table_of(schema) == "groups":
            raise ConfigError(
                "pairs are scored, not groups", where="lexical_score",
                hint="read the beads: from: align.beads, or join with `pairs: all` and from: join.beads",
            )  # fmt: skip
        found = super().output_schema(schema)
        if not self.word_links:
            return found
        fields = [field for field in found if field.name not in _LINK_COLUMNS]
        return pa.schema([*fields, *(pa.field(name, kind) for name, kind in _LINK_COLUMNS.items())])

    def steps(self) -> tuple[Step, ...]:
        """Texts to learn from per unit, tables per pair of languages, scores per unit."""
        read, tables = ("src_lang", "tgt_lang", "src", "tgt"), ("sample", "min_pairs")
        return (
            Step("sample", "units", self._sample, schema=_SAMPLE, fields=("sample",), columns=read),
            Step("learn", "partitions", self._learn, schema=_MODELS, slices=("sample",), fields=tables),
            Step("apply", "units", self._apply, whole=("learn",), fields=("word_links", "symmetrize")),
        )

    def _sample(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The pairs of the unit with the smallest hashes, as many of each two languages as may be needed."""
        kept, waiting, size = pa.Table.from_batches([], schema=_SAMPLE), list[pa.RecordBatch](), 0
        for rows in given.rows:
            waiting.append(_hashed(rows))
            size += waiting[-1].num_rows
            # sorted whenever it has doubled: once a batch would cost the square of the unit's rows
            if size > max(kept.num_rows, _SORTED_AT_ONCE):
                kept = smallest(pa.concat_tables([kept, pa.Table.from_batches(waiting)]), self.sample)
                waiting, size = [], 0
        kept = smallest(pa.concat_tables([kept, pa.Table.from_batches(waiting, schema=_SAMPLE)]), self.sample)
        number = _partition(kept, given.partitions)
        yield from kept.append_column(PARTITION, pa.array(number)).combine_chunks().to_batches()

    def _learn(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Tables of every pair of languages of the partition."""
        from ..filters.lexical_scores import learn

        table = smallest(given.tables["sample"].select(_SAMPLE.names), self.sample)
        for source, target in _pairs_of(table):
            own = table.filter(pc.and_(pc.equal(table["src_lang"], source), pc.equal(table["tgt_lang"], target)))
            if own.num_rows < self.min_pairs:
                continue
            model = learn(as_array(own["src"]), as_array(own["tgt"])).to_bytes()
            values = {
                "src_lang": [source],
                "tgt_lang": [target],
                "pairs": [own.num_rows],
                "model": [model],
                "partition": [0],
            }
            yield pa.RecordBatch.from_pydict(values, schema=_MODELS.append(PARTITION))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Score the rows of each two languages with their tables."""
        from ..filters.lexical_scores import PairModel
        from ..filters.word_links import spaced, word_links

        learned = given.tables["learn"].combine_chunks()
        place = {pair: number for number, pair in enumerate(zip(*_sides(learned), strict=True))}
        models: dict[tuple[str, str], PairModel] = {}
        for rows in given.rows:
            found = np.full((2, rows.num_rows), np.nan, np.float32)
            links: list[tuple[npt.NDArray[np.int64], pa.Array]] = []
            tokens = _tokens(rows) if self.word_links else ()
            for pair in _pairs_of(pa.Table.from_batches([rows.select(["src_lang", "tgt_lang"])])):
                if pair not in place:
                    continue
                if pair not in models:
                    models[pair] = PairModel.from_bytes(learned["model"][place[pair]].as_py())
                places = _places(rows, *pair)
                _score(rows, places, models[pair], found)
                if tokens:
                    own = [side.take(pa.array(places)) for side in tokens]
                    links.append((places, word_links(own[0], own[1], models[pair], self.symmetrize)))
            both = (found[0] + found[1]) / np.float32(2)
            scores = {
                name: pa.array(values, pa.float32(), mask=np.isnan(both))
                for name, values in zip(self.adds, (both, found[0], found[1]), strict=True)
            }
            if tokens:
                sides = [spaced(side, rows.column(name)) for side, name in zip(tokens, ("src", "tgt"), strict=True)]
                every = (*sides, _in_place(links, rows.num_rows))
                scores |= dict(zip(_LINK_COLUMNS, every, strict=True))
            yield Outcome.keep(annotate(rows, **scores))


def _sides(table: pa.Table) -> tuple[list[str], list[str]]:
    return table["src_lang"].to_pylist(), table["tgt_lang"].to_pylist()


def _places(rows: pa.RecordBatch, source: str, target: str) -> npt.NDArray[np.int64]:
    """The rows in two languages that have both sides."""
    chosen = pc.and_kleene(pc.equal(rows.column("src_lang"), source), pc.equal(rows.column("tgt_lang"), target))
    for name in ("src", "tgt"):
        chosen = pc.and_kleene(chosen, pc.greater(pc.binary_length(rows.column(name)), 0))
    return np.flatnonzero(pc.fill_null(chosen, False).to_numpy(zero_copy_only=False))


def _score(
    rows: pa.RecordBatch, places: npt.NDArray[np.int64], model: PairModel, found: npt.NDArray[np.float32]
) -> None:
    """Fill in the scores of these rows."""
    from ..filters.lexical_scores import lexical_scores

    if len(places):
        sides = [rows.column(name).take(pa.array(places)) for name in ("src", "tgt")]
        found[0, places], found[1, places] = lexical_scores(sides[0], sides[1], model)


def _tokens(rows: pa.RecordBatch) -> tuple[pa.LargeListArray, ...]:
    from ..filters.word_links import tokens_of_sides

    return tuple(tokens_of_sides(rows.column(name)) for name in ("src", "tgt"))


def _in_place(links: list[tuple[npt.NDArray[np.int64], pa.Array]], rows: int) -> pa.Array:
    """The links of some rows each as a column for all; null for those that are in none."""
    order = np.full(rows, -1, np.int64)
    held = np.concatenate([np.zeros(0, np.int64), *(places for places, _ in links)])
    order[held] = np.arange(len(held))
    every = pa.chunked_array([found for _, found in links], pa.string()).combine_chunks()
    return every.take(pa.array(order, mask=order < 0))


def _hashed(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The pairs with text on both sides, with a hash of what they say."""
    from ..kernels.hashing import combine_hashes, value_hashes

    full = pc.and_kleene(*(pc.greater(pc.binary_length(rows.column(name)), 0) for name in ("src", "tgt")))
    kept = rows.filter(pc.fill_null(full, False))
    named = {name: kept.column(name) for name in ("src_lang", "tgt_lang", "src", "tgt")}
    order = combine_hashes([value_hashes(named[name]) for name in ("src", "tgt")], kept.num_rows)
    return pa.RecordBatch.from_pydict({**named, "order": order}, schema=_SAMPLE)


def smallest(table: pa.Table, most: int) -> pa.Table:
    """Of each two languages the `most` different pairs with the smallest hashes, in the order of these."""
    names = ["src_lang", "tgt_lang", "order", "src", "tgt"]
    table = table.select(names).sort_by([(name, "ascending") for name in names])
    if not table.num_rows:
        return table.cast(_SAMPLE)
    languages = np.stack([_codes(table[name]) for name in ("src_lang", "tgt_lang")])
    order = table["order"].to_numpy()
    new = np.append(True, (languages[:, 1:] != languages[:, :-1]).any(axis=0))
    fresh = new | np.append(True, order[1:] != order[:-1])
    number = np.cumsum(fresh)
    starts = np.flatnonzero(new)
    within = number - np.repeat(number[starts], np.diff(np.append(starts, len(new))))
    return table.filter(pa.array(fresh & (within < most))).cast(_SAMPLE)


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    encoded = pc.dictionary_encode(as_array(column), null_encoding="encode")
    found: npt.NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _pairs_of(table: pa.Table) -> list[tuple[str, str]]:
    """The pairs of languages that a table has, in order; none for those without a label."""
    found = {
        (row["src_lang"], row["tgt_lang"])
        for row in table.select(["src_lang", "tgt_lang"]).group_by(["src_lang", "tgt_lang"]).aggregate([]).to_pylist()
    }
    return sorted(pair for pair in found if None not in pair)


def _partition(table: pa.Table, partitions: int) -> npt.NDArray[np.int32]:
    """One partition for each pair of languages."""
    from ..kernels.hashing import combine_hashes, value_hashes

    hashes = [value_hashes(as_array(table[name])) for name in ("src_lang", "tgt_lang")]
    return (combine_hashes(hashes, table.num_rows) % np.uint64(partitions)).astype(np.int32)
