"""Rules on sentence pairs: presets as files, what the rules measure, and who breaks which.

A preset is a YAML file in `pair_presets/` (or a user's own of the same form):

    extends: llammas                     # optional: the rules of another preset come first
    rules:                               # in order; the first broken one is a pair's reason
      LengthFilter.char: {unit: char, min_length: 10, max_length: 1000}   # twice: a name behind a dot
      not_too_long: 1024                 # bicleaner-hardrules' rules are written as there; false or null: off
      min_comet: {column: comet, min: 0.7}       # a number that a column of the rows has; `above: 0.7` for more than it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from .file_stamps import Stamp, stamps
from .pair_rule_kinds import OPUSFILTER, RuleKind
from .pair_rule_kinds_hard import HARD_RULES
from .pair_signals import Flags, Numbers, Texts
from .ruleset import nearest

PRESETS = Path(__file__).with_name("pair_presets")
KINDS: Mapping[str, RuleKind] = {**OPUSFILTER, **HARD_RULES}
BOUNDS = ("min", "max", "above", "below")


@dataclass(frozen=True)
class PairRule:
    """One rule of a set.

    Attributes:
        name: how the reason is called.
        kind: what is measured of texts; None for a rule on a column.
        parameters: the kind's parameters; for a column `column` and one of `min`, `max`, `above`, `below`.
    """

    name: str
    kind: RuleKind | None
    parameters: Mapping[str, Any]

    @property
    def column(self) -> str:
        """The column that a rule without a kind looks at."""
        return str(self.parameters["column"])

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields of `pair_signals` that hold what it measures of a pair."""
        if self.kind is None:
            return ()
        name = self.name.replace(".", "_")
        return (f"{name}_src", f"{name}_tgt") if self.kind.scope == "side" else (name,)

    def measure(self, texts: Texts) -> Numbers:
        """Its numbers of m texts or n pairs."""
        assert self.kind is not None
        key = (self.kind.name, *(repr(self.parameters[name]) for name in sorted(self.kind.measured)))
        return texts.once(key, lambda: self.kind.measure(texts, self.parameters))  # type: ignore[no-any-return, union-attr]

    def broken(self, values: Numbers, texts: Texts) -> Flags:
        """Which of its numbers break it."""
        assert self.kind is not None
        return self.kind.broken(values, texts, self.parameters)

    def column_broken(self, values: Numbers) -> Flags:
        """Which numbers of its column break it; NaN breaks nothing."""
        tests = {
            "min": np.less, "max": np.greater, "above": np.less_equal, "below": np.greater_equal,
        }  # fmt: skip
        (bound,) = self.parameters.keys() & set(BOUNDS)
        found: Flags = tests[bound](values, self.parameters[bound])
        return found

    def with_limits(self, given: Any) -> PairRule:
        """The same rule with other parameters, of which its numbers do not depend.

        Raises:
            ValueError: the numbers depend on one of them.
        """
        own = _rule(self.name, {**self.parameters, **given} if isinstance(given, Mapping) else given)
        if own is None or self.kind is None or own.kind is None:
            raise ValueError(f"{self.name}: a threshold is a parameter of the rule; to switch it off, see `rules`")
        for name in self.kind.measured:
            if own.parameters[name] != self.parameters[name]:
                raise ValueError(f"{self.name}: what is measured depends on {name!r}: give it in `rules`")
        return own


Rules = tuple[PairRule, ...]


def preset_names() -> tuple[str, ...]:
    """Names of the presets that are shipped."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


def preset_file(name: str) -> Path:
    """The file of a preset: one that is shipped, or a path that ends in .yaml or .yml.

    Raises:
        ValueError: there is none.
    """
    if name in preset_names():
        return PRESETS / f"{name}.yaml"
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    raise ValueError(f"there is no preset {name!r}; {nearest(name, preset_names())}")


def preset_chain(name: str) -> tuple[Path, ...]:
    """The files that a preset is made of: its own, then what it extends."""
    chain: list[Path] = []
    while name and preset_file(name) not in chain:
        chain.append(preset_file(name))
        name = str(_content(chain[-1]).get("extends") or "")
    return tuple(chain)


def load_rules(preset: str, rules: Mapping[str, Any], thresholds: Mapping[str, Any]) -> Rules:
    """The rules of a preset ("" for none) with a user's own.

    Args:
        preset: its name or path.
        rules: rules by name that come in place of the preset's of the same name, or after them; None or False: off.
        thresholds: parameters by name of the rule, of which nothing that is measured depends.

    Raises:
        ValueError: there is no such preset or rule, or a parameter is impossible.
    """
    found = dict(_load(preset, stamps(preset_chain(preset)))) if preset else {}
    found |= {name: _rule(name, given) for name, given in rules.items()}
    left = {name: rule for name, rule in found.items() if rule is not None}
    for name, given in thresholds.items():
        if name not in left:
            raise ValueError(f"thresholds: there is no rule {name!r} here; {nearest(name, left)}")
        left[name] = left[name].with_limits(given)
    return tuple(left.values())


@lru_cache(maxsize=32)
def _load(name: str, version: Stamp) -> dict[str, PairRule | None]:
    found: dict[str, PairRule | None] = {}
    for path in reversed(preset_chain(name)):
        content = _content(path)
        for key in content:
            if key not in ("extends", "rules"):
                raise ValueError(f"{path}: unknown key {key!r}; a preset has `extends` and `rules`")
        try:
            found |= {str(rule): _rule(str(rule), given) for rule, given in (content.get("rules") or {}).items()}
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return found


def _content(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("rules") or {}, dict):
        raise ValueError(f"{path}: a preset is a mapping with `rules`")
    return content


def _rule(name: str, given: Any) -> PairRule | None:
    """Read one rule; None where it is switched off."""
    if given is None or given is False:
        return None
    if isinstance(given, Mapping) and "column" in given:
        if len(given.keys() & set(BOUNDS)) != 1 or given.keys() - {"column", *BOUNDS}:
            raise ValueError(
                f"rule {name!r}: a rule on a column is written {{column: NAME, min: NUMBER}} (or max, above, below)"
            )
        return PairRule(name, None, dict(given))
    kind = KINDS.get(name.partition(".")[0])
    if kind is None:
        raise ValueError(f"there is no rule {name.partition('.')[0]!r}; {nearest(name.partition('.')[0], KINDS)}")
    return PairRule(name, kind, kind.parameters(given))


def signal_type(rules: Rules, *, lists: bool = False) -> pa.DataType:
    """The type of the column `pair_signals`: numbers, or `lists` of them for groups."""
    kind = pa.list_(pa.float64()) if lists else pa.float64()
    names = [name for rule in rules for name in (rule.fields if not lists else rule.fields[:1])]
    return pa.struct([(name if not lists else name.removesuffix("_src"), kind) for name in names])


def measure_pairs(texts: Texts, rules: Rules) -> pa.StructArray:
    """What the rules measure of n pairs, by `PairRule.fields`; sources are the first n texts, targets the others."""
    arrays: list[pa.Array] = []
    rows = len(texts.left)
    for rule in rules:
        if rule.kind is None:
            continue
        values = rule.measure(texts)
        sides = [values] if rule.kind.scope == "pair" else [values[:rows], values[rows:]]
        arrays += [pa.array(side, pa.float64()) for side in sides]
    fields = list(signal_type(rules))
    return pa.StructArray.from_arrays(arrays, fields=fields) if fields else _no_fields(rows)


def _no_fields(rows: int) -> pa.StructArray:
    return pa.array([{}] * rows, pa.struct([]))
