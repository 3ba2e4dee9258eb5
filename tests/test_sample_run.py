"""The main job end to end: the shipped crawl through `pretraining`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hexapla.pipelines.sample.score import read_key, read_run, tally


def hexapla(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hexapla", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    done = hexapla("run", "pretraining", "--output", "curated", "--executor", "local", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "curated"


def ledgers(output: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(output.glob("stages/*/ledger.json"))]


def published(output: Path) -> list[dict]:
    return [row for path in sorted(output.glob("data/*/*.parquet")) for row in pq.ParquetFile(path).read().to_pylist()]


def test_what_is_planted_is_caught_and_what_is_clean_is_kept(output: Path) -> None:
    found = tally(read_key(), read_run(output))
    shares = {kind: entry.right / entry.pages for kind, entry in found.items() if entry.pages}
    assert len(shares) >= 12
    assert {kind for kind, share in shares.items() if share < 0.9} == set()


def test_no_language_of_the_crawl_is_lost(output: Path) -> None:
    urls = {row["url"] for row in published(output)}
    wanted = {language for entry in read_key() if entry["fate"] == "kept" for language in entry["languages"]}
    left = {language for entry in read_key() if entry["url"] in urls for language in entry.get("languages", ())}
    assert len(wanted) >= 40
    assert wanted - left == set()


def test_the_ledger_adds_up_and_agrees_with_the_files(output: Path) -> None:
    before = None
    for ledger in ledgers(output):
        for entry in [*ledger["languages"].values(), ledger["totals"]]:
            assert entry["in"] == entry["kept"] + entry["removed"] + entry["consumed"]
            assert entry["out"] == entry["kept"] + entry["created"]
            assert entry["removed"] == sum(entry["reasons"].values())
        assert before is None or ledger["totals"]["in"] == before
        before = ledger["totals"]["out"]
        files = (output / f"stages/{ledger['position']:02d}-{ledger['stage']}/removed").glob("*.parquet")
        rows = [row for path in files for row in pq.ParquetFile(path).read(["reason", "removed_by"]).to_pylist()]
        assert len(rows) == ledger["totals"]["removed"]
        assert {row["removed_by"] for row in rows} <= {ledger["stage"]}
    assert before == len(published(output))


def test_every_configuration_opens_with_datasets(output: Path, tmp_path: Path) -> None:
    import datasets

    french = datasets.load_dataset(
        "parquet", data_files=str(output / "data/fra_Latn/*.parquet"), split="train", cache_dir=str(tmp_path)
    )
    assert set(french["language"]) == {"fra_Latn"}
    schemas = {str(pq.ParquetFile(path).schema_arrow) for path in output.glob("data/*/*.parquet")}
    assert len(schemas) == 1


def test_nothing_hostile_got_out(output: Path) -> None:
    allowed = {"data", "stages", "report.html", "run.json", "run.log.jsonl"}
    assert {path.name for path in output.iterdir()} == allowed
    assert {path.name for path in output.parent.iterdir()} == {"curated"}
    for row in published(output):
        assert "\0" not in row["text"]
    page = (output / "report.html").read_text()
    assert "\0" not in page
    assert "\u202e" not in page
    assert "src=\"http" not in page
    assert "<script" not in page.lower()


def test_a_second_run_runs_nothing(output: Path) -> None:
    done = hexapla("run", "pretraining", "--output", "curated", "--executor", "local", cwd=output.parent)
    assert done.returncode == 0, done.stderr
    assert "0 tasks ran" in done.stdout


def test_a_threshold_is_planned_from_the_scored_rows(output: Path) -> None:
    change = "heuristics.rules={max_top_2_gram: 0.3}"
    done = hexapla("plan", "pretraining", "--output", "curated", "--set", change, cwd=output.parent)
    assert done.returncode == 0, done.stderr
    assert "heuristics.select: runs from stages/03-heuristics/scored" in done.stdout
    assert "config.rules.max_top_2_gram" in done.stdout
    assert "read + extract: finished" in done.stdout
    change = "minhash_dedup.threshold=0.8"
    done = hexapla("plan", "pretraining", "--output", "curated", "--set", change, cwd=output.parent)
    assert "exact_dedup: finished" in done.stdout
    assert "minhash_dedup: runs from stages/04-exact_dedup/data" in done.stdout
