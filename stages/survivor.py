"""Which of several duplicates stays: an order of documents as data, the same in every dedup stage.

An order is a list of rules, the first one first: `longest`, `shortest`, `newest`, `oldest`, or an expression over
columns (`filters/expressions.py`), which may end in ` asc` or ` desc` (the default: the largest, the last in the
alphabet, what is true first). Where a rule has no answer (null, NaN, a date that is missing) the document comes last.
Ties end with a hash of the record's contents and then with the `uid`, so that neither the order of shards nor the names
of files decide which contents stay.

A stage carries `survivor_fields` in a step of its own, filled by `survivor_columns`, and sorts with `survivor_order`.
The types of the columns follow from the rules alone, because steps declare their schema before they see a row: a rule
that only names a column has two, one for numbers and one for texts, and the one that does not apply is all null.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field

from ..engine.errors import ConfigError
from .dedup_scope import ALWAYS, PROTECTED
from .row_verdicts import optional_column

if TYPE_CHECKING:
    from ..filters.expressions import Expression

_WORDS = {"longest": "descending", "shortest": "ascending", "newest": "descending", "oldest": "ascending"}
_DIRECTION = re.compile(r"(?s)(.*\S)\s+(asc|desc)")
_TIES = (pa.field("content", pa.uint64()), pa.field("uid", pa.string()))
MOST_RULES = 8

WAS_KEPT = pa.field("was_kept", pa.bool_())
"""Whether an earlier run has kept a row: of equal records it is the one that stays. Null for a new row."""

Direction = Literal["ascending", "descending"]


@dataclass(frozen=True)
class Rule:
    """One rule of an order.

    Attributes:
        text: as it was written.
        direction: which values come first.
        expression: what is compared; None for the words that need none.
    """

    text: str
    direction: Direction
    expression: Expression | None

    @property
    def kinds(self) -> tuple[pa.DataType, ...]:
        """Types of its columns."""
        if self.expression is None:
            return (pa.float64(),) if self.text in ("longest", "shortest") else (pa.string(),)
        return (pa.float64(), pa.string()) if self.expression.root.kind == "name" else (pa.float64(),)


def parse_rule(text: str) -> Rule:
    """Read one rule.

    Raises:
        ValueError: it is none of the words, and no expression.
    """
    from ..filters.expressions import Expression

    text = text.strip()
    if text in _WORDS:
        return Rule(text, _WORDS[text], None)  # type: ignore[arg-type]
    found = _DIRECTION.fullmatch(text)
    body, direction = (found[1], found[2]) if found else (text, "desc")
    try:
        return Rule(text, "ascending" if direction == "asc" else "descending", Expression.parse(body))
    except ValueError as error:
        raise ValueError(
            f"{error} (a rule is {', '.join(_WORDS)}, or an expression over columns, with ` asc` or ` desc`)"
        ) from error


def _readable(rules: tuple[str, ...]) -> tuple[str, ...]:
    if len(rules) > MOST_RULES:
        raise ValueError(f"an order has at most {MOST_RULES} rules, not {len(rules)}")
    for rule in rules:
        parse_rule(rule)
    return rules


Survivor = Annotated[tuple[str, ...], AfterValidator(_readable)]
"""The configuration: rules in order."""


def survivor_field(*default: str) -> Survivor:
    """The configuration key `survivor` with a default of the stage."""
    found: Survivor = Field(
        default,
        description="which of the duplicates stays, rules in order: longest, shortest, newest, oldest, or an "
        "expression over columns such as `quality_score desc` or `source == 'wikipedia'`; ties end with a hash of the "
        "record's contents",
    )
    return found


def check_survivor(survivor: Sequence[str], schema: pa.Schema, stage: str) -> None:
    """See that the rules can be asked of rows of a schema.

    Raises:
        ConfigError: a column is missing, or its values have no order.
    """
    for rule in map(parse_rule, survivor):
        if rule.expression is None:
            continue
        try:
            kind = rule.expression.kind(schema)
        except ValueError as error:
            raise ConfigError(str(error), where=f"{stage}.survivor") from error
        if kind == "other":
            raise ConfigError(
                f"the values of {rule.text!r} have no order", where=f"{stage}.survivor", hint="numbers, texts or truth"
            )


def survivor_fields(survivor: Sequence[str]) -> list[pa.Field]:
    """Fields of what `survivor_columns` makes: `survivor_0` ... by rule, then `content` and `uid`."""
    rules = [pa.field(name, kind) for name, kind, _ in _columns(survivor)]
    return [*rules, *_TIES]


def _columns(survivor: Sequence[str]) -> list[tuple[str, pa.DataType, Direction]]:
    """Name, type and direction of every column of every rule."""
    return [
        (f"survivor_{number}" if kind == pa.float64() else f"survivor_{number}_text", kind, rule.direction)
        for number, rule in enumerate(map(parse_rule, survivor))
        for kind in rule.kinds
    ]


def survivor_columns(rows: pa.RecordBatch, survivor: Sequence[str]) -> dict[str, pa.Array]:
    """What decides the order of n rows, by the names of `survivor_fields`.

    Args:
        rows: n rows with `uid` and `text`, of a schema that `check_survivor` has passed.
        survivor: the rules.

    Returns:
        Columns of n values each; texts and numbers are null where a rule has no answer.
    """
    from ..kernels.hashing import content_hashes

    found: dict[str, pa.Array] = {}
    rules = [(rule, kind) for rule in map(parse_rule, survivor) for kind in rule.kinds]
    for (name, _, _), (rule, kind) in zip(_columns(survivor), rules, strict=True):
        found[name] = _values(rows, rule, kind)
    return found | {"content": pa.array(content_hashes(rows)), "uid": rows.column("uid")}


def _values(rows: pa.RecordBatch, rule: Rule, kind: pa.DataType) -> pa.Array:
    """The values of one rule as a column of one type; nulls when they are of another."""
    if rule.expression is not None:
        values = rule.expression.values(rows)
        if pa.types.is_boolean(values.type):
            values = values.cast(pa.int8()).cast(pa.float64())
        return values if values.type == kind else pa.nulls(rows.num_rows, kind)
    if kind == pa.float64():
        return pc.utf8_length(rows.column("text")).cast(pa.float64())
    dates = optional_column(rows, "date")
    return pc.if_else(pc.equal(dates, ""), pa.scalar(None, pa.string()), dates)


def survivor_order(table: pa.Table, survivor: Sequence[str], groups: Sequence[str] = ()) -> npt.NDArray[np.int64]:
    """The order of n rows: who comes first stays. Rows that are never removed (`dedup_scope.ALWAYS`) come first.

    Of records with the same contents one that was kept before comes first (`WAS_KEPT`, where there is that column).

    Args:
        table: n rows with the columns of `survivor_fields` (and of `groups`; `protected` if there is one).
        survivor: the rules that made them.
        groups: columns whose equal values stand together, before all rules.

    Returns:
        n int64 indexes.
    """
    keys = [(name, "ascending") for name in groups]
    if PROTECTED.name in table.column_names:
        stays = pc.equal(table.column(PROTECTED.name), pa.scalar(ALWAYS, pa.uint64()))
        table = table.append_column("stays", pc.fill_null(stays, False))
        keys.append(("stays", "descending"))
    keys += [(name, direction) for name, _, direction in _columns(survivor)]
    keys.append((_TIES[0].name, "ascending"))
    if WAS_KEPT.name in table.column_names:
        keys.append((WAS_KEPT.name, "descending"))
    keys.append((_TIES[1].name, "ascending"))
    order: npt.NDArray[np.int64] = pc.sort_indices(table, keys).to_numpy().astype(np.int64)
    return order
