"""Orders of survivors against plain Python."""

import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.dedup_scope import ALWAYS
from hexapla.stages.survivor import Survivor, check_survivor, survivor_columns, survivor_fields, survivor_order
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("text", pa.string()),
        ("date", pa.string()),
        ("source", pa.string()),
        ("score", pa.float32()),
        ("good", pa.bool_()),
        ("signals", pa.struct([("words", pa.int32())])),
    ]
)
ROWS = st.fixed_dictionaries(
    {
        "text": st.text("aб", max_size=3),
        "date": st.sampled_from([None, "", "2023", "2024-05", "2024-06-01"]),
        "source": st.sampled_from([None, "wikipedia", "web", "Ärzte", "web\U0001f600"]),
        "score": st.sampled_from([None, float("nan"), -1.5, 0.0, 2.0]),
        "good": st.sampled_from([None, True, False]),
        "signals": st.one_of(st.none(), st.fixed_dictionaries({"words": st.sampled_from([None, 1, 7])})),
    }
)
PLAIN = {
    "longest": lambda row: len(row["text"]),
    "shortest": lambda row: len(row["text"]),
    "newest": lambda row: row["date"] or None,
    "oldest": lambda row: row["date"] or None,
    "score desc": lambda row: row["score"],
    "score asc": lambda row: row["score"],
    "source == 'wikipedia'": lambda row: None if row["source"] is None else row["source"] == "wikipedia",
    "source asc": lambda row: row["source"],
    "source": lambda row: row["source"],
    "good": lambda row: row["good"],
    "words desc": lambda row: (row["signals"] or {}).get("words"),
    "score * 2 + 1 asc": lambda row: None if row["score"] is None else row["score"] * 2 + 1,
}
UP = ("shortest", "oldest", "score asc", "source asc", "score * 2 + 1 asc")


def batch(rows):
    named = [row | {"uid": f"u{number:03}"} for number, row in enumerate(rows)]
    return pa.RecordBatch.from_pylist(named, SCHEMA)


def order(rows, survivor, **columns):
    found = batch(rows)
    table = pa.table(survivor_columns(found, survivor) | columns)
    return survivor_order(table, survivor).tolist()


def reference(rows, survivor):
    """Stable sorts, the last rule first; missing values last."""
    places = order(rows, ())
    for rule in reversed(survivor):
        values = [PLAIN[rule](row) for row in rows]
        known = [n for n in places if values[n] is not None and values[n] == values[n]]
        missing = [n for n in places if n not in known]
        ranks = {value: rank for rank, value in enumerate(sorted({values[n] for n in known}, reverse=rule not in UP))}
        places = sorted(known, key=lambda n: ranks[values[n]]) + missing
    return places


@settings(deadline=None)
@given(st.lists(ROWS, max_size=12), st.lists(st.sampled_from(sorted(PLAIN)), max_size=4))
def test_the_order_is_that_of_the_rules_one_after_the_other(rows, survivor):
    assert order(rows, survivor) == reference(rows, survivor)


@settings(deadline=None)
@given(st.lists(ROWS, max_size=12), st.lists(st.sampled_from(sorted(PLAIN)), max_size=3), st.randoms())
def test_the_order_of_contents_does_not_depend_on_the_order_of_rows(rows, survivor, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    one, other = (
        [str(sorted(given[n].items(), key=str)) for n in order(given, survivor)] for given in (rows, shuffled)
    )
    assert one == other


def test_columns_have_the_fields_that_were_declared():
    survivor = ("longest", "source", "score asc", "oldest", "good")
    found = survivor_columns(batch([{"text": "a", "source": "b", "score": 1.0}]), survivor)
    fields = survivor_fields(survivor)
    assert list(found) == [field.name for field in fields]
    assert [column.type for column in found.values()] == [field.type for field in fields]
    assert found["survivor_1_text"].to_pylist() == ["b"]
    assert found["survivor_1"].to_pylist() == [None]


def test_rows_that_are_never_removed_come_first_and_groups_stand_together():
    rows = [{"text": "abc"}, {"text": "ab"}, {"text": "a"}, {"text": "abcd"}]
    protected = pa.array([None, 5, ALWAYS, None], pa.uint64())
    assert order(rows, ("longest",), protected=protected) == [2, 3, 0, 1]
    table = pa.table(survivor_columns(batch(rows), ("longest",)) | {"component": pa.array([1, 0, 1, 0])})
    assert survivor_order(table, ("longest",), ["component"]).tolist() == [3, 1, 0, 2]


def test_a_date_that_is_no_text():
    rows = pa.table({"uid": ["a", "b"], "text": ["x", "x"], "date": pa.array([5, 9], pa.timestamp("s"))}).to_batches()[
        0
    ]
    assert survivor_order(pa.table(survivor_columns(rows, ("newest",))), ("newest",)).tolist() == [1, 0]
    assert survivor_order(pa.table(survivor_columns(rows, ("oldest",))), ("oldest",)).tolist() == [0, 1]


def test_what_cannot_be_asked_of_the_rows_is_refused():
    check_survivor(("longest", "score", "words > 3", "source desc"), SCHEMA, "some_stage")
    with pytest.raises(ConfigError, match=r"no column or signal 'scor'.*score"):
        check_survivor(("scor",), SCHEMA, "some_stage")
    with pytest.raises(ConfigError, match="no order"):
        check_survivor(("signals",), SCHEMA, "some_stage")


@pytest.mark.parametrize("rules", [["score ="], ["3"], ["'a'"], ["length(text)"], ["longest"] * 9, "longest"])
def test_what_is_no_rule_is_refused(rules):
    with pytest.raises(ValidationError):
        TypeAdapter(Survivor).validate_python(rules)


def test_the_same_order_in_any_cut():
    chance = random.Random(3)
    rows = [{"text": "a" * chance.randrange(4), "score": chance.choice([None, 1.0, 2.0])} for _ in range(60)]
    found, survivor = batch(rows), ("score", "shortest")
    whole = pa.table(survivor_columns(found, survivor))
    parts = [pa.table(survivor_columns(found.slice(start, 7), survivor)) for start in range(0, 60, 7)]
    assert pa.concat_tables(parts).equals(whole)
