"""Rules and stop words from files.

A preset is a YAML file in `rule_presets/` (or a user's own of the same form):

    extends: gopher                      # optional: rules, scripts and languages of another preset come first
    rules:                               # in order; the first broken one is a document's reason
      max_bullet_lines: {signal: bullet_lines, max: 0.9, lines: 5}     # not asked below 5 text lines; `words` likewise
      min_language_score: {column: language_score, min: 0.65}          # a number that another stage left in a column
    scripts:                             # several scripts may share an entry; null switches a rule off
      Hang Vaii: {min_mean_word_length: 1.2}
    languages:
      kal_Latn: {max_mean_word_length: 20}
    stop_words:                          # optional, for the key `stop_words` of the stages
      kal_Latn: aamma taava

A path to FineWeb-2's own language files, or to one of them, is a preset as well: see `fineweb2_files.py`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from . import fineweb2_files
from .file_stamps import Stamp, stamp, stamps
from .language_codes import canonical
from .ruleset import Rule, Ruleset, Thresholds, is_script, nearest
from .signal_definitions import SIGNALS
from .signals import StopLists

SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Plain data only; libyaml's parser where it is there, ten times as fast."""
PRESETS = Path(__file__).with_name("rule_presets")
KEYS = ("extends", "rules", "scripts", "languages", "stop_words")
BASE_OF_LANGUAGE_FILES = "fineweb2_pipeline"
"""The preset whose thresholds FineWeb-2's language files replace."""


def preset_names() -> tuple[str, ...]:
    """Names of the presets that are shipped."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml") if path.stem != "stop_words"))


def preset_file(name: str) -> Path:
    """The file of a preset: one that is shipped, or a path that ends in .yaml or .yml, or a folder of language files.

    Raises:
        ValueError: there is none.
    """
    if name in preset_names():
        return PRESETS / f"{name}.yaml"
    path = Path(name)
    if (path.is_dir() and fineweb2_files.files_in(path)) or (path.suffix in (".yaml", ".yml") and path.is_file()):
        return path
    raise ValueError(f"there is no preset {name!r}; {nearest(name, preset_names())}")


def preset_chain(name: str) -> tuple[Path, ...]:
    """The files that a preset is made of: its own, then what it extends."""
    chain: list[Path] = []
    while name:
        path = preset_file(name)
        if path in chain:
            break
        chain.append(path)
        content = {} if path.is_dir() else _content(path)
        if path.is_dir() or fineweb2_files.is_language_file(content):
            name = BASE_OF_LANGUAGE_FILES
        else:
            name = str(content.get("extends") or "") if isinstance(content, dict) else ""
    return tuple(chain)


def load_preset(name: str) -> Ruleset:
    """Read a preset.

    Raises:
        ValueError: there is no such file, or it does not hold what a preset holds.
    """
    return _load(name, _state(preset_chain(name)))


def _state(paths: Iterable[Path]) -> Stamp:
    """The state of files, and of the language files in folders."""
    return stamps(file for path in paths for file in (fineweb2_files.files_in(path) if path.is_dir() else [path]))


@lru_cache(maxsize=32)
def _load(name: str, version: Stamp) -> Ruleset:
    """Read a preset again only when one of its files has changed."""
    return _read(name, frozenset())


def _content(path: Path) -> Any:
    """Parse one file."""
    return _parsed(path, stamp(path))


@lru_cache(maxsize=64)
def _parsed(path: Path, version: Stamp) -> Any:
    """Parse one file again only when it has changed. The result is shared: nobody changes it."""
    try:
        return yaml.load(path.read_text("utf-8"), Loader=SAFE)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not readable as YAML: {error}") from error


def _read(name: str, above: frozenset[str]) -> Ruleset:
    path = preset_file(name)
    if name in above:
        raise ValueError(f"{path}: the preset extends itself")
    if path.is_dir() or fineweb2_files.is_language_file(_content(path)):
        found = fineweb2_files.load(path)
        found.warn()
        return _read(BASE_OF_LANGUAGE_FILES, frozenset()).with_thresholds({}, found.thresholds)
    content = _content(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(key, {}), dict) for key in KEYS[1:]):
        raise ValueError(f"{path}: a preset has the mappings {', '.join(f'`{key}`' for key in KEYS[1:])}")
    for key in content:
        if key not in KEYS:
            raise ValueError(f"{path}: unknown key {key!r}; {nearest(str(key), KEYS)}")
    base = _read(str(content["extends"]), above | {name}) if content.get("extends") else Ruleset(())
    own = {str(rule): _rule(str(rule), given, path) for rule, given in content.get("rules", {}).items()}
    rules = (*(own.pop(rule.name, rule) for rule in base.rules), *own.values())
    result = Ruleset(
        tuple(rules), _merged(base.scripts, content, "scripts"), _merged(base.languages, content, "languages")
    )
    try:
        for key, values in (*result.scripts.items(), *result.languages.items()):
            result.check(values)
            _check_numbers(values, key)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return result


def _rule(name: str, given: Any, path: Path) -> Rule:
    """Read one rule."""
    where = f"{path}: rule {name!r}"
    keys = set(given) if isinstance(given, dict) else set()
    sources, bounds = keys & {"signal", "column"}, keys & {"min", "max"}
    if len(sources) != 1 or len(bounds) != 1 or keys - sources - bounds - {"lines", "words"}:
        raise ValueError(
            f"{where} is written {{signal: NAME, min: NUMBER}} or {{signal: NAME, max: NUMBER}}, or with `column` for "
            "`signal`"
        )
    (source,), (bound,) = sources, bounds
    least = {key: given.get(key) for key in ("lines", "words")}
    _check_numbers({bound: given[bound], **least}, name)
    asked = {key: int(value or 0) for key, value in least.items()}
    numbers = [key for key, signal in SIGNALS.items() if signal.kind != "name"]
    if source == "signal" and given["signal"] not in numbers:
        raise ValueError(f"{where}: there is no signal {given['signal']!r}; {nearest(given['signal'], numbers)}")
    return Rule(name, str(given[source]), bound == "min", given[bound], **asked, is_column=source == "column")


def _check_numbers(values: Mapping[str, Any], where: str) -> None:
    for key, value in values.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value)):
            raise ValueError(f"{where}: {key} must be a number or null, not {value!r}")


def _merged(base: Mapping[str, Thresholds], content: Mapping[str, Any], section: str) -> dict[str, Thresholds]:
    """Add a file's script or language entries to those that it inherits; a key may name several."""
    merged = {key: dict(values) for key, values in base.items()}
    for keys, values in content.get(section, {}).items():
        if not isinstance(values, dict):
            raise ValueError(f"{section}: {keys}: a mapping of rule names to thresholds is needed")
        for key in str(keys).split():
            if is_script(key) != (section == "scripts"):
                raise ValueError(f"{section}: {key!r} is not written as its section asks (Thai; fra_Latn)")
            merged.setdefault(key if section == "scripts" else canonical(key), {}).update(values)
    return dict(merged)


