"""How `pair_filter` takes languages out of groups: what stays, and what goes, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.outcome import RULE_VALUES, Outcome

if TYPE_CHECKING:
    from ..filters.pair_rules import Rules
    from ..filters.rules import Findings

SIGNALS = "pair_signals"


def select_groups(
    rows: pa.RecordBatch,
    rules: Rules,
    columns: Mapping[str, pa.Array],
    own: Findings,
    pivot: str | None,
    *,
    keep_signals: bool,
) -> Outcome:
    """Keep groups with the languages that break nothing.

    Args:
        rows: g groups with `pair_signals` (without, where no rule measures anything).
        rules: the rules, in order.
        columns: g numbers by name, for rules on columns.
        own: what a user's own rules found in the groups.
        pivot: the language whose pairs were measured.
        keep_signals: whether kept rows have `pair_signals`.

    Returns:
        A group that loses some languages and keeps two is a kept row and a removed one, and counts as created.
    """
    from ..filters.pair_verdicts import Groups, judge_groups

    groups = Groups.of(rows.column("segments"), pivot)
    signals = rows.column(SIGNALS) if SIGNALS in rows.schema.names else pa.nulls(rows.num_rows, pa.struct([]))
    found = judge_groups(signals, groups, rules)
    whole = _whole(rows, rules, columns).followed_by(own)
    whole_broken = whole.broken.any(axis=1)
    ended = found.ended | whole_broken
    owner = np.repeat(np.arange(rows.num_rows), np.diff(groups.segment_starts))
    gone = found.dropped | ended[owner]
    stays = _with_segments(rows, owner, ~gone, ~ended)
    if not keep_signals and SIGNALS in stays.schema.names:
        stays = stays.drop_columns([SIGNALS])
    touched = ended | (np.bincount(owner[gone], minlength=rows.num_rows) > 0)
    if not touched.any():
        return Outcome.keep(stays)
    removed = _with_segments(rows, owner, gone, touched)
    rule_lists = _reasons(found.findings, whole, owner, gone, touched)
    removed = removed.append_column("dropped", _dropped(rows, found.findings, whole, owner, gone, touched))
    first = pc.list_element(rule_lists, 0)
    removed = removed.append_column("reason", first.field("rule")).append_column("reasons", rule_lists)
    split = int((touched & ~ended).sum())
    return Outcome(stays, removed, created={"mul": split} if split else 0)


def _whole(rows: pa.RecordBatch, rules: Rules, columns: Mapping[str, pa.Array]) -> Findings:
    """What rules on columns find in whole groups."""
    from ..filters.pair_verdicts import numbers
    from ..filters.rules import Findings

    asked = [rule for rule in rules if rule.kind is None and rule.column in columns]
    values = np.full((rows.num_rows, len(asked)), np.nan)
    broken = np.zeros((rows.num_rows, len(asked)), np.bool_)
    for place, rule in enumerate(asked):
        values[:, place] = numbers(columns[rule.column])
        broken[:, place] = rule.column_broken(values[:, place])
    return Findings(tuple(rule.name for rule in asked), broken, values)


def _with_segments(
    rows: pa.RecordBatch, owner: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_], kept: npt.NDArray[np.bool_]
) -> pa.RecordBatch:
    """The groups of `kept` with the segments of `chosen`, and `parallelism` as it is then."""
    counts = np.bincount(owner[chosen], minlength=rows.num_rows)
    segments = rows.column("segments")
    starts = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    lists = pa.ListArray.from_arrays(starts, pc.list_flatten(segments).filter(pa.array(chosen))).cast(segments.type)
    named = {name: rows.column(name) for name in rows.schema.names}
    named |= {"segments": lists, "parallelism": pa.array(counts, rows.schema.field("parallelism").type)}
    return pa.RecordBatch.from_arrays(list(named.values()), schema=rows.schema).filter(pa.array(kept))


def _reasons(
    findings: Findings,
    whole: Findings,
    owner: npt.NDArray[np.int64],
    gone: npt.NDArray[np.bool_],
    touched: npt.NDArray[np.bool_],
) -> pa.ListArray:
    """The rules that the removed segments of each touched group broke, in order, each once; then those on the group."""
    names = pa.array([*findings.names, *whole.names], pa.string())
    groups = len(touched)
    broken = np.zeros((groups, len(names)), np.bool_)
    values = np.full((groups, len(names)), np.nan)
    width = len(findings.names)
    segment, rule = np.nonzero(findings.broken & gone[:, np.newaxis])
    broken[owner[segment], rule] = True
    # backwards, so that the first segment's value stays
    values[owner[segment[::-1]], rule[::-1]] = findings.values[segment[::-1], rule[::-1]]
    broken[:, width:], values[:, width:] = whole.broken, whole.values
    broken[~broken.any(axis=1), width - 1] = True  # without any segment: too few languages
    broken, values = broken[touched], values[touched]
    _, rule = np.nonzero(broken)
    number = values[broken]
    pairs = pa.StructArray.from_arrays(
        [names.take(pa.array(rule)), pa.array(number, mask=np.isnan(number))], fields=list(RULE_VALUES.value_type)
    )
    starts = np.concatenate([[0], np.cumsum(broken.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(starts), pairs).cast(RULE_VALUES)


def _dropped(
    rows: pa.RecordBatch,
    findings: Findings,
    whole: Findings,
    owner: npt.NDArray[np.int64],
    gone: npt.NDArray[np.bool_],
    touched: npt.NDArray[np.bool_],
) -> pa.ListArray:
    """The languages that go from each touched group, with the first rule that each broke, else the group's."""
    from ..filters.pair_verdicts import DROPPED

    names = pa.array([*findings.names, *whole.names, None], pa.string())
    first = findings.broken.argmax(axis=1)
    of_group = np.append(whole.broken, np.ones((len(touched), 1), np.bool_), axis=1).argmax(axis=1) + len(
        findings.names
    )
    chosen = np.where(findings.broken.any(axis=1), first, of_group[owner] if len(owner) else first)
    languages = pc.list_flatten(rows.column("segments")).field("lang")
    pairs = pa.StructArray.from_arrays([languages, names.take(pa.array(chosen))], fields=list(DROPPED.value_type))
    counts = np.bincount(owner[gone], minlength=len(touched))[touched]
    starts = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    return pa.ListArray.from_arrays(starts, pairs.filter(pa.array(gone))).cast(DROPPED)
