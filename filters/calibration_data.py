"""What calibration keeps of documents: distributions by language, frequent words, a sample of signals; no text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .calibration_sketch import Sketch
from .calibration_words import WordTable
from .language import detector, identify
from .language_codes import canonical, split
from .rules import WRITTEN_WITH, Rule, stop_lists
from .signals import measure

SAMPLED = 1000
"""Documents of a language whose signals are kept, to count what several rules remove together."""
PENDING = 2048
ENGLISH = "eng"
ENGLISH_SCORE = 0.7

_CODE = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")

Rows = npt.NDArray[np.int64]


class Population(NamedTuple):
    """The values that a rule is about: a signal of the documents that have so many lines and words."""

    signal: str
    lines: int
    words: int

    @classmethod
    def of(cls, rule: Rule) -> Population:
        """The values that a rule looks at."""
        return cls(rule.signal, rule.lines, rule.words)

    def described(self) -> str:
        """Which documents these are, to be put behind the word: " of 10 lines or more"."""
        parts = [f"{least} {what}" for least, what in ((self.lines, "lines"), (self.words, "words")) if least]
        return f" of {' and '.join(parts)} or more" if parts else ""


@dataclass
class Distribution:
    """A sketch that takes values as they come."""

    sketch: Sketch = field(default_factory=Sketch)
    pending: list[npt.NDArray[np.float32]] = field(default_factory=list)
    waiting: int = 0

    def add(self, values: npt.NDArray[np.float32]) -> None:
        """Count some values; NaN is left out."""
        self.pending.append(values)
        self.waiting += len(values)
        if self.waiting >= PENDING:
            self.flush()

    def flush(self) -> Sketch:
        """The sketch of all values so far."""
        if self.pending:
            self.sketch = self.sketch.merge([Sketch.of(np.concatenate(self.pending))])
            self.pending, self.waiting = [], 0
        return self.sketch


@dataclass
class LanguageData:
    """What is kept of the documents of one language.

    Attributes:
        documents: how many there are, those in another script and in English left out.
        other_script: documents whose dominant script is not one of the language's.
        english: documents that the detector takes for English.
        distributions: of the signals, by population.
        scores: distribution of the language detector's scores.
        words: counted words.
    """

    documents: int = 0
    other_script: int = 0
    english: int = 0
    distributions: dict[Population, Distribution] = field(default_factory=dict)
    scores: Distribution = field(default_factory=Distribution)
    words: WordTable = field(default_factory=WordTable)
    _keys: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    _signals: list[pa.StructArray] = field(default_factory=list)

    def sketch(self, population: Population) -> Sketch:
        """The distribution of a signal."""
        found = self.distributions.get(population)
        return found.flush() if found is not None else Sketch()

    def keep(self, keys: npt.NDArray[np.uint64], signals: pa.StructArray) -> None:
        """Take rows into the sample: those with the lowest keys stay."""
        self._keys = np.concatenate([self._keys, keys])
        self._signals.append(signals)
        if len(self._keys) > 2 * SAMPLED:
            self._prune()

    def sample(self) -> pa.StructArray | None:
        """The signals of at most `SAMPLED` documents."""
        self._prune()
        return self._signals[0] if self._signals else None

    def _prune(self) -> None:
        if self._signals:
            lowest = np.sort(np.argsort(self._keys, kind="stable")[:SAMPLED])
            self._signals = [pa.concat_arrays(self._signals).take(pa.array(lowest))]
            self._keys = self._keys[lowest]


class Corpus:
    """Documents that were looked at, by language.

    Args:
        rules: the rules whose signals are wanted.
        clean: leave out documents that are in another script than their language, or in English under another label,
            as FineWeb-2 does with Wikipedia (arXiv 2506.20920, A.7.1).
        count_words: count words, for stop words.
    """

    def __init__(self, rules: Sequence[Rule], *, clean: bool, count_words: bool) -> None:
        self.populations = tuple(dict.fromkeys(Population.of(rule) for rule in rules if not rule.is_column))
        self.clean, self.count_words = clean, count_words
        self.languages: dict[str, LanguageData] = {}
        self.documents = 0
        self.unnamed: dict[str, int] = {}

    def add(
        self,
        texts: pa.Array,
        languages: pa.Array,
        keys: npt.NDArray[np.uint64],
        scores: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Look at some documents.

        Args:
            texts: n strings; null reads as empty.
            languages: n codes of any kind.
            keys: n random numbers that belong to the documents; they choose the sample.
            scores: n scores of the language detector, NaN where there is none.
        """
        texts = texts.fill_null("")
        self.documents += len(texts)
        codes, place = self._codes(languages)
        signals = measure(texts, pa.array(codes, pa.string()).take(pa.array(place)), stop_lists({}))
        scripts = np.array(signals.field("script").fill_null("").to_pylist(), object)
        columns = {name: _numbers(signals, name) for name in {p.signal for p in self.populations} | {"lines", "words"}}
        for number in np.unique(place).tolist():
            code = codes[number]
            rows = np.flatnonzero(place == number)
            if code is not None:
                self._add_language(
                    code, self._believed(code, rows, texts, scripts), texts, signals, columns, keys, scores
                )

    def _codes(self, languages: pa.Array) -> tuple[list[str | None], Rows]:
        """The languages of a batch as canonical codes (None: no language), and each row's place among them."""
        encoded = languages.cast(pa.string()).fill_null("").dictionary_encode()
        given = encoded.dictionary.to_pylist()
        codes = [language_of(label) for label in given]
        place = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        for number in np.flatnonzero([code is None for code in codes]).tolist():
            self.unnamed[given[number]] = self.unnamed.get(given[number], 0) + int((place == number).sum())
        distinct: list[str | None] = list(dict.fromkeys(codes))
        again = np.array([distinct.index(code) for code in codes], np.int64)
        return distinct, again[place] if len(again) else place

    def _believed(self, code: str, rows: Rows, texts: pa.Array, scripts: npt.NDArray[np.object_]) -> Rows:
        """The rows of a language that may well be in it; the others are counted."""
        data = self.languages.setdefault(code, LanguageData())
        label = split(code)[1]
        right = np.isin(scripts[rows], WRITTEN_WITH.get(label, (label,)))
        data.other_script += int((~right).sum())
        rows = rows[right]
        if not self.clean or label != "Latn" or code.startswith(ENGLISH) or not len(rows):
            return rows
        found = identify(texts.take(pa.array(rows)), detector("cld2"))
        english = pc.and_(pc.starts_with(found.language, ENGLISH), pc.greater(found.score.fill_null(0), ENGLISH_SCORE))
        mask = english.to_numpy(zero_copy_only=False)
        data.english += int(mask.sum())
        believed: Rows = rows[~mask]
        return believed

    def _add_language(
        self,
        code: str,
        rows: Rows,
        texts: pa.Array,
        signals: pa.StructArray,
        columns: dict[str, npt.NDArray[np.float32]],
        keys: npt.NDArray[np.uint64],
        scores: npt.NDArray[np.float32] | None,
    ) -> None:
        data = self.languages[code]
        data.documents += len(rows)
        if not len(rows):
            return
        lines, words = columns["lines"][rows], columns["words"][rows]
        for population in self.populations:
            asked = (lines >= population.lines) & (words >= population.words)
            values = columns[population.signal][rows]
            data.distributions.setdefault(population, Distribution()).add(values if asked.all() else values[asked])
        if scores is not None:
            data.scores.add(scores[rows])
        taken = pa.array(rows)
        data.keep(keys[rows], signals.take(taken))
        if self.count_words:
            data.words.add(texts.take(taken), code)

    def pooled(self, population: Population, script: str) -> Sketch:
        """The distribution of a signal over all languages that are written in a script."""
        parts = [data.sketch(population) for code, data in sorted(self.languages.items()) if split(code)[1] == script]
        return Sketch().merge(parts)

    def pooled_scores(self, script: str) -> Sketch:
        """The distribution of detector scores over all languages that are written in a script."""
        return Sketch().merge(
            data.scores.flush() for code, data in sorted(self.languages.items()) if split(code)[1] == script
        )

    def scripts(self) -> tuple[str, ...]:
        """Scripts of the languages."""
        return tuple(sorted({split(code)[1] for code in self.languages}))


def language_of(label: str) -> str | None:
    """The canonical code of a label; None where it names no language (empty, und, "french")."""
    code = canonical(label.strip())
    return code if _CODE.fullmatch(code) and not code.startswith("und_") else None


def _numbers(signals: pa.StructArray, name: str) -> npt.NDArray[np.float32]:
    values = signals.field(name).cast(pa.float32(), safe=False).fill_null(float("nan"))
    return np.asarray(values, np.float32)