@lru_cache(maxsize=1)
def shipped_stop_words() -> dict[str, tuple[str, ...]]:
    """Stop words by language, lower case, in NFC, without repetition."""
    content = yaml.load((PRESETS / "stop_words.yaml").read_text("utf-8"), Loader=SAFE)
    return {
        language: tuple(dict.fromkeys(unicodedata.normalize("NFC", words).lower().split()))
        for language, words in content.items()
    }


def read_stop_words(path: str) -> dict[str, tuple[str, ...]]:
    """Stop words by language from a file: a preset's, FineWeb-2's language files (or one), or a mapping of languages.

    Raises:
        ValueError: there is no such file, or it holds no stop words.
    """
    file = Path(path)
    if file.is_dir() and fineweb2_files.files_in(file):
        return dict(fineweb2_files.load(file).stop_words)
    if not file.is_file():
        raise ValueError(f"there is no file of stop words {path!r}")
    content = _content(file)
    if fineweb2_files.is_language_file(content):
        return dict(fineweb2_files.load(file).stop_words)
    listed = content.get("stop_words", content) if isinstance(content, dict) else None
    if not isinstance(listed, dict) or not listed:
        raise ValueError(f"{path}: stop words are written `stop_words: {{fra_Latn: de la le}}`")
    return {str(language): _words(given, f"{path}: {language}") for language, given in listed.items()}


def _words(given: Any, where: str) -> tuple[str, ...]:
    """Words in a list, or in one text between spaces."""
    words = given.split() if isinstance(given, str) else given
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{where}: a list of words is needed; words such as `no` and `on` need quotes in a list")
    return tuple(dict.fromkeys(words))


def stop_lists(own: Mapping[str, Iterable[str]]) -> StopLists:
    """The shipped stop lists, with a user's in place of those of the same language (an empty one: no list)."""
    return _stop_lists(tuple(sorted((language, tuple(words)) for language, words in own.items())))


@lru_cache(maxsize=4)
def _stop_lists(own: tuple[tuple[str, tuple[str, ...]], ...]) -> StopLists:
    words: dict[str, tuple[str, ...]] = {**shipped_stop_words()}
    for language, given in own:
        words[canonical(language)] = tuple(unicodedata.normalize("NFC", word) for word in given)
    return StopLists({language: given for language, given in words.items() if given})
