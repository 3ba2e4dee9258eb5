"""MinHash dedup beside rensa, gaoya, datasketch, text-dedup and datatrove on the same texts: cost, and what is found.

    python benchmarks/dedup_peers.py [--documents FILE.parquet] [--count 4000] [--peer-python PYTHON]

The corpus is that of `dedup_quality.py`. Each tool is a process of its own (`dedup_peer.py`); CPU seconds are without
start-up and reading, of all threads. Recall (`resolved`) is of pairs with a true similarity of at least .85 of which
not both are kept; precision is the share of the documents beyond the first of each cluster that are similar (.75) to
the first; a document is lost when it goes though no other is similar to it. Tools that do not install are left out.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from child import BENCH, environment
from dedup_quality import SHINGLE, THRESHOLD, removed_by_the_stage
from dedup_truth import Pairs, Sets, all_pairs, corpus, kernel_sets, similarity_of
from documents import megabytes_of, source_of, texts_of
from given import options, parsed
from peer import environment_of
from results import Result, ratio

REQUIREMENTS = Path(__file__).with_name("peers_dedup.txt")
HIGH = 0.85


def quality(cluster: npt.NDArray[np.int64], sets: Sets, pairs: Pairs) -> dict[str, Any]:
    """How good clusters are; the first document of each stays.

    Args:
        cluster: for each document the one that stays of its cluster.
        sets: the shingles.
        pairs: all similar pairs.
    """
    first, second, similarity = pairs
    high = similarity >= HIGH
    gone = np.flatnonzero(cluster != np.arange(len(cluster)))
    unique = np.ones(len(cluster), bool)
    for ends in (first, second):
        unique[ends[similarity >= THRESHOLD]] = False
    resolved = (cluster[first] == cluster[second]) | np.isin(first, gone) | np.isin(second, gone)
    return {
        "one_cluster": round(float((cluster[first] == cluster[second])[high].mean()), 4),
        "resolved": round(float(resolved[high].mean()), 4),
        "removed": len(gone),
        "precision": round(float((similarity_of(sets, gone, cluster[gone]) >= THRESHOLD - 1e-9).mean()), 4),
        "unique_lost": int(unique[gone].sum()),
        "unique": int(unique.sum()),
    }


def tool(name: str, python: str, texts: Path, repeats: int) -> dict[str, Any] | str:
    """What another tool did, or why it did not."""
    command = [python, str(Path(__file__).with_name("dedup_peer.py")), name, str(texts), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no message"])[-1]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def ours(texts: list[str], work: Path, repeats: int, sets: Sets, pairs: Pairs) -> dict[str, Any]:
    """Our signatures, and what the stage keeps with and without verification."""
    from minhash_speed import prepare, side

    prepare(work, texts, 1000)
    drawn = side(sys.executable, work, "our_signatures", repeats)
    found = {"signature_seconds": drawn["cpu_seconds"], "peak_memory_mb": drawn["peak_memory_mb"]}
    for verify in ("exact", "off"):
        result, seconds, peak = removed_by_the_stage(texts, work / verify, verify)
        found[verify] = quality(result["cluster"], sets, pairs)
        found[verify] |= {"whole_run_seconds": round(seconds, 2), "peak_memory_mb": peak}
    return found


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    made = corpus(texts_of(source_of(given.documents)), given.count)
    texts = made.texts
    sets = kernel_sets(texts, shingle=SHINGLE)
    pairs = all_pairs(sets, THRESHOLD)
    megabytes = megabytes_of(texts)
    with tempfile.TemporaryDirectory(prefix="dedup-peers-", dir=BENCH) as scratch:
        work = Path(scratch)
        mine = ours(texts, work, given.repeats, sets, pairs)
        (work / "texts.json").write_text(json.dumps(texts), "utf-8")
        python = given.dedup_python or environment_of(REQUIREMENTS)
        tools: dict[str, Any] = {}
        for name in ("datatrove", "rensa", "rensa rho", "gaoya", "datasketch", "text-dedup"):
            found = tool(name, given.peer_python if name == "datatrove" else python, work / "texts.json", given.repeats)
            if isinstance(found, dict):
                clusters = found.pop("clusters", None)
                if clusters:
                    found |= quality(np.array(clusters), sets, pairs)
                for part in ("signature_seconds", "sketch_seconds", "cluster_seconds"):
                    if part in found:
                        found[part] = round(found[part], 3)
                found["ratio"] = ratio(found["signature_seconds"], mine["signature_seconds"])
                found["mb_per_second"] = round(megabytes / found["signature_seconds"], 2)
            tools[name] = found
    mine["mb_per_second"] = round(megabytes / mine["signature_seconds"], 1)
    return {"documents": len(texts), "megabytes": megabytes, "repeats": given.repeats,
            "pairs": int((pairs[2] >= HIGH).sum()), "ours": mine, "tools": tools}  # fmt: skip


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    mine, lines = found["ours"], []
    for name, other in found["tools"].items():
        if not isinstance(other, dict):
            continue
        agreement = ""
        if "resolved" in other:
            exact = mine["exact"]
            agreement = (
                f"recall {exact['resolved']:.3f} / {other['resolved']:.3f}; precision {exact['precision']:.3f} / "
                f"{other['precision']:.3f}; unique documents lost {exact['unique_lost']} / {other['unique_lost']}"
            )
        seconds = other["signature_seconds"]
        note = "without start-up and reading; " + ("files of both" if name == "datatrove" else "ours with its file")
        if "sketch_seconds" in other:
            note += f"; {other['sketch_seconds']} s of the peer's without its shingles, which Python code makes"
        line = Result(
            f"MinHash signatures beside {name} {other['version']}", found["documents"], found["megabytes"],
            mine["signature_seconds"], seconds, measured=other["ratio"], target=100 if name == "datatrove" else 1,
            ours_peak=mine["peak_memory_mb"], peer_peak=other["peak_memory_mb"], agreement=agreement,
            runs=f"{found['repeats']} / {found['repeats'] if name.startswith(('rensa', 'gaoya')) else 1}", note=note,
        )  # fmt: skip
        lines.append(line)
    return lines


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--count", type=int, default=4000, help="documents in all")
    parser.add_argument("--repeats", type=int, default=3, help="runs of the fast ones, for the median")
    parser.add_argument(
        "--dedup-python", help="Python of an environment with peers_dedup.txt; without it: built below .bench"
    )
    print(json.dumps(measure(parsed(parser)), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
