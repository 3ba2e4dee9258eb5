"""Word lists compiled for screening: one hashed trie (see `kernels.terms`) over words, or over characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from ..kernels.terms import AMBIGUOUS, CERTAIN, SIEVE_SHIFT, SIEVE_WORDS
from ..kernels.unicode import CLASS, CONTROL, DIGIT, FOLD, LETTER, MARK
from .toxicity_lists import Endings, TermList, endings_of, forms_of

LETTERS_PER_WORD: Final[Mapping[str, float]] = {
    "Hani": 1.6, "Hans": 1.6, "Hant": 1.6, "Jpan": 1.7, "Thai": 3.1, "Laoo": 3.3, "Khmr": 3.2, "Mymr": 2.2,
}  # fmt: skip
"""Scripts without spaces between words,  and the mean length of ICU's words in UDHR: letters / this = words."""

TURKIC: Final = frozenset({"tur", "aze", "azj", "azb", "crh", "gag", "tat", "kaa", "bak"})
"""Languages whose Latin script pairs I with ı and İ with i."""

_MASK: Final = (1 << 64) - 1


def by_characters(language: str) -> bool:
    """Whether a language's terms are looked for by characters, its words not being spaced."""
    return language.rpartition("_")[2] in LETTERS_PER_WORD


def is_turkic(language: str) -> bool:
    """Whether the language folds I and İ the Turkic way."""
    return language in {f"{code}_Latn" for code in TURKIC}


@lru_cache(maxsize=1)
def folds() -> npt.NDArray[np.uint32]:
    """Character folding for terms: `FOLD`, and spellings that writers mix up; 0 for what is passed over.

    Arabic vowel signs, tatweel and format characters are passed over; hamza seats are one letter, as are Arabic and
    Persian yeh and kaf, and Russian ё and е.
    """
    table = FOLD.copy()
    table[CLASS == CONTROL] = 0
    table[0x64B:0x660] = 0
    table[0x640] = 0
    for spellings, one in (("أإآٱ", "ا"), ("ىیې", "ي"), ("ک", "ك"), ("Ёё", "е"), ("’", "'"), ("\t\n\r\u3000\xa0", " ")):
        for character in spellings:
            table[ord(character)] = ord(one)
    return table


@lru_cache(maxsize=4096)
def _kind_and_letter(character: str, turkic: bool) -> tuple[int, int]:
    """A character's class, and what it folds to."""
    if turkic and character in "Iİ":
        return LETTER, ord("ı") if character == "I" else ord("i")
    return int(CLASS[ord(character)]), int(folds()[ord(character)])


def _mix(value: int) -> int:
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & _MASK
    return value ^ value >> 33


def _edge_key(node: int, symbol: int) -> int:
    return _mix(symbol ^ _mix((node + 1) * 0x9E3779B97F4A7C15 & _MASK)) | 1


def words_of(text: str, turkic: bool = False) -> list[int]:
    """Hashes of the words of a text, as the kernel computes them."""
    words: list[int] = []
    value, inside = 0, False
    for character in text:
        kind, letter = _kind_and_letter(character, turkic)
        if kind in (LETTER, DIGIT) or (inside and kind == MARK):
            if not inside:
                value, inside = 0xCBF29CE484222325, True
            if letter:
                value = (value ^ letter) * 0x100000001B3 & _MASK
        elif inside and kind != CONTROL:
            words.append(value)
            inside = False
    return [*words, value] if inside else words


def hashes_of_words(forms: Sequence[str], turkic: bool) -> list[int]:
    """`words_of` for many forms of one word each at a time: the hash of each, 0 for one that is not just one word."""
    width = max(map(len, forms), default=0)
    codes = np.array(forms, f"U{max(width, 1)}").view(np.uint32).reshape(len(forms), -1)
    kinds, letters = CLASS[codes], folds()[codes]
    if turkic:
        letters = np.where(codes == ord("I"), ord("ı"), np.where(codes == ord("İ"), ord("i"), letters))
    beyond = codes == 0
    one = (
        (beyond | (kinds == LETTER) | (kinds == DIGIT) | (kinds == MARK)).all(axis=1)
        & (kinds[:, 0] != MARK)
        & ~beyond[:, 0]
    )
    value = np.full(len(forms), 0xCBF29CE484222325, np.uint64)
    for column in range(codes.shape[1]):
        letter = letters[:, column].astype(np.uint64)
        following = (value ^ letter) * np.uint64(0x100000001B3)
        value = np.where(beyond[:, column] | (letter == 0), value, following)
    return np.where(one, value, 0).tolist()  # type: ignore[no-any-return]


