"""A crawl compared with the stored index of earlier ones: together they are what one run over all of them would be."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.plan import plan_pipeline
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import RunRequest, run_pipeline
from hexapla.stages.minhash_dedup import MinhashDedup

SENTENCES = """the river bends north of old mill and nobody fishes there since winter came early
река делает поворот к северу от старой мельницы никто не ловит там рыбу с тех пор
नदी पुरानी चक्की के उत्तर में मुड़ती है और वहाँ कोई मछली नहीं पकड़ता
ทุกวัน แม่น้ำ โค้ง ไปทาง เหนือ ของ โรงสี เก่า"""
WORDS = SENTENCES.split()


def documents(seed: int, clusters: int = 14) -> list[dict]:
    """Texts in families whose members differ a little more from each other than the threshold allows, or less."""
    chance = random.Random(seed)
    rows = []
    for family in range(clusters):
        words = [chance.choice(WORDS) + str(chance.randrange(40)) for _ in range(chance.randrange(60, 160))]
        for member in range(chance.randrange(1, 9)):
            mine = list(words)
            for _ in range(chance.randrange(0, 5)):
                mine[chance.randrange(len(mine))] = f"x{chance.randrange(1000)}"
            mine = mine[: len(mine) - chance.randrange(0, 8)]
            rows.append({"id": f"f{family}-{member}", "text": " ".join(mine), "quality": chance.random()})
            words = mine if chance.random() < 0.6 else words  # a walk, so that ends of a family are no duplicates
    chance.shuffle(rows)
    return rows


def run(folder: Path, rows: list[dict], **config: object) -> Path:
    crawl = folder / "crawl"
    crawl.mkdir(parents=True)
    size = max(1, len(rows) // 3)
    for number in range(0, len(rows), size):
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows[number : number + size])
        (crawl / f"{folder.name}-{number:04d}.jsonl").write_text(lines + "\n", encoding="utf-8")
    run_pipeline(request(folder, **config))
    return folder / "out"


def request(folder: Path, **config: object) -> RunRequest:
    stages = (("minhash_dedup", MinhashDedup(**config), ""),)
    source = InputConfig(path=str(folder / "crawl"), format="jsonl", columns={"quality": "quality"})
    return RunRequest("test", stages, source, str(folder / "out"), "local")


def read(output: Path, part: str) -> list[dict]:
    files = sorted((output / "stages/01-minhash_dedup" / part).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def ids(output: Path, part: str) -> set[str]:
    found = [row["id"] for row in read(output, part)]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize("verify", ["exact", "fast", "off"])
@pytest.mark.parametrize("seed", range(8))
def test_the_index_and_the_new_crawl_are_what_one_run_would_be(tmp_path: Path, seed: int, verify: str) -> None:
    rows = documents(seed)
    chance = random.Random(f"split {seed}")
    border = chance.randrange(1, len(rows))
    config = {"verify": verify, "survivor": ["longest"] if seed % 2 else ["quality desc", "longest"]}
    joint = run(tmp_path / "joint", rows, **config)
    first = run(tmp_path / "first", rows[:border], **config)
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    second = run(tmp_path / "second", rows[border:], against=[str(first)], **config)
    assert {path: path.read_bytes() for path in first.rglob("*") if path.is_file()} == before
    retracted, kept = ids(second, "retractions"), ids(first, "data")
    assert retracted <= kept
    assert (kept | ids(second, "data")) - retracted == ids(joint, "data")
    uids = {row["uid"]: row for output in (first, second) for row in read(output, "data")}
    for row in read(second, "removed") + read(second, "retractions"):
        assert row["similarity"] is None if verify == "off" else row["similarity"] >= 0.75
        assert row["duplicate_of"] in uids


def test_the_splits_above_retract_and_restore(tmp_path: Path) -> None:
    retracted = restored = 0
    for seed in range(8):
        rows = documents(seed)
        first = run(tmp_path / f"first-{seed}", rows[: len(rows) // 2])
        second = run(tmp_path / f"second-{seed}", rows[len(rows) // 2 :], against=[str(first)])
        ledger = json.loads((second / "stages/01-minhash_dedup/ledger.json").read_text())
        retracted += len(read(second, "retractions"))
        restored += ledger["totals"]["created"]
        assert ledger["totals"]["created"] == ledger["counters"].get("restored_from_the_index", 0)
        back = ids(second, "data") & ids(first, "removed")
        assert len(back) == ledger["totals"]["created"]
    assert retracted > 5
    assert restored > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_third_crawl_against_the_second(tmp_path: Path, seed: int) -> None:
    rows = documents(100 + seed)
    one, two = sorted(random.Random(seed).sample(range(1, len(rows)), 2))
    joint = run(tmp_path / "joint", rows)
    first = run(tmp_path / "first", rows[:one])
    second = run(tmp_path / "second", rows[one:two], against=[str(first)])
    third = run(tmp_path / "third", rows[two:], against=[str(second)])
    now = (ids(first, "data") | ids(second, "data")) - ids(second, "retractions")
    assert ids(third, "retractions") <= now
    assert (now | ids(third, "data")) - ids(third, "retractions") == ids(joint, "data")


def test_an_equal_text_of_the_index_stays_and_nothing_is_retracted(tmp_path: Path) -> None:
    rows = documents(5)
    first = run(tmp_path / "first", rows)
    second = run(tmp_path / "second", [row | {"id": row["id"]} for row in rows], against=[str(first)])
    assert ids(second, "data") == ids(second, "retractions") == set()
    kept = {row["uid"] for row in read(first, "data")}
    assert {row["duplicate_of"] for row in read(second, "removed")} <= kept


def test_the_index_is_in_the_fingerprint_and_signatures_are_not_made_again(tmp_path: Path) -> None:
    rows = documents(6)
    first = run(tmp_path / "first", rows[:30])
    run(tmp_path / "second", rows[30:])
    alone = plan_pipeline(request(tmp_path / "second"))
    assert not alone.stale
    changed = plan_pipeline(request(tmp_path / "second", against=[str(first)]))
    assert any("against" in reason for reason in changed.groups[-1].reasons)
    assert changed.groups[-1].reused >= 3  # the signatures of its units
    run_pipeline(request(tmp_path / "second", against=[str(first)]))
    assert not plan_pipeline(request(tmp_path / "second", against=[str(first)])).stale


def test_another_specification_is_refused_with_every_key_that_differs(tmp_path: Path) -> None:
    rows = documents(7)
    first = run(tmp_path / "first", rows[:30])
    with pytest.raises(ConfigError, match="buckets: 14 there, 20 here") as caught:
        run(tmp_path / "second", rows[30:], buckets=20, against=[str(first)])
    assert "first" in caught.value.where


def test_a_folder_that_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no finished run with minhash_dedup"):
        run(tmp_path / "second", documents(8), against=[str(tmp_path / "empty")])


def test_a_damaged_file_of_the_index_is_named_and_its_own_run_makes_it_again(tmp_path: Path) -> None:
    rows = documents(9)
    first = run(tmp_path / "first", rows[:40])
    signatures = sorted((first / "stages/01-minhash_dedup/steps/signatures").glob("*.parquet"))
    whole = {path: path.read_bytes() for path in signatures}
    for path, body in whole.items():
        middle = len(body) // 3
        path.write_bytes(body[:middle] + bytes(byte ^ 0x5A for byte in body[middle : middle + 16]) + body[middle + 16 :])
    with pytest.raises(ConfigError, match="a file of the index is damaged"):
        run(tmp_path / "second", rows[40:], against=[str(first)])
    run_pipeline(request(tmp_path / "first"))
    assert {path: path.read_bytes() for path in signatures} == whole
    shutil.rmtree(tmp_path / "second")
    run(tmp_path / "second", rows[40:], against=[str(first)])


def test_retractions_have_a_schema_even_when_there_are_none(tmp_path: Path) -> None:
    output = run(tmp_path / "alone", documents(10))
    manifest = json.loads((output / "stages/01-minhash_dedup/manifest.json").read_text())
    assert manifest["outputs"].get("retractions", []) == []
    first = run(tmp_path / "first", documents(11))
    second = run(tmp_path / "second", documents(12), against=[str(first)])
    tables = [pq.read_table(path) for path in (second / "stages/01-minhash_dedup/retractions").glob("*.parquet")]
    assert all({"uid", "duplicate_of", "similarity"} <= set(table.schema.names) for table in tables)
    assert not tables or pa.concat_tables(tables).num_rows == 0
