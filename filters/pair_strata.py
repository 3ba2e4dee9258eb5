"""Strata of pairs to be judged by people: language pair, score band and kind of bead; how many of each are drawn.

Everything is counted, so that the same pairs give the same strata however they are cut into batches and in which order
they come.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BANDS = 5
KINDS = ("pair", "1-1", "1-2", "n-m")
"""Kinds of beads; `pair` is for pairs that have no places, 1-2 is 2-1 as well."""

_BINS = 1 << 16


class Stratum(NamedTuple):
    """A part of the pairs.

    Attributes:
        languages: `eng_Latn-fra_Latn`.
        band: number of the score band, from the lowest scores up; -1 without a score.
        kind: one of `KINDS`.
    """

    languages: str
    band: int
    kind: str


class ScoreHistogram:
    """Scores of any range in 65,536 bins, the upper half of the bits of float32: 0.4 % of a score at most."""

    def __init__(self) -> None:
        self.counts = np.zeros(_BINS, np.int64)

    def add(self, scores: pa.Array) -> None:
        """Count n scores; null and NaN are none."""
        known = _known(scores)
        bits = known[~np.isnan(known)].view(np.uint32)
        # so that numbers and bits have the same order: negative numbers come first, and from the end
        ordered = np.where(bits >> np.uint32(31), ~bits, bits | np.uint32(1 << 31))
        self.counts += np.bincount(ordered >> np.uint32(16), minlength=_BINS)

    def edges(self, bands: int = BANDS) -> tuple[float, ...]:
        """Borders between bands of about equally many scores, rounded to three decimals, each once."""
        sums = np.cumsum(self.counts)
        if sums[-1] == 0:
            return ()
        places = np.searchsorted(sums, [sums[-1] * number / bands for number in range(1, bands)])
        ordered = places.astype(np.uint32) << np.uint32(16)
        bits = np.where(ordered >> np.uint32(31), ordered & np.uint32((1 << 31) - 1), ~ordered)
        found = np.round(bits.astype(np.uint32).view(np.float32).astype(np.float64), 3)
        return tuple(sorted(set(found[np.isfinite(found)].tolist())))


def _known(scores: pa.Array) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = pc.fill_null(scores.cast(pa.float32()), math.nan).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values)


def bands_of(scores: pa.Array, edges: tuple[float, ...]) -> npt.NDArray[np.int64]:
    """The band of each of n scores, from 0; -1 for null and NaN."""
    known = _known(scores).astype(np.float64)
    # scores are float32: 0.9 as one is a little less than 0.9, and belongs above that border all the same
    found = np.searchsorted(np.asarray(edges, np.float32).astype(np.float64), known, side="right")
    return np.where(np.isnan(known), -1, found)


def band_name(band: int, edges: tuple[float, ...]) -> str:
    """`below 0.4`, `0.4 to 0.7`, `0.7 or more`."""
    if band < 0:
        return "no score"
    if not edges:
        return "any score"
    if band == 0:
        return f"below {edges[0]:g}"
    return f"{edges[-1]:g} or more" if band >= len(edges) else f"{edges[band - 1]:g} to {edges[band]:g}"


def kinds_of(rows: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """The kind of each of n beads or pairs, a place in `KINDS`; -1 where one of the two sides says nothing."""
    there = np.ones(rows.num_rows, np.bool_)
    for name in ("src", "tgt"):
        there &= pc.fill_null(pc.greater(pc.binary_length(rows[name]), 0), False).to_numpy(zero_copy_only=False)
    kinds = np.zeros(rows.num_rows, np.int64)
    if {"src_index", "tgt_index"} <= set(rows.schema.names):
        few, many = np.sort([_lengths(rows[name]) for name in ("src_index", "tgt_index")], axis=0)
        kinds = np.select([few < 1, many == 1, (few == 1) & (many == 2)], [0, 1, 2], 3)
    return np.where(there, kinds, -1)


def _lengths(index: pa.Array) -> npt.NDArray[np.int64]:
    lengths: npt.NDArray[np.int64] = pc.fill_null(pc.list_value_length(index), 0).to_numpy(zero_copy_only=False)
    return lengths.astype(np.int64)


@dataclass
class Strata:
    """Pairs counted by stratum.

    Attributes:
        edges: borders of the score bands.
        counts: pairs of each stratum.
    """

    edges: tuple[float, ...]
    counts: dict[Stratum, int] = field(default_factory=dict)

    def of(self, rows: pa.RecordBatch) -> tuple[npt.NDArray[np.int64], list[Stratum]]:
        """Strata of n pairs: for each row a place in the list; -1 where there is nothing to judge."""
        bands, kinds = bands_of(rows["score"], self.edges), kinds_of(rows)
        left, right = (pc.dictionary_encode(pc.fill_null(rows[name], "und")) for name in ("src_lang", "tgt_lang"))
        wide = len(right.dictionary)
        codes = left.indices.to_numpy(zero_copy_only=False).astype(np.int64) * max(wide, 1)
        codes += right.indices.to_numpy(zero_copy_only=False)
        codes = (codes * (len(self.edges) + 2) + bands + 1) * len(KINDS) + np.maximum(kinds, 0)
        places = np.full(rows.num_rows, -1, np.int64)
        judged = kinds >= 0
        found, inverse = np.unique(codes[judged], return_inverse=True)
        places[judged] = inverse
        names = []
        for code in found.tolist():
            rest, kind = divmod(code, len(KINDS))
            rest, band = divmod(rest, len(self.edges) + 2)
            source, target = divmod(rest, wide)
            languages = f"{left.dictionary[source].as_py()}-{right.dictionary[target].as_py()}"
            names.append(Stratum(languages, band - 1, KINDS[kind]))
        return places, names

    def add(self, rows: pa.RecordBatch) -> None:
        """Count the pairs of a batch."""
        places, names = self.of(rows)
        for name, count in zip(names, np.bincount(places[places >= 0], minlength=len(names)).tolist(), strict=True):
            self.counts[name] = self.counts.get(name, 0) + count

    def name(self, stratum: Stratum) -> str:
        """A stratum in words: `eng_Latn-fra_Latn, 0.4 to 0.7, 1-1`."""
        return f"{stratum.languages}, {band_name(stratum.band, self.edges)}, {stratum.kind}"


def allocation(counts: Mapping[Stratum, int], rows: int) -> dict[Stratum, float]:
    """How many pairs of each stratum are drawn on average: in proportion to the square root of its size.

    Between equal numbers, which judge every stratum as well as the others, and proportional ones, which judge all pairs
    together best (Bankier 1988, power allocations). The numbers are fractions where there are more strata than rows.

    Args:
        counts: pairs of each stratum, at least one.
        rows: how many in all; no more than there are.
    """
    order = sorted(counts)
    size = np.array([counts[stratum] for stratum in order], np.float64)
    wanted = np.zeros(len(order))
    full = np.zeros(len(order), np.bool_)
    left = float(min(rows, size.sum()))
    while left > 1e-9 and not full.all():
        roots = np.where(full, 0.0, np.sqrt(size))
        wanted = np.where(full, size, left * roots / roots.sum())
        over = ~full & (wanted >= size)
        if not over.any():
            break
        full |= over
        left = min(rows, size.sum()) - size[full].sum()
    return dict(zip(order, np.where(full, size, wanted).tolist(), strict=True))


def whole_numbers(shares: Mapping[Stratum, float], start: float) -> dict[Stratum, int]:
    """Whole numbers with these averages: systematic sampling of the strata in order (Madow 1949).

    Args:
        shares: how many of each stratum on average.
        start: a random number, 0 to below 1.
    """
    order = sorted(shares)
    ends = np.cumsum([shares[stratum] for stratum in order])
    # sums of fractions miss whole numbers by a little; no stratum may gain or lose a pair by that
    reached = np.floor(np.round(ends, 6) + start).astype(np.int64)
    return dict(zip(order, np.diff(reached, prepend=0).tolist(), strict=True))