def characters_of(text: str) -> list[int]:
    """The folded code points of a text, without those that are passed over."""
    return [letter for _, letter in (_kind_and_letter(character, False) for character in text) if letter]


@dataclass(frozen=True)
class WordLists:
    """Compiled lists: one hashed trie (see `kernels.terms`) and each language's root in it.

    Attributes:
        roots: the node where the list of each language begins.
        own: languages that have a list of their own; for others a find counts but its absence says nothing.
        fallback: the node for languages without a list (-1: none).
        keys, targets, sieve, weights: the trie.
    """

    roots: Mapping[str, int]
    own: frozenset[str]
    fallback: int
    keys: npt.NDArray[np.uint64]
    targets: npt.NDArray[np.int32]
    sieve: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.uint8]


@dataclass
class _Trie:
    edges: dict[int, int] = field(default_factory=dict)
    weights: list[int] = field(default_factory=list)

    def node(self) -> int:
        self.weights.append(0)
        return len(self.weights) - 1

    def add(self, root: int, symbols: Sequence[int], weight: int) -> None:
        node = root
        for symbol in symbols:
            key = _edge_key(node, symbol)
            following = self.edges.get(key)
            node = self.edges[key] = self.node() if following is None else following
        if symbols:
            self.weights[node] = max(self.weights[node], weight)

    def compiled(self, roots: Mapping[str, int], own: Iterable[str], fallback: int) -> WordLists:
        size = 1 << max(4, (3 * len(self.edges)).bit_length())
        keys, targets = [0] * size, [0] * size
        sieve = [0] * SIEVE_WORDS
        for key, target in self.edges.items():
            place = key & (size - 1)
            while keys[place]:
                place = (place + 1) & (size - 1)
            keys[place], targets[place] = key, target
            bit = key >> SIEVE_SHIFT
            sieve[bit >> 6] |= 1 << (bit & 63)
        return WordLists(
            roots, frozenset(own), fallback, np.array(keys, np.uint64), np.array(targets, np.int32),
            np.array(sieve, np.uint64), np.array(self.weights, np.uint8),
        )  # fmt: skip


def compile_lists(lists: Sequence[TermList], also: Sequence[str] = (), inflect: bool = True) -> WordLists:
    """Compile lists for screening.

    Args:
        lists: where several serve one language their terms are joined.
        also: languages whose terms are looked for in every document besides its own language's.
        inflect: look for the forms that endings make of terms, too.

    Raises:
        ValueError: `also` names a language without a list.
    """
    served: dict[str, list[TermList]] = {}
    for each in lists:
        for language in each.languages:
            served.setdefault(language, []).append(each)
    for language in also:
        if language not in served:
            raise ValueError(f"there is no word list for {language!r}")
    extra = [each for language in also for each in served[language]]
    trie, roots = _Trie(), {}
    known: dict[tuple[int, bool, tuple[int, ...]], int] = {}
    for language, own in served.items():
        joined = [*own, *(each for each in extra if each not in own)]
        mode = 1 if by_characters(language) else 0
        same = (mode, is_turkic(language), tuple(id(each) for each in joined))
        if same not in known:
            known[same] = _add(trie, joined, mode == 1, is_turkic(language), inflect)
        roots[language] = known[same]
    fallback = -1
    if extra:
        fallback = _add(trie, extra, False, False, inflect)
        for script in LETTERS_PER_WORD:
            roots[f"*_{script}"] = _add(trie, extra, True, False, inflect)
    return trie.compiled(roots, served, fallback)


def _add(trie: _Trie, lists: Sequence[TermList], characters: bool, turkic: bool, inflect: bool) -> int:
    root = trie.node()
    for each in lists:
        weights = _forms(each, inflect)
        forms = list(weights)
        if characters:
            for form in forms:
                trie.add(root, characters_of(form), weights[form])
            continue
        for form, word in zip(forms, hashes_of_words(forms, turkic), strict=True):
            trie.add(root, [word] if word else words_of(form, turkic), weights[form])
    return root


def _forms(listed: TermList, inflect: bool) -> dict[str, int]:
    """The forms of a list's terms, each with its weight in the trie; a form of several terms has the greatest."""
    endings = endings_of(listed) if inflect else Endings()
    weights: dict[str, int] = {}
    for certainty, terms in ((AMBIGUOUS, listed.weak), (CERTAIN, listed.strong)):
        for term in terms:
            weight = certainty + listed.severity(term)
            for form in forms_of(term, endings, listed.never):
                weights[form] = max(weight, weights.get(form, 0))
    return weights
