"""The rules on sentence pairs that there are: OpusFilter's filters under their names, with their parameters.

A rule measures a number of each text (`SIDE`) or of each pair (`PAIR`), and says which numbers break it. What depends
on thresholds alone is asked of stored numbers; `measured` names the parameters that the numbers depend on.

Definitions are those of OpusFilter 3.3 (Aulamo et al. 2020, https://github.com/Helsinki-NLP/OpusFilter). Those of
bicleaner-hardrules are in `pair_rule_kinds_hard.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow.compute as pc

from .pair_patterns import matches
from .pair_signals import Flags, Numbers, Texts, share

Parameters = Mapping[str, Any]
Scope = Literal["side", "pair"]

ABSENT: Any = object()
"""The default of a parameter that has to be given."""


@dataclass(frozen=True)
class RuleKind:
    """A rule before its parameters are known.

    Attributes:
        name: what it is called by those who defined it.
        scope: whether it looks at each side alone or at pairs.
        defaults: its parameters with their defaults.
        measured: the parameters that `measure` reads.
        measure: numbers of m texts or n pairs.
        broken: which of the stored numbers break the rule.
        scalar: the parameter that a bare value stands for (`not_too_long: 1024`), "" for none.
        check: refuses parameters that cannot be meant.
    """

    name: str
    scope: Scope
    defaults: Parameters
    measure: Callable[[Texts, Parameters], Numbers]
    broken: Callable[[Numbers, Texts, Parameters], Flags]
    measured: frozenset[str] = field(default_factory=frozenset)
    scalar: str = ""
    check: Callable[[Parameters], None] = lambda given: None

    def parameters(self, given: Any) -> dict[str, Any]:
        """The defaults with what is given.

        Raises:
            ValueError: a parameter is unknown, missing, or impossible.
        """
        if not isinstance(given, Mapping):
            if given is not True and not self.scalar:
                raise ValueError(f"{self.name} takes parameters in a mapping, not {given!r}")
            given = {} if given is True else {self.scalar: given}
        unknown = [name for name in given if name not in self.defaults and name != "name"]
        if unknown:
            known = ", ".join(self.defaults) or "none"
            raise ValueError(f"{self.name} has no parameter {unknown[0]!r}; its parameters: {known}")
        merged = {**self.defaults, **{name: value for name, value in given.items() if name != "name"}}
        missing = [name for name, value in merged.items() if value is ABSENT]
        if missing:
            raise ValueError(f"{self.name} needs the parameter {missing[0]!r}")
        self.check(merged)
        return merged


def _check_unit(given: Parameters) -> None:
    named = given["unit"]
    for unit in named.values() if isinstance(named, Mapping) else named if isinstance(named, list) else [named]:
        if unit not in ("word", "char", "character"):
            raise ValueError(f"`unit` is word, char or character, not {unit!r}")


def _check_one_unit(given: Parameters) -> None:
    if not isinstance(given["unit"], str):
        raise ValueError(f"`unit` of SimilarityFilter is one for all, not {given['unit']!r}")
    _check_unit(given)


def _sizes(texts: Texts, unit: Any) -> Numbers:
    """Lengths of texts; the unit may differ between sources and targets, or languages."""
    if isinstance(unit, str):
        return texts.size(unit).astype(np.float64)
    by_word = texts.given({"default": "word", **unit} if isinstance(unit, Mapping) else unit, np.object_) == "word"
    return np.where(by_word, texts.size("word"), texts.size("char")).astype(np.float64)


def _outside(values: Numbers, texts: Texts, given: Parameters) -> Flags:
    """Below `min_length` or above `max_length`; empty sides of empty pairs pass with `pass_empty`."""
    found: Flags = ~((texts.given(given["min_length"]) <= values) & (values <= texts.given(given["max_length"])))
    if given["pass_empty"] and len(texts.left):
        empty = (values[texts.left] == 0) & (values[texts.right] == 0)
        found[texts.left[empty]] = False
        found[texts.right[empty]] = False
    return found


def _length_ratio(texts: Texts, given: Parameters) -> Numbers:
    """The longer side over the shorter one; 0 where both are empty, infinite where one is."""
    sizes = _sizes(texts, given["unit"])
    left, right = sizes[texts.left], sizes[texts.right]
    longer, shorter = np.maximum(left, right), np.minimum(left, right)
    found = share(longer, shorter, math.inf)
    found[longer == 0] = 0.0
    return found


def _larger(texts: Texts, value: Any) -> Any:
    """A parameter of pairs: of two that the languages have the larger one."""
    if not isinstance(value, Mapping):
        return value
    of_text = texts.given(value)
    return np.fmax(of_text[texts.left], of_text[texts.right])


def _below(name: str) -> Callable[[Numbers, Texts, Parameters], Flags]:
    """What is not at least a side's threshold is broken."""
    return lambda values, texts, given: ~(values >= texts.given(given[name]))


