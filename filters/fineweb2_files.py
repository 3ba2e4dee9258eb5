"""FineWeb-2's own language files (one YAML per language, fin_Latn.yml) as thresholds and stop words of ours, validated.

The files are those that huggingface/fineweb-2 publishes (Penedo et al. 2025, arXiv 2506.20920; Apache-2.0); none is
shipped. Their keys are those of datatrove's filters, and `NAMES` says which rules of ours they set. Values that cannot
have been meant are not obeyed: a share above 1 switches a rule off, a mean word length of 3,141 does so too, a share of
0 removes every document. Each such value is a `Fault`, and its rule keeps the inherited threshold.

Thresholds on word lengths are not taken for scripts without spaces: they belong to the segmenter that they were fitted
with. `language_score` belongs to the scores of GlotLID. A `line_punct_thr` of -1 is how the files switch that rule off.

    python -m hexapla.filters.fineweb2_files FOLDER      # every fault, one line each, tab-separated
"""

from __future__ import annotations

import logging
import math
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ..kernels.unicode import CLASS, LETTER, SCRIPT, SCRIPT_CODES, UNSPACED
from .file_stamps import Stamp, stamps
from .language_codes import canonical

LOG = logging.getLogger(__name__)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NAMES: dict[str, str] = {
    "dup_line_frac": "max_duplicate_lines",
    "language_score": "min_language_score",
    "line_punct_thr": "min_terminal_lines",
    "max_avg_word_length": "max_mean_word_length",
    "min_avg_word_length": "min_mean_word_length",
    "max_non_alpha_words_ratio": "min_alphabetic_words",
    "new_line_ratio": "max_newlines",
}
"""Rules of ours by the key that sets them; `max_non_alpha_words_ratio` is a least share of words with a letter."""
NGRAMS = {"top_n_grams": (2, 3, 4), "dup_n_grams": (5, 6, 7, 8, 9, 10)}
RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "line_punct_thr": (lambda value: value == -1 or 0 <= value <= 1, "a share is between 0 and 1, or -1 for no rule"),
    "new_line_ratio": (lambda value: 0 < value <= 1, "line feeds per word are above 0, and hardly above 1"),
    "max_non_alpha_words_ratio": (
        lambda value: 0 <= value < 1,
        "a share below 1 is needed: 1 removes every document with a number or a symbol",
    ),
    "language_score": (lambda value: 0 <= value <= 1, "a score is between 0 and 1"),
}
"""Credible values by key, and what is wrong with others."""
STOP_WORDS = "stopwords"
LONGEST_WORDS = 40
"""The largest credible limit on the mean length of words; the longest that a language was seen to have is 13."""
SHOWN = 3


@dataclass(frozen=True)
class Fault:
    """A value that is not obeyed.

    Attributes:
        file: the file's name.
        key: the key, with the length of the n-gram where there is one ("top_n_grams.2").
        value: what stands there.
        kind: what is wrong, the same words for all values of which it is.
    """

    file: str
    key: str
    value: Any
    kind: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.value!r}: {self.kind}"


@dataclass
class LanguageFiles:
    """What language files say.

    Attributes:
        source: the folder or file.
        thresholds: by language, by the name of a rule of ours; None switches a rule off.
        stop_words: by language.
        faults: what is not obeyed, by file and key.
    """

    source: str
    thresholds: dict[str, dict[str, float | None]] = field(default_factory=dict)
    stop_words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def warn(self) -> None:
        """Log the faults, each kind with its number and the first few."""
        kinds: dict[tuple[str, str], list[Fault]] = {}
        for fault in self.faults:
            kinds.setdefault((fault.key.partition(".")[0], fault.kind), []).append(fault)
        for (key, kind), faults in sorted(kinds.items()):
            files = list(dict.fromkeys(fault.file for fault in faults))
            shown = ", ".join(f"{fault.file} {fault.value!r}" for fault in faults[:SHOWN])
            LOG.warning("%s: %s in %d files is not obeyed: %s (%s ...)", self.source, key, len(files), kind, shown)


def files_in(path: Path) -> list[Path]:
    """The language files in a folder, sorted: names such as fin_Latn.yml."""
    return sorted(file for file in path.iterdir() if file.suffix in (".yml", ".yaml") and _language(file))


def is_language_file(content: Any) -> bool:
    """Whether a parsed YAML file is a language file, not a preset of ours."""
    return isinstance(content, dict) and "rules" not in content and len(content.keys() & {*NAMES, *NGRAMS}) >= 2


def load(path: Path) -> LanguageFiles:
    """Read a folder of language files, or one of them.

    Raises:
        ValueError: a file is not readable as YAML, or not named after a language.
    """
    files = tuple(sorted(files_in(path) if path.is_dir() else [path], key=_aliases_first))
    return _load(path, files, stamps(files))


@lru_cache(maxsize=4)
def _load(path: Path, files: tuple[Path, ...], version: Stamp) -> LanguageFiles:
    """Read files again only when one of them has changed. The result is shared: nobody changes it."""
    found = LanguageFiles(str(path))
    for file in files:
        language = _language(file)
        if not language:
            raise ValueError(f"{file}: a language file is named after its language, such as fin_Latn.yml")
        content = _content(file)
        if not isinstance(content, dict):
            found.faults.append(Fault(file.name, "", content, "no mapping of keys to values"))
            continue
        read = _LanguageFile(file.name, language, content)
        found.thresholds[language] = dict(read.thresholds())
        words = read.stop_words()
        if words:
            found.stop_words[language] = words
        found.faults += sorted(read.faults, key=lambda fault: fault.key)
    return found


