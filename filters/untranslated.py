"""Copies that pass for translations: a text that stands unchanged under two languages of one group.

Names, numbers and texts in close relatives (Bosnian and Croatian, two kinds of English) are rightly equal. So a text
counts only when it has some words, and two languages only when their different texts share few words: that is counted
over the corpus itself, no list of relatives is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.arrow import text_buffers
from ..kernels.hashing import text_hashes, value_hashes
from ..kernels.text_overlap import BOTH, EQUAL, SHARED, WORDS, pair_counts
from ..kernels.unionfind import first_with_key
from .language_codes import scripts_of, split

LEAST_WORDS = 3
"""A text with fewer different words that begin with no capital may be a name or a list of names: it is never called a
copy. Without spaces every character counts."""

CLOSE = 0.3
"""Languages whose different texts share more of their words (Dice) are relatives, and equal texts prove nothing."""

LEAST_COMPARED = 30
"""Fewer words to compare tell nothing about two languages."""

EVIDENCE = pa.schema(
    [
        ("one", pa.string()),
        ("other", pa.string()),
        ("both", pa.int64()),
        ("equal", pa.int64()),
        ("shared", pa.int64()),
        ("words", pa.int64()),
    ]
)

_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}])"
_CAPITAL = r"(?:^|[^\p{L}\p{M}])\p{Lu}"


@dataclass(frozen=True)
class Words:
    """The different words of n texts, as ascending hashes, and how many each text has before `offsets` says where."""

    hashes: npt.NDArray[np.uint64]
    offsets: npt.NDArray[np.int64]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many different words each text has."""
        return np.diff(self.offsets)


def words_of(texts: pa.Array) -> Words:
    """The words of texts in lower case; in scripts without spaces, the characters."""
    apart = pc.replace_substring_regex(pc.utf8_lower(texts), _UNSPACED, r" \1 ")
    lists = pc.split_pattern_regex(apart, r"[^\p{L}\p{M}]+")
    owner = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    flat = pc.list_flatten(lists)
    _, places = text_buffers(flat)
    filled = np.diff(places) > 0
    owner, hashes = owner[filled], value_hashes(flat)[filled]
    order = np.lexsort((hashes, owner))
    owner, hashes = owner[order], hashes[order]
    if len(hashes):
        new = np.append(True, (owner[1:] != owner[:-1]) | (hashes[1:] != hashes[:-1]))
        owner, hashes = owner[new], hashes[new]
    counts = np.bincount(owner, minlength=len(texts))
    return Words(hashes, np.append(0, np.cumsum(counts)).astype(np.int64))


def text_classes(texts: pa.Array, words: Words) -> npt.NDArray[np.int64]:
    """Equal numbers for equal texts (`kernels.hashing.text_hashes`); -1 for texts of too few words."""
    capitals = pc.count_substring_regex(texts, _CAPITAL).to_numpy()
    keys = text_hashes(texts)
    found = first_with_key(keys[:, 0] ^ (keys[:, 1] << np.uint64(1)))
    found[words.sizes - capitals < LEAST_WORDS] = -1
    return found


def evidence(
    borders: npt.NDArray[np.int64], languages: pa.DictionaryArray, classes: npt.NDArray[np.int64], words: Words
) -> pa.RecordBatch:
    """What groups say about each pair of languages; counts of several parts may be added up.

    Args:
        borders: where the groups start among the n rows, and n.
        languages: of the n rows.
        classes: of their texts, from `text_classes`.
        words: of their texts.
    """
    names = languages.dictionary.to_pylist()
    codes = languages.indices.to_numpy().astype(np.int64)
    counts = pair_counts(borders, codes, classes, words.hashes, words.offsets, len(names))
    one, other = np.nonzero(counts[:, :, BOTH])
    chosen = counts[one, other]
    return pa.RecordBatch.from_arrays(
        [
            pa.array([names[place] for place in one], pa.string()),
            pa.array([names[place] for place in other], pa.string()),
            *(pa.array(chosen[:, kind]) for kind in (BOTH, EQUAL, SHARED, WORDS)),
        ],
        schema=EVIDENCE,
    )


