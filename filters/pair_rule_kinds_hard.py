"""The rules of bicleaner-hardrules under their names: what a sentence pair must not be.

Definitions, thresholds and the languages that are treated apart follow version 2.10 of bicleaner-hardrules (Ramírez-
Sánchez et al. 2020, https://github.com/bitextor/bicleaner-hardrules), written anew from its documentation and
behaviour. A rule is given as there: `not_too_long: 1024`, `no_urls: true`.

Two of its rules ask models of its own: `lm_filter` and `no_porn` are rules on columns here (see the preset). Its
`no_wrong_language` asks FastSpell; here any detector of the stage `language` is asked, and a text that this leaves
unnamed is not wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyarrow.compute as pc

from ..kernels import pair_noise as noise
from .language_codes import canonical
from .pair_rule_kinds import Parameters, RuleKind
from .pair_signals import Flags, Numbers, Texts, share

LONGEST = 10_000
"""Longer texts (in characters) are asked for their length only, as bicleaner-hardrules does."""


def _languages(codes: str) -> frozenset[str]:
    """ISO 639-3 codes."""
    return frozenset(canonical(code).partition("_")[0] for code in codes.split())


IDEOGRAPHIC = _languages("zh ja ko yue bo cmn")
"""Languages whose characters are counted instead of words."""
BY_WORDS = _languages(
    "en es fr pl de it pt nl cs ro fi lv et bg hr da hu ga eu gl sl sv mt sk is lt nb nn no ur sw my so bn fa gu"
)
"""Languages in which repeated words are looked for; in all others repeated characters."""
HAS_A_TILDE = _languages("pt")
HAS_A_CIRCUMFLEX = _languages("cy fr fa it pt tr vi lij ro")
HAS_LATIN_1_RUNS = _languages("is fi az azj")


def _is_in(texts: Texts, languages: frozenset[str]) -> Flags:
    """Whether each text's language is one of those."""
    return texts.by_language(lambda code: code.partition("_")[0] in languages, np.bool_)


def _positive(values: Numbers, texts: Texts, given: Parameters) -> Flags:
    found: Flags = values > 0
    return found


def _marked(bits: int) -> Callable[[Texts, Parameters], Numbers]:
    """Whether a text has one of some marks of noise."""
    return lambda texts, given: ((texts.noise()[0] & bits) != 0).astype(np.float64)


def _number_of_words(texts: Texts, given: Parameters) -> Numbers:
    counts = texts.counts()
    return np.where(_is_in(texts, IDEOGRAPHIC), counts["characters"], counts["blanks"] + 1).astype(np.float64)


def _length_ratio(texts: Texts, given: Parameters) -> Numbers:
    """Characters of the source over those of the target; bytes where a side is ideographic."""
    ideographic = _is_in(texts, IDEOGRAPHIC)
    either = ideographic[texts.left] | ideographic[texts.right]
    size = pc.fill_null(pc.binary_length(texts.texts), 0).to_numpy(zero_copy_only=False)
    characters = texts.counts()["characters"]
    left = np.where(either, size[texts.left], characters[texts.left])
    right = np.where(either, size[texts.right], characters[texts.right])
    return share(left, right, math.inf)


def _beyond_ratio(values: Numbers, texts: Texts, given: Parameters) -> Flags:
    most = given["length_ratio"]
    found: Flags = ~((1 / most <= values) & (values <= most))
    return found


def _literals(texts: Texts, given: Parameters) -> Numbers:
    found = np.zeros(len(texts.texts), np.bool_)
    for literal in given["no_literals"]:
        found |= pc.fill_null(pc.match_substring(texts.texts, literal), False).to_numpy(zero_copy_only=False)
    return found.astype(np.float64)


def _digits(texts: Texts, given: Parameters) -> Numbers:
    """The share of digits, less what a language may have."""
    counts = texts.counts()
    return share(counts["digits"], counts["characters"], 0.0)


def _only_numbers(values: Numbers, texts: Texts, given: Parameters) -> Flags:
    found: Flags = values >= np.where(_is_in(texts, IDEOGRAPHIC), 0.7, 0.5)
    return found


def _repeated_words(texts: Texts, given: Parameters) -> Numbers:
    from ..kernels.pair_repetition import repeated_words

    least = np.where(_is_in(texts, IDEOGRAPHIC), 4, 7).astype(np.int32)
    return repeated_words(texts.shorter_than(LONGEST), _is_in(texts, BY_WORDS), least).astype(np.float64)


def _latin_1_runs(texts: Texts, given: Parameters) -> Numbers:
    marks = texts.noise()[0]
    relaxed = _is_in(texts, HAS_LATIN_1_RUNS)
    return (
        np.where(relaxed, marks & noise.LONG_LATIN_1_RUN, marks & noise.LATIN_1_RUN).astype(np.bool_).astype(np.float64)
    )


def _bad_encoding(texts: Texts, given: Parameters) -> Numbers:
    marks = texts.noise()[0]
    tilde = ((marks & noise.A_TILDE) != 0) & ~_is_in(texts, HAS_A_TILDE)
    circumflex = ((marks & noise.A_CIRCUMFLEX) != 0) & ~_is_in(texts, HAS_A_CIRCUMFLEX)
    found: Numbers = (tilde | circumflex).astype(np.float64)
    return found


