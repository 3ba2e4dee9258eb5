"""Rules on single lines or sentences, and texts without those that break one.

A preset is data: a YAML file with the unit (`line` or `sentence`) and rules, each a bound on one signal; see
`line_presets/`. A threshold is looked up for the document's language, then its script, then the default. The name of a
rule is what is counted. A unit that breaks several is counted for the first.

What stays is put together again by a fixed rule: between two units stands what stood between them, or, where units are
missing, the gap with the most line feeds of those in between. A text that loses nothing is returned byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml

from ..kernels.arrow import text_buffers
from ..kernels.lines import UnitCount, code_marks, join_units, measure_units
from ..kernels.script import dominant_scripts
from ..kernels.sentences import sentence_properties
from ..kernels.statistics import PHRASES, phrase_table
from .file_stamps import Stamp, stamp
from .language_codes import canonical
from .sentences import sentence_borders

PRESETS: Final = Path(__file__).with_name("line_presets")
Unit = Literal["line", "sentence"]
Thresholds = Mapping[str, float | None]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

_JAVASCRIPT, _LOREM_IPSUM = 1 << PHRASES.index("javascript"), 1 << PHRASES.index("lorem ipsum")
_PHRASE_BITS: Final = {
    "javascript": _JAVASCRIPT, "lorem_ipsum": _LOREM_IPSUM, "policy": ~(_JAVASCRIPT | _LOREM_IPSUM),
}  # fmt: skip

SIGNALS: Final = {
    "characters": "characters from the first visible one to the last",
    "letters": "letters",
    "alphanumeric": "letters and digits",
    "words": "words between spaces; where words are not separated, one for every two letters",
    "longest_word": "characters of the longest word between spaces",
    "digits": "digits, of all characters",
    "symbols": "punctuation and symbols, of all characters",
    "code": "brackets, braces and other marks of code, of all characters",
    "uppercase": "capitals, of the letters that have case; not asked where there are none",
    "curly": "curly brackets",
    "terminal": "1 where the unit ends with a mark that ends sentences, or a quotation mark, and with no ellipsis",
    "ellipsis": "1 where it ends with an ellipsis",
    "counter": "1 for a number with one word, such as '3 likes'",
    "javascript": "1 where a word begins with 'javascript'",
    "lorem_ipsum": "1 where 'lorem ipsum' occurs",
    "policy": "1 where a phrase of cookie notices and policies occurs (English, as in C4)",
    "duplicate": "1 where the document had the same unit before, whatever its white space",
}
"""What a rule can ask of a unit."""

SHARES: Final = frozenset({"digits", "symbols", "code", "uppercase"})
"""Those of them that are parts of a whole."""


@dataclass(frozen=True)
class Rule:
    """A bound on a signal.

    Attributes:
        signal: one of `SIGNALS`.
        bound: "min" or "max", both inclusive.
        threshold: the default; None when only some scripts or languages have one.
        characters: units with fewer characters are not asked.
    """

    signal: str
    bound: Literal["min", "max"]
    threshold: float | None
    characters: int = 0


@dataclass(frozen=True)
class LineRules:
    """What a preset says.

    Attributes:
        unit: what is kept or removed as a whole.
        rules: by name, in the order in which they are asked.
        scripts: thresholds by rule for scripts (ISO 15924).
        languages: thresholds by rule for languages, in canonical form.
    """

    unit: Unit
    rules: Mapping[str, Rule]
    scripts: Mapping[str, Thresholds] = field(default_factory=dict)
    languages: Mapping[str, Thresholds] = field(default_factory=dict)

    def with_thresholds(self, everywhere: Thresholds, somewhere: Mapping[str, Thresholds]) -> LineRules:
        """The same rules with other thresholds; those for one language or script win.

        Raises:
            ValueError: there is no such rule.
        """
        for names in (everywhere, *somewhere.values()):
            for name in names:
                if name not in self.rules:
                    raise ValueError(f"there is no rule {name!r}; {_nearest(name, self.rules)}")
        rules = {
            name: replace(rule, threshold=everywhere[name]) if name in everywhere else rule
            for name, rule in self.rules.items()
        }

        def keep(values: Thresholds) -> dict[str, float | None]:
            return {name: value for name, value in values.items() if name not in everywhere}

        scripts = {code: keep(values) for code, values in self.scripts.items()}
        languages = {code: keep(values) for code, values in self.languages.items()}
        for key, values in somewhere.items():
            table, code = (scripts, key) if _is_script(key) else (languages, canonical(key))
            table[code] = {**table.get(code, {}), **values}
        return replace(self, rules=rules, scripts=scripts, languages=languages)

    def check_possible(self, everywhere: Thresholds, somewhere: Mapping[str, Thresholds]) -> None:
        """Refuse a user's thresholds that cannot be meant, with the place where they were given.

        Raises:
            ValueError: a share is outside [0, 1], or another number below 0 or not finite.
        """
        given = [(f"rules.{name}", name, value) for name, value in everywhere.items()]
        for code, values in somewhere.items():
            given += [(f"languages.{code}.{name}", name, value) for name, value in values.items()]
        for place, name, value in given:
            signal = self.rules[name].signal
            most = 1.0 if signal in SHARES else math.inf
            if value is not None and (not 0.0 <= value <= most or math.isinf(value)):
                what = "a share: 0 to 1" if signal in SHARES else "not below 0 and finite"
                raise ValueError(f"{place}: {value:g} is not possible; the signal {signal} is {what}")

    def thresholds(self, language: str | None, script: str | None) -> list[float | None]:
        """The threshold of each rule for documents of a language and script; None where the rule is off."""
        found: dict[str, float | None] = {name: rule.threshold for name, rule in self.rules.items()}
        found.update(self.scripts.get(script or "", {}))
        found.update(self.languages.get(canonical(language), {}) if language else {})
        return [found[name] for name in self.rules]


@dataclass(frozen=True)
class Trimmed:
    """Texts without the units that broke a rule.

    Attributes:
        text: n strings.
        counts: n x rules, units removed by each.
        characters: n, those in removed units.
        of: n, those in all units.
    """

    text: pa.Array
    counts: npt.NDArray[np.int64]
    characters: npt.NDArray[np.int64]
    of: npt.NDArray[np.int64]


def trim(texts: pa.Array, languages: pa.Array | None, rules: LineRules) -> Trimmed:
    """Remove the units that break a rule.

    Args:
        texts: n strings; nulls are read as empty.
        languages: n codes that choose thresholds and abbreviations, or None.
        rules: what to ask of which unit.
    """
    texts = texts.fill_null("")
    buffer, offsets = text_buffers(texts)
    first, borders = _borders(texts, languages, rules.unit, buffer, offsets)
    spans, counts = np.empty((len(borders) - 1, 2), np.int64), np.empty((len(borders) - 1, len(UnitCount)), np.int32)
    most = int(np.diff(first).max(initial=0))
    phrases, phrase_starts = phrase_table()
    seen = np.zeros(1 << (4 * (most + 2)).bit_length(), np.uint64)
    measure_units(
        buffer, borders, first, sentence_properties(), code_marks(), phrases, phrase_starts, seen, spans, counts
    )
    broken = _broken(counts, first, _bounds(texts, languages, rules), rules)
    units = np.repeat(np.arange(len(texts)), np.diff(first))
    removed = broken >= 0
    per_rule = np.zeros((len(texts), len(rules.rules)), np.int64)
    np.add.at(per_rule, (units[removed], broken[removed]), 1)
    characters = counts[:, UnitCount.CHARACTERS].astype(np.int64)
    lost = np.zeros(len(texts), np.int64)
    np.add.at(lost, units[removed], characters[removed])
    total = np.zeros(len(texts), np.int64)
    np.add.at(total, units, characters)
    return Trimmed(_joined(texts, buffer, offsets, first, spans, ~removed), per_rule, lost, total)


def _borders(
    texts: pa.Array,
    languages: pa.Array | None,
    unit: Unit,
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first unit of each text (n + 1), and where each unit begins (one more)."""
    if unit == "sentence":
        first, borders, _ = sentence_borders(texts, languages)
        return first, borders.astype(np.int64)
    is_feed = buffer[offsets[0] : offsets[-1]] == 10
    # an empty line begins no unit: millions of them are not worth a row each
    begins = np.flatnonzero(is_feed[:-1] & ~is_feed[1:]) + offsets[0] + 1
    starts = np.union1d(begins, offsets[:-1][np.diff(offsets) > 0])
    return np.searchsorted(starts, offsets).astype(np.int64), np.append(starts, offsets[-1]).astype(np.int64)


