"""Dedup when the disk is full, and when what it stored is no longer what it wrote."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PIPELINE = """
name: faults
input: {{path: crawl, format: jsonl}}
stages:
  - minhash_dedup: {{threshold: {threshold}}}
  - export: {{layout: single}}
output: out
"""
SKIP = ("timings.json", "run.log.jsonl", "report.html", "run.json", "layout.json")


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents whose keys take more room than their texts."""
    folder = tmp_path_factory.mktemp("input")
    chance = random.Random(3)
    words = [f"w{number}" for number in range(60)]
    (folder / "crawl").mkdir(parents=True)
    for number in range(2):
        texts = [" ".join(chance.choices(words, k=6)) for _ in range(3000)]
        lines = [json.dumps({"text": text if chance.random() < 0.8 else texts[0] + " x"}) for text in texts]
        (folder / f"crawl/part-{number}.jsonl").write_text("\n".join(lines) + "\n")
    return folder / "crawl"


def hexapla(folder: Path, crawl: Path, *, threshold: float = 0.75, most_bytes: int | None = None) -> subprocess.CompletedProcess:
    def limit() -> None:
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    (folder / "faults.yaml").write_text(PIPELINE.format(threshold=threshold))
    command = [sys.executable, "-m", "hexapla", "run", "faults.yaml", "--executor", "local", "--input", str(crawl)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, preexec_fn=limit, check=False)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in SKIP and "units" not in path.parts
    }


@pytest.fixture(scope="module")
def whole(crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    done = hexapla(folder, crawl)
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_a_full_disk_in_the_exchange_is_said_and_the_same_command_resumes(tmp_path: Path, crawl: Path, whole: Path) -> None:
    signatures = max(path.stat().st_size for path in whole.glob("stages/*/steps/signatures/*.parquet"))
    rows = max(path.stat().st_size for path in whole.glob("stages/00-read/data/*.parquet"))
    assert signatures > 1.2 * rows
    failed = hexapla(tmp_path, crawl, most_bytes=(signatures + rows) // 2)
    assert failed.returncode == 75, failed.stderr
    assert "the disk is full" in failed.stderr and "the same command resumes" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert hexapla(tmp_path, crawl).returncode == 0
    assert tree(tmp_path / "out") == tree(whole)


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied"])
def test_a_damaged_signature_file_is_noticed_and_made_again(tmp_path: Path, crawl: Path, whole: Path, damage: str) -> None:
    assert hexapla(tmp_path, crawl, threshold=0.9).returncode == 0
    damaged = sorted((tmp_path / "out").glob("stages/*/steps/signatures/*.parquet"))[0]
    body = damaged.read_bytes()
    middle = len(body) // 2
    flipped = bytes(byte ^ 0xFF for byte in body[middle : middle + 8])
    changed = {"flipped": body[:middle] + flipped + body[middle + 8 :], "cut": body[:middle], "emptied": b""}
    damaged.write_bytes(changed[damage])
    assert hexapla(tmp_path, crawl).returncode == 0
    assert damaged.read_bytes() == body
    assert tree(tmp_path / "out") == tree(whole)