def _content(file: Path) -> Any:
    try:
        return yaml.load(file.read_text("utf-8"), Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: not readable as YAML: {error}") from error


def _language(file: Path) -> str:
    """The language that a file is named after, as documents get it; "" where the name is none."""
    return _language_of(file.stem)


@lru_cache(maxsize=4096)
def _language_of(stem: str) -> str:
    language, _, script = stem.partition("_")
    plain = language.isalpha() and language.islower() and len(language) in (2, 3)
    return canonical(stem) if plain and len(script) == 4 and script.isalpha() else ""


def _aliases_first(file: Path) -> tuple[bool, str]:
    """Order in which a file under a language's own code has the last word over one under another code."""
    return _language(file) == file.stem, file.name


@dataclass
class _LanguageFile:
    """One file while it is read."""

    name: str
    language: str
    content: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def thresholds(self) -> Iterator[tuple[str, float | None]]:
        """Thresholds by rule; notes faults."""
        for key, value in self.content.items():
            if key in NGRAMS:
                yield from self._ngrams(key, value)
            elif key in NAMES:
                kind = self._number_fault(key, value)
                if kind:
                    self._fault(key, value, kind)
                else:
                    yield NAMES[key], None if key == "line_punct_thr" and value < 0 else float(value)
            elif key != STOP_WORDS:
                self._fault(str(key), value, "no key of a language file")

    def _fault(self, key: str, value: Any, kind: str) -> None:
        self.faults.append(Fault(self.name, key, value, kind))

    def _ngrams(self, key: str, value: Any) -> Iterator[tuple[str, float | None]]:
        """Thresholds of a list of pairs of a length and a share."""
        name = "max_top_{}_gram" if key == "top_n_grams" else "max_duplicate_{}_grams"
        for pair in value if isinstance(value, list) else [value]:
            if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in NGRAMS[key]:
                self._fault(key, pair, f"no pair of a length among {NGRAMS[key]} and a share")
                continue
            kind = _share_fault(pair[1])
            if kind:
                self._fault(f"{key}.{pair[0]}", pair[1], kind)
            else:
                yield name.format(pair[0]), float(pair[1])

    def _number_fault(self, key: str, value: Any) -> str:
        """What is wrong with the value of a key; "" for nothing."""
        if not _is_number(value):
            return "no number"
        if key in ("max_avg_word_length", "min_avg_word_length"):
            return self._length_fault(key, value)
        if key in RANGES:
            is_credible, kind = RANGES[key]
            return "" if is_credible(value) else kind
        return _share_fault(value)

    def _length_fault(self, key: str, value: float) -> str:
        if self.language.partition("_")[2] in _unspaced_scripts():
            return "words of a script without spaces belong to the segmenter that the limit was fitted with"
        if key == "max_avg_word_length" and not 1 < value <= LONGEST_WORDS:
            return f"no language has words of more than {LONGEST_WORDS} characters on average"
        other = self.content.get("max_avg_word_length")
        largest = other if isinstance(other, int | float) else math.inf
        if key == "min_avg_word_length" and not 0 <= value < largest:
            return "the least mean word length is not below the largest"
        return ""

    def stop_words(self) -> tuple[str, ...]:
        """The words of the list as they are found in text; notes entries without a letter."""
        words: list[str] = []
        given = self.content.get(STOP_WORDS, [])
        for entry in given if isinstance(given, list) else [given]:
            word = _trimmed(unicodedata.normalize("NFC", entry)) if isinstance(entry, str) else ""
            if not isinstance(entry, str):
                self._fault(STOP_WORDS, entry, "no text: YAML reads words such as no, on and null as something else")
            elif not word:
                self._fault(STOP_WORDS, entry, "no letter in it")
            elif any(character.isspace() for character in word):
                self._fault(STOP_WORDS, entry, "more than one word")
            else:
                words.append(word)
        found = tuple(dict.fromkeys(words))
        if 0 < len(found) < 2:
            self._fault(STOP_WORDS, list(found), "two are needed for a rule that asks for two")
            return ()
        return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _share_fault(value: Any) -> str:
    """What is wrong with a largest share; "" for nothing."""
    if not _is_number(value):
        return "no number"
    if value > 1:
        return "a share is never above 1: the rule would remove nothing"
    return "" if value > 0 else "0 removes every document that repeats anything"


def _trimmed(entry: str) -> str:
    """A word without the marks at its ends ("s." is found as "s"); "" without a letter. ۽ and ۾ are letters."""
    letters = [place for place, character in enumerate(entry) if CLASS[ord(character)] in (LETTER, UNSPACED)]
    if not letters:
        return ""
    last = letters[-1]
    while last + 1 < len(entry) and unicodedata.category(entry[last + 1])[0] == "M":
        last += 1
    return entry[letters[0] : last + 1]


@lru_cache(maxsize=1)
def _unspaced_scripts() -> frozenset[str]:
    """Scripts that are written without spaces between words, as codes of languages name them."""
    found = {SCRIPT_CODES[number] for number in set(SCRIPT[CLASS == UNSPACED].tolist())}
    return frozenset(found | {"Jpan", "Hans", "Hant", "Tibt"})


def main(folder: str) -> None:
    """Print every fault of the language files in a folder, or of one file."""
    for fault in load(Path(folder)).faults:
        print(fault.file, fault.key, repr(fault.value), fault.kind, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