def _titles(texts: Texts, given: Parameters) -> Numbers:
    title = (texts.noise()[0] & noise.TITLE_CASE) != 0
    found: Numbers = (title[texts.left] & title[texts.right]).astype(np.float64)
    return found


def _brackets(texts: Texts, given: Parameters) -> Numbers:
    """1 where square, curly or angle brackets are more than six or do not match, or round ones in neither way."""
    counts = texts.noise()[1]
    opened, closed = counts[:, 0::2], counts[:, 1::2]
    unmatched = ((opened != closed) | (opened + closed > 6))[:, 1:].any(axis=1)
    balanced = opened[:, 0] == closed[:, 0]
    as_many = closed[texts.left, 0] == closed[texts.right, 0]
    bad = unmatched[texts.left] | unmatched[texts.right] | ~((balanced[texts.left] & balanced[texts.right]) | as_many)
    found: Numbers = bad.astype(np.float64)
    return found


def _wrong_language(texts: Texts, given: Parameters) -> Numbers:
    from .pair_languages import wrong_languages

    wrong = wrong_languages(texts, given["model"])
    return np.where(texts.counts()["characters"] >= int(given["no_wrong_language"]), wrong, 0.0)


def _switch(name: str, bits: int) -> RuleKind:
    """A rule that only asks for marks."""
    return RuleKind(name, "side", {name: True}, _marked(bits), _positive, scalar=name)


HARD_RULES = {
    kind.name: kind
    for kind in (
        RuleKind(
            "no_empty", "side", {"no_empty": True},
            lambda texts, given: texts.counts()["characters"].astype(np.float64),
            lambda values, texts, given: values == 0, scalar="no_empty",
        ),
        RuleKind(
            "not_too_long", "side", {"not_too_long": 1024},
            lambda texts, given: texts.counts()["characters"].astype(np.float64),
            lambda values, texts, given: values >= texts.given(given["not_too_long"]), scalar="not_too_long",
        ),
        RuleKind(
            "not_too_short", "side", {"not_too_short": 3}, _number_of_words,
            lambda values, texts, given: values < texts.given(given["not_too_short"]), scalar="not_too_short",
        ),
        RuleKind("length_ratio", "pair", {"length_ratio": 3.0}, _length_ratio, _beyond_ratio, scalar="length_ratio"),
        RuleKind(
            "no_identical", "pair", {"no_identical": True},
            lambda texts, given: texts.equality()[0].astype(np.float64), _positive, scalar="no_identical",
        ),
        RuleKind(
            "no_literals", "side", {"no_literals": ("Re:", "{{", "%s", "}}", "+++", "***", '="')}, _literals, _positive,
            frozenset({"no_literals"}), scalar="no_literals",
        ),
        RuleKind(
            "no_only_symbols", "side", {"no_only_symbols": True},
            lambda texts, given: share(texts.counts()["alphabetic"], texts.counts()["characters"], 1.0),
            lambda values, texts, given: ~(values > 0.1), scalar="no_only_symbols",
        ),
        RuleKind(
            "no_only_numbers", "side", {"no_only_numbers": True}, _digits, _only_numbers, scalar="no_only_numbers",
        ),
        _switch("no_urls", noise.URL),
        _switch("no_breadcrumbs", noise.BREADCRUMBS),
        _switch("no_glued_words", noise.GLUED_WORDS),
        RuleKind(
            "no_repeated_words", "side", {"no_repeated_words": 1}, _repeated_words,
            lambda values, texts, given: values >= int(given["no_repeated_words"]), scalar="no_repeated_words",
        ),
        RuleKind(
            "no_unicode_noise", "side", {"no_unicode_noise": True}, _latin_1_runs, _positive, scalar="no_unicode_noise",
        ),
        _switch("no_space_noise", noise.SPACED_LETTERS),
        RuleKind("no_paren", "pair", {"no_paren": True}, _brackets, _positive, scalar="no_paren"),
        _switch("no_escaped_unicode", noise.ESCAPED),
        RuleKind(
            "no_bad_encoding", "side", {"no_bad_encoding": True}, _bad_encoding, _positive, scalar="no_bad_encoding",
        ),
        RuleKind("no_titles", "pair", {"no_titles": True}, _titles, _positive, scalar="no_titles"),
        RuleKind(
            "no_number_inconsistencies", "pair", {"no_number_inconsistencies": True},
            lambda texts, given: (~texts.equality()[1]).astype(np.float64), _positive,
            scalar="no_number_inconsistencies",
        ),
        _switch("no_script_inconsistencies", noise.MIXED_SCRIPTS),
        RuleKind(
            "no_wrong_language", "side", {"no_wrong_language": 1, "model": "cld2"}, _wrong_language, _positive,
            frozenset({"no_wrong_language", "model"}), scalar="no_wrong_language",
        ),
    )
}  # fmt: skip
"""The rules by name, in the order in which bicleaner-hardrules asks them."""