def _joined(
    texts: pa.Array,
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    spans: npt.NDArray[np.int64],
    keep: npt.NDArray[np.bool_],
) -> pa.Array:
    if keep.all():
        return texts
    out, out_offsets = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(texts) + 1, np.int32)
    join_units(buffer, offsets, first, spans, keep, out, out_offsets)
    data = pa.py_buffer(out[: out_offsets[-1]])
    return pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(out_offsets), data])


def _broken(counts: Counts, first: npt.NDArray[np.int64], bounds: Floats, rules: LineRules) -> npt.NDArray[np.int64]:
    """The number of the first rule that each unit breaks, -1 for none."""
    characters = counts[:, UnitCount.CHARACTERS]
    lengths = np.diff(first)
    broken = np.full(len(counts), -1, np.int64)
    for number in reversed(range(len(rules.rules))):
        rule = list(rules.rules.values())[number]
        limit = np.repeat(bounds[:, number], lengths)
        if np.isnan(limit).all():
            continue
        values = _values(counts, rule.signal)
        with np.errstate(invalid="ignore"):
            beyond = values < limit if rule.bound == "min" else values > limit
        broken[beyond & (characters > 0) & (characters >= rule.characters)] = number
    return broken


def _bounds(texts: pa.Array, languages: pa.Array | None, rules: LineRules) -> Floats:
    """Thresholds per document and rule; NaN where a rule is off."""
    scripts = dominant_scripts(texts).dictionary_encode()
    codes = (pa.nulls(len(texts), pa.string()) if languages is None else languages).dictionary_encode()
    languages_found, scripts_found = codes.dictionary.to_pylist(), scripts.dictionary.to_pylist()
    language = codes.indices.fill_null(len(languages_found)).to_numpy(zero_copy_only=False).astype(np.int64)
    script = scripts.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    keys, places = np.unique(language * (len(scripts_found) + 1) + script, return_inverse=True)
    table = np.full((len(keys), len(rules.rules)), np.nan)
    for row, key in enumerate(keys.tolist()):
        code, name = divmod(key, len(scripts_found) + 1)
        found = rules.thresholds([*languages_found, None][code], scripts_found[name])
        table[row] = [np.nan if value is None else value for value in found]
    return table[places] if len(texts) else np.zeros((0, len(rules.rules)))


