"""Run every benchmark and write `benchmarks/RESULTS.md` and `benchmarks/results.json`.

    python benchmarks/run.py [--documents FILE.parquet] [--peer-python PYTHON] [--aligned FOLDER]
        [--only NAME ...]

Each benchmark is a script that prints one JSON object; here it runs in a process of its own, one after the other. With
`--only` the other lines stay as they are in `results.json`. Takes some 25 minutes on two cores.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from child import environment
from documents import MADE_MEGABYTES, source_of
from given import options, parsed
from peer import versions
from results import result_of
from results_page import page

HERE = Path(__file__).parent
JSON, PAGE = HERE / "results.json", HERE / "RESULTS.md"
ALIGNMENT = {"alignment_speed", "alignment_quality"}
WITHOUT_PEER = {"memory", "startup", "dedup_quality", "dedup_scale", "pair_chain", *ALIGNMENT}
WITHOUT_DOCUMENTS = {"warc_speed", "dedup_scale", "pair_chain", *ALIGNMENT}
BENCHMARKS: dict[str, tuple[str, ...]] = {
    "pipeline_speed": ("--megabytes", "40"),
    "heuristics_agreement": ("--per-language", "80", "--made", "5"),
    "minhash_speed": ("--megabytes", "4", "--repeats", "3"),
    "dedup_quality": ("--count", "20000"),
    "dedup_peers": ("--count", "4000", "--repeats", "3"),
    "dedup_scale": ("--millions", "1", "2", "5", "10", "--text-millions", "0.3", "--verify", "exact"),
    "pair_chain": ("--rows", "6000"),
    "alignment_speed": (),
    "alignment_quality": (),
    "language_speed": ("--limit", "4000", "--repeats", "3"),
    "warc_speed": ("--pages-megabytes", "4"),
    "memory": ("--megabytes", "300", "--warc-megabytes", "12"),
    "startup": (),
}
"""Scripts and their options, in the order of the table."""


def machine() -> dict[str, Any]:
    """What is measured on."""
    import psutil

    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1),
    }


def about_documents(documents: Path | None, path: Path) -> str:
    """What the rows are, in a sentence."""
    import pyarrow.parquet as pq

    rows = pq.ParquetFile(path).metadata.num_rows
    if documents is not None:
        return f"Documents: a Parquet file of {rows:,} rows given with `--documents`, of which each line uses a part."
    return (
        f"Documents: {rows:,} made from lines of the sample crawl ({MADE_MEGABYTES:.0f} MB: one declaration in 90 "
        "languages, put together anew; see `documents.py`). They repeat one another more than real documents do: give "
        "`--documents` for figures that mean more."
    )


def run_one(name: str, given: argparse.Namespace, documents: Path) -> dict[str, Any]:
    """Run one script.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, str(HERE / f"{name}.py"), *BENCHMARKS[name]]
    if name not in WITHOUT_DOCUMENTS:
        command += ["--documents", str(documents)]
    if name not in WITHOUT_PEER:
        command += ["--peer-python", given.peer_python]
    if name == "alignment_quality":
        command += ["--beads", str(given.aligned)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment())
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def main() -> None:
    """Run what is asked for and write."""
    parser = options(__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(BENCHMARKS), default=list(BENCHMARKS), help="run these")
    parser.add_argument("--aligned", type=Path, help="hand-aligned documents for alignment_quality")
    given = parsed(parser)
    documents = source_of(given.documents)
    before = json.loads(JSON.read_text()) if JSON.exists() and set(given.only) != set(BENCHMARKS) else {}
    details: dict[str, Any] = before.get("details", {})
    failed: dict[str, str] = {}
    about = {
        "date": datetime.date.today().isoformat(), "machine": machine(), "failed": failed,
        "documents": about_documents(given.documents, documents),
        "versions": {"ours": versions(sys.executable), "the peer's": versions(given.peer_python)},
        "options": "; ".join(" ".join((name, *BENCHMARKS[name])) for name in BENCHMARKS),
    }  # fmt: skip
    for name in BENCHMARKS:
        if name not in given.only or (name == "alignment_quality" and given.aligned is None):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            details[name] = run_one(name, given, documents)
        except (RuntimeError, ValueError) as error:
            failed[name] = str(error)
            details.pop(name, None)
    measured = [name for name in BENCHMARKS if name in details]
    lines = [line for name in measured for line in importlib.import_module(name).results(details[name])]
    content = about | {"results": [line.to_json() for line in lines], "details": details}
    JSON.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(content, [result_of(entry) for entry in content["results"]]), "utf-8")
    print(f"written: {PAGE}", file=sys.stderr)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