def _terminal(texts: Texts, given: Parameters) -> Numbers:
    """Marks at the end of sentences: their difference, and every one beyond the first, as a negative logarithm."""
    marks = texts.counts()["terminal"].astype(np.int64)
    left, right = marks[texts.left], marks[texts.right]
    score = np.abs(left - right) + np.maximum(left - 1, 0) + np.maximum(right - 1, 0)
    found, place = np.unique(score, return_inverse=True)
    return np.array([-math.log(value + 1) for value in found.tolist()], np.float64)[place]


def _alphabet(texts: Texts, given: Parameters) -> Numbers:
    counts = texts.counts()
    whole = counts["characters"] - counts["white"] if given["exclude_whitespace"] else counts["characters"]
    return share(counts["alphabetic"], whole, 1.0)


def _script_names(given: Any) -> tuple[tuple[str, ...], ...]:
    return () if given is None else tuple((name,) if isinstance(name, str) else tuple(name) for name in given)


def _in_script(texts: Texts, given: Parameters) -> Numbers:
    counts = texts.counts(_script_names(given["scripts"]))
    return share(counts["in_script"], counts["alphabetic"], 1.0)


def _check_scripts(given: Parameters) -> None:
    from .pair_signals import script_number

    for names in _script_names(given["scripts"]):
        for name in names:
            script_number(name)
    if given["scripts"] is not None and len(given["scripts"]) != 2:
        raise ValueError("`scripts` are those of the source and of the target; without it the languages' codes say")


def _numerals(texts: Texts, given: Parameters) -> Numbers:
    from ..kernels.pair_sequences import numeral_ratios

    return numeral_ratios(texts.texts, texts.left, texts.right)


def _substring(texts: Texts, given: Parameters) -> Numbers:
    from ..kernels.pair_substrings import longest_common_substrings

    common, shorter = longest_common_substrings(texts.texts, texts.left, texts.right)
    return share(common, shorter, 0.0)


LONGEST_COMPARED = 100_000
"""Characters of a text of which an edit distance is taken: the work grows with the product of both lengths."""


