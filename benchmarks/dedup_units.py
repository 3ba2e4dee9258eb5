"""What a shingle is made of: words and letters by script (`auto`), words everywhere, letters everywhere.

    python benchmarks/dedup_units.py [--groups FILE.parquet] [--documents FILE.parquet]

The rows have a `group`: those of one group are meant to be duplicates of one another, all others not, whatever the
similarity of their shingles says; `set` (any name) tells them apart in the result, `edit_rate` (may be null) says how
much of a row was changed. Without `--groups`, they are made from the documents: four copies of each, with 1, 2,
5 and 10 % of their words replaced. For every unit and length of shingle the stage runs with its other defaults.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from child import BENCH
from dedup_quality import removed_by_the_stage
from dedup_truth import UNSPACED_NAMES, scripts_of
from documents import megabytes_of, source_of, texts_of
from given import options, parsed

VARIANTS = (("auto", 5), ("words", 5), ("characters", 5), ("characters", 13))
RATES = (0.0, 0.01, 0.02, 0.05, 0.1)
MADE = 1200


def made_groups(texts: list[str]) -> list[dict[str, Any]]:
    """Each of some texts with its edited copies."""
    chance, rows = random.Random(2), []
    chosen = [text for text in texts if len(text) > 300][:MADE]
    for number, (text, script) in enumerate(zip(chosen, scripts_of(chosen), strict=True)):
        parts = list(text) if script in UNSPACED_NAMES else re.split(r"(\s+)", text)
        pool = [part for part in parts if part.strip()]
        for rate in RATES:
            new = (chance.choice(pool) if part.strip() and chance.random() < rate else part for part in parts)
            rows.append({"set": "made", "group": str(number), "edit_rate": rate, "text": "".join(new)})
    return rows


def pairs_of(groups: list[str]) -> npt.NDArray[np.int64]:
    """All pairs of rows of one group."""
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    found = [(one, other) for own in members.values() for at, one in enumerate(own) for other in own[at + 1 :]]
    return np.array(found, np.int64).reshape(-1, 2)


def variant(rows: list[dict[str, Any]], scripts: list[str], unit: str, size: int) -> dict[str, Any]:
    """One unit of shingles: what is found, what is wrong, what it costs."""
    import time

    import pyarrow as pa
    from hexapla.kernels.minhash import Scheme, signatures

    texts = [row["text"] for row in rows]
    array, scheme = pa.array(texts, pa.string()), Scheme(14, 8, size, unit=unit)  # type: ignore[arg-type]
    signatures(array.slice(0, 10), scheme)
    started = time.process_time()
    drawn = signatures(array, scheme)
    seconds = time.process_time() - started
    with tempfile.TemporaryDirectory(prefix="units-", dir=BENCH) as work:
        found, run_seconds, peak = removed_by_the_stage(texts, Path(work), f"exact, shingles: {unit}, shingle: {size}")
    pairs = pairs_of([row["group"] for row in rows])
    one, other = pairs.T
    candidate = (drawn.keys[one] == drawn.keys[other]).any(axis=1)
    resolved = ~(found["kept"][one] & found["kept"][other])
    unspaced = np.array([script in UNSPACED_NAMES for script in scripts])
    sets, rates = np.array([row["set"] for row in rows]), np.array([row["edit_rate"] or 0.0 for row in rows])
    group = np.array([row["group"] for row in rows])
    gone = np.flatnonzero(~found["kept"])
    wrong = group[gone] != group[found["of"][gone]]
    parts: dict[str, Any] = {}
    for name in sorted({*sets.tolist()}):
        for label, of_script in (("spaced", ~unspaced), ("unspaced", unspaced)):
            own = (sets == name) & of_script
            within = own[one] & own[other]
            if not within.any():
                continue
            parts[f"{name}, {label}"] = {
                "rows": int(own.sum()), "pairs": int(within.sum()),
                "candidates": round(float(candidate[within].mean()), 4),
                "resolved": round(float(resolved[within].mean()), 4),
                "removed": int(own[gone].sum()), "removed_for_another_group": int(wrong[own[gone]].sum()),
                "resolved_by_edit_rate": _by_rate(rates[other], rates[one], within, resolved),
            }  # fmt: skip
    return {
        "unit": unit, "shingle": size, "signature_cpu_seconds": round(seconds, 3),
        "run_cpu_seconds": round(run_seconds, 2), "peak_memory_mb": peak,
        "shingles": int(drawn.shingles.sum()), "parts": parts,
    }  # fmt: skip


def _by_rate(
    one: npt.NDArray[Any], other: npt.NDArray[Any], within: npt.NDArray[Any], resolved: npt.NDArray[Any]
) -> dict[str, list[float]]:
    """Pairs with an unedited row, by how much the other was edited: how many, and the share that is resolved."""
    rate = np.maximum(one, other)
    plain = within & (np.minimum(one, other) == 0)
    found = {}
    for low, high in ((0.0, 0.0), (0.0, 0.01), (0.01, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 1.0)):
        chosen = plain & ((rate == 0) if high == 0 else (rate > low) & (rate <= high))
        if chosen.any():
            found[f"{high:.0%}" if high < 1 else "more"] = [int(chosen.sum()), round(float(resolved[chosen].mean()), 4)]
    return found


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """All variants."""
    if given.groups:
        import pyarrow.parquet as pq

        rows = pq.read_table(given.groups).to_pylist()
    else:
        rows = made_groups(texts_of(source_of(given.documents)))
    texts = [row["text"] for row in rows]
    scripts = scripts_of(texts)
    return {"rows": len(rows), "megabytes": megabytes_of(texts),
            "variants": [variant(rows, scripts, unit, size) for unit, size in VARIANTS]}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, peer=False)
    parser.add_argument("--groups", type=Path, help="Parquet file with text, group, set, edit_rate")
    print(json.dumps(measure(parsed(parser)), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
