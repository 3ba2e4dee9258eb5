"""The stage `fuzzy_matches`: similar pairs of the corpus, as examples for a translation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage

MATCHES = pa.list_(pa.struct([("src", pa.string()), ("tgt", pa.string()), ("score", pa.float32())]))
PAIRS = pa.schema(
    [
        ("src_lang", pa.string()), ("tgt_lang", pa.string()), ("uid", pa.string()), ("src", pa.string()),
        ("tgt", pa.string()), ("unit", pa.int32()), ("row", pa.int32()),
    ]
)  # fmt: skip
FOUND = pa.schema([("row", pa.int32()), ("fuzzy_matches", MATCHES), ("fuzzy_matches_back", MATCHES)])


class FuzzyMatches(StepStage):
    """Add the pairs of the corpus most like each pair, as examples for `render: {format: adaptive-mt}`.

    `fuzzy_matches` are found by the source, `fuzzy_matches_back` by the target, for the other direction. Similarity is
    that of the words, rare ones count for more; no model is needed. A pair is never its own match, nor is one with the
    same source or the same target. No row is removed.
    """

    most: int = Field(1, ge=1, le=50, description="matches of a pair at most, the most similar first")
    least: float = Field(0.2, ge=0, le=1, description="least similarity")
    pools: int = Field(
        1, ge=1, le=1 << 16,
        description="parts into which each pair of languages is cut, by the hash of `uid`; matches are of the same "
        "part, and one part is held in memory",
    )  # fmt: skip

    needs: ClassVar[tuple[str, ...]] = ("uid", "src_lang", "tgt_lang", "src", "tgt")
    adds: ClassVar[Mapping[str, pa.DataType]] = {"fuzzy_matches": MATCHES, "fuzzy_matches_back": MATCHES}

    def steps(self) -> tuple[Step, ...]:
        """Pairs to their pool, matches within it, back to their rows."""
        return (
            Step("pairs", "units", self._pairs, PAIRS, fields=("pools",), wide=True),
            Step("matches", "partitions", self._matches, FOUND, slices=("pairs",)),
            Step("apply", "units", self._apply, slices=("matches",)),
        )

    def _pairs(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        from ..kernels.hashing import combine_hashes, value_hashes

        first = 0
        for rows in given.rows:
            columns = {name: rows.column(name) for name in ("src_lang", "tgt_lang", "uid", "src", "tgt")}
            columns["unit"] = pa.array(np.full(rows.num_rows, given.index, np.int32))
            columns["row"] = pa.array(np.arange(first, first + rows.num_rows, dtype=np.int32))
            pool = value_hashes(columns["uid"]) % np.uint64(self.pools)
            sides = [value_hashes(columns["src_lang"]), value_hashes(columns["tgt_lang"])]
            partition = combine_hashes([*sides, pool], rows.num_rows) >> np.uint64(2)
            arrays = [*(columns[name] for name in PAIRS.names), pa.array(partition.astype(np.int64))]
            found = pa.RecordBatch.from_arrays(arrays, schema=PAIRS.append(pa.field("partition", pa.int64())))
            keep = pa.array(np.ones(rows.num_rows, bool))
            for name in ("src", "tgt"):
                keep = pc.and_(keep, pc.fill_null(pc.greater(pc.binary_length(found.column(name)), 0), False))
            yield found.filter(keep)
            first += rows.num_rows

    def _matches(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        from ..kernels.fuzzy_matches import fuzzy_matches
        from ..kernels.hashing import value_hashes

        table = given.tables["pairs"].sort_by([("uid", "ascending"), ("unit", "ascending"), ("row", "ascending")])
        table = table.combine_chunks()
        src, tgt = (table.column(name).combine_chunks() for name in ("src", "tgt"))
        hashes = value_hashes(src), value_hashes(tgt)
        columns = [table.column("row").combine_chunks()]
        for texts, one, other in ((src, *hashes), (tgt, *reversed(hashes))):
            found, scores = fuzzy_matches(texts, one, other, wanted=self.most, least=self.least)
            there = found >= 0
            at = pa.array(found[there])
            items = pa.StructArray.from_arrays(
                [src.take(at), tgt.take(at), pa.array(scores[there])], fields=list(MATCHES.value_type)
            )
            borders = np.append(0, np.cumsum(there.sum(axis=1))).astype(np.int32)
            columns.append(pa.ListArray.from_arrays(pa.array(borders), items))
        columns.append(table.column("unit").combine_chunks())
        yield pa.RecordBatch.from_arrays(columns, schema=FOUND.append(pa.field("partition", pa.int32())))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        found = given.tables["matches"].sort_by("row").combine_chunks()
        places = found.column("row").to_numpy()
        schema = self.output_schema(given.input_schema)
        first = 0
        for rows in given.rows:
            number = np.arange(first, first + rows.num_rows)
            at = np.searchsorted(places, number)
            missing = (at == len(places)) | (np.append(places, -1)[at] != number)
            columns = dict(zip(rows.schema.names, rows.columns, strict=True))
            taken = pa.array(at, mask=missing)
            columns |= {name: found.column(name).combine_chunks().take(taken) for name in self.adds}
            yield Outcome.keep(pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema))
            first += rows.num_rows
