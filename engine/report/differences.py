"""Two texts side by side: what they share in plain type, what only one of them has highlighted, word by word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from .samples import marked

COMPARED_CHARACTERS = 8_000
"""Of each text so much is compared."""

COMPARED_WORDS = 1_500
"""Between what both texts begin and end with, so many words are compared; the work grows with their square."""

SHOWN_CHARACTERS = 900
"""Of each text about so much is shown."""

OPENING, AROUND = 160, 70
"""Characters that are shown of the common beginning, and of what is common on each side of a difference."""

OWN = 240
"""Characters that are shown of a passage that only one text has, and a third of that of its end."""

_JOINS_NEXT = (0x17D2, 0x1039, 0x1A60)  # signs that put the next consonant below: Khmer, Burmese, Tai Tham


@dataclass(frozen=True)
class Difference:
    """Two texts, safe to show.

    Attributes:
        left, right: parts of the texts; what only this one has stands in `del` on the left, in `ins` on the right.
        same: whether the texts differ in white space at most.
    """

    left: Markup
    right: Markup
    same: bool


def difference(left: str, right: str) -> Difference:
    """Compare the beginnings of two texts by words, by letters where a script has no spaces between words.

    Args:
        left: the text that stayed.
        right: its duplicate.
    """
    words = pieces(left[:COMPARED_CHARACTERS]), pieces(right[:COMPARED_CHARACTERS])
    ends = len(left) > COMPARED_CHARACTERS, len(right) > COMPARED_CHARACTERS
    sides = _Side("del", words[0]), _Side("ins", words[1])
    forms = [_form(word) for word in words[0]], [_form(word) for word in words[1]]
    found = list(_stretches(*forms))
    same = not any(ends) or left[COMPARED_CHARACTERS:].split() == right[COMPARED_CHARACTERS:].split()
    for number, (equal, *borders) in enumerate(found):
        for side, (begin, stop) in zip(sides, borders, strict=True):
            if equal:
                side.common(begin, stop, first=not number, last=number == len(found) - 1)
            else:
                side.own(begin, stop)
        same &= equal or not any(any(form[begin:stop]) for form, (begin, stop) in zip(forms, borders, strict=True))
    return Difference(sides[0].shown(ends[0]), sides[1].shown(ends[1]), same)


def pieces(text: str) -> list[str]:
    """Cut a text into words with the white space behind them, punctuation marks, single letters of unspaced scripts.

    A letter keeps its combining marks, so that no piece begins within what readers see as one character.

    Returns:
        Pieces that make up the text when they are put together.
    """
    from ...kernels.unicode import CLASS, CONTROL, MARK, NEWLINE, PUNCTUATION, SPACE, UNSPACED

    if not text:
        return []
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kind = CLASS[points].copy()
    attached = (kind == MARK) | (kind == CONTROL)
    attached[1:] |= np.isin(points[:-1], _JOINS_NEXT) & (kind[1:] == UNSPACED)
    # what is attached counts as what it is attached to
    place = np.maximum.accumulate(np.where(attached, 0, np.arange(len(kind))))
    kind = kind[place]
    blank = (kind == SPACE) | (kind == NEWLINE)
    alone = (kind == UNSPACED) | (kind == PUNCTUATION)
    begins = ~attached & ~blank
    begins[1:] &= blank[:-1] | alone[1:] | alone[:-1]
    starts = [0, *(np.flatnonzero(begins[1:]) + 1).tolist(), len(text)]
    return [text[begin:stop] for begin, stop in pairwise(starts)]


def _form(piece: str) -> str:
    return unicodedata.normalize("NFC", piece.strip())


Stretch = tuple[bool, tuple[int, int], tuple[int, int]]


def _stretches(left: Sequence[str], right: Sequence[str]) -> Iterator[Stretch]:
    """Whether it is common, and its borders on both sides, for each stretch of two lists of words in order."""
    most = min(len(left), len(right))
    head = next((place for place in range(most) if left[place] != right[place]), most)
    tail = next((place for place in range(most - head) if left[-1 - place] != right[-1 - place]), most - head)
    if head:
        yield True, (0, head), (0, head)
    middle = left[head : len(left) - tail], right[head : len(right) - tail]
    if middle[0] or middle[1]:
        matcher = SequenceMatcher(None, middle[0][:COMPARED_WORDS], middle[1][:COMPARED_WORDS], autojunk=False)
        for name, begin, stop, other_begin, other_stop in matcher.get_opcodes():
            yield name == "equal", (head + begin, head + stop), (head + other_begin, head + other_stop)
        if max(map(len, middle)) > COMPARED_WORDS:
            return
    if tail:
        yield True, (len(left) - tail, len(left)), (len(right) - tail, len(right))


class _Side:
    """One of the texts as far as it was put together."""

    def __init__(self, tag: str, words: list[str]) -> None:
        self._tag, self._words = tag, words
        self._parts: list[Markup] = []
        self._characters = 0
        self._stop = 0  # words before it were considered
        self._full = False

    def own(self, begin: int, stop: int) -> None:
        """Words that only this text has."""
        words = self._words[begin:stop]
        text = "".join(words)
        if len(text) > 2 * OWN:
            text = "".join(_cut(words, OWN)).rstrip() + " … " + "".join(_cut(words[::-1], OWN // 3)[::-1])
        text = self._take(text)
        inside = text.rstrip()
        if inside:
            self._parts.append(Markup("<{0}>{1}</{0}>").format(self._tag, marked(inside)))
        self._parts.append(marked(text[len(inside) :]))
        self._stop = stop

    def common(self, begin: int, stop: int, *, first: bool, last: bool) -> None:
        """Words that both texts have; of many only those near a difference are shown."""
        before = OPENING + AROUND * first if first else AROUND
        text = "".join(self._words[begin:stop])
        if len(text) > before + AROUND + 40 and not (first and last):
            head = _cut(self._words[begin:stop], before)
            rest = [] if last else _cut(self._words[begin:stop][::-1], AROUND)[::-1]
            text = "".join(head).rstrip() + " … " + "".join(rest)
        self._parts.append(marked(self._take(text)))
        self._stop = stop

    def _take(self, text: str) -> str:
        room = max(0, SHOWN_CHARACTERS - self._characters)
        self._characters += len(text)
        if len(text) <= room:
            return text
        self._full = True
        return "".join(_cut(pieces(text), room)) or text[:room]

    def shown(self, cut: bool) -> Markup:
        """All of it; `cut`: whether the text goes on behind what was compared."""
        more = cut or self._full or self._stop < len(self._words)
        return Markup("").join(self._parts) + (Markup(" …") if more else Markup(""))


def _cut(words: list[str], most: int) -> list[str]:
    """The first words that have so many characters together."""
    stops = np.cumsum([len(word) for word in words])
    return words[: int(np.searchsorted(stops, most, "right"))]
