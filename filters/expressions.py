"""Users' own rules as expressions on the columns of a batch: `digits > 0.3 and words < 200`.

The grammar is in `expression_parser.py`. A name is a column; else a field of the struct column `signals`; fields of
struct columns follow a dot (`quality.education`). Types are checked against the schema of the rows before any is seen.

* A comparison with a null is neither true nor false, `and`, `or` and `not` follow three-valued logic (SQL, Kleene), and
  a rule is broken where its expression is true. NaN is null, and so is what is divided by 0.
* Numbers are compared in double precision. A column in single precision that is compared with a constant is compared
  with the constant in single precision: a share of exactly 0.3 is never above 0.3.
* Texts are compared by code points.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .expression_parser import COMPARISONS, ExpressionError, Node, parse
from .rules import Findings
from .signal_definitions import SIGNALS

__all__ = ["Expression", "ExpressionError", "column_at", "find_broken", "resolve"]

Kind = Literal["number", "text", "truth", "other"]

_COMPARE = {
    "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal, "==": pc.equal, "!=": pc.not_equal,
}  # fmt: skip
_CALCULATE = ("+", "-", "*", "/")
_WORDS = {
    "number": "a number",
    "text": "a text",
    "truth": "true or false",
    "other": "of a type that has no values here",
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as it was written.
        root: its tree.
        is_wanted: whether it says what rows must not fail; else what removes them.
    """

    text: str
    root: Node
    is_wanted: bool = False

    @classmethod
    def parse(cls, text: str, *, is_wanted: bool = False) -> Expression:
        """Read an expression that is true or false.

        Raises:
            ExpressionError: it does not follow the grammar, or names nothing.
        """
        return replace(_parsed(text), is_wanted=is_wanted)

    def check(self, schema: pa.Schema) -> None:
        """See that it can be asked of rows.

        Raises:
            ExpressionError: there is no such column or signal, types do not fit, or it is not true or false.
        """
        if self._kind(self.root, schema) != "truth":
            raise ExpressionError(self.text, self.root.position, "a rule is true or false; compare with something")

    def kind(self, schema: pa.Schema) -> Kind:
        """What its values are: numbers, texts, truth, or of a type that can only be asked whether it is null.

        Raises:
            ExpressionError: there is no such column or signal, or types do not fit.
        """
        return self._kind(self.root, schema)

    def values(self, rows: pa.RecordBatch) -> pa.Array:
        """Its values: numbers in double precision without NaN, strings, or truth; null where there is no answer.

        Args:
            rows: n rows of a schema that `kind` has passed.
        """
        return self._value(self.root, rows)

    def broken(self, rows: pa.RecordBatch) -> tuple[pa.BooleanArray, pa.DoubleArray | None]:
        """Where it is true (false, if that is wanted; never null), and the value that a single comparison looked at.

        Args:
            rows: n rows of a schema that `check` has passed.

        Returns:
            n booleans, and n numbers or None.
        """
        found = self._value(self.root, rows)
        value = None
        if self.root.kind in (*COMPARISONS, "in"):
            sides = [part for part in self.root.parts[:2] if part.kind not in ("number", "text", "truth")]
            if sides and self._kind(sides[0], rows.schema) == "number":
                value = self._value(sides[0], rows)
        return pc.fill_null(pc.invert(found) if self.is_wanted else found, False), value

    def _kind(self, node: Node, schema: pa.Schema) -> Kind:
        """The type of a part; refuses parts whose types do not fit."""
        if node.kind == "name":
            return _kind_of(self._field(node, schema)[1])
        if node.kind in ("number", "text", "truth"):
            return node.kind  # type: ignore[return-value]
        kinds = [self._kind(part, schema) for part in node.parts]
        if node.kind in ("-1", *_CALCULATE):
            self._need(node, kinds, "number")
            return "number"
        if node.kind in ("and", "or", "not"):
            self._need(node, kinds, "truth")
        elif node.kind != "is null":
            if "other" in kinds:
                self._fail(
                    node.parts[kinds.index("other")], "a column of this type can only be asked whether it is null"
                )
            self._need(node, kinds, kinds[0])
            if kinds[0] == "truth" and node.kind in ("<", "<=", ">", ">="):
                self._fail(node, "true and false have no order")
        return "truth"

    def _need(self, node: Node, kinds: Iterable[Kind], needed: Kind) -> None:
        for part, kind in zip(node.parts, kinds, strict=True):
            if kind != needed:
                self._fail(part, f"{node.kind!r} takes {_WORDS[needed]} here, and this is {_WORDS[kind]}")

    def _fail(self, node: Node, what: str) -> None:
        raise ExpressionError(self.text, node.position, what)

    def _field(self, node: Node, schema: pa.Schema) -> tuple[tuple[str, ...], pa.DataType]:
        """The path of a name in the rows, and its type."""
        assert isinstance(node.value, tuple)
        try:
            return resolve(node.value, schema)
        except ValueError as error:
            raise ExpressionError(self.text, node.position, str(error)) from None

    def _value(self, node: Node, rows: pa.RecordBatch) -> Any:
        """The values of a part: an array of n, or a scalar for a constant."""
        if node.kind == "name":
            return _plain(column_at(rows, self._field(node, rows.schema)[0]))
        if node.kind in ("number", "text", "truth"):
            return pa.scalar(node.value)
        if node.kind in COMPARISONS:
            return _COMPARE[node.kind](*self._sides(node, rows))
        if node.kind == "in":
            return self._membership(node, rows)
        return _APPLY[node.kind](*(self._value(part, rows) for part in node.parts))

    def _sides(self, node: Node, rows: pa.RecordBatch) -> list[Any]:
        """Both sides of a comparison; constants beside a column in single precision are rounded to it."""
        left, right = node.parts
        return [self._rounded(left, right, rows), self._rounded(right, left, rows)]

    def _rounded(self, node: Node, other: Node, rows: pa.RecordBatch) -> Any:
        is_single = other.kind == "name" and pa.types.is_float32(self._field(other, rows.schema)[1])
        if isinstance(node.value, float) and is_single:
            return pa.scalar(float(np.float32(node.value)))
        return self._value(node, rows)

    def _membership(self, node: Node, rows: pa.RecordBatch) -> pa.BooleanArray:
        tested, *constants = node.parts
        values = self._value(tested, rows)
        given = pa.array([self._rounded(constant, tested, rows).as_py() for constant in constants])
        found = pc.is_in(values, value_set=given.cast(values.type))
        return pc.if_else(pc.is_null(values), pa.scalar(None, pa.bool_()), found)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Expression:
    root = parse(text)
    if not any(node.kind == "name" for node in _nodes(root)):
        raise ExpressionError(text, root.position, "it names no column or signal: it says the same of every row")
    return Expression(text, root)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _nodes(part)


