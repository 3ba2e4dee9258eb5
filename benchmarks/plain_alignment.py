"""The aligner's search in plain Python: the same definitions and the same order of sums, lists in place of arrays.

Written to be fast as Python goes: chances are added up once per segment, evidence once per run of segments, lengths
from running sums.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import NamedTuple

Shape = tuple[int, int]
Rows = list[dict[int, float]]
Way = list[tuple[int, int, int, int]]
NEVER = -math.inf


class Known(NamedTuple):
    """What a model knows, as lists and dictionaries."""

    shapes: list[Shape]
    priors: list[float]
    ratio: float
    variance: float
    spreads: tuple[float, float, float, float]
    least_fit: float
    price: float
    least_gain: float
    local: float
    reach: float
    ahead: Rows
    back: Rows
    left_share: list[float]
    right_share: list[float]
    left_alone: list[float]
    right_alone: list[float]


class Document(NamedTuple):
    """Words and letters of the segments of both sides."""

    left: list[list[int]]
    right: list[list[int]]
    left_letters: list[float]
    right_letters: list[float]


def _densities(letters: list[float], shape: float, scale: float, widest: int) -> list[list[float]]:
    """Logarithm of the density of the letters of each run of segments, by its end and its number of segments."""
    before = [0.0, *accumulate(letters)]
    constants = [math.lgamma(n * shape) + n * shape * math.log(scale) if n else 0.0 for n in range(widest + 1)]
    rows = []
    for end in range(len(before)):
        row = [0.0]
        for count in range(1, min(end, widest) + 1):
            value = max(before[end] - before[end - count], 0.5)
            row.append((count * shape - 1.0) * math.log(value) - value / scale - constants[count])
        rows.append(row)
    return rows


def _bases(segments: list[list[int]], shares: list[float], local: float, reach: float) -> list[list[float]]:
    """Share of each word, in its neighbourhood and in all text."""
    words = [word for segment in segments for word in segment]
    sums = [0.0] * len(words)
    for order in (range(len(words)), range(len(words) - 1, -1, -1)):
        counts: dict[int, tuple[float, int]] = {}
        for place in order:
            word, count = words[place], 0.0
            if word in counts:
                count = counts[word][0] * math.exp(-abs(place - counts[word][1]) / reach)
            sums[place] += count
            counts[word] = (count + 1.0, place)
    part = local / (2.0 * reach)
    mixed = iter([(1.0 - local) * shares[word] + part * near for word, near in zip(words, sums, strict=True)])
    return [[next(mixed) for _ in segment] for segment in segments]


def _runs(
    segments: list[list[int]], others: list[list[int]], rows: Rows, bases: list[list[float]], alone: list[float],
    widest: int,
) -> list[list[list[float]]]:  # fmt: skip
    """Evidence of each of the other side's segments beside runs of segments: by end, by number, running sums."""
    made: list[list[list[float]]] = []
    for segment in segments:
        chances: dict[int, float] = {}
        for word in segment:
            for other, chance in rows[word].items():
                chances[other] = chances.get(other, 0.0) + chance
        get = chances.get
        made.append([
            [get(word, 0.0) / base for word, base in zip(words, shares, strict=True)]
            for words, shares in zip(others, bases, strict=True)
        ])
    none = [[alone[word] for word in other] for other in others]
    found = []
    for end in range(len(segments) + 1):
        by_number = [[0.0] * (len(others) + 1)]
        sums: list[list[float]] = [[0.0] * len(other) for other in others]
        size = 0
        for count in range(1, min(end, widest) + 1):
            added = made[end - count]
            sums = [[one + more for one, more in zip(*pair, strict=True)] for pair in zip(sums, added, strict=True)]
            size += len(segments[end - count])
            total, running = 0.0, [0.0]
            for row, lone in zip(sums, none, strict=True):
                if size:
                    factors = [n + (1.0 - n) * value / size for value, n in zip(row, lone, strict=True)]
                    total += math.log(math.prod(factors))
                running.append(total)
            by_number.append(running)
        found.append(by_number)
    return found


