"""Expressions: grammar, types, three-valued logic, and what they say when they are wrong."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.expression_parser import DEEPEST, LONGEST, MOST_TOKENS, parse
from hexapla.filters.expressions import Expression, ExpressionError, find_broken
from hypothesis import given, settings
from hypothesis import strategies as st

SIGNALS = pa.struct([("words", pa.int32()), ("digits", pa.float32()), ("script", pa.string())])
ROWS = pa.record_batch(
    {
        "language_score": pa.array([0.3, 0.5, None], pa.float32()),
        "script": ["Latn", "Arab", None],
        "n": pa.array([1, 2, 3], pa.int64()),
        "exact": pa.array([0.3, float("nan"), None], pa.float64()),
        "flag": [True, False, None],
        "tags": [["a"], [], None],
        "edu-score": [1.0, 2.0, 3.0],
        "quality": pa.array([{"education": 1.5}, {"education": None}, None], pa.struct([("education", pa.float64())])),
        "kind": pa.array(["web", "book", None]).dictionary_encode(),
        "signals": pa.array(
            [{"words": 10, "digits": 0.3, "script": "Cyrl"}, {"words": 200, "digits": 0.31, "script": None}, None],
            SIGNALS,
        ),
    }
)


def broken(text, **options):
    """Where an expression is true."""
    expression = Expression.parse(text, **options)
    expression.check(ROWS.schema)
    return expression.broken(ROWS)[0].to_pylist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("n > 1", [0, 1, 1]),
        ("n >= 2 and n <= 2", [0, 1, 0]),
        ("n == 1 or n != 2 and n > 2", [1, 0, 1]),
        ("not n > 1", [1, 0, 0]),
        ("not (n > 1 or n < 1)", [1, 0, 0]),
        ("digits > 0.3", [0, 1, 0]),  # single precision on both sides
        ("0.3 < digits", [0, 1, 0]),
        ("digits >= 0.3", [1, 1, 0]),
        ("digits == .3", [1, 0, 0]),
        ("digits in (0.3, 7)", [1, 0, 0]),
        ("exact == 3e-1", [1, 0, 0]),
        ("1 - digits > 0.695", [1, 0, 0]),
        ("signals.words / (n - 1) > 5", [0, 1, 0]),  # a quotient by 0 is null
        ("words * n - 1 > 1_00", [0, 1, 0]),
        ("-n < -2", [0, 0, 1]),
        ("n - -1 == 3", [0, 1, 0]),
        ("2 + n * 3 == 8", [0, 1, 0]),
        ("(2 + n) * 3 == 12", [0, 1, 0]),
        ("12 / n / 2 == 3", [0, 1, 0]),
        ("language_score < 0.5 and script == 'Latn'", [1, 0, 0]),
        ("language_score < 0.5 or true", [1, 1, 1]),
        ('script in ("Latn", "Arab")', [1, 1, 0]),
        ("script not in ('Latn')", [0, 1, 0]),
        ("script is null", [0, 0, 1]),
        ("script is not null", [1, 1, 0]),
        ("script < 'B'", [0, 1, 0]),
        ("signals.script == 'Cyrl'", [1, 0, 0]),
        ("signals is null or tags is null", [0, 0, 1]),
        ("exact is null", [0, 1, 1]),  # NaN
        ("flag", [1, 0, 0]),
        ("not flag", [0, 1, 0]),
        ("flag == false", [0, 1, 0]),
        ("flag in (true)", [1, 0, 0]),
        ("flag != (n > 5)", [1, 0, 0]),
        ("`edu-score` > 2", [0, 0, 1]),
        ("quality.education >= 1", [1, 0, 0]),
        ("kind == 'web'", [1, 0, 0]),
        ("kind != 'web' or n == 3", [0, 1, 1]),
    ],
)
def test_what_expressions_find(text, found):
    assert broken(text) == [bool(value) for value in found]


def test_wanted_expressions_find_what_certainly_fails_them():
    assert broken("language_score >= 0.5", is_wanted=True) == [True, False, False]
    assert broken("language_score >= 0.5 or n == 1", is_wanted=True) == [False, False, False]


def test_the_value_of_a_single_comparison():
    expressions = {
        name: Expression.parse(text)
        for name, text in {
            "left": "digits > 0.305", "right": "1 < n", "sum": "n + 1 > 2", "listed": "n in (2, 3)",
            "text": "script == 'Arab'", "both": "n > 1 and n < 3", "truth": "not flag",
        }.items()
    }  # fmt: skip
    found = find_broken(expressions, ROWS).verdicts()
    values = {entry["rule"]: entry["value"] for entry in found.reasons.to_pylist()[1]}
    assert values == {
        "left": pytest.approx(0.31), "right": 2.0, "sum": 3.0, "listed": 2.0, "text": None, "both": None, "truth": None,
    }  # fmt: skip
    assert found.reason.to_pylist()[1] == "left"
    assert found.keep.to_pylist() == [True, False, False]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("digit > 3", 1, "did you mean 'digits'"),
        ("n > 1 and langage_score > 3", 11, "did you mean 'language_score'"),
        ("quality.eduction > 3", 1, "did you mean 'education'"),
        ("n.words > 3", 1, "it is no struct"),
        ("digits = 3", 8, "'=' is written '==' here"),
        ("n > 1 && n < 3", 7, "'&&' is written 'and' here"),
        ("n > 1 AND n < 3", 7, "write 'and'"),
        ("digits > > 3", 10, "expected, not '>'"),
        ("0.1 < digits < 0.3", 14, "join two of them with 'and'"),
        ("(n > 1", 7, "')' was expected, not the end"),
        ("n in (n)", 7, "are listed between brackets"),
        ("n in ()", 7, "expected, not ')'"),
        ("n is 3", 6, "'null' was expected"),
        ("script == 'Latn", 11, "the quotation mark ' is not closed"),
        ("n > 1 ?", 7, "'?' means nothing here"),
        ("length(text) > 3", 7, "there are no calls"),
        ("__import__('os') is null", 11, "there are no calls"),
        ("", 1, "expected, not the end"),
        ("   ", 4, "expected, not the end"),
        ("n", 1, "a rule is true or false"),
        ("n + 1", 3, "a rule is true or false"),
        ("1 < 2", 3, "it names no column or signal"),
        ("script > 3", 10, "'>' takes a text here, and this is a number"),
        ("script + 1 > 3", 1, "'+' takes a number here, and this is a text"),
        ("not n", 5, "'not' takes true or false here, and this is a number"),
        ("n in (1, 'a')", 10, "'in' takes a number here, and this is a text"),
        ("flag < true", 6, "true and false have no order"),
        ("tags == 'a'", 1, "can only be asked whether it is null"),
        ("1 > signals", 5, "can only be asked whether it is null"),
        ("3x > 1", 1, "means nothing here"),
    ],
)
def test_mistakes_are_named_with_their_place(text, place, message):
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(text).check(ROWS.schema)
    assert message in str(caught.value)
    assert f"character {place}:" in str(caught.value)
    assert caught.value.position == place - 1


def test_a_signal_that_is_not_there_is_known_for_one():
    with pytest.raises(ExpressionError, match="put the stage `signals` before"):
        Expression.parse("capital_words > 0.5").check(pa.schema([("text", pa.string())]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * 5000 + "n", "characters"),
        ("n > " + "1" * LONGEST, "characters"),
        ("(" * (DEEPEST + 2) + "n > 1" + ")" * (DEEPEST + 2), "nested"),
        ("not " * (DEEPEST + 2) + "flag", "nested"),
        ("-" * (DEEPEST + 2) + "n > 1", "nested"),
        ("+".join(["n"] * MOST_TOKENS) + ">1", "words and signs"),
    ],
)
def test_limits(text, message):
    with pytest.raises(ExpressionError, match=message):
        Expression.parse(text)


def test_the_deepest_expression_can_be_asked():
    assert broken("+".join(["n"] * 190) + " > 200") == [False, True, True]
    assert broken("(" * DEEPEST + "n > 1" + ")" * DEEPEST) == [False, True, True]


def test_no_rows():
    assert Expression.parse("n > 1 and script == 'x'").broken(ROWS.slice(0, 0))[0].to_pylist() == []


def test_batch_borders_mean_nothing():
    expression = Expression.parse("digits > 0.3 or script == 'Latn'")
    parts = [expression.broken(ROWS.slice(start, 1))[0][0].as_py() for start in range(3)]
    assert parts == expression.broken(ROWS)[0].to_pylist()


@settings(deadline=None, max_examples=200)
@given(st.text("nab<>=! ()'\".,+-*/`01eE_andorti", max_size=30))
def test_any_text_is_parsed_or_refused(text):
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)


NUMBERS = st.sampled_from(["a", "b", "1", "2.5", "0"])
ARITHMETIC = st.recursive(
    NUMBERS, lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda part: f"({' '.join(part)})"),
    max_leaves=4,
)  # fmt: skip
COMPARISON = st.tuples(ARITHMETIC, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), ARITHMETIC).map(" ".join)
CONDITION = st.recursive(
    st.one_of(COMPARISON, st.sampled_from(["a is null", "f", "b in (1, 2.5)", "a is not null"])),
    lambda inner: st.one_of(
        inner.map(lambda part: f"not ({part})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda part: f"({' '.join(part)})"),
    ),
    max_leaves=5,
)


class Unknown:
    """Null in plain Python: any operation on it is it."""

    def _same(self, *_):
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _same
    __hash__ = None


def evaluate(node, row):  # noqa: PLR0911
    """A tree on one row: numbers, True, False, or `Unknown`."""
    if node.kind == "name":
        value = row[node.value[0]]
        return Unknown() if value is None or math.isnan(value) else value
    if node.kind in ("number", "truth"):
        return node.value
    parts = [evaluate(part, row) for part in node.parts]
    if node.kind == "is null":
        return isinstance(parts[0], Unknown)
    if node.kind == "not":
        return parts[0] if isinstance(parts[0], Unknown) else not parts[0]
    if node.kind in ("and", "or"):
        decides = node.kind == "or"
        if any(part is decides for part in parts):
            return decides
        return next((part for part in parts if isinstance(part, Unknown)), not decides)
    if any(isinstance(part, Unknown) for part in parts):
        return Unknown()
    if node.kind == "in":
        return parts[0] in parts[1:]
    if node.kind == "/" and parts[1] == 0:
        return Unknown()
    return {
        "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
        "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
        "==": lambda x, y: x == y, "!=": lambda x, y: x != y,
    }[node.kind](*parts)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(CONDITION, st.lists(st.tuples(
    st.one_of(st.none(), st.integers(-3, 3)), st.sampled_from([None, math.nan, 0.0, 1.0, 2.5, -4.0]),
    st.sampled_from([None, True, False]),
), min_size=1, max_size=6))  # fmt: skip
def test_against_plain_python(text, values):
    columns = [pa.array(column, kind) for column, kind in zip(zip(*values, strict=True),
               (pa.int32(), pa.float64(), pa.bool_()), strict=True)]  # fmt: skip
    rows = pa.record_batch(columns, names=["a", "b", "f"])
    try:
        expression = Expression.parse(text)
    except ExpressionError as error:
        assert "names no column" in str(error)
        return
    expression.check(rows.schema)
    plain = [evaluate(expression.root, row) for row in rows.to_pylist()]
    assert expression.broken(rows)[0].to_pylist() == [value is True or value is np.True_ for value in plain]
    wanted = Expression.parse(text, is_wanted=True).broken(rows)[0].to_pylist()
    assert wanted == [value is False or value is np.False_ for value in plain]


def test_the_kind_and_the_values_of_an_expression():
    rows = pa.RecordBatch.from_pydict(
        {
            "n": pa.array([1, None], pa.int8()),
            "x": [float("nan"), 2.0],
            "t": ["a", None],
            "b": [True, None],
            "l": [[1], None],
        }
    )
    kinds = {"n": "number", "x * 2": "number", "t": "text", "b": "truth", "n > 0": "truth", "l": "other"}
    assert {text: Expression.parse(text).kind(rows.schema) for text in kinds} == kinds
    values = {text: Expression.parse(text).values(rows).to_pylist() for text in ("n", "x * 2", "t", "n > 0")}
    assert values == {"n": [1.0, None], "x * 2": [None, 4.0], "t": ["a", None], "n > 0": [True, None]}
