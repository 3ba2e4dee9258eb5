"""Near-duplicates by vectors, step by step in memory, on vectors of hashed character n-grams of real texts."""

import json
import random
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.cli.main import app
from hexapla.engine.errors import ConfigError
from hexapla.engine.fingerprint import stage_parts
from hexapla.stages import spooled_vectors
from hexapla.stages.embedding_dedup import EmbeddingDedup
from passages import ARTICLES, passages
from pydantic import ValidationError
from stages.step_runner import cut, run_steps
from typer.testing import CliRunner

LANGUAGES = ("eng_Latn", "tha_Thai", "cmn_Hani", "rus_Cyrl", "jpn_Jpan", "fra_Latn")
SIZE = 128


def vector(text):
    """Counts of character trigrams, hashed into `SIZE` places."""
    found = np.zeros(SIZE, np.float32)
    for place in range(max(1, len(text) - 2)):
        found[zlib.crc32(text[place : place + 3].encode()) % SIZE] += 1
    return np.sqrt(found)


def documents(count=300, seed=1):
    """Passages in six languages; some come again with a word more, and some have no vector."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        code = LANGUAGES[number % len(LANGUAGES)]
        text = passages(code, 1, seed=number)[0]
        rows += [{"text": text + " x" * copy, "language": code} for copy in range(chance.choice([1, 1, 1, 2, 4]))]
    for number, row in enumerate(rows):
        row |= {"score": number % 7 / 7, "work": number % 5 or None, "keep": number % 11 == 0}
        row["embedding"] = None if number % 23 == 22 else vector(row["text"])
    return rows


SCHEMA = pa.schema(
    [
        ("uid", pa.string()), ("text", pa.string()), ("language", pa.string()), ("score", pa.float64()),
        ("work", pa.int64()), ("keep", pa.bool_()), ("embedding", pa.list_(pa.float32())),
    ]
)  # fmt: skip


def table(rows, file="a"):
    return pa.Table.from_pylist([{"uid": f"{file}{n:05}"} | row for n, row in enumerate(rows)], SCHEMA)


def cosine(one, other):
    one, other = np.array(one, np.float64), np.array(other, np.float64)
    return one @ other / np.sqrt((one @ one) * (other @ other))


def brute_force(rows, threshold, key):
    """Texts that stay when every document is compared with all that stay before it."""
    kept = []
    for row in sorted((row for row in rows if row["embedding"] is not None), key=key):
        if not any(cosine(row["embedding"], other["embedding"]) >= threshold for other in kept):
            kept.append(row)
    return sorted(row["text"] for row in [*kept, *(row for row in rows if row["embedding"] is None)])


def texts(result):
    return sorted(result.kept.column("text").to_pylist())


def check_verdicts(result, threshold):
    """Every removed row has been compared with the row that it names, which stays; sizes add up."""
    kept = {row["uid"]: row for row in result.kept.to_pylist()}
    sizes = dict.fromkeys(kept, 1)
    for row in result.removed.to_pylist():
        leader = kept[row["duplicate_of"]]
        exact = cosine(row["embedding"], leader["embedding"])
        assert exact >= threshold - 1e-4
        assert row["similarity"] == pytest.approx(exact, abs=1e-4)
        assert row["reason"] == "embedding_duplicate"
        assert row["cluster_id"] == row["duplicate_of"]
        assert not row["is_canonical"]
        sizes[row["duplicate_of"]] += 1
    assert {uid: row["embedding_cluster_size"] for uid, row in kept.items()} == sizes
    assert all(row["cluster_id"] == uid and row["is_canonical"] for uid, row in kept.items())


ROWS = documents()


@pytest.mark.parametrize("threshold", [0.8, 0.95, 1.0])
def test_one_cell_removes_what_all_comparisons_remove(threshold):
    rows = [row | {"score": zlib.crc32(b"%d" % number)} for number, row in enumerate(ROWS)]
    stage = EmbeddingDedup(threshold=threshold, clusters=1, survivor=("score asc",))
    result = run_steps(stage, cut(table(rows), 70))
    assert texts(result) == brute_force(rows, threshold, lambda row: row["score"])
    assert result.removed.num_rows >= {0.8: 100, 0.95: 50, 1.0: 1}[threshold]
    check_verdicts(result, threshold)


def test_many_cells_miss_little_and_remove_nothing_else():
    whole = run_steps(EmbeddingDedup(clusters=1), [table(ROWS)])
    for probes, least in ((1, 0.85), (4, 0.97)):
        cells = run_steps(EmbeddingDedup(clusters=24, probes=probes), cut(table(ROWS), 50))
        check_verdicts(cells, 0.95)
        assert cells.removed.num_rows >= least * whole.removed.num_rows


@pytest.mark.parametrize("seed", range(3))
def test_the_same_records_in_other_files_leave_the_same_records(seed):
    chance = random.Random(seed)
    rows, kept = list(ROWS), []
    for number in range(3):
        chance.shuffle(rows)
        half = chance.randrange(1, len(rows))
        files = [table(rows[:half], f"f{number}"), table(rows[half:], f"g{number}")]
        units = [unit for file in files for unit in cut(file, chance.randrange(20, 200))]
        stage = EmbeddingDedup(clusters=12, probes=2, threshold=0.9, survivor=("score desc", "shortest"))
        result = run_steps(stage, units, partitions=chance.choice([1, 4, 7]), batch=chance.randrange(1, 50))
        check_verdicts(result, 0.9)
        kept.append(sorted(zip(*(result.kept.column(name).to_pylist() for name in ("text", "score")), strict=True)))
    assert kept[0] == kept[1] == kept[2]


def test_neither_units_nor_batches_nor_partitions_nor_mapped_files_matter(monkeypatch):
    stage = EmbeddingDedup(clusters=7, probes=3)
    plain = run_steps(stage, [table(ROWS)])
    for size, partitions, batch, mapped in ((1000, 1, 7, 0), (70, 3, 2, 0), (100, 16, 1000, 1 << 16)):
        monkeypatch.setattr(spooled_vectors, "MAPPED_BYTES", mapped)
        other = run_steps(stage, cut(table(ROWS), size), partitions=partitions, batch=batch)
        assert other.kept.equals(plain.kept)
        assert other.removed.equals(plain.removed)


def test_columns_of_every_kind_give_the_same():
    plain = run_steps(EmbeddingDedup(), [table(ROWS)])
    for kind in (pa.list_(pa.float32(), SIZE), pa.large_list(pa.float64()), pa.list_(pa.float64(), SIZE)):
        other = table(ROWS)
        lists = pa.array(other.column("embedding").to_pylist(), kind)
        other = other.set_column(6, "vector", lists)
        assert run_steps(EmbeddingDedup(column="vector"), [other]).kept.column("uid").equals(plain.kept.column("uid"))


def test_rows_without_a_vector_stay_and_are_counted():
    missing = [None, [], [0.0] * 4, [float("nan")] * 4]
    rows = [{"text": "t", "embedding": value} for value in [*missing, [1.0, 0, 0, 0], [2.0, 0, 0, 0]]]
    stage = EmbeddingDedup()
    result = run_steps(stage, [table(rows)])
    assert result.kept.num_rows == 5
    outcomes = []

    class Counted(EmbeddingDedup):
        def _apply(self, given):
            for outcome in super()._apply(given):
                outcomes.append(outcome.counters)
                yield outcome

    run_steps(Counted(), [table(rows)], batch=4)
    assert outcomes == [{"not_screened": 4}, {"not_screened": 0}]


def test_scope_and_protection():
    same = [1.0, 2, 3]
    rows = [
        {"text": "a" * n, "language": code, "embedding": same} for n, code in enumerate(["x", "y", "x", None, None])
    ]
    assert run_steps(EmbeddingDedup(), [table(rows)]).kept.num_rows == 1
    assert run_steps(EmbeddingDedup(scope="language"), [table(rows)]).kept.num_rows == 3
    protected = [{"text": "a" * n, "work": work, "embedding": same} for n, work in enumerate([7, 7, 7, None, 8])]
    result = run_steps(EmbeddingDedup(protect="work"), [table(protected)])
    assert result.kept.column("work").to_pylist() == [8]
    result = run_steps(EmbeddingDedup(protect="work", survivor=("shortest",)), [table(protected)])
    assert result.kept.column("work").to_pylist() == [7, 7, 7]
    always = [{"text": "a" * n, "keep": keep, "embedding": same} for n, keep in enumerate([True, False, True, None])]
    assert run_steps(EmbeddingDedup(protect="keep"), [table(always)]).kept.column("keep").to_pylist() == [True, True]


def test_vectors_of_different_makers_are_not_compared():
    rows = table([{"text": "a", "embedding": [1.0, 2]}, {"text": "b", "embedding": [1.0, 2]}])
    made_by = [pa.array(["one", "one"]), pa.array(["one", "other"])]
    found = [run_steps(EmbeddingDedup(), [rows.append_column("embedding_by", by)]).kept.num_rows for by in made_by]
    assert found == [1, 2]


def test_one_centroid_that_attracts_everything():
    chance = np.random.default_rng(1)
    near = np.array([5.0] * 16) + chance.normal(size=(5000, 16)) * 0.01
    rows = pa.table(
        {
            "uid": [f"{n:05}" for n in range(5000)],
            "text": ["t"] * 5000,
            "embedding": pa.array(list(near), SCHEMA[6].type),
        }
    )
    result = run_steps(EmbeddingDedup(max_compared=10), cut(rows, 900))
    assert result.kept.num_rows == 1
    assert result.kept.column("embedding_cluster_size").to_pylist() == [5000]
    assert run_steps(EmbeddingDedup(max_compared=10, threshold=1.0), cut(rows, 900)).kept.num_rows == 5000


def test_other_thresholds_and_survivors_compute_no_vectors_and_cells_again():
    def parts(name, **config):
        stage = EmbeddingDedup(**config)
        step = next(step for step in stage.steps() if step.name == name)
        return stage_parts(stage, "", step.fields)["config"]

    for name in ("vectors", "counts", "sample", "centroids", "cells"):
        assert parts(name) == parts(name, threshold=0.8, survivor=("shortest",), max_compared=9, scope="language")
    assert parts("members") == parts("members", threshold=0.8, max_compared=9)
    assert parts("pairs") != parts("pairs", threshold=0.8)


def test_translations_and_short_texts_in_every_script_are_not_duplicates():
    rows = [{"text": text, "embedding": vector(text)} for text in ARTICLES.values()]
    rows += [
        {"text": text, "embedding": vector(text)} for text in ("ខ្ញុំ", "안녕하세요", "你好", "three small words", "สวัสดี")
    ]
    result = run_steps(EmbeddingDedup(), [table(rows)])
    assert result.removed.num_rows == 0


def test_columns_that_are_missing_or_no_vectors():
    with pytest.raises(ConfigError, match="stage `embed` before it"):
        EmbeddingDedup(column="nothing").output_schema(SCHEMA)
    with pytest.raises(ConfigError, match="not lists of numbers"):
        EmbeddingDedup(column="text").output_schema(SCHEMA)
    with pytest.raises(ConfigError, match="'dump'"):
        EmbeddingDedup(scope="dump").output_schema(SCHEMA)
    with pytest.raises(ValidationError):
        EmbeddingDedup(threshold=0)


@pytest.mark.parametrize("units", [1, 2])
def test_uneven_vectors_are_an_error(units):
    rows = table([{"text": "a", "embedding": [1.0, 2]}, {"text": "b", "embedding": [1.0]}])
    with pytest.raises(ConfigError, match="of 1 and of 2 numbers"):
        run_steps(EmbeddingDedup(), cut(rows, 3 - units))


def test_no_rows_and_no_vectors():
    assert run_steps(EmbeddingDedup(), [table([])]).kept.num_rows == 0
    assert run_steps(EmbeddingDedup(), [table([{"text": "a"}, {"text": "a"}])]).kept.num_rows == 2


def test_the_engine_gives_what_the_steps_give(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = table(ROWS).rename_columns(["id", *SCHEMA.names[1:]])
    pq.write_table(rows, "documents.parquet", row_group_size=40)
    (tmp_path / "a.yaml").write_text(
        "input: {path: documents.parquet}\noutput: out\nstages:\n  - embedding_dedup: {clusters: 9, threshold: 0.9}\n"
    )
    result = CliRunner().invoke(app, ["run", "a.yaml", "--executor", "local"])
    assert result.exit_code == 0, result.exception or result.output
    plain = run_steps(EmbeddingDedup(clusters=9, threshold=0.9), [table(ROWS)])
    for name, expected in (("data", plain.kept), ("removed", plain.removed)):
        found = pq.read_table(tmp_path / "out/stages/01-embedding_dedup" / name)
        assert sorted(found.column("text").to_pylist()) == sorted(expected.column("text").to_pylist())
    ledger = (tmp_path / "out/stages/01-embedding_dedup/ledger.json").read_text()
    assert json.loads(ledger)["counters"]["not_screened"] == table(ROWS).column("embedding").null_count
