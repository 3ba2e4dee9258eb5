"""One document in any number of languages, side by side: lines in an order that fits all of them, doubtful ones marked.

Lines are the document's groups, or what its beads link where there are no groups; what no line holds (deletions and
insertions) stands alone at its place.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .parallel_tables import joiner

FLAGS = ("low", "length", "disagrees", "crossing", "alone")
"""Low score; much longer or shorter than the others; direct alignments say otherwise; out of order; in one language."""

LOW_SCORE = 0.3
_LONGER = 2.0
_SHORTEST = 15.0
_DEVIATIONS = 4.0
_TO_SIGMA = 1.4826

Index = tuple[int, ...]
Row = Mapping[str, Any]


@dataclass
class Cell:
    """What a line says in one language.

    Attributes:
        text: the segments of it, joined.
        index: their numbers; empty where the table has none.
        score: the mean of the direct alignments of this language that hold within the line; None where there is none.
        length: whether its length is far from what the other languages lead one to expect.
        against: languages to which a direct alignment links something else.
    """

    text: str
    index: Index
    score: float | None = None
    length: bool = False
    against: list[str] = field(default_factory=list)


@dataclass
class Line:
    """The same in all languages that have it.

    Attributes:
        uid: of the group; empty where the line is none.
        cells: by language.
        score: the mean of the direct alignments that hold within the line; None where there is none.
        agreement: of the group; None where there is none.
        methods: how the direct alignments were found.
        flags: of `FLAGS`.
    """

    uid: str
    cells: dict[str, Cell]
    score: float | None = None
    agreement: float | None = None
    methods: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def document_lines(beads: Sequence[Row], groups: Sequence[Row], low: float = LOW_SCORE) -> list[Line]:
    """The lines of a document, in order, each with what is doubtful about it.

    Args:
        beads: rows of beads (or pairs) of the document; may be empty.
        groups: rows of groups of it; may be empty.
        low: scores below this are low.
    """
    lines = [_of_group(row) for row in groups] if groups else _linked(beads)
    if groups:
        lines += _uncovered(lines, beads)
    for line in lines:
        line.cells = dict(sorted(line.cells.items()))
    _weigh(lines, beads)
    _mark_lengths(lines)
    ordered, crossing = _in_order(lines)
    for line in ordered:
        line.flags = tuple(_flags(line, low, id(line) in crossing))
    return ordered


def _flags(line: Line, low: float, crossing: bool) -> Iterable[str]:
    scores = [line.agreement, *(cell.score for cell in line.cells.values())]
    if len(line.cells) > 1 and any(score is not None and score < low for score in scores):
        yield "low"
    if any(cell.length for cell in line.cells.values()):
        yield "length"
    if any(cell.against for cell in line.cells.values()):
        yield "disagrees"
    if crossing:
        yield "crossing"
    if len(line.cells) == 1:
        yield "alone"


def _of_group(row: Row) -> Line:
    cells = {str(one["lang"] or "und"): Cell(one["text"] or "", tuple(one["index"] or ())) for one in row["segments"]}
    agreement = row.get("agreement")
    return Line(str(row.get("uid") or ""), cells, agreement=None if agreement is None else float(agreement))


def _sides(bead: Row) -> list[tuple[str, Index, str]]:
    """(language, places, text) of the two sides."""
    return [
        (str(bead[f"{side}_lang"] or "und"), tuple(bead.get(f"{side}_index") or ()), bead[side] or "")
        for side in ("src", "tgt")
    ]


def _uncovered(lines: Sequence[Line], beads: Sequence[Row]) -> list[Line]:
    """Lines of their own for segments that are in no line, in the smallest pieces that a bead has them in."""
    covered = {(language, at) for line in lines for language, cell in line.cells.items() for at in cell.index}
    pieces = {(language, index, text) for bead in beads for language, index, text in _sides(bead) if index}
    found = []
    for language, index, text in sorted(pieces, key=lambda piece: (len(piece[1]), piece)):
        places = {(language, at) for at in index}
        if not places & covered:
            covered |= places
            found.append(Line("", {language: Cell(text, index)}))
    return found


def _linked(beads: Sequence[Row]) -> list[Line]:
    """What beads link, directly or over other languages; beads without places are lines of their own."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    free = []
    pieces: dict[str, dict[Index, str]] = {}
    for bead in beads:
        sides = _sides(bead)
        nodes = [(language, at) for language, index, _ in sides for at in index]
        if not nodes:
            free.append(Line("", {language: Cell(text, ()) for language, _, text in sides}))
        for node in nodes:
            parent[root(node)] = root(nodes[0])
        for language, index, text in sides:
            if index:
                pieces.setdefault(language, {})[index] = text
    members: dict[tuple[str, int], dict[str, list[int]]] = {}
    for node in sorted(parent):
        members.setdefault(root(node), {}).setdefault(node[0], []).append(node[1])
    texts = {language: _Texts(language, found) for language, found in pieces.items()}
    return free + [
        Line("", {language: Cell(texts[language].of(index), tuple(index)) for language, index in found.items()})
        for found in members.values()
    ]


class _Texts:
    """Texts of segments of one language, put together from the pieces that beads have.

    Args:
        language: whose joiner stands between pieces.
        pieces: text by places.
    """

    def __init__(self, language: str, pieces: Mapping[Index, str]) -> None:
        self.joiner = joiner(language)
        self.pieces = pieces
        self.by_start: dict[int, Index] = {}
        for index in sorted(pieces, key=len, reverse=True):
            self.by_start[index[0]] = index

    def of(self, index: Sequence[int]) -> str:
        """The text of some segments, in ascending order."""
        if tuple(index) in self.pieces:
            return self.pieces[tuple(index)]
        found, done = [], -1
        for at in index:
            piece = self.by_start.get(at)
            if at > done and piece is not None:
                found.append(self.pieces[piece])
                done = piece[-1]
        return self.joiner.join(found)


