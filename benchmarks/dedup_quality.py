"""Recall and precision of `minhash_dedup` against the true similarity of all pairs, by similarity and by script.

    python benchmarks/dedup_quality.py [--documents FILE.parquet] [--count 20000]

The corpus is `--count` documents: texts of the file, planted editions of them in every script, and pieces of a few
words or letters (see `dedup_truth.py`). The similarity of all pairs is counted without signatures; the stage runs as
it does for a user, with its defaults, and what it removed is held against it. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from child import BENCH, run
from dedup_truth import Corpus, Pairs, all_pairs, corpus, kernel_sets, own_sets, similarity_of
from documents import megabytes_of, source_of, texts_of
from given import options, parsed
from pipeline_speed import our_command
from results import Result

BANDS, ROWS, SHINGLE, THRESHOLD = 14, 8, 5, 0.75
EDGES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.01)
PIPELINE = """name: quality
input: {path: input/*.parquet, format: parquet}
stages:
  - minhash_dedup: {verify: VERIFY}
output: out/
"""


def removed_by_the_stage(texts: list[str], folder: Path, verify: str = "exact") -> tuple[dict[str, Any], float, float]:
    """What the stage did to each text: its cluster, whom it duplicates, how similar; CPU seconds and peak memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "input").mkdir(parents=True)
    ids = [str(number) for number in range(len(texts))]
    pq.write_table(pa.table({"id": ids, "text": pa.array(texts, pa.string())}), folder / "input" / "0.parquet")
    file = folder / "quality.yaml"
    file.write_text(PIPELINE.replace("VERIFY", verify))
    used = run(our_command(file, folder / "out", "--executor", "local"), folder=folder)
    stage = folder / "out" / "stages" / "01-minhash_dedup"
    kept = read(stage / "data", ["uid", "id", "cluster_id"])
    gone = read(stage / "removed", ["uid", "id", "cluster_id", "duplicate_of", "similarity"])
    number = {row["uid"]: int(row["id"]) for row in (*kept, *gone)}
    size = len(texts)
    found = {
        "cluster": np.array([-1] * size), "of": np.array([-1] * size), "similarity": np.full(size, np.nan),
        "kept": np.zeros(size, bool),
    }  # fmt: skip
    for row in (*kept, *gone):
        place = int(row["id"])
        found["cluster"][place] = number[row["cluster_id"]]
        if "duplicate_of" in row:
            found["of"][place] = number[row["duplicate_of"]]
            found["similarity"][place] = np.nan if row["similarity"] is None else row["similarity"]
        else:
            found["kept"][place] = True
    if len(number) != size:
        raise SystemExit(f"{size} documents went in, {len(number)} came out")
    return found, used.cpu_seconds, used.peak_mb


def read(folder: Path, columns: list[str]) -> list[dict[str, Any]]:
    """Rows of all Parquet files below a folder."""
    import pyarrow.parquet as pq

    return [row for file in sorted(folder.rglob("*.parquet")) for row in pq.ParquetFile(file).read(columns).to_pylist()]


def expected(similarity: npt.NDArray[np.float64]) -> float | None:
    """The share of such pairs that become candidates by theory."""
    return round(float((1 - (1 - similarity**ROWS) ** BANDS).mean()), 4) if len(similarity) else None


def share(part: npt.NDArray[np.bool_]) -> float | None:
    """How many of them are true."""
    return round(float(part.mean()), 4) if len(part) else None


def by_similarity(pairs: Pairs, candidate: npt.NDArray[np.bool_], found: dict[str, Any]) -> list[dict[str, Any]]:
    """Recall in every bin of true similarity, and what was removed there."""
    first, second, similarity = pairs
    resolved = ~(found["kept"][first] & found["kept"][second])
    together = found["cluster"][first] == found["cluster"][second]
    removed = (found["of"][first] == second) | (found["of"][second] == first)
    rows = []
    for low, high in pairwise(EDGES):
        within = (similarity >= low) & (similarity < high)
        rows.append({
            "from": low, "to": min(high, 1.0), "pairs": int(within.sum()),
            "theory": expected(similarity[within]),
            "candidates": share(candidate[within]), "resolved": share(resolved[within]),
            "one_cluster": share(together[within]), "removed_for_each_other": int(removed[within].sum()),
        })  # fmt: skip
    return rows


def by_script(made: Corpus, pairs: Pairs, candidate: npt.NDArray[np.bool_], found: dict[str, Any],
              unique: npt.NDArray[np.bool_], precise: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:  # fmt: skip
    """The same for every script with at least 50 documents."""
    first, second, similarity = pairs
    names = np.array(made.scripts)
    resolved = ~(found["kept"][first] & found["kept"][second])
    rows = []
    for name in sorted({*made.scripts}):
        own = names == name
        if own.sum() < 50:
            continue
        high = own[first] & (similarity >= 0.85)
        middle = own[first] & (similarity >= THRESHOLD) & (similarity < 0.85)
        gone = own & ~found["kept"]
        rows.append({
            "script": name, "documents": int(own.sum()), "short": int((own & (np.array(made.kinds) == "short")).sum()),
            "pairs": int(high.sum()), "candidates": share(candidate[high]), "theory": expected(similarity[high]),
            "resolved": share(resolved[high]),
            "pairs_below": int(middle.sum()), "resolved_below": share(resolved[middle]),
            "removed": int(gone.sum()), "precision": share(precise[gone]),
            "unique": int((own & unique).sum()), "unique_lost": int((own & unique & ~found["kept"]).sum()),
        })  # fmt: skip
    return rows


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    import pyarrow as pa
    from hexapla.kernels.minhash import Scheme, signatures

    made = corpus(texts_of(source_of(given.documents)), given.count)
    texts, size = made.texts, len(made.texts)
    sets = kernel_sets(texts, shingle=SHINGLE)
    pairs = all_pairs(sets, 0.5)
    first, second, similarity = pairs
    drawn = signatures(pa.array(texts, pa.string()), Scheme(BANDS, ROWS, SHINGLE))
    candidate = (drawn.keys[first] == drawn.keys[second]).any(axis=1)
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="quality-", dir=BENCH) as scratch:
        found, cpu, peak = removed_by_the_stage(texts, Path(scratch))
    independent = own_sets(texts, SHINGLE)
    checked = all_pairs(independent, 0.5)
    unique = np.ones(size, bool)
    for one in (0, 1):
        unique[pairs[one][similarity >= THRESHOLD]] = False
    gone = np.flatnonzero(~found["kept"])
    true = np.full(size, np.nan)
    true[gone] = similarity_of(sets, gone, found["of"][gone])
    also = similarity_of(independent, gone, found["of"][gone])
    unique_too = np.ones(size, bool)
    for one in (0, 1):
        unique_too[checked[one][checked[2] >= THRESHOLD]] = False
    high = similarity >= 0.85
    resolved = ~(found["kept"][first] & found["kept"][second])
    short = np.array(made.kinds) == "short"
    high_too = checked[2] >= 0.85
    resolved_too = ~(found["kept"][checked[0]] & found["kept"][checked[1]])
    return {
        "documents": size, "megabytes": megabytes_of(texts), "cpu_seconds": round(cpu, 2), "peak_memory_mb": peak,
        "kinds": {kind: made.kinds.count(kind) for kind in ("real", "edited", "cut", "short")},
        "pairs": len(similarity), "bins": by_similarity(pairs, candidate, found),
        "scripts": by_script(made, pairs, candidate, found, unique, true >= THRESHOLD - 1e-9),
        "recall": share(resolved[high]), "candidate_recall": share(candidate[high]),
        "removed": len(gone), "precision": share(true[gone] >= THRESHOLD - 1e-9),
        "least_similarity": round(float(true[gone].min(initial=1)), 4),
        "wrong_similarity": int((np.abs(true[gone] - found["similarity"][gone]) > 1e-6).sum()),
        "unique": int(unique.sum()), "unique_lost": int((unique & ~found["kept"]).sum()),
        "short": int(short.sum()), "short_unique": int((short & unique).sum()),
        "short_unique_lost": int((short & unique & ~found["kept"]).sum()),
        "independent": {
            "pairs": len(checked[2]), "recall": share(resolved_too[high_too]),
            "precision": share(also >= THRESHOLD - 1e-9),
            "below_by_at_most": round(float(max(0.0, THRESHOLD - also.min(initial=1))), 4),
            "unique": int(unique_too.sum()), "unique_lost": int((unique_too & ~found["kept"]).sum()),
            "removed_pairs_of_other_similarity": int((np.abs(also - true[gone]) > 1e-9).sum()),
        },
    }  # fmt: skip


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    size = {"rows": found["documents"], "megabytes": found["megabytes"], "peer_cpu": None}
    about = f"{len(found['scripts'])} scripts, all {found['pairs']:,} pairs from .5 on counted without signatures"
    lines = []
    for name, value, unit, target, kind, note in (
        ("dedup: recall at J >= .85", 100 * found["recall"], "%", 95, "at least", about),
        ("dedup: precision of what is removed", 100 * (found["precision"] or 1), "%", 100, "at least",
         f"true similarity to `duplicate_of` >= {THRESHOLD}"),
        ("dedup: unique documents lost", found["unique_lost"], "", 0, "at most",
         f"of {found['unique']:,}, {found['short_unique']:,} of them of a few words or letters"),
    ):  # fmt: skip
        line = Result(name, **size, ours_cpu=found["cpu_seconds"], measured=round(value, 2), unit=unit, target=target,
                      kind=kind, ours_peak=found["peak_memory_mb"], note=note)  # type: ignore[arg-type]  # fmt: skip
        lines.append(line)
    return lines


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, peer=False)
    parser.add_argument("--count", type=int, default=20_000, help="documents in all")
    print(json.dumps(measure(parsed(parser)), indent=1))


if __name__ == "__main__":
    main()