def _similarity(texts: Texts, given: Parameters) -> Numbers:
    from ..kernels.pair_edits import edit_similarities

    column = texts.once("lower", lambda: lowered(texts)) if given["lowercase"] else texts.texts
    if (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_COMPARED:
        column = pc.utf8_slice_codeunits(column, 0, LONGEST_COMPARED)
    weights = tuple(given["weights"])
    return edit_similarities(column, texts.left, texts.right, by_words=given["unit"] == "word", weights=weights)


def lowered(texts: Texts) -> Any:
    """Texts in small letters: by character, and as Python does it where that is not enough (İ, Σ)."""
    simple = pc.utf8_lower(texts.texts)
    special = pc.fill_null(pc.match_substring_regex(texts.texts, "[İΣ]"), False)
    if not special.true_count:
        return simple
    exact = [text.lower() for text in texts.texts.filter(special).to_pylist()]
    return pc.replace_with_mask(simple, special, pc.cast(exact, simple.type) if not exact else _like(exact, simple))


def _like(values: list[str], column: Any) -> Any:
    import pyarrow as pa

    return pa.array(values, column.type)


def _repetition(texts: Texts, given: Parameters) -> Numbers:
    from ..kernels.pair_repetition import repetitions

    if math.isinf(given["threshold"]):
        return np.zeros(len(texts.texts), np.float64)
    limits = {name: int(given[name]) for name in ("min_length", "max_length")}
    return repetitions(texts.texts, threshold=math.ceil(given["threshold"]), **limits).astype(np.float64)


def _check_repetition(given: Parameters) -> None:
    for name in ("threshold", "min_length"):
        if given[name] < 1:
            raise ValueError(f"`{name}` of RepetitionFilter is at least 1, not {given[name]}")


def _patterns(texts: Texts, given: Parameters) -> Numbers:
    patterns = given["regexps"]
    if isinstance(patterns, str):
        return matches(texts.texts, patterns).astype(np.float64)
    if texts.side is None:
        raise ValueError("a list of two patterns is for sources and targets; for groups give one")
    found = np.zeros(len(texts.texts), np.float64)
    for side, pattern in enumerate(patterns):
        chosen = texts.side == side
        found[chosen] = matches(texts.texts.filter(_like(chosen.tolist(), pc.is_null(texts.texts))), pattern)
    return found


def _check_patterns(given: Parameters) -> None:
    import regex  # type: ignore[import-untyped, unused-ignore]

    for pattern in [given["regexps"]] if isinstance(given["regexps"], str) else given["regexps"]:
        try:
            regex.compile(pattern)
        except regex.error as error:
            raise ValueError(f"RegExpFilter: {pattern!r}: {error}") from error


def _confidence(texts: Texts, given: Parameters) -> Numbers:
    from .pair_languages import cld2_confidence, fasttext_confidence

    languages = tuple(given["languages"] or ())
    if given.get("id_method", "") == "cld2":
        return cld2_confidence(texts, languages)
    return fasttext_confidence(texts, str(given.get("model_path") or given.get("fasttext_model_path")), languages)


def _check_method(given: Parameters) -> None:
    method = given["id_method"]
    if method not in ("cld2", "fasttext"):
        raise ValueError(f"`id_method` is cld2 or fasttext here, not {method!r}")
    if method == "fasttext" and not given["fasttext_model_path"]:
        raise ValueError("`id_method: fasttext` needs `fasttext_model_path`")


def _check_model(given: Parameters) -> None:
    if not given["model_path"]:
        raise ValueError("FastTextFilter needs `model_path`")


def _not_above(values: Numbers, texts: Texts, given: Parameters) -> Flags:
    """What is not above a side's threshold (0 without one) is broken."""
    found: Flags = ~(values > texts.given(0 if given["thresholds"] is None else given["thresholds"]))
    return found


_LANGUAGES: Parameters = {"languages": None, "thresholds": None}

OPUSFILTER = {
    kind.name: kind
    for kind in (
        RuleKind(
            "LengthFilter", "side", {"min_length": 1, "max_length": 100, "unit": "word", "pass_empty": False},
            lambda texts, given: _sizes(texts, given["unit"]), _outside, frozenset({"unit"}), check=_check_unit,
        ),
        RuleKind(
            "LengthRatioFilter", "pair", {"threshold": 3, "unit": "word"}, _length_ratio,
            lambda values, texts, given: ~(values < _larger(texts, given["threshold"])), frozenset({"unit"}),
            check=_check_unit,
        ),
        RuleKind(
            "LongWordFilter", "side", {"threshold": 40},
            lambda texts, given: texts.counts()["longest_word"].astype(np.float64),
            lambda values, texts, given: ~(values < texts.given(given["threshold"])),
        ),
        RuleKind(
            "AverageWordLengthFilter", "side", {"min_length": 2, "max_length": 20, "pass_empty": False},
            lambda texts, given: share(texts.counts()["word_characters"], texts.counts()["words"], 0.0), _outside,
        ),
        RuleKind(
            "HtmlTagFilter", "side", {}, lambda texts, given: texts.tags().astype(np.float64),
            lambda values, texts, given: values > 0,
        ),
        RuleKind(
            "RegExpFilter", "side", {"regexps": ABSENT, "accept_match": False}, _patterns,
            lambda values, texts, given: values == 0 if given["accept_match"] else values > 0,
            frozenset({"regexps"}), check=_check_patterns,
        ),
        RuleKind(
            "AlphabetRatioFilter", "side", {"threshold": 0.75, "exclude_whitespace": False}, _alphabet,
            _below("threshold"), frozenset({"exclude_whitespace"}),
        ),
        RuleKind(
            "CharacterScoreFilter", "side", {"scripts": None, "thresholds": 1}, _in_script, _below("thresholds"),
            frozenset({"scripts"}), check=_check_scripts,
        ),
        RuleKind(
            "TerminalPunctuationFilter", "pair", {"threshold": -2}, _terminal,
            lambda values, texts, given: ~(values >= given["threshold"]),
        ),
        RuleKind(
            "NonZeroNumeralsFilter", "pair", {"threshold": 0.5, "require_all": True}, _numerals,
            lambda values, texts, given: ~(values >= given["threshold"]),
        ),
        RuleKind(
            "LongestCommonSubstringFilter", "pair", {"threshold": 0.9, "require_all": True}, _substring,
            lambda values, texts, given: ~(values < given["threshold"]),
        ),
        RuleKind(
            "SimilarityFilter", "pair",
            {"threshold": 0.9, "weights": (1, 1, 1), "unit": "char", "lowercase": False, "require_all": True},
            _similarity, lambda values, texts, given: ~(values < given["threshold"]),
            frozenset({"weights", "unit", "lowercase"}), check=_check_one_unit,
        ),
        RuleKind(
            "RepetitionFilter", "side", {"threshold": 2, "min_length": 3, "max_length": 100}, _repetition,
            lambda values, texts, given: ~(values < given["threshold"]),
            frozenset({"threshold", "min_length", "max_length"}), check=_check_repetition,
        ),
        RuleKind(
            "LanguageIDFilter", "side", {**_LANGUAGES, "id_method": "cld2", "fasttext_model_path": None}, _confidence,
            _not_above, frozenset({"languages", "id_method", "fasttext_model_path"}), check=_check_method,
        ),
        RuleKind(
            "Cld2Filter", "side", _LANGUAGES,
            lambda texts, given: _confidence(texts, {**given, "id_method": "cld2"}), _not_above,
            frozenset({"languages"}),
        ),
        RuleKind(
            "FastTextFilter", "side", {**_LANGUAGES, "model_path": ABSENT}, _confidence, _not_above,
            frozenset({"languages", "model_path"}), check=_check_model,
        ),
    )
}  # fmt: skip
"""OpusFilter's filters by name. `scripts` and `languages` follow the columns src_lang and tgt_lang unless given."""