@dataclass(frozen=True)
class Copying:
    """What is known of the languages of a corpus.

    Attributes:
        names: the languages.
        close: n x n, whether two languages are relatives.
        copied: for each language how many texts it has in common with languages that are no relatives.
        source: the language that texts are copied from where the counts do not tell; "" for none.
    """

    names: tuple[str, ...]
    close: npt.NDArray[np.bool_]
    copied: npt.NDArray[np.int64]
    source: str

    @classmethod
    def learn(cls, table: pa.Table, source: str = "") -> Copying:
        """Add up the counts of all parts (`EVIDENCE`)."""
        rows = table.to_pylist()
        names = tuple(sorted({row[side] for row in rows for side in ("one", "other")}))
        number = {name: place for place, name in enumerate(names)}
        total = np.zeros((len(names), len(names), 3), np.int64)
        for row in rows:
            for one, other in ((row["one"], row["other"]), (row["other"], row["one"])):
                total[number[one], number[other]] += (row["equal"], row["shared"], row["words"])
        equal, shared, words = total[..., 0], total[..., 1], total[..., 2]
        close = (shared > CLOSE * words) & (words >= LEAST_COMPARED)
        copied = np.where(close, 0, equal).sum(axis=1)
        return cls(names, close, copied, source)

    def originals(self) -> npt.NDArray[np.int64]:
        """The languages by number, those from which others are copied first."""
        preferred = [name != self.source for name in self.names]
        english = [not name.startswith("eng") for name in self.names]
        return np.lexsort((np.arange(len(self.names)), english, -self.copied, preferred))


def copies(
    groups: npt.NDArray[np.int64],
    languages: Sequence[str],
    codes: npt.NDArray[np.int64],
    classes: npt.NDArray[np.int64],
    scripts: Sequence[str],
    known: Copying,
) -> npt.NDArray[np.bool_]:
    """Which of n texts are copies of the text of another language in their group.

    A text whose script its language is never written in, while that of the other is, is the copy. Else the original is
    the language that others are copied from most often in this corpus (or `source`), and its relatives keep theirs.

    Args:
        groups: n numbers.
        languages: the different languages.
        codes: n places in `languages`.
        classes: n numbers of texts, negative for those that are not compared.
        scripts: n scripts of the texts (ISO 15924).
        known: what the corpus says.
    """
    found = np.zeros(len(groups), np.bool_)
    place = {name: number for number, name in enumerate(known.names)}
    rank = {known.names[number]: order for order, number in enumerate(known.originals().tolist())}
    compared = np.flatnonzero(classes >= 0)
    compared = compared[np.lexsort((codes[compared], classes[compared], groups[compared]))]
    keys = np.stack([groups[compared], classes[compared]])
    new = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)) if len(compared) else np.zeros(0, bool)
    starts = np.flatnonzero(new)
    stops = np.append(starts[1:], len(compared))
    for start, stop in zip(starts[stops - starts > 1], stops[stops - starts > 1], strict=True):
        rows = compared[start:stop]
        names = [languages[code] for code in codes[rows]]
        if len(set(names)) == 1:
            continue
        foreign = [not _writes(name, scripts[row]) for name, row in zip(names, rows, strict=True)]
        original = min(zip(foreign, [rank[name] for name in names], names, strict=True))
        close = known.close[place[original[2]]]
        for row, name, strange in zip(rows, names, foreign, strict=True):
            apart = name != original[2] and not close[place[name]]
            found[row] = apart and (original[0] <= strange)
    return found


def _writes(language: str, script: str) -> bool:
    """Whether a language is written in a script, as far as is known."""
    code, own = split(language)
    return not own or script == own or (script in scripts_of(code.partition("-")[0]) and own not in _SCRIPTS_APART)


_SCRIPTS_APART = frozenset({"Latn", "Cyrl", "Arab", "Deva", "Hebr"})
"""Labels with these scripts mean them: srp_Latn is not written in Cyrillic here."""
