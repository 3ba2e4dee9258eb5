"""Learning translations from beads, and the tables that scoring reads."""

# mypy: allow-untyped-calls

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernels.lexicon import expected_counts, pair_slots
from .alignment_model import Lexicon, Settings, Table
from .alignment_texts import Side, Words

Reals = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

SMOOTHING = 0.5
SAME_WORD = np.array([1.0, 2.0, 0.5, 0.3])
"""Sights that a word counts for with the word that is spelled the same, by kind: words, numbers, marks, pieces."""
SAME_AT_FIRST = 0.3
LEAST_CHANCE = 1e-4
MOST_PAIRS_OF_A_BEAD = 40_000
MOST_PAIRS = 30_000_000
"""Pairs of words that are counted at most: of more, every second bead is learned from, or every third ..."""
ALONE_RANGE = (0.05, 0.95)
UNMATCHED_SAME = 0.6


@dataclass(frozen=True)
class Beads:
    """Beads to learn from."""

    ranges: npt.NDArray[np.int32]
    """n x 4: segments of the left side (first and last + 1), of the right side."""
    weights: Reals
    """n."""


def same_words(left: Words, right: Words) -> npt.NDArray[np.int32]:
    """For each left word the right word of the same spelling, or -1; the hashes need no order."""
    if not len(right):
        return np.full(len(left), -1, np.int32)
    order = np.argsort(right.hashes, kind="stable")
    places = order[np.minimum(np.searchsorted(right.hashes[order], left.hashes), len(right) - 1)]
    found: npt.NDArray[np.int32] = np.where(right.hashes[places] == left.hashes, places, -1).astype(np.int32)
    return found


def first_lexicon(left: Words, right: Words) -> Lexicon:
    """What is known without any bead: words that are spelled the same on both sides; others say nothing."""
    left_alone, right_alone = np.ones(len(left), np.float32), np.ones(len(right), np.float32)
    same = same_words(left, right)
    left_alone[same >= 0] = UNMATCHED_SAME
    right_alone[same[same >= 0]] = UNMATCHED_SAME
    return Lexicon(left, right, _no_rows(len(left)), _no_rows(len(right)), left_alone, right_alone)


def _no_rows(words: int) -> Table:
    return Table(np.zeros(words + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float16))


def learned_lexicon(left: Words, right: Words, source: Side, target: Side, beads: Beads, settings: Settings) -> Lexicon:
    """Translations by expectation and maximisation over the beads."""
    ranges, weights, pairs = _learnable(source, target, beads)
    keys, slots = np.empty(pairs, np.int64), np.empty(pairs, np.int32)
    found = np.full(1 << max(10, (2 * pairs).bit_length()), -1, np.int32)
    args = (source.words, source.starts, target.words, target.starts, ranges)
    count = pair_slots(*args, len(right), keys, slots, found)
    del found
    one, other = np.divmod(keys[:count], max(len(right), 1))
    prior: Reals = np.where(left.hashes[one] == right.hashes[other], SAME_WORD[left.kinds[one]], 0.0)
    shares = left.shares().astype(np.float64), right.shares().astype(np.float64)
    forward = np.where(prior > 0, SAME_AT_FIRST, 1.0 / max(len(right), 1)).astype(np.float32)
    backward = np.where(prior > 0, SAME_AT_FIRST, 1.0 / max(len(left), 1)).astype(np.float32)
    left_alone, right_alone = np.full(len(left), settings.alone), np.full(len(right), settings.alone)
    sizes = len(left), len(right)
    extra: tuple[Reals, Reals] = _sums(one, prior, sizes[0]), _sums(other, prior, sizes[1])
    for number in range(settings.rounds + 3):
        seen = np.zeros((2, count)), np.zeros((2, sizes[0])), np.zeros((2, sizes[1]))
        expected_counts(*args, weights, slots, forward, backward, *shares, left_alone, right_alone, *seen)
        last = number >= settings.rounds - 1
        if not last or number == settings.rounds - 1:
            discount = settings.discount if last else 0.0
            forward = _chances(seen[0][0], prior, extra[0], one, discount)
            backward = _chances(seen[0][1], prior, extra[1], other, discount)
        left_alone = _alone(seen[1], settings, last)
        right_alone = _alone(seen[2], settings, last)
    return Lexicon(
        left,
        right,
        _table(one, other, forward, sizes[0]),
        _table(other, one, backward, sizes[1]),
        left_alone.astype(np.float32),
        right_alone.astype(np.float32),
    )


