"""The pairs that `hexapla review` draws: stratified by languages, score and kind of bead, equal for equal seeds."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..engine.errors import ConfigError
from ..engine.results import random_keys
from ..filters.pair_strata import ScoreHistogram, Strata, Stratum, allocation, kinds_of, whole_numbers
from .parallel_rows import Directions, ParallelTable

# a random number for the strata that must not be that of a row
_OF_THE_STRATA = 0x5E1EC7ED


@dataclass(frozen=True)
class Sample:
    """Drawn pairs.

    Attributes:
        rows: in random order: the pairs' columns, `stratum` in words, `weight` and `kind`.
        counts: pairs of each stratum in all.
        seed: what they were drawn with.
    """

    rows: list[dict[str, Any]]
    counts: Mapping[Stratum, int]
    seed: int


def draw(table: ParallelTable, rows: int, seed: int, directions: Directions | None = None) -> Sample:
    """Draw pairs; the rows are read three times, and only what was drawn is held.

    Args:
        table: where from.
        rows: how many, where there are so many.
        seed: another one draws others.
        directions: only these (source, target).

    Raises:
        ConfigError: there is nothing to judge.
    """
    histogram = ScoreHistogram()
    for batch in table.pairs(directions):
        histogram.add(batch["score"].filter(pa.array(kinds_of(batch) >= 0)))
    strata = Strata(histogram.edges())
    for batch in table.pairs(directions):
        strata.add(batch)
    if not strata.counts:
        asked = "" if directions is None else f" in {', '.join('-'.join(pair) for pair in directions)}"
        raise ConfigError(f"there is no pair with text on both sides{asked}", where=table.name)
    shares = allocation(strata.counts, rows)
    wanted = whole_numbers(shares, float(np.random.default_rng([seed, _OF_THE_STRATA]).random()))
    drawn = []
    for stratum, found in _drawn(table, strata, wanted, seed, directions).items():
        weight = strata.counts[stratum] / shares[stratum]
        drawn += [
            (key, {**row, "stratum": strata.name(stratum), "weight": weight, "kind": stratum.kind})
            for key, row in found
        ]
    # by uid where two have one number, so that the order does not depend on the files
    drawn.sort(key=lambda pair: (pair[0], pair[1]["uid"]))
    return Sample([row for _, row in drawn], strata.counts, seed)


def _drawn(
    table: ParallelTable, strata: Strata, wanted: Mapping[Stratum, int], seed: int, directions: Directions | None
) -> dict[Stratum, list[tuple[int, dict[str, Any]]]]:
    """The pairs with the smallest random numbers of each stratum."""
    best: dict[Stratum, list[tuple[int, dict[str, Any]]]] = {name: [] for name, count in wanted.items() if count}
    for batch in table.pairs(directions):
        places, names = strata.of(batch)
        keys = random_keys(batch.select(["uid"]), seed)
        for place, name in enumerate(names):
            if name not in best:
                continue
            rows = np.flatnonzero(places == place)
            if len(best[name]) == wanted[name]:
                rows = rows[keys[rows] <= best[name][-1][0]]
            rows = rows[np.argsort(keys[rows], kind="stable")[: wanted[name]]]
            if len(rows):
                found = zip(keys[rows].tolist(), batch.take(pa.array(rows)).to_pylist(), strict=True)
                best[name] = heapq.nsmallest(
                    wanted[name], [*best[name], *found], key=lambda pair: (pair[0], pair[1]["uid"])
                )
    return best
