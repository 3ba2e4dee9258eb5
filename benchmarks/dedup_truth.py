"""What is true about near-duplicates: a corpus with planted editions, and the similarity of all its pairs.

Shingles are counted twice: as `kernels/minhash.py` does, and by a definition of its own here (regular expressions over
Unicode names and categories; shingles are Python tuples), so that a fault of the kernel shows.
"""

from __future__ import annotations

import hashlib
import random
import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

SEED = 4
SHORT_SHARE = 0.1
"""How much of the corpus is a few words, or a few letters of a script without spaces."""

UNSPACED = (
    "CJK UNIFIED", "CJK COMPAT", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "BOPOMOFO", "THAI", "LAO", "KHMER", "MYANMAR",
    "TAI THAM", "TAI LE", "NEW TAI LUE", "JAVANESE", "BALINESE", "AHOM", "YI SYLLABLE",
)  # fmt: skip
"""How the Unicode names of letters of scripts without spaces begin."""

UNSPACED_NAMES = frozenset({"Hani", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Lana", "Java", "Bali", "Yiii", "Talu"})


@dataclass(frozen=True)
class Corpus:
    """n documents.

    Attributes:
        texts: n texts.
        scripts: the script of most letters of each (ISO 15924).
        kinds: "real", "edited" (words replaced), "cut" (the beginning of a text) or "short".
    """

    texts: list[str]
    scripts: list[str]
    kinds: list[str]


def scripts_of(texts: list[str]) -> list[str]:
    """The dominant script of each text, in parts: Japanese is Jpan where it has kana."""
    from hexapla.kernels.script import dominant_scripts

    found = dominant_scripts(pa.array(texts, pa.string())).to_pylist()
    return [name or "Zyyy" for name in found]


def corpus(real: list[str], count: int) -> Corpus:
    """`count` documents: the real ones as far as they go, editions of them in every script alike, and short pieces.

    Half of the editions have every word (letter in unspaced scripts) replaced by one from elsewhere in the text with a
    probability drawn between 0 and 8 %; the others are cut after a half to all of it. Both spread over similarities
    from .5 to 1.
    """
    chance = random.Random(SEED)
    real = chance.sample(real, min(len(real), int(count * 0.7)))
    short = short_pieces(real, int(count * SHORT_SHARE), chance)
    scripts = scripts_of(real)
    by_script: dict[str, list[int]] = {}
    for place, (text, script) in enumerate(zip(real, scripts, strict=True)):
        if len(text) >= 200:
            by_script.setdefault(script, []).append(place)
    names = sorted(name for name, places in by_script.items() if len(places) >= 20)
    texts, kinds = list(real), ["real"] * len(real)
    while len(texts) < count - len(short):
        script = names[len(texts) % len(names)]
        kind = chance.choice(("edited", "cut"))
        text = real[chance.choice(by_script[script])]
        texts.append(edition(text, script in UNSPACED_NAMES, kind, chance))
        kinds.append(kind)
    texts, kinds = texts + short, kinds + ["short"] * len(short)
    return Corpus(texts, scripts + scripts_of(texts[len(scripts) :]), kinds)


def edition(text: str, unspaced: bool, kind: str, chance: random.Random) -> str:
    """An edited copy, or the beginning, of a text."""
    parts = list(text) if unspaced else re.split(r"(\s+)", text)
    if kind == "cut":
        return "".join(parts[: max(10, int(len(parts) * chance.uniform(0.5, 1.0)))])
    rate, pool = chance.uniform(0, 0.08), [part for part in parts if part.strip()]
    return "".join(chance.choice(pool) if part.strip() and chance.random() < rate else part for part in parts)


def short_pieces(texts: list[str], count: int, chance: random.Random) -> list[str]:
    """Pieces of one to four words, or two to twelve letters of an unspaced script, no two equal, all scripts alike."""
    by_script: dict[str, list[str]] = {}
    for text, script in zip(texts, scripts_of(texts), strict=True):
        by_script.setdefault(script, []).append(text)
    sources = [by_script[name] for name in sorted(by_script)]
    found: dict[str, str] = {}
    for turn in range(count * 20):
        text = chance.choice(sources[turn % len(sources)])
        line = chance.choice(text.split("\n")).strip()
        words = line.split()
        if any(is_unspaced(char) for char in line):
            start = chance.randrange(max(1, len(line) - 12))
            piece = line[start : start + chance.randint(2, 12)].strip()
        else:
            start = chance.randrange(max(1, len(words) - 4))
            piece = " ".join(words[start : start + chance.randint(1, 4)])
        key = whole_key(piece)
        if key:
            found.setdefault(key, piece)
        if len(found) == count:
            break
    return list(found.values())


# --- shingles by a definition of its own


@cache
def is_unspaced(char: str) -> bool:
    """Whether a letter belongs to a script without spaces, by its name."""
    return unicodedata.category(char) in ("Lo", "Lm", "Nl") and unicodedata.name(char, "").startswith(UNSPACED)


@lru_cache(maxsize=1)
def _token() -> re.Pattern[str]:
    """A letter of an unspaced script with its marks, or a run of other letters, digits and marks."""
    kinds: dict[str, list[str]] = {"unspaced": [], "mark": [], "word": []}
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        category = unicodedata.category(char)
        if category[0] == "M":
            kinds["mark"].append(char)
        elif category[0] in {"L", "N"}:
            kinds["unspaced" if is_unspaced(char) else "word"].append(char)
    unspaced, mark, word = (_ranges(kinds[name]) for name in ("unspaced", "mark", "word"))
    return re.compile(f"[{unspaced}][{mark}]*|[{word}{mark}]+")


def _ranges(chars: list[str]) -> str:
    """A character class of ascending characters."""
    found: list[list[int]] = []
    for char in chars:
        if found and found[-1][1] == ord(char) - 1:
            found[-1][1] = ord(char)
        else:
            found.append([ord(char), ord(char)])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in found)


def normal(text: str) -> str:
    """NFC, in small letters, without controls and format characters (white space stays)."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in ("Cf", "Cc"))
    folded = (char.casefold() if len(char.casefold()) == 1 else char.lower() for char in text)
    return unicodedata.normalize("NFC", "".join(folded))


def whole_key(text: str) -> str:
    """What makes short texts equal: the words, with punctuation as it is."""
    return " ".join(normal(text).split())


def own_shingles(text: str, size: int) -> set[tuple[str, ...]]:
    """The shingles of a text; of a text that is too short, one for the whole."""
    tokens = _token().findall(normal(text))
    if len(tokens) < size:
        return {(whole_key(text),)}
    return set(zip(*(tokens[first:] for first in range(size)), strict=False))


Sets = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]


def own_sets(texts: list[str], size: int) -> Sets:
    """Hashes of the shingles of all texts, and n + 1 borders."""
    values, borders = [], [0]
    for text in texts:
        hashed = {
            int.from_bytes(hashlib.blake2b("\0".join(one).encode(), digest_size=8).digest(), "little")
            for one in own_shingles(text, size)
        }
        values.append(np.fromiter(sorted(hashed), np.uint64, len(hashed)))
        borders.append(borders[-1] + len(hashed))
    return np.concatenate(values), np.array(borders, np.int64)


def kernel_sets(texts: list[str], **scheme: Any) -> Sets:
    """The same as the stage counts it."""
    from hexapla.kernels.minhash import Scheme, shingle_sets, signatures

    rows = pa.array(texts, pa.string())
    wanted = Scheme(**scheme)
    return shingle_sets(rows, wanted, signatures(rows, wanted).shingles)


# --- all pairs


@numba.njit(cache=True)  # type: ignore[misc]
def _count(values, borders, postings, starts, least, room):  # type: ignore[no-untyped-def]
    """Pairs (first < second) of a similarity of at least `least`; `room` is how many may be found."""
    size = borders.shape[0] - 1
    first, second = np.empty(room, np.int32), np.empty(room, np.int32)
    similarity = np.empty(room, np.float64)
    common = np.zeros(size, np.int32)
    touched = np.empty(size, np.int32)
    found = 0
    for one in range(size):
        count = 0
        for place in range(borders[one], borders[one + 1]):
            value = values[place]
            for posting in range(starts[value + 1] - 1, starts[value] - 1, -1):
                other = postings[posting]
                if other <= one:
                    break
                if common[other] == 0:
                    touched[count] = other
                    count += 1
                common[other] += 1
        for place in range(count):
            other = touched[place]
            both = common[other]
            common[other] = 0
            union = borders[one + 1] - borders[one] + borders[other + 1] - borders[other] - both
            if both >= least * union:
                if found < room:
                    first[found], second[found], similarity[found] = one, other, both / union
                found += 1
    return first[: min(found, room)], second[: min(found, room)], similarity[: min(found, room)], found


Pairs = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]


def all_pairs(sets: Sets, least: float) -> Pairs:
    """Every pair of documents of at least this Jaccard similarity, counted on an inverted index: none is left out."""
    values, borders = sets
    _, dense = np.unique(values, return_inverse=True)
    lists = np.repeat(np.arange(len(borders) - 1, dtype=np.int32), np.diff(borders))
    order = np.argsort(dense, kind="stable")
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(dense))])
    room = 1 << 22
    while True:
        *pairs, found = _count(dense, borders, lists[order], starts, least, room)
        if found <= room:
            return tuple(pairs)  # type: ignore[return-value]
        room = found


def similarity_of(sets: Sets, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The Jaccard similarity of some pairs."""
    values, borders = sets
    found = np.empty(len(first))
    for place, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        left, right = (values[borders[doc] : borders[doc + 1]] for doc in (one, other))
        both = len(np.intersect1d(left, right, assume_unique=True))
        found[place] = both / (len(left) + len(right) - both)
    return found
