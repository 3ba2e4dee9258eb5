"""Scopes and protection."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.dedup_scope import ALWAYS, Scope, check_scope, protections, scope_hashes, scoped
from hexapla.stages.embedding_dedup import EmbeddingDedup
from hexapla.stages.exact_dedup import ExactDedup
from hexapla.stages.line_dedup import LineDedup
from hexapla.stages.minhash_dedup import MinhashDedup
from hexapla.stages.substring_dedup import SubstringDedup
from pydantic import TypeAdapter, ValidationError

URLS = ["https://www.bbc.co.uk/a", "http://news.bbc.co.uk:80/b?x", None, "no address", "https://other.co.uk/", None]
ROWS = pa.RecordBatch.from_pydict(
    {
        "language": ["fra_Latn", "fra_Latn", None, "tha_Thai", "und", None],
        "url": URLS,
        "dump": ["a", "b", "a", "b", "a", "b"],
        "work": pa.array([1, 1, None, 2, None, 1]),
        "curated": [True, False, None, False, True, True],
    }
)


def partners(hashes):
    return [[m for m, other in enumerate(hashes) if other == one] for one in hashes.tolist()]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("language", [[0, 1], [0, 1], [2, 5], [3], [4], [2, 5]]),
        ("domain", [[0, 1], [0, 1], [2, 3, 5], [2, 3, 5], [4], [2, 3, 5]]),
        ("dump", [[0, 2, 4], [1, 3, 5], [0, 2, 4], [1, 3, 5], [0, 2, 4], [1, 3, 5]]),
        ("column: work", [[0, 1, 5], [0, 1, 5], [2, 4], [3], [2, 4], [0, 1, 5]]),
    ],
)
def test_rows_of_one_scope_meet_and_no_others(scope, expected):
    assert partners(scope_hashes(ROWS, scope)) == expected
    assert partners(scoped(np.full(6, 7, np.uint64), ROWS, scope)) == expected
    keys = scoped(np.tile(np.array([7, 9], np.uint64), (6, 1)), ROWS, scope)
    assert partners(keys[:, 1]) == expected
    assert not set(keys[:, 0].tolist()) & set(keys[:, 1].tolist())


def test_everywhere_is_the_keys_themselves():
    keys = np.arange(6, dtype=np.uint64)
    assert scope_hashes(ROWS, "global") is None
    assert scoped(keys, ROWS, "global") is keys


def test_equal_values_are_protected_and_true_is_always():
    values = protections(ROWS, "work").to_pylist()
    assert values[0] == values[1] == values[5] != values[3]
    assert values[2] is values[4] is None
    assert protections(ROWS, "curated").to_pylist() == [ALWAYS, None, None, None, ALWAYS, ALWAYS]
    assert protections(ROWS, None).null_count == 6


def test_how_a_scope_is_written():
    read = TypeAdapter(Scope).validate_python
    assert read({"column": "source"}) == read("column:source") == read("column: source") == "column: source"
    assert read("dump") == "dump"
    for wrong in ("everywhere", "column:", "column: ", {"columns": "x"}, 3, None):
        with pytest.raises(ValidationError):
            read(wrong)


def test_missing_columns_are_named():
    check_scope("column: work", "curated", ROWS.schema, "some_stage")
    with pytest.raises(ConfigError, match="'wrk'"):
        check_scope("column: wrk", None, ROWS.schema, "some_stage")
    with pytest.raises(ConfigError, match="'translation'"):
        check_scope("global", "translation", ROWS.schema, "some_stage")
    with pytest.raises(ConfigError, match="no column 'url'"):
        check_scope("domain", None, pa.schema([("text", pa.string())]), "some_stage")


@pytest.mark.parametrize("stage", [EmbeddingDedup, ExactDedup, LineDedup, MinhashDedup, SubstringDedup])
def test_another_list_of_domains_is_another_result_where_domains_are_the_scope(stage):
    assert stage(scope="domain").libraries == ("tld",)
    assert stage(scope="language").libraries == stage.libraries == ()