def _values(counts: Counts, signal: str) -> Floats:
    """One signal of every unit, as float64; NaN where it cannot be told."""

    def column(name: str) -> Floats:
        return counts[:, UnitCount[name]].astype(np.float64)

    if signal in ("digits", "symbols", "code"):
        return column(signal.upper()) / np.maximum(column("CHARACTERS"), 1)
    if signal == "uppercase":
        with np.errstate(invalid="ignore"):
            return column("UPPER") / (column("UPPER") + column("LOWER"))
    if signal == "alphanumeric":
        return column("LETTERS") + column("DIGITS")
    if signal in _PHRASE_BITS:
        return cast(Floats, (counts[:, UnitCount.PHRASES] & _PHRASE_BITS[signal] != 0).astype(np.float64))
    return column({"longest_word": "LONGEST"}.get(signal, signal.upper()))


def preset_names() -> tuple[str, ...]:
    """The names of the shipped presets."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


def preset_file(name: str) -> Path:
    """The file of a preset: a shipped one by name, or a path.

    Raises:
        ValueError: there is neither.
    """
    if name in preset_names():
        return PRESETS / f"{name}.yaml"
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    raise ValueError(f"there is no preset {name!r}; {_nearest(name, preset_names())}, or the path of a YAML file")


def load_preset(name: str) -> LineRules:
    """The rules of a preset.

    Raises:
        ValueError: the file is not there or not what it should be; the message names file and key.
    """
    path = preset_file(name)
    return _load(path, stamp(path))


@lru_cache(maxsize=32)
def _load(path: Path, version: Stamp) -> LineRules:
    content = _content(path)
    base = load_preset(str(content["extends"])) if "extends" in content else LineRules("line", {})
    unit = content.get("unit", base.unit)
    if unit not in ("line", "sentence"):
        raise ValueError(f"{path}: unit is line or sentence, not {unit!r}")
    given = content.get("rules") or {}
    rules = {name: rule for name, rule in base.rules.items() if name not in given or given[name] is not None}
    rules |= {name: _rule(name, value, path) for name, value in given.items() if value is not None}
    made = LineRules(unit, rules, base.scripts, base.languages)
    somewhere: dict[str, Thresholds] = {}
    for section in ("scripts", "languages"):
        for keys, values in (content.get(section) or {}).items():
            for key in str(keys).split():
                if _is_script(key) != (section == "scripts"):
                    raise ValueError(f"{path}: {key!r} does not belong under {section}")
                somewhere[key] = {**somewhere.get(key, {}), **_numbers(values, f"{path}: {key}")}
    try:
        return made.with_thresholds({}, somewhere)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _content(path: Path) -> dict[str, Any]:
    """What a file says, its keys checked."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: a preset is a mapping with `rules`")
    for key in content:
        if key not in _KEYS:
            raise ValueError(f"{path}: unknown key {key!r}; {_nearest(str(key), _KEYS)}")
    return content


_KEYS: Final = ("extends", "unit", "rules", "scripts", "languages")


def _rule(name: str, given: Any, path: Path) -> Rule:
    """One rule of a file."""
    where = f"{path}: {name}"
    if not isinstance(given, dict) or given.get("signal") not in SIGNALS:
        signal = given.get("signal") if isinstance(given, dict) else given
        raise ValueError(f"{where}: there is no signal {signal!r}; {_nearest(str(signal), SIGNALS)}")
    others = set(given) - {"signal", "min", "max", "characters"}
    bounds = [bound for bound in ("min", "max") if bound in given]
    if others or len(bounds) != 1:
        raise ValueError(f"{where}: a rule has `signal`, either `min` or `max`, and at most `characters` besides")
    values = _numbers({key: given[key] for key in given if key != "signal"}, where)
    bound = cast(Literal["min", "max"], bounds[0])
    return Rule(str(given["signal"]), bound, values[bound], int(values.get("characters") or 0))


def _numbers(values: Any, where: str) -> dict[str, float | None]:
    if not isinstance(values, dict):
        raise ValueError(f"{where}: thresholds by name are needed, not {values!r}")
    for name, value in values.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value)):
            raise ValueError(f"{where}: {name} is {value!r}, not a number or null")
    return dict(values)


def _is_script(key: str) -> bool:
    return len(key) == 4 and key.isalpha() and key.istitle()


def _nearest(name: str, valid: Iterable[str]) -> str:
    import difflib

    known = sorted(valid)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"valid names: {', '.join(known)}"