def _learnable(source: Side, target: Side, beads: Beads) -> tuple[npt.NDArray[np.int32], Reals, int]:
    """The beads that have words on both sides and are not too long, and how many pairs of words they have."""
    lefts = source.starts[beads.ranges[:, 1]] - source.starts[beads.ranges[:, 0]]
    rights = target.starts[beads.ranges[:, 3]] - target.starts[beads.ranges[:, 2]]
    chosen = (lefts * rights > 0) & (lefts * rights <= MOST_PAIRS_OF_A_BEAD)
    numbers = np.flatnonzero(chosen)
    total = int((lefts * rights)[numbers].sum())
    numbers = numbers[:: max(1, -(-total // MOST_PAIRS))]
    pairs = int((lefts * rights)[numbers].sum())
    return np.ascontiguousarray(beads.ranges[numbers]), beads.weights[numbers], pairs


def _sums(owner: npt.NDArray[np.int64], values: Reals, words: int) -> Reals:
    return np.bincount(owner, values, words).astype(np.float64)


def _chances(
    counts: Reals, prior: Reals, extra: Reals, owner: npt.NDArray[np.int64], discount: float
) -> Singles:
    whole = _sums(owner, counts, len(extra)) + extra + SMOOTHING
    found: Singles = ((np.maximum(counts - discount, 0.0) + prior) / whole[owner]).astype(np.float32)
    return found


def _alone(seen: Reals, settings: Settings, last: bool) -> Reals:
    """Chance to have no counterpart. At the end a rare word is held to have none: then it is no evidence at all."""
    weight = settings.alone_weight
    share: Reals = (seen[1] + weight * (1.0 if last else settings.alone)) / (seen[0] + weight)
    return share if last else np.clip(share, *ALONE_RANGE)


def _table(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], values: Singles, words: int) -> Table:
    kept = np.flatnonzero(values > LEAST_CHANCE)
    kept = kept[np.lexsort((columns[kept], rows[kept]))]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(rows[kept], minlength=words))])
    return Table(starts.astype(np.int64), columns[kept].astype(np.int32), values[kept].astype(np.float16))


@dataclass(frozen=True)
class Tables:
    """A lexicon as `kernels.bead_scores.lexical_scores` reads it, for words of which it may know only some."""

    ahead: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Singles]
    back: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Singles]
    same: tuple[npt.NDArray[np.int32], Singles, npt.NDArray[np.int32], Singles]
    rest: tuple[Singles, Singles, Singles, Singles]

    def arguments(self) -> tuple[npt.NDArray[np.generic], ...]:
        """The arrays in the order of the kernel."""
        return (*self.ahead, *self.back, *self.same, *self.rest)


def tables_of(lexicon: Lexicon, left: Words, right: Words) -> Tables:
    """The tables for words that begin with the lexicon's own.

    Args:
        lexicon: of a model.
        left: the lexicon's words on the left and others behind them, in any order.
        right: the same on the right.
    """
    ahead, back = _rows(lexicon.ahead, len(left)), _rows(lexicon.back, len(right))
    left_same, right_same = same_words(left, right), same_words(right, left)
    known_left, known_right = len(lexicon.left), len(lexicon.right)
    left_alone = _filled(lexicon.left_alone, left_same)
    right_alone = _filled(lexicon.right_alone, right_same)
    both = np.flatnonzero(left_same >= 0)
    seen = both[(both < known_left) & (left_same[both] < known_right)]
    in_table = seen[_has(lexicon.ahead, seen, left_same[seen]) | _has(lexicon.back, left_same[seen], seen)]
    right_same[left_same[in_table]] = -1
    left_same[in_table] = -1
    return Tables(
        ahead,
        back,
        (left_same, same_chances(left), right_same, same_chances(right)),
        (left.shares(), right.shares(), left_alone, right_alone),
    )


def _rows(table: Table, words: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Singles]:
    more = np.full(words + 1 - len(table.starts), table.starts[-1], np.int64)
    return np.concatenate([table.starts, more]), table.columns, table.values.astype(np.float32)


def _filled(alone: Singles, same: npt.NDArray[np.int32]) -> Singles:
    """The chances with those of unknown words: they say nothing, or a little when one is spelled the same."""
    new = np.where(same[len(alone) :] >= 0, UNMATCHED_SAME, 1.0).astype(np.float32)
    return np.concatenate([alone, new])


def same_chances(words: Words) -> Singles:
    """The chance of each word to be translated by the word of the same spelling, less the more often it was seen."""
    weight = SAME_WORD[words.kinds]
    found: Singles = (weight / (words.counts + weight + SMOOTHING)).astype(np.float32)
    return found


def _has(
    table: Table, rows: npt.NDArray[np.integer[Any]], columns: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.bool_]:
    """Whether the table has these pairs."""
    width = np.int64(1) << 32
    owners = np.repeat(np.arange(len(table.starts) - 1), np.diff(table.starts))
    keys = owners * width + table.columns
    asked = rows.astype(np.int64) * width + columns
    places = np.minimum(np.searchsorted(keys, asked), max(len(keys) - 1, 0))
    return keys[places] == asked if len(keys) else np.zeros(len(rows), np.bool_)
