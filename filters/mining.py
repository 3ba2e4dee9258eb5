"""Pairs of one scope (a host, or everything) and of every two languages in it, as numbers of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.vectors import Whole
from .judgements import FEWEST, threshold
from .margin import Margin, Match, Pairs, candidates, matches
from .pair_labels import Label
from .vector_search import Search, neighbourhood, search_for

Numbers = npt.NDArray[np.int64]
OWN_JUDGEMENTS: Final = 100
"""From so many judged pairs on two languages have a threshold of their own."""

Directions = Sequence[tuple[str, str]] | Literal["all"]


@dataclass(frozen=True)
class MiningPlan:
    """How pairs are found.

    Attributes:
        margin: see `filters.margin.margins`.
        neighbours: how many neighbours the margin takes into account.
        match: see `filters.margin.matches`.
        search: None leaves it to the numbers of vectors.
        probes: see `filters.vector_search.neighbourhood`.
        least_cosine: pairs below it are no candidates.
        directions: pairs of languages (source, target), or all, with the source first in the alphabet.
    """

    margin: Margin = "ratio"
    neighbours: int = 16
    match: Match = "max"
    search: Search | None = None
    probes: int = 32
    least_cosine: float = -1.0
    directions: Directions = "all"


@dataclass(frozen=True)
class MinedPairs:
    """Pairs of two languages in one scope.

    Attributes:
        src_lang, tgt_lang: the languages.
        pairs: numbers of rows, margins and cosines, the surest first.
    """

    src_lang: str
    tgt_lang: str
    pairs: Pairs


def directions_among(languages: Sequence[str], wanted: Directions) -> list[tuple[str, str]]:
    """The pairs of languages (source, target) that can be mined among some languages."""
    if wanted == "all":
        return list(combinations(sorted(set(languages)), 2))
    return [(source, target) for source, target in wanted if source in languages and target in languages]


def first_of_each(scope: Numbers, language: Numbers, digest: npt.NDArray[np.uint64], uid: pa.Array) -> Numbers:
    """Rows in order of scope, language and uid; of equal texts (one digest) in one scope and language the first.

    Args:
        scope: n numbers.
        language: n numbers.
        digest: n numbers.
        uid: n strings.
    """
    ranks = np.empty(len(uid), np.int64)
    ranks[pc.array_sort_indices(uid).to_numpy()] = np.arange(len(uid))
    order = np.lexsort((ranks, digest, language, scope))
    keys = [values[order] for values in (scope, language, digest)]
    first = np.append(True, np.any([key[1:] != key[:-1] for key in keys], axis=0)) if len(order) else np.zeros(0, bool)
    chosen = order[first]
    found: Numbers = chosen[np.lexsort((ranks[chosen], language[chosen], scope[chosen]))]
    return found


def mine(
    vectors: Whole, scope: Numbers, language: Numbers, names: Sequence[str], plan: MiningPlan
) -> Iterator[MinedPairs]:
    """Pairs within each scope, scope by scope and language by language.

    Args:
        vectors: n x d.
        scope: n numbers, ascending.
        language: n numbers, ascending within a scope; rows are sorted by uid within both.
        names: the languages by number.
        plan: how.
    """
    keys = np.stack([scope, language])
    borders = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))) if len(scope) else np.array([])
    stops = np.append(borders[1:], len(scope))
    sides: dict[str, tuple[int, int]] = {}
    current: int | None = None
    for start, stop in zip(borders.tolist(), stops.tolist(), strict=True):
        if scope[start] != current:
            yield from _within(vectors, sides, plan)
            sides, current = {}, int(scope[start])
        sides[names[language[start]]] = (start, stop)
    yield from _within(vectors, sides, plan)


def _within(vectors: Whole, sides: dict[str, tuple[int, int]], plan: MiningPlan) -> Iterator[MinedPairs]:
    for source, target in directions_among(list(sides), plan.directions):
        (first, stop), (other_first, other_stop) = sides[source], sides[target]
        left, right = vectors[first:stop], vectors[other_first:other_stop]
        search = plan.search or search_for(len(left), len(right))
        count = 1 if plan.margin == "absolute" else plan.neighbours
        found = neighbourhood(left, right, count, search, plan.probes)
        pairs = matches(*candidates(left, right, found, plan.margin, plan.least_cosine), plan.match)
        if len(pairs.source):
            yield MinedPairs(
                source, target, Pairs(pairs.source + first, pairs.target + other_first, pairs.margin, pairs.cosine)
            )


def precision_thresholds(
    judged: Sequence[Mapping[str, Any]], labels: Mapping[str, Label], target: float
) -> tuple[float, dict[tuple[str, str], float]]:
    """The least margins from which on a share of the pairs is right.

    Args:
        judged: `uid`, `src_lang`, `tgt_lang` and `margin` of pairs that were judged.
        labels: what was said, by uid.
        target: the share, 0 to 1.

    Returns:
        That of all languages together, and those of every two languages with at least `OWN_JUDGEMENTS`.

    Raises:
        ValueError: there is none.
    """
    every = _least_margin(judged, labels, target)
    if every is None:
        raise ValueError(
            f"no threshold keeps a precision of {target:g} on the {len(judged)} judged pairs that are among those "
            f"found (of {len(labels)}; at least {FEWEST} have to lie above it)"
        )
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in judged:
        groups.setdefault((row["src_lang"], row["tgt_lang"]), []).append(row)
    found = {
        names: _least_margin(rows, labels, target) for names, rows in groups.items() if len(rows) >= OWN_JUDGEMENTS
    }
    return every, {names: np.inf if least is None else least for names, least in found.items()}


def _least_margin(judged: Sequence[Mapping[str, Any]], labels: Mapping[str, Label], target: float) -> float | None:
    good, weight, margin = (
        np.array([value(row) for row in judged], np.float64)
        for value in (
            lambda row: labels[row["uid"]].good,
            lambda row: labels[row["uid"]].weight,
            lambda row: row["margin"],
        )
    )
    found = threshold(good, weight, margin, target)
    return None if found is None else found.score