def scores(document: Document, known: Known) -> list[list[list[float]]]:
    """Scores of all beads: rows, columns, shapes."""
    widest = max(max(shape) for shape in known.shapes)
    n, m = len(document.left), len(document.right)
    left, right = [0.0, *accumulate(document.left_letters)], [0.0, *accumulate(document.right_letters)]
    lefts, rights = [0, *accumulate(map(len, document.left))], [0, *accumulate(map(len, document.right))]
    left_alone = _densities(document.left_letters, *known.spreads[:2], widest)
    right_alone = _densities(document.right_letters, *known.spreads[2:], widest)
    local = known.local, known.reach
    right_bases = _bases(document.right, known.right_share, *local)
    left_bases = _bases(document.left, known.left_share, *local)
    ahead = _runs(document.left, document.right, known.ahead, right_bases, known.right_alone, widest)
    back = _runs(document.right, document.left, known.back, left_bases, known.left_alone, widest)
    ratio, variance, least, shift = known.ratio, known.variance, known.least_fit, math.log(known.ratio)
    numbered = list(zip(known.shapes, known.priors, strict=True))
    table = []
    for i in range(n + 1):
        row = []
        for j in range(m + 1):
            cell = []
            for (a, b), prior in numbered:
                if i < a or j < b:
                    cell.append(NEVER)
                    continue
                if not (a and b):
                    cell.append(prior)
                    continue
                one, other = left[i] - left[i - a], right[j] - right[j - b]
                spread = variance * max((one + other / ratio) / 2.0, 0.5)
                away = ratio * one - other
                fit = -0.5 * away * away / spread - 0.5 * math.log(2.0 * math.pi * spread)
                fit = max(least, 0.5 * (fit - right_alone[j][b] + fit + shift - left_alone[i][a]))
                if lefts[i] > lefts[i - a] and rights[j] > rights[j - b]:
                    beside, behind = ahead[i][a], back[j][b]
                    fit += 0.5 * (beside[j] - beside[j - b] + behind[i] - behind[i - a])
                cell.append(prior + fit)
            row.append(cell)
        table.append(row)
    return table


def probabilities(table: list[list[list[float]]], shapes: list[Shape]) -> list[list[list[float]]]:
    """Probability of every bead over all ways through the document."""
    n, m = len(table) - 1, len(table[0]) - 1
    ahead = [[NEVER] * (m + 1) for _ in range(n + 1)]
    back = [[NEVER] * (m + 1) for _ in range(n + 1)]
    ahead[0][0] = back[n][m] = 0.0
    for i in range(n + 1):
        for j in range(m + 1):
            cell = zip(shapes, table[i][j], strict=True)
            values = [ahead[i - a][j - b] + score for (a, b), score in cell if score > NEVER]
            if values:
                high = max(values)
                ahead[i][j] = high + math.log(sum([math.exp(value - high) for value in values]))
    whole = ahead[n][m]
    found: list[list[list[float]]] = [[[] for _ in range(m + 1)] for _ in range(n + 1)]
    for i in range(n, -1, -1):
        for j in range(m, -1, -1):
            here, chances = back[i][j], found[i][j]
            for (a, b), score in zip(shapes, table[i][j], strict=True):
                if score == NEVER:
                    chances.append(0.0)
                    continue
                value = score + here
                chances.append(math.exp(min(0.0, ahead[i - a][j - b] + value - whole)))
                before = back[i - a][j - b]
                high, low = (before, value) if before > value else (value, before)
                back[i - a][j - b] = high if low == NEVER else high + math.log1p(math.exp(low - high))
    return found


def beads(document: Document, known: Known) -> Way:
    """The way with the largest expected number of right beads: first and last + 1 of both sides."""
    shapes = known.shapes
    table = scores(document, known)
    chances = probabilities(table, shapes)
    n, m = len(document.left), len(document.right)
    best = [[NEVER] * (m + 1) for _ in range(n + 1)]
    chosen = [[-1] * (m + 1) for _ in range(n + 1)]
    best[0][0] = 0.0
    for i in range(n + 1):
        for j in range(m + 1):
            for k, (a, b) in enumerate(shapes):
                if table[i][j][k] == NEVER:
                    continue
                chance = chances[i][j][k]
                value = best[i - a][j - b] + (chance - known.price if a and b else chance * known.least_gain)
                if value > best[i][j]:
                    best[i][j], chosen[i][j] = value, k
    way, i, j = [], n, m
    while i or j:
        a, b = shapes[chosen[i][j]]
        way.append((i - a, i, j - b, j))
        i, j = i - a, j - b
    return way[::-1]