def _weigh(lines: Sequence[Line], beads: Sequence[Row]) -> None:
    """Set scores, and the languages to which direct alignments link something else."""
    place = {(language, at): line for line in lines for language, cell in line.cells.items() for at in cell.index}
    within: dict[int, list[Row]] = {}
    without_places = iter([line for line in lines if not any(cell.index for cell in line.cells.values())])
    for bead in beads:
        (left, left_index, _), (right, right_index, _) = _sides(bead)
        nodes = [(left, at) for at in left_index] + [(right, at) for at in right_index]
        homes = {id(place[node]): place[node] for node in nodes if node in place}
        if not nodes and (line := next(without_places, None)) is not None:
            homes = {id(line): line}
        if len(homes) == 1:
            (line,) = homes.values()
            if bool(left_index) == bool(right_index):
                within.setdefault(id(line), []).append(bead)
                continue
            if left not in line.cells or right not in line.cells:
                continue
        for line in homes.values():
            _contradict(line, (left, left_index), (right, right_index))
    for line in lines:
        _set_scores(line, within.get(id(line), []))


def _set_scores(line: Line, beads: Sequence[Row]) -> None:
    """Scores of the line and of its cells, from the direct alignments that hold within it."""
    scored = [bead for bead in beads if bead.get("score") is not None and math.isfinite(bead["score"])]
    line.score = _mean([float(bead["score"]) for bead in scored])
    for language, cell in line.cells.items():
        mine = [bead for bead in scored if language in (bead["src_lang"], bead["tgt_lang"])]
        cell.score = _mean([float(bead["score"]) for bead in mine])
    line.methods = tuple(sorted({str(bead["method"]) for bead in beads if bead.get("method")}))


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _contradict(line: Line, *sides: tuple[str, Index]) -> None:
    """Note at the cells that a bead touches that it links them to something else."""
    for (language, index), (other, _) in (sides, sides[::-1]):
        cell = line.cells.get(language)
        if cell is not None and set(index) & set(cell.index) and other not in cell.against:
            cell.against.append(other)


def _mark_lengths(lines: Sequence[Line]) -> None:
    """Mark cells whose length is far from what the others say, measured by how much lengths vary in this document.

    A language's unit is its mean number of characters in lines that others have, too; a line is as long as the median
    of its cells in units.
    """
    whole = [line for line in lines if len(line.cells) > 1]
    totals: dict[str, list[int]] = {}
    for line in whole:
        for language, cell in line.cells.items():
            totals.setdefault(language, []).append(len(cell.text))
    unit = {language: max(sum(found) / len(found), 1.0) for language, found in totals.items()}
    away = []
    for line in whole:
        size = median(len(cell.text) / unit[language] for language, cell in line.cells.items())
        for language, cell in line.cells.items():
            expected = size * unit[language]
            away.append((cell, abs(math.log((len(cell.text) + 5) / (expected + 5))), expected))
    usual = _TO_SIGMA * median(distance for _, distance, _ in away) if away else 0.0
    # in two languages both cells lie equally far from their mean: half the distance between them
    pair = max((len(line.cells) for line in whole), default=0) == 2
    least = max(math.log(_LONGER) * (0.5 if pair else 1.0), _DEVIATIONS * usual)
    for cell, distance, expected in away:
        cell.length = distance > least and abs(len(cell.text) - expected) > _SHORTEST * (0.5 if pair else 1.0)


def _in_order(lines: Sequence[Line]) -> tuple[list[Line], set[int]]:
    """All lines in an order that keeps that of every language where there is one; and the ids of those out of order."""
    last = {language: 1 for line in lines for language in line.cells}
    for line in lines:
        for language, cell in line.cells.items():
            last[language] = max([last[language], *cell.index])
    rank = {}
    for number, line in enumerate(lines):
        places = [cell.index[0] / last[language] for language, cell in line.cells.items() if cell.index]
        rank[id(line)] = (sum(places) / len(places) if places else number / len(lines), number)
    queues: dict[str, list[Line]] = {language: [] for language in last}
    for line in lines:
        for language, cell in line.cells.items():
            if cell.index:
                queues[language].append(line)
    for language, queue in queues.items():
        queue.sort(key=lambda line: (line.cells[language].index, rank[id(line)]), reverse=True)
    return _merged(lines, queues, rank)


def _merged(
    lines: Sequence[Line], queues: Mapping[str, list[Line]], rank: Mapping[int, tuple[float, int]]
) -> tuple[list[Line], set[int]]:
    """Take lines that are first in all their languages; where none is, the one that stands first on average."""
    waiting = {id(line): sum(bool(cell.index) for cell in line.cells.values()) for line in lines}
    ready = [(rank[id(line)], line) for line in lines if not waiting[id(line)]]
    heapq.heapify(ready)
    done: set[int] = set()
    crossing: set[int] = set()
    ordered: list[Line] = []

    def first_in(language: str) -> None:
        queue = queues[language]
        while queue and id(queue[-1]) in done:
            queue.pop()
        if queue:
            head = queue[-1]
            waiting[id(head)] -= 1
            if waiting[id(head)] == 0:
                heapq.heappush(ready, (rank[id(head)], head))

    for language in queues:
        first_in(language)
    while len(ordered) < len(lines):
        if ready:
            _, line = heapq.heappop(ready)
        else:
            line = min((queue[-1] for queue in queues.values() if queue), key=lambda one: rank[id(one)])
            crossing.add(id(line))
        done.add(id(line))
        ordered.append(line)
        for language in line.cells:
            if queues[language] and queues[language][-1] is line:
                first_in(language)
    return ordered, crossing
