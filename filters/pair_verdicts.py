"""Who breaks which rule: verdicts on pairs, and on the languages of groups, from what was measured of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.pair_groups import outvoted
from .pair_rules import Rules, signal_type
from .pair_signals import Flags, Numbers, Places, Texts, encoded
from .rules import Findings

TOO_FEW = "too_few_languages"
DROPPED = pa.list_(pa.struct([("lang", pa.string()), ("reason", pa.string())]))
"""The languages that a removed row stands for, each with the first rule that it broke."""


def judge_pairs(signals: pa.StructArray, texts: Texts, rules: Rules, columns: Mapping[str, pa.Array]) -> Findings:
    """Which rules n pairs break.

    Args:
        signals: n structs as `pair_rules.measure_pairs` makes them.
        texts: the languages and sides of the pairs (their words are not looked at).
        rules: the rules, in order.
        columns: n numbers by name; a rule on a column that is not here is not asked.
    """
    rows = len(texts.left)
    broken = np.zeros((rows, len(rules)), np.bool_)
    values = np.full((rows, len(rules)), np.nan)
    for place, rule in enumerate(rules):
        if rule.kind is None:
            if rule.column in columns:
                values[:, place] = numbers(columns[rule.column])
                broken[:, place] = rule.column_broken(values[:, place])
            continue
        fields = [numbers(signals.field(name)) for name in rule.fields]
        if rule.kind.scope == "pair":
            values[:, place], broken[:, place] = fields[0], rule.broken(fields[0], texts)
            continue
        either = rule.broken(np.concatenate(fields), texts)
        broken[:, place] = either[:rows] | either[rows:]
        values[:, place] = np.where(either[:rows], fields[0], fields[1])
    return Findings(tuple(rule.name for rule in rules), broken, values)


def numbers(column: pa.Array) -> Numbers:
    """A column as double precision, NaN for null."""
    if column.type == pa.float64() and not column.null_count:
        return np.asarray(column.to_numpy(), np.float64)
    found = column.cast(pa.float64(), safe=False)
    return np.asarray(pc.fill_null(found, float("nan")).to_numpy(zero_copy_only=False), np.float64)


@dataclass(frozen=True)
class Groups:
    """Groups laid out flat.

    Attributes:
        texts: the segments' texts and the pairs of them that are asked.
        segment_starts, pair_starts: g + 1 int64, where each group's segments and pairs begin.
        is_pivot: m booleans.
    """

    texts: Texts
    segment_starts: Places
    pair_starts: Places
    is_pivot: Flags

    @classmethod
    def of(cls, segments: pa.ListArray, pivot: str | None) -> Groups:
        """Lay out the segments of g groups; all pairs within a group are asked, with a pivot those with it alone.

        Args:
            segments: as in `parallel_tables.SEGMENTS`.
            pivot: a canonical code; a group without it is asked for all its pairs.
        """
        sizes = pc.fill_null(pc.list_value_length(segments), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = pc.list_flatten(segments)
        languages = encoded(flat.field("lang"))
        names = languages.dictionary.to_pylist()
        codes = languages.indices.to_numpy(zero_copy_only=False)
        is_pivot = np.array([name == pivot for name in names] or [False], np.bool_)[codes]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        left, right, owner = _pairs(starts, sizes)
        with_pivot = np.bincount(np.repeat(np.arange(len(sizes)), sizes), is_pivot, len(sizes)) > 0
        asked = ~with_pivot[owner] | is_pivot[left] | is_pivot[right]
        left, right, owner = left[asked], right[asked], owner[asked]
        pair_starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(sizes)))]).astype(np.int64)
        texts = Texts(flat.field("text").cast(pa.large_string()), languages, left, right, None)
        return cls(texts, starts, pair_starts, is_pivot)

    def measure(self, rules: Rules) -> pa.StructArray:
        """What the rules measure: in each group a list of one number per segment, or per pair that is asked."""
        fields = list(signal_type(rules, lists=True))
        arrays = []
        for rule in rules:
            if rule.kind is not None:
                starts = self.segment_starts if rule.kind.scope == "side" else self.pair_starts
                arrays.append(
                    pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(rule.measure(self.texts)))
                )
        return pa.StructArray.from_arrays(arrays, fields=fields)


def _pairs(starts: Places, sizes: Places) -> tuple[Places, Places, Places]:
    """All pairs of different segments of a group, the earlier one left; and their groups."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    later = np.repeat(starts[:-1] + sizes, sizes) - np.arange(len(owner)) - 1
    left = np.repeat(np.arange(len(owner)), later)
    before = np.repeat(np.cumsum(later) - later, later)
    right = left + 1 + np.arange(len(left)) - before
    return left, right, owner[left] if len(left) else left


@dataclass(frozen=True)
class GroupVerdicts:
    """What becomes of g groups with m segments.

    Attributes:
        findings: which rules the segments break, in order; the last name is `TOO_FEW`.
        dropped: m booleans, the segments that go.
        ended: g booleans, the groups that have fewer than two languages left.
    """

    findings: Findings
    dropped: npt.NDArray[np.bool_]
    ended: npt.NDArray[np.bool_]


def judge_groups(signals: pa.StructArray, groups: Groups, rules: Rules) -> GroupVerdicts:
    """Which languages the groups lose.

    A segment goes that breaks a rule by itself. Of the others those go whose pairs with the languages that are left
    break rules in more than half of the cases (`kernels.pair_groups.outvoted`).
    """
    texts = groups.texts
    asked = [rule for rule in rules if rule.kind is not None]
    count = len(texts.texts)
    broken = np.zeros((count, len(asked) + 1), np.bool_)
    values = np.full((count, len(asked) + 1), np.nan)
    pair_broken = np.zeros((len(texts.left), len(asked)), np.bool_)
    for place, (rule, name) in enumerate(zip(asked, signals.type.names, strict=True)):
        found = numbers(pc.list_flatten(signals.field(name)))
        verdict = rule.broken(found, texts)
        assert rule.kind is not None
        if rule.kind.scope == "side":
            broken[:, place], values[:, place] = verdict, found
        else:
            pair_broken[:, place] = verdict
            for side in (texts.right, texts.left):
                values[side[verdict], place] = found[verdict]
    alone: Flags = np.asarray(broken.any(axis=1))
    broken_pairs: Flags = np.asarray(pair_broken.any(axis=1))
    borders = groups.segment_starts, groups.pair_starts
    dropped = outvoted(*borders, texts.left, texts.right, broken_pairs, groups.is_pivot, alone)
    for side in (texts.left, texts.right):
        pair, rule_number = np.nonzero(pair_broken & (dropped & ~alone)[side][:, np.newaxis])
        broken[side[pair], rule_number] = True
    owner = np.repeat(np.arange(len(groups.segment_starts) - 1), np.diff(groups.segment_starts))
    left = np.bincount(owner[~dropped], minlength=len(groups.segment_starts) - 1)
    ended = left < 2
    broken[:, -1] = ended[owner] & ~dropped
    return GroupVerdicts(Findings((*(rule.name for rule in asked), TOO_FEW), broken, values), dropped, ended)
