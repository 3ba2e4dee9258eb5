"""Terms of a glossary in pairs of texts: those whose translation is there as well."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from . import language_codes
from .parallel_tables import TEXT_PAIRS, UNSPACED_SCRIPTS

TERMS: Final = TEXT_PAIRS
COLUMNS: Final = ("src_lang", "tgt_lang", "src", "tgt")

Entry = tuple[str, str, str, str]


def read(path: str) -> list[Entry]:
    """Read a glossary.

    Args:
        path: lines of source language, target language, source term and target term with tabs between; empty lines and
            those that begin with "#" are skipped.

    Raises:
        ValueError: names the file, the line and the column.
    """
    found = []
    with open(path, encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            parts = [part.strip() for part in line.rstrip("\n").split("\t")]
            if parts == [""] or parts[0].startswith("#") or tuple(parts) == COLUMNS:
                continue
            if len(parts) != len(COLUMNS):
                raise ValueError(f"{path}, line {number}: {len(parts)} columns instead of {', '.join(COLUMNS)}")
            for name, part in zip(COLUMNS, parts, strict=True):
                if not part:
                    raise ValueError(f"{path}, line {number}: {name} is empty")
            try:
                language_codes.check(parts[:2])
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            src_lang, tgt_lang = map(language_codes.canonical, parts[:2])
            found.append((src_lang, tgt_lang, parts[2], parts[3]))
    return found


def _folded(text: str) -> str:
    """Text as terms are compared: NFC and without case; where that changes the length, as it is."""
    folded = unicodedata.normalize("NFC", text)
    lower = folded.lower()
    return lower if len(lower) == len(folded) else folded


class Glossary:
    """Terms by direction, ready to be looked for; a term of one direction serves the other as well.

    Args:
        entries: source language, target language, source term, target term.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        import ahocorasick

        self._found: dict[tuple[str, str], Any] = {}
        both = [(entry, (entry[1], entry[0], entry[3], entry[2])) for entry in entries]
        for src_lang, tgt_lang, src, tgt in (entry for pair in both for entry in pair):
            automaton = self._found.setdefault((src_lang, tgt_lang), ahocorasick.Automaton())
            key = _folded(src)
            automaton.add_word(key, (key, [*automaton.get(key, (key, []))[1], (src, tgt)]))
        for automaton in self._found.values():
            automaton.make_automaton()

    def terms(self, src_lang: str, tgt_lang: str, src: str, tgt: str, most: int) -> list[dict[str, str]]:
        """The terms of one pair, in the order in which they stand in the source; the longest of those that overlap."""
        automaton = self._found.get((src_lang, tgt_lang))
        if automaton is None:
            return []
        text, other = _folded(src), _folded(tgt)
        hits = []
        # a term that is frequent in the source is looked for in the target once
        known: dict[str, list[tuple[str, str]]] = {}
        for last, (key, sides) in automaton.iter(text):
            start = last + 1 - len(key)
            if not _stands_alone(text, start, last + 1, src_lang):
                continue
            if key not in known:
                known[key] = [side for side in sides if _occurs(other, _folded(side[1]), tgt_lang)]
            hits += [(start, -len(key), *side) for side in known[key]]
        found: list[dict[str, str]] = []
        end, seen = 0, set[str]()
        for start, size, term, said in sorted(hits):
            if start >= end and term not in seen:
                found.append({"src": term, "tgt": said})
                end, seen = start - size, seen | {term}
        return found[:most]


def _stands_alone(text: str, start: int, end: int, language: str) -> bool:
    """Whether a find is a whole word; scripts without spaces have no ends of words."""
    if language_codes.split(language)[1] in UNSPACED_SCRIPTS:
        return True
    before = start > 0 and _is_letter(text[start - 1]) and _is_letter(text[start])
    behind = end < len(text) and _is_letter(text[end]) and _is_letter(text[end - 1])
    return not before and not behind


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _occurs(text: str, term: str, language: str) -> bool:
    start = text.find(term)
    while start >= 0:
        if _stands_alone(text, start, start + len(term), language):
            return True
        start = text.find(term, start + 1)
    return False


@lru_cache(maxsize=4)
def glossary(path: str) -> Glossary:
    """The glossary of a file, once in a process."""
    return Glossary(read(path))


def terms_of(found: Glossary, columns: Sequence[pa.Array], most: int) -> pa.Array:
    """The terms of n pairs.

    Args:
        found: the glossary.
        columns: n source languages, target languages, sources and targets.
        most: terms of a pair at most.
    """
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return pa.array(
        [found.terms(src_lang, tgt_lang, src or "", tgt or "", most) for src_lang, tgt_lang, src, tgt in rows], TERMS
    )
