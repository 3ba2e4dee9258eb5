"""Exact dedup, step by step in memory."""

import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.exact_dedup import ExactDedup
from stages.step_runner import cut, run_steps

COLUMNS = ("uid", "id", "text", "url", "date", "file_path")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])


def table(records, file="a"):
    """Records with uids and paths as another file would give them."""
    rows = [
        {"uid": f"{file}{n:04}", "id": f"{file}{n:04}", "file_path": file} | record for n, record in enumerate(records)
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def dedup(records, **config):
    return run_steps(ExactDedup(**config), [table(records)])


def records(result, *names):
    return sorted(tuple(row[name] for name in names) for row in result.to_pylist())


def test_one_of_the_equal_texts_stays_and_the_others_say_which():
    texts = ["Ä b", "other", "A\u0308  b\n", "ä b", "\ufeffÄ b"]
    result = dedup([{"text": text, "date": f"2024-0{9 - n}"} for n, text in enumerate(texts)])
    assert result.kept.column("text").to_pylist() == ["other", "ä b", "\ufeffÄ b"]
    assert result.kept.column("exact_cluster_size").to_pylist() == [1, 1, 3]
    assert result.removed.column("uid").to_pylist() == ["a0000", "a0002"]
    assert set(result.removed.column("duplicate_of").to_pylist()) == {"a0004"}
    assert set(result.removed.column("reason").to_pylist()) == {"exact_duplicate"}
    assert set(result.removed.column("exact_cluster_size").to_pylist()) == {3}


def test_a_document_without_a_date_gives_way():
    result = dedup([{"text": "t"}, {"text": "t", "date": "2024-01-02"}, {"text": "t", "date": "2024-01-01"}])
    assert result.kept.column("uid").to_pylist() == ["a0002"]


def test_rows_without_optional_columns():
    rows = pa.table({"uid": ["1", "2", "3"], "text": ["a", "b", "a"]})
    result = run_steps(ExactDedup(), [rows])
    assert result.kept.num_rows == 2
    added = ["exact_cluster_size", "cluster_id", "is_canonical"]
    assert result.kept.schema.names == ["uid", "text", *added]
    assert result.removed.schema.names == ["uid", "text", *added, "duplicate_of", "reason", "reasons"]
    assert result.kept.column("is_canonical").to_pylist() == [True, True]
    assert result.kept.column("cluster_id").to_pylist() == result.kept.column("uid").to_pylist()
    assert result.removed.column("is_canonical").to_pylist() == [False]
    assert result.removed.column("cluster_id").to_pylist() == result.removed.column("duplicate_of").to_pylist()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_records_in_other_files_leave_the_same_records(seed):
    chance = random.Random(seed)
    made = [
        {
            "text": f"text {chance.randrange(40)}",
            "url": f"u{chance.randrange(60)}",
            "date": chance.choice(["1", "2", None]),
        }
        for _ in range(400)
    ]
    kept = []
    for number in range(4):
        chance.shuffle(made)
        half = chance.randrange(1, 399)
        files = [table(made[:half], f"f{number}"), table(made[half:], f"g{number}")]
        units = [unit for file in files for unit in cut(file, chance.randrange(20, 200))]
        result = run_steps(ExactDedup(), units, partitions=chance.choice([1, 4, 7]), batch=chance.randrange(1, 50))
        kept.append(records(result.kept, "text", "url", "date", "exact_cluster_size"))
    assert len({tuple(map(str, one)) for one in kept}) == 1
    assert len(kept[0]) == len({one["text"] for one in made})


def test_neither_units_nor_batches_nor_partitions_matter():
    rows = table([{"text": str(n % 17), "url": str(n)} for n in range(300)])
    plain = run_steps(ExactDedup(), [rows])
    for size, partitions, batch in ((1, 1, 1), (7, 3, 2), (100, 16, 1000)):
        other = run_steps(ExactDedup(), cut(rows, size), partitions=partitions, batch=batch)
        assert other.kept.equals(plain.kept)
        assert other.removed.equals(plain.removed)


def test_by_address():
    urls = ["https://A.org/x/", "http://www.a.org/x#c", None, "", None, "https://a.org/y"]
    result = dedup([{"text": str(n), "url": url} for n, url in enumerate(urls)], key="url")
    assert result.kept.num_rows == 5
    assert result.removed.num_rows == 1
    assert result.removed.column("duplicate_of").to_pylist()[0] in {"a0000", "a0001"}


def test_by_address_needs_addresses():
    with pytest.raises(ConfigError, match="needs the column 'url'"):
        ExactDedup(key="url").output_schema(pa.schema([("uid", pa.string()), ("text", pa.string())]))


def test_no_rows_and_empty_texts():
    assert run_steps(ExactDedup(), [table([])]).kept.num_rows == 0
    assert dedup([{"text": ""}, {"text": " \n"}, {"text": "."}, {"text": "?"}]).kept.num_rows == 3


@pytest.mark.parametrize(
    ("survivor", "kept"),
    [
        (["oldest"], "a0002"),
        (["newest"], "a0001"),
        (["url == 'wiki'", "oldest"], "a0003"),
        (["url asc", "newest"], "a0001"),
    ],
)
def test_the_user_says_which_copy_stays(survivor, kept):
    made = [
        {"text": "t", "url": "b"},
        {"text": "t", "url": "a", "date": "3"},
        {"text": "t", "url": "a", "date": "1"},
        {"text": "t", "url": "wiki", "date": "2"},
    ]
    assert dedup(made, survivor=survivor).kept.column("uid").to_pylist() == [kept]


def test_only_copies_of_one_scope_are_copies():
    made = [{"text": "t", "url": url} for url in ("http://a.org/1", "http://x.a.org/2", "http://b.org/1", None, None)]
    result = dedup(made, scope="domain")
    assert result.kept.num_rows == 3
    urls = {row["uid"]: row["url"] for row in result.kept.to_pylist()}
    for row in result.removed.to_pylist():
        assert (row["url"] is None) == (urls[row["duplicate_of"]] is None)
    assert dedup(made).kept.num_rows == 1


def test_protected_copies_stay():
    made = [{"text": "t", "date": "1", "url": url} for url in ("work", "work", None, "other")]
    result = dedup(made, protect="url", survivor=["url == 'work'"])
    assert sorted(map(str, result.kept.column("url").to_pylist())) == ["work", "work"]
    assert sorted(result.kept.column("exact_cluster_size").to_pylist()) == [1, 3]
    rows = table([{"text": "t", "date": str(number)} for number in range(4)])
    rows = rows.append_column("curated", pa.array([False, None, True, True]))
    result = run_steps(ExactDedup(protect="curated"), [rows])
    assert result.kept.column("uid").to_pylist() == ["a0002", "a0003"]


def test_what_the_rows_do_not_have_is_refused():
    schema = pa.schema([("uid", pa.string()), ("text", pa.string())])
    for config in ({"survivor": ["scor"]}, {"scope": "language"}, {"protect": "work"}):
        with pytest.raises(ConfigError, match="no column"):
            ExactDedup(**config).output_schema(schema)
