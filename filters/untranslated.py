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
from ..kernels.unionfind import connected_components, first_with_key
from .join_schemas import EVIDENCE
from .language_codes import NO_SCRIPT, scripts_of, split

LEAST_WORDS = 3
"""A text with fewer different words that begin with no capital may be a name or a list of names: it is never called a
copy. Without spaces every character counts."""

CLOSE = 0.18
"""Languages whose different texts share more of their words (Dice) are relatives, and equal texts prove nothing."""

LEAST_COMPARED = 30
"""Fewer words to compare tell nothing about two languages."""

HABIT = 0.02
"""Where so large a share of a language's texts are copies from the source, its shorter texts are copies, too."""

Numbers = npt.NDArray[np.int64]

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


@dataclass(frozen=True)
class Texts:
    """How n texts compare.

    Attributes:
        classes: equal numbers for equal texts (`kernels.hashing.text_hashes`).
        shared: whether another language of the group has the text as well, and it has a letter.
        telling: whether a text has so many words that being equal is no chance.
        words: the words of some: of those that have an equal, and of a sample.
    """

    classes: Numbers
    shared: npt.NDArray[np.bool_]
    telling: npt.NDArray[np.bool_]
    words: Words

    @classmethod
    def of(cls, texts: pa.Array, groups: Numbers, languages: Numbers, sample: npt.NDArray[np.bool_]) -> Texts:
        """Compare texts.

        Args:
            texts: n strings.
            groups: n numbers of groups.
            languages: n numbers of languages.
            sample: whose words are needed in any case.
        """
        keys = text_hashes(texts)
        classes = first_with_key(keys[:, 0] ^ (keys[:, 1] << np.uint64(1)))
        shared = _elsewhere(groups, classes, languages)
        chosen = np.flatnonzero(shared | sample)
        some = texts.take(pa.array(chosen))
        words = words_of(some)
        sizes = np.zeros(len(texts), np.int64)
        sizes[chosen] = words.sizes
        capitals = np.zeros(len(texts), np.int64)
        capitals[chosen] = pc.count_substring_regex(some, _CAPITAL).to_numpy()
        offsets = np.append(0, np.cumsum(sizes)).astype(np.int64)
        return cls(classes, shared & (sizes > 0), sizes - capitals >= LEAST_WORDS, Words(words.hashes, offsets))


def _elsewhere(groups: Numbers, classes: Numbers, languages: Numbers) -> npt.NDArray[np.bool_]:
    """Which texts another language of the group has as well."""
    found = np.zeros(len(groups), np.bool_)
    if not len(groups):
        return found
    order = np.lexsort((languages, classes, groups))
    one, text, language = groups[order], classes[order], languages[order]
    new = np.append(True, (one[1:] != one[:-1]) | (text[1:] != text[:-1]))
    starts = np.flatnonzero(new)
    lowest, highest = np.minimum.reduceat(language, starts), np.maximum.reduceat(language, starts)
    found[order] = np.repeat(lowest != highest, np.diff(np.append(starts, len(groups))))
    return found


