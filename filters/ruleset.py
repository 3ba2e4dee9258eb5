"""A set of rules: which number of a document may be how small or how large, in which script and language.

A threshold is looked up for a document's language, then its script, then the default. Languages may be written with any
code that `language_codes.canonical` knows: pes_Arab is fas_Arab. The script is the one that most of its letters have,
whatever its label says: a wrong label must not judge Thai text by English words. Thresholds of a language count only
where that script is one that the label stands for.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..kernels.script import CODES
from .language_codes import canonical
from .signal_definitions import SIGNALS

Thresholds = Mapping[str, float | None]
Floats = npt.NDArray[np.float32]

WRITTEN_WITH = {
    "Jpan": ("Jpan", "Hani"),
    "Hrkt": ("Jpan",),
    "Hira": ("Jpan",),
    "Kana": ("Jpan",),
    "Kore": ("Hang", "Hani"),
    "Hang": ("Hang", "Hani"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
    "Aran": ("Arab",),
}
"""Scripts that text under a label's script code may be found to have, where that is not just itself."""


@dataclass(frozen=True)
class Rule:
    """One bound on one number of a document.

    Attributes:
        name: how the reason is called.
        signal: name of a signal that is a number; or of a column, when `is_column`.
        is_minimum: whether smaller values break the rule; else larger ones do.
        threshold: the default bound; None when only some scripts or languages have one.
        lines, words: how many text lines and words a document must have for the rule to be asked.
        is_column: whether the number is in a column of the rows that another stage made (language_score), a field of
            a struct column by a dot, instead of among the signals.
    """

    name: str
    signal: str
    is_minimum: bool
    threshold: float | None
    lines: int = 0
    words: int = 0
    is_column: bool = False


@dataclass(frozen=True)
class Ruleset:
    """Rules in order, with the thresholds that differ by script and language."""

    rules: tuple[Rule, ...]
    scripts: Mapping[str, Thresholds] = field(default_factory=dict)
    languages: Mapping[str, Thresholds] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the rules, in order."""
        return tuple(rule.name for rule in self.rules)

    def with_thresholds(self, everywhere: Thresholds, somewhere: Mapping[str, Thresholds]) -> Ruleset:
        """The same rules with a user's thresholds.

        Args:
            everywhere: thresholds by rule name; they replace those of scripts and languages too. None: rule off.
            somewhere: thresholds by language ("fra_Latn") or script ("Thai"); they win over all others.

        Raises:
            ValueError: a rule is not in the preset, or a key is neither a language nor a script.
        """
        for thresholds in (everywhere, *somewhere.values()):
            self.check(thresholds)
        rules = tuple(replace(rule, threshold=everywhere.get(rule.name, rule.threshold)) for rule in self.rules)
        tables: list[dict[str, dict[str, float | None]]] = []
        for table in (self.scripts, self.languages):
            tables.append({key: {**values, **_shared(everywhere, values)} for key, values in table.items()})
        for key, values in somewhere.items():
            code, where = (key, tables[0]) if is_script(key) else (canonical(key), tables[1])
            where[code] = {**where.get(code, {}), **values}
        return Ruleset(rules, *tables)

    def check_possible(self, everywhere: Thresholds, somewhere: Mapping[str, Thresholds]) -> None:
        """Refuse thresholds that cannot be meant, with the place where they were given.

        Args:
            everywhere: what a user gave to `with_thresholds`: shares in [0, 1], other numbers not below 0.
            somewhere: likewise.

        Raises:
            ValueError: one is not; or of the rules that are the result, a minimum is above the maximum of its number.
        """
        bounded = {rule.name: rule for rule in self.rules if not rule.is_column}
        given = [(f"rules.{name}", name, value) for name, value in everywhere.items()]
        for code, values in somewhere.items():
            given += [(f"languages.{code}.{name}", name, value) for name, value in values.items()]
        for place, name, value in given:
            if value is None or name not in bounded:
                continue
            most = 1.0 if SIGNALS[bounded[name].signal].is_share else math.inf
            if not 0.0 <= value <= most or math.isinf(value):
                what = "a share: 0 to 1" if most == 1.0 else "not below 0 and finite"
                raise ValueError(f"{place}: {value:g} is not possible; the signal {bounded[name].signal} is {what}")
        self._check_order()

    def _check_order(self) -> None:
        """See that no minimum is above a maximum of the same number that is asked of as many documents."""
        for code in ["", *self.scripts, *self.languages]:
            own = self.languages.get(code) or self.scripts.get(code) or {}
            bounds: dict[tuple[str, bool], tuple[float, str]] = {}
            for rule in self.rules:
                value = own.get(rule.name, rule.threshold)
                if value is not None:
                    bounds[rule.signal, rule.is_minimum] = value, rule.name
            for (signal, is_minimum), (low, name) in bounds.items():
                high = bounds.get((signal, False)) if is_minimum else None
                if high is not None and low > high[0]:
                    where = f" for {code}" if code else ""
                    raise ValueError(f"{name} {low:g} is above {high[1]} {high[0]:g}{where}: every document breaks one")

    def check(self, names: Iterable[str]) -> None:
        """Refuse names that are no rules here.

        Raises:
            ValueError: there is no rule of that name.
        """
        for name in names:
            if name not in self.names:
                raise ValueError(f"there is no rule {name!r} in this preset; {nearest(name, self.names)}")

    def thresholds(self, language: str | None, script: str | None) -> Floats:
        """The bounds for one language and found script, in rule order; NaN where a rule does not apply."""
        code = canonical(language or "")
        _, _, label = code.partition("_")
        known = script is None or script in WRITTEN_WITH.get(label, (label,))
        own = self.languages.get(code, {}) if known else {}
        by_script = self.scripts.get(script or label, {})
        values = [own.get(rule.name, by_script.get(rule.name, rule.threshold)) for rule in self.rules]
        return np.array([np.nan if value is None else value for value in values], np.float32)

    def origin(self, language: str) -> Literal["language", "script", "default"]:
        """Where the thresholds for text of a language, in its own script, come from."""
        code = canonical(language)
        label = code.partition("_")[2]
        if self.languages.get(code):
            return "language"
        found = WRITTEN_WITH.get(label, (label,))
        return "script" if any(self.scripts.get(script) for script in found) else "default"


def is_script(key: str) -> bool:
    """Tell scripts ("Thai") from languages ("tha_Thai"); anything else is refused."""
    if key in CODES:
        return True
    if "_" not in key:
        raise ValueError(f"{key!r} is neither a script such as Thai nor a language such as tha_Thai")
    return False


def _shared(new: Thresholds, old: Thresholds) -> dict[str, float | None]:
    return {name: value for name, value in new.items() if name in old}


def nearest(name: str, valid: Iterable[str]) -> str:
    """Advice that names the closest valid name."""
    known = sorted(valid)
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "valid names: " + ", ".join(known)
