"""Whole runs of `lexical_score`, `pair_filter` and `pair_dedup` on pairs and groups: any executor, and killed runs."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.filters.parallel_tables import GROUPS
from parallel_talks import talks

LANGUAGES = ["ell_Grek", "eng_Latn", "rus_Cyrl"]
STAGES = {
    "pairs": "lexical_score: {min_pairs: 100}, pair_filter: {rules: {lexical: {column: lexical_score, min: 0.02}}}",
    "groups": "pair_filter: {}",
}
PIPELINE = """
name: pairs
input: {{path: in, format: parquet, rows: any}}
stages: [{stages}, pair_dedup: {{lowercase: true, letters_only: true}}]
output: out
"""
SKIP = ("timings.json", "run.log.jsonl", "report.html", "run.json")


def spoiled(text: str, chance: random.Random) -> str:
    """A text as it is, or one that a rule removes or that has a near copy."""
    kind = chance.random()
    if kind < 0.1:
        return f"<b>{text}</b>"
    return text.upper() if kind < 0.2 else text * 4 if kind < 0.3 else text


def write(folder: Path, kind: str) -> None:
    """Three files of pairs or groups, among them damaged and repeated ones."""
    chance = random.Random(5)
    (folder / "in").mkdir(parents=True)
    (folder / "pairs.yaml").write_text(PIPELINE.format(stages=STAGES[kind]))
    documents = talks(LANGUAGES, documents=9, length=40, deleted=0.0, merged=0.0)
    rows = []
    for key, versions in documents.items():
        for lines in zip(*(versions[language].lines for language in LANGUAGES), strict=True):
            texts = dict(zip(LANGUAGES, (spoiled(line, chance) for line in lines), strict=True))
            if kind == "groups":
                segments = [{"lang": language, "index": [0], "text": text} for language, text in texts.items()]
                rows.append({"doc_key": key, "segments": segments, "parallelism": 3, "agreement": 1.0})
            else:
                for one, other in (("ell_Grek", "eng_Latn"), ("eng_Latn", "rus_Cyrl")):
                    rows.append({"src_lang": one, "tgt_lang": other, "src": texts[one], "tgt": texts[other]})
    rows += chance.sample(rows, len(rows) // 5)
    schema = pa.schema([field for field in GROUPS if field.name != "uid"]) if kind == "groups" else None
    for number in range(3):
        pq.write_table(pa.Table.from_pylist(rows[number::3], schema), folder / f"in/{number}.parquet")


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "hexapla", "run", "pairs.yaml", *(options or ("--executor", "local"))]


def run(folder: Path, *options: str) -> None:
    done = subprocess.run(command(*options), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def copy(whole: Path, folder: Path) -> None:
    """The same input, with the times of its files, which the list of inputs names."""
    shutil.copytree(whole / "in", folder / "in")
    shutil.copy(whole / "pairs.yaml", folder)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "out").rglob("*"))
        if path.is_file() and path.name not in SKIP and "units" not in path.parts
    }


@pytest.fixture(scope="module", params=sorted(STAGES))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write(folder, request.param)
    run(folder)
    return folder


def test_much_is_removed_and_the_ledger_balances(whole: Path) -> None:
    ledgers = {path.parent.name[3:]: json.loads(path.read_text()) for path in (whole / "out/stages").glob("*/ledger.json")}
    for name in ("pair_filter", "pair_dedup"):
        totals = ledgers[name]["totals"]
        assert totals["in"] == totals["kept"] + totals["removed"] + totals["consumed"]
        assert 0.1 * totals["in"] < totals["removed"] < 0.9 * totals["in"]
    if "groups" in whole.name:
        languages = ledgers["pair_filter"]["languages"]
        assert languages.keys() == {"mul"} and languages["mul"]["created"] > 10


def test_ray_writes_the_same_bytes(tmp_path: Path, whole: Path) -> None:
    copy(whole, tmp_path)
    run(tmp_path, "--executor", "ray", "--workers", "2")
    assert tree(tmp_path) == tree(whole)


def test_a_killed_run_resumes_to_the_same_bytes(tmp_path: Path, whole: Path, chaos_seed: int) -> None:
    copy(whole, tmp_path)
    for wanted in ((1, 5), (3, 8))[chaos_seed % 2]:
        started = subprocess.Popen(command(), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while started.poll() is None and len(list((tmp_path / "out").rglob("units/*"))) < wanted:
            time.sleep(0.01)
        started.kill()
        started.wait()
    run(tmp_path)
    assert tree(tmp_path) == tree(whole)