def evidence(borders: Numbers, languages: Numbers, names: Sequence[str], texts: Texts) -> pa.RecordBatch:
    """What groups say about each pair of languages; counts of several parts may be added up.

    Args:
        borders: where the groups start among the n rows, and n.
        languages: of the n rows, as places in `names`.
        names: the different languages, sorted.
        texts: of the rows.
    """
    telling = texts.telling & texts.shared
    classes = np.where(telling, texts.classes, -1 - texts.classes)
    counts = pair_counts(borders, languages, classes, texts.words.hashes, texts.words.offsets, len(names))
    one, other = np.nonzero(counts[:, :, BOTH])
    chosen = counts[one, other]
    return pa.RecordBatch.from_arrays(
        [
            pa.array([names[place] for place in one.tolist()], pa.string()),
            pa.array([names[place] for place in other.tolist()], pa.string()),
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
        habit: n x n, whether two languages have so many equal texts that one of them copies as a habit.
        copied: for each language how many texts it has in common with languages that are no relatives.
        source: the language that texts are copied from where the counts do not tell; "" for none.
    """

    names: tuple[str, ...]
    close: npt.NDArray[np.bool_]
    habit: npt.NDArray[np.bool_]
    copied: npt.NDArray[np.int64]
    source: str

    @classmethod
    def learn(cls, table: pa.Table, source: str = "") -> Copying:
        """Add up the counts of all parts (`EVIDENCE`)."""
        rows = table.to_pylist()
        names = tuple(sorted({row[side] for row in rows for side in ("one", "other")}))
        number = {name: place for place, name in enumerate(names)}
        total = np.zeros((len(names), len(names), 4), np.int64)
        for row in rows:
            for one, other in ((row["one"], row["other"]), (row["other"], row["one"])):
                total[number[one], number[other]] += (row["equal"], row["shared"], row["words"], row["both"])
        equal, shared, words, both = (total[..., kind] for kind in range(4))
        close = (shared > CLOSE * words) & (words >= LEAST_COMPARED)
        habit = ~close & (equal > HABIT * both)
        return cls(names, close, habit, _most_copied(equal, close), source)

    def originals(self) -> npt.NDArray[np.int64]:
        """The languages by number, those from which others are copied first."""
        preferred = np.array([name != self.source for name in self.names], np.int64)
        english = np.array([not name.startswith("eng") for name in self.names], np.int64)
        return np.lexsort((np.arange(len(self.names)), english, -self.copied, preferred))


def _most_copied(equal: Numbers, close: npt.NDArray[np.bool_]) -> Numbers:
    """For each language how many of its texts others have, too; a family of relatives counts once."""
    one, other = np.nonzero(close)
    family = connected_components(one.astype(np.int64), other.astype(np.int64), len(close))
    total = np.zeros(len(close), np.int64)
    for head in np.unique(family).tolist():
        most = equal[:, family == head].max(axis=1)
        total += np.where(family == head, 0, most)
    return total


def copies(
    groups: Numbers, names: Sequence[str], languages: Numbers, texts: Texts, scripts: Sequence[str], known: Copying
) -> npt.NDArray[np.bool_]:
    """Which of n texts are copies of the text of another language in their group.

    A text whose script its language is never written in, while that of the other is, is the copy. Else the original is
    the language that others are copied from most often in this corpus (or `source`), and its relatives keep theirs.

    Args:
        groups: n numbers.
        names: the different languages, sorted.
        languages: n places in `names`.
        texts: the texts.
        scripts: n scripts of the texts (ISO 15924).
        known: what the corpus says.
    """
    found = np.zeros(len(groups), np.bool_)
    place = {name: number for number, name in enumerate(known.names)}
    rank = {known.names[number]: order for order, number in enumerate(known.originals().tolist())}
    compared = np.flatnonzero(texts.shared)
    compared = compared[np.lexsort((languages[compared], texts.classes[compared], groups[compared]))]
    keys = np.stack([groups[compared], texts.classes[compared]])
    new = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)) if len(compared) else np.zeros(0, bool)
    for rows in np.split(compared, np.flatnonzero(new)[1:]):
        own = [names[code] for code in languages[rows]]
        if len(set(own)) < 2 or not set(own) <= set(place):
            continue
        foreign = [not _writes(name, scripts[row]) for name, row in zip(own, rows, strict=True)]
        strange, _, original = min(zip(foreign, [rank[name] for name in own], own, strict=True))
        first = place[original]
        for row, name, other in zip(rows, own, foreign, strict=True):
            apart = name != original and not known.close[first, place[name]]
            sure = texts.telling[row] or (rank[original] == 0 and known.habit[first, place[name]])
            found[row] = apart and sure and strange <= other
    return found


def _writes(language: str, script: str) -> bool:
    """Whether a language is written in a script, as far as is known."""
    code, own = split(language)
    if not own or script in (own, NO_SCRIPT):
        return True
    return own not in _SCRIPTS_APART and script in scripts_of(code.partition("-")[0])


_SCRIPTS_APART = frozenset({"Latn", "Cyrl", "Arab", "Deva", "Hebr"})
"""Labels with these scripts mean them: srp_Latn is not written in Cyrillic here."""