def resolve(path: tuple[str, ...], schema: pa.Schema) -> tuple[tuple[str, ...], pa.DataType]:
    """Find a name among columns, then among signals: its path from a column on, and its type.

    Raises:
        ValueError: there is none of that name; names the nearest.
    """
    signals = schema.field("signals").type if "signals" in schema.names else pa.null()
    names = [field.name for field in signals] if pa.types.is_struct(signals) else []
    if path[0] in schema.names:
        found, kind = path[:1], schema.field(path[0]).type
    elif path[0] in names:
        found, kind = ("signals", path[0]), signals.field(path[0]).type
    else:
        raise ValueError(
            f"there is no column or signal {path[0]!r}; {_advice(path[0], [*schema.names, *names], names)}"
        )
    for part in path[1:]:
        fields = [field.name for field in kind] if pa.types.is_struct(kind) else []
        if part not in fields:
            has = _nearest(part, fields) if fields else "it is no struct"
            raise ValueError(f"{'.'.join(found)!r} has no field {part!r}; {has}")
        found, kind = (*found, part), kind.field(part).type
    return found, kind


def _advice(name: str, known: list[str], signals: list[str]) -> str:
    """The nearest valid name, or where signals come from."""
    if not signals and name in SIGNALS:
        return "it is a signal: put the stage `signals` before, or the rule into `heuristics: {own: ...}`"
    return _nearest(name, known)


def _nearest(name: str, known: Iterable[str]) -> str:
    valid = sorted(set(known))
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "there are " + ", ".join(valid)


def _kind_of(kind: pa.DataType) -> Kind:
    types = pa.types
    if types.is_dictionary(kind):
        return _kind_of(kind.value_type)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_string(kind) or types.is_large_string(kind):
        return "text"
    return "truth" if types.is_boolean(kind) else "other"


def column_at(rows: pa.RecordBatch, path: tuple[str, ...]) -> pa.Array:
    """A column, or a field inside struct columns; null where a struct around it is null."""
    column = rows.column(path[0])
    for part in path[1:]:
        column = pc.struct_field(column, part)
    return column


def _plain(column: pa.Array) -> pa.Array:
    """Numbers in double precision without NaN, texts as strings, everything else as it is."""
    kind = _kind_of(column.type)
    if kind == "number":
        # what a fill of nulls with NaN cannot tell apart is the same here
        values = column.cast(pa.float64(), safe=False)
        return pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    return column.cast(pa.string()) if kind == "text" else column


def _finite(values: Any) -> Any:
    """Null where a result is no finite number."""
    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))


def _quotient(above: Any, below: Any) -> Any:
    """A quotient; null where the denominator is 0."""
    return _finite(pc.divide(above, pc.if_else(pc.equal(below, 0.0), pa.scalar(None, pa.float64()), below)))


_APPLY: dict[str, Callable[..., Any]] = {
    "+": lambda left, right: _finite(pc.add(left, right)),
    "-": lambda left, right: _finite(pc.subtract(left, right)),
    "*": lambda left, right: _finite(pc.multiply(left, right)),
    "/": _quotient,
    "-1": pc.negate,
    "is null": pc.is_null,
    "not": pc.invert,
    "and": pc.and_kleene,
    "or": pc.or_kleene,
}


def find_broken(expressions: Mapping[str, Expression], rows: pa.RecordBatch) -> Findings:
    """Ask expressions of n rows whose schema they were checked against.

    Args:
        expressions: by the name of the reason.
        rows: the rows.
    """
    broken = np.zeros((rows.num_rows, len(expressions)), np.bool_)
    values = np.full((rows.num_rows, len(expressions)), np.nan)
    for place, expression in enumerate(expressions.values()):
        found, value = expression.broken(rows)
        broken[:, place] = found.to_numpy(zero_copy_only=False)
        if value is not None:
            values[:, place] = value.fill_null(float("nan")).to_numpy(zero_copy_only=False)
    return Findings(tuple(expressions), broken, values)
