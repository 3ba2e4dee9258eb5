"""Whole runs of `align`: what is reused when languages come, any executor and cut, killed and full-disk runs."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from parallel_talks import SCHEMA, rows, talks

PIPELINE = """
name: talks
input: {path: in, format: parquet}
stages:
  - align: {}
output: out
"""
COLUMNS = ["doc_key", "language", "text"]
SKIP = ("timings.json", "run.log.jsonl", "report.html", "run.json")
DOCUMENTS = talks(["amh_Ethi", "ell_Grek", "eng_Latn", "rus_Cyrl"], documents=8, length=20)


def write(folder: Path, languages: list[str], names: dict[str, str] | None = None) -> None:
    """One file for each language."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    (folder / "talks.yaml").write_text(PIPELINE)
    for language in languages:
        own = [line for line in rows(DOCUMENTS) if line["language"] == language]
        name = (names or {}).get(language, language)
        pq.write_table(pa.Table.from_pylist(own, SCHEMA).select(COLUMNS), folder / "in" / f"{name}.parquet")


def copy(whole: Path, folder: Path) -> None:
    """The same input, with the times of its files, which the list of inputs names."""
    shutil.copytree(whole / "in", folder / "in")
    (folder / "talks.yaml").write_text(PIPELINE)


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "hexapla", "run", "talks.yaml", *(options or ("--executor", "local"))]


def run(folder: Path, *options: str, most_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(command(*options), cwd=folder, capture_output=True, text=True, preexec_fn=limit, check=False)


def log(folder: Path) -> dict[str, tuple[int, int]]:
    """What the last run did for each step: calls, and how many of them were finished before."""
    found: dict[str, tuple[int, int]] = {}
    for line in (folder / "out/run.log.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event.get("event") == "run":
            found = {}
        if event.get("event") == "group":
            found[event["group"].rpartition(".")[2]] = (event["units"], event["reused"])
    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "out").rglob("*"))
        if path.is_file() and path.name not in SKIP and "units" not in path.parts
    }


def table(folder: Path, output: str) -> pa.Table:
    parts = [pq.read_table(path) for path in sorted((folder / f"out/stages/01-align/{output}").glob("*.parquet"))]
    return pa.concat_tables(parts).sort_by("uid").combine_chunks()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    write(folder, sorted(next(iter(DOCUMENTS.values()))))
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_new_language_aligns_its_own_pairs_alone_even_when_its_file_is_the_first(tmp_path: Path, whole: Path) -> None:
    write(tmp_path, ["ell_Grek", "eng_Latn", "rus_Cyrl"])
    assert run(tmp_path).returncode == 0
    assert log(tmp_path)["pairwise"] == (3, 0)
    write(tmp_path, ["amh_Ethi"], {"amh_Ethi": "0-first"})
    assert run(tmp_path).returncode == 0
    assert log(tmp_path)["pairwise"] == (6, 3)
    assert log(tmp_path)["models"] == (6, 3)
    for output in ("data", "groups"):
        assert table(tmp_path, output).equals(table(whole, output))
    assert run(tmp_path).returncode == 0
    assert all(calls == reused for calls, reused in log(tmp_path).values())


def test_the_ledger_counts_documents_by_language_and_beads_by_pair(whole: Path) -> None:
    ledger = json.loads((whole / "out/stages/01-align/ledger.json").read_text())
    languages = ledger["languages"]
    assert languages["amh_Ethi"]["consumed"] == languages["amh_Ethi"]["in"] == 8
    assert languages["ell_Grek-eng_Latn"]["created"] > 100
    assert ledger["counters"]["document_pairs"] == 8 * 6
    totals = ledger["totals"]
    assert totals["in"] == totals["kept"] + totals["removed"] + totals["consumed"]


def test_ray_writes_the_same_bytes(tmp_path: Path, whole: Path) -> None:
    copy(whole, tmp_path)
    done = run(tmp_path, "--executor", "ray", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path) == tree(whole)


def test_a_killed_run_resumes_to_the_same_bytes(tmp_path: Path, whole: Path, chaos_seed: int) -> None:
    copy(whole, tmp_path)
    for wanted in ((2, 5), (4, 11))[chaos_seed % 2]:
        started = subprocess.Popen(command(), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while started.poll() is None and len(list((tmp_path / "out").rglob("units/*"))) < wanted:
            time.sleep(0.01)
        started.kill()
        started.wait()
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path) == tree(whole)


def test_a_full_disk_is_said_and_the_same_command_resumes(tmp_path: Path, whole: Path) -> None:
    copy(whole, tmp_path)
    largest = max(path.stat().st_size for path in (whole / "out/stages").rglob("*.parquet"))
    failed = run(tmp_path, most_bytes=largest - 1)
    assert failed.returncode == 75, failed.stderr
    assert "the disk is full" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert run(tmp_path).returncode == 0
    assert tree(tmp_path) == tree(whole)


def test_a_damaged_alignment_is_made_again(tmp_path: Path, whole: Path) -> None:
    copy(whole, tmp_path)
    assert run(tmp_path).returncode == 0
    damaged = sorted((tmp_path / "out").glob("stages/*/steps/pairwise/*.parquet"))[0]
    body = damaged.read_bytes()
    damaged.write_bytes(body[: len(body) // 2])
    assert run(tmp_path).returncode == 0
    assert damaged.read_bytes() == body
    assert tree(tmp_path) == tree(whole)
