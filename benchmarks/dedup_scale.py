"""How `minhash_dedup` grows: made-up signatures of millions of documents through its steps, texts through all of it.

    python benchmarks/dedup_scale.py [--millions 1 2 5 10] [--text-millions 1]

**Signatures.** For every document 14 band keys: three documents in ten belong to families of skewed sizes (the largest
has some thousands) and share each key with the family with the probability J^8 of their similarity, and one document
in a hundred shares one key with all others of these. The keys are written as partition files of units of 100,000
documents, and go through `candidates`, `components`, `ranks`, `verify` (off) and `apply`, with the files and the number
of partitions that the engine plans for 1 KB of text each. One process does everything, one call after the other, so
that its peak is that of the largest call. Then the same with one key that a million documents have in common.

**Texts.** Texts of 60 made-up words in the same families, with the same skew, through `hexapla run`.

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from child import BENCH, environment, peak_memory, run
from given import options, parsed
from pipeline_speed import our_command
from results import Result

BANDS, ROWS = 14, 8
UNIT_ROWS = 100_000
TEXT_BYTES = 1000
"""Size of a document for which partitions are planned."""

WORDS, VOCABULARY = 60, 30_000
EDITS = (0.0, 0.002, 0.005, 0.02)
"""How many words of a copy are replaced; `1 - (1 - e)^5` of its shingles go with them: similarities of .82 to 1."""

PIPELINE = """name: scale
input: {path: input/*.parquet, format: parquet}
stages:
  - minhash_dedup: {verify: VERIFY}
output: out/
"""


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Pseudo-random numbers (SplitMix64)."""
    with np.errstate(over="ignore"):
        state = values * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return state ^ (state >> np.uint64(31))


def shares(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Pseudo-random numbers from 0 to 1."""
    return (mixed(values) >> np.uint64(11)).astype(np.float64) / 2.0**53


def families(documents: npt.NDArray[np.uint64], total: int) -> npt.NDArray[np.uint64]:
    """The family of each document: of its own, or one of total / 20 families of skewed sizes."""
    in_family = shares(documents + np.uint64(1 << 40)) < 0.3
    drawn = (shares(documents + np.uint64(2 << 40)) ** 2 * (total // 20)).astype(np.uint64)
    return np.where(in_family, drawn + np.uint64(1 << 50), documents)


def keys_of(documents: npt.NDArray[np.uint64], total: int, crowd: int) -> npt.NDArray[np.uint64]:
    """The band keys of some documents; the first `crowd` documents have their first key in common."""
    family = families(documents, total)
    similarity = np.array([0.8, 0.9, 0.95, 1.0])[(mixed(documents + np.uint64(3 << 40)) & np.uint64(3)).astype(int)]
    band = np.arange(BANDS, dtype=np.uint64)
    with np.errstate(over="ignore"):
        own = mixed(documents[:, None] * np.uint64(64) + band + np.uint64(5 << 56))
        common = mixed(family[:, None] * np.uint64(64) + band + np.uint64(7 << 56))
    shared = (own >> np.uint64(11)).astype(np.float64) / 2.0**53 < similarity[:, None] ** ROWS
    keys = np.where(shared, common, own)
    keys[shares(documents + np.uint64(4 << 40)) < 0.01, 1] = np.uint64(12345)
    keys[documents < np.uint64(crowd), 0] = np.uint64(54321)
    return keys


def rows_of(first: int, count: int) -> Iterator[Any]:
    """Rows of a unit with a place in it and a text of a length of its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for start in range(first, first + count, 4096):
        numbers = np.arange(start, min(start + 4096, first + count), dtype=np.uint64)
        uid = pc.cast(pa.array(mixed(numbers + np.uint64(6 << 40))), pa.string())
        yield pa.RecordBatch.from_pydict({"uid": uid, "text": pc.binary_repeat("x", pa.array(numbers % 50 + 1))})


class Exchange:
    """Partition files of steps, as the engine writes and reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files, self.bytes = folder, {}, {}
        self.rows: dict[str, int] = {}

    def write(self, step: str, index: int, batches: Iterator[Any], schema: Any) -> None:
        """Write what one call of a step gives."""
        from hexapla.engine.exchange import write_slices

        path = self.folder / f"{step}-{index}.parquet"
        _, slices = write_slices(batches, path, schema)
        self.files.setdefault(step, []).append((path, slices))
        self.bytes[step] = self.bytes.get(step, 0) + path.stat().st_size
        self.rows[step] = self.rows.get(step, 0) + sum(int(entry[1]) for entry in slices.values())

    def read(self, step: str, index: int, schema: Any) -> dict[str, Any]:
        """All rows of a partition, as the engine gives them to a step: read when they are asked for."""
        from hexapla.engine.exchange import SliceInput, SliceTables
        from hexapla.engine.store import Store

        key = str(index)
        files = tuple((path.name, tuple(slices[key][2:])) for path, slices in self.files[step] if key in slices)
        tables = SliceTables(Store(str(self.folder)), (SliceInput(step, files),), {step: schema})
        return {"tables": tables, "streams": {step: partial(tables.stream, step)}}

    def drop(self, step: str) -> None:
        """Delete the files of a step."""
        for path, _ in self.files.pop(step):
            path.unlink()


def signatures(total: int, crowd: int, work: Path) -> dict[str, Any]:
    """All steps but the signatures for so many documents."""
    import pyarrow as pa
    from hexapla.engine.exchange import sliced_schema, suggested_partitions
    from hexapla.engine.stage import StepInput
    from hexapla.stages.minhash_dedup import MinhashDedup

    partitions = suggested_partitions(total * TEXT_BYTES)
    units = range(-(-total // UNIT_ROWS))
    stage = MinhashDedup(buckets=BANDS, rows=ROWS, verify="off")
    steps = {step.name: step for step in stage.steps()}
    rows_schema = pa.schema([("uid", pa.string()), ("text", pa.string())])
    schemas = {name: sliced_schema(step, rows_schema) for name, step in steps.items() if name != "apply"}
    exchange, cost = Exchange(work), {}

    def count_of(unit: int) -> int:
        return min(UNIT_ROWS, total - unit * UNIT_ROWS)

    started = time.process_time()

    def close(name: str) -> None:
        nonlocal started
        seconds = time.process_time() - started
        cost[name] = {"cpu_seconds": round(seconds, 2), "peak_memory_mb": round(peak_memory() / 1e6),
                      "bytes_per_document": round(exchange.bytes.get(name, 0) / total, 1),
                      "rows": exchange.rows.get(name, 0)}  # fmt: skip
        print(total, name, cost[name], file=sys.stderr, flush=True)
        started = time.process_time()

    for unit in units:
        documents = np.arange(unit * UNIT_ROWS, unit * UNIT_ROWS + count_of(unit), dtype=np.uint64)
        keys = keys_of(documents, total, crowd).ravel()
        batch = pa.RecordBatch.from_pydict(
            {
                "band_key": keys,
                "unit": np.full(len(keys), unit, np.int32),
                "row": np.repeat(np.arange(len(documents), dtype=np.int32), BANDS),
                "partition": (keys % np.uint64(partitions)).astype(np.int32),
            },
            schema=schemas["signatures"],
        )
        exchange.write("signatures", unit, iter([batch]), schemas["signatures"])
    close("signatures")
    for name in ("candidates", "components", "ranks", "verify"):
        step, (before,) = steps[name], steps[name].slices
        indexes = {"partitions": range(partitions), "all": range(1), "units": units}[step.over]
        for index in indexes:
            rows = rows_of(index * UNIT_ROWS, count_of(index)) if step.over == "units" else iter(())
            given = StepInput(index, partitions, rows, **exchange.read(before, index, schemas[before]))
            exchange.write(name, index, step.run(given), schemas[name])
        close(name)
        if name != "components":
            exchange.drop(before)
    removed = 0
    for unit in units:
        rows = rows_of(unit * UNIT_ROWS, count_of(unit))
        given = StepInput(unit, partitions, rows, **exchange.read("verify", unit, schemas["verify"]))
        for outcome in steps["apply"].run(given):
            removed += 0 if outcome.removed is None else outcome.removed.num_rows
    close("apply")
    return {
        "documents": total, "crowd": crowd, "partitions": partitions, "units": len(units), "removed": removed,
        "candidates": exchange.rows["components"], "steps": cost,
        "cpu_seconds": round(sum(entry["cpu_seconds"] for name, entry in cost.items() if name != "signatures"), 1),
        "peak_memory_mb": round(peak_memory() / 1e6),
        "bytes_per_document": round(sum(exchange.bytes.values()) / total, 1),
    }  # fmt: skip


def write_texts(total: int, folder: Path) -> int:
    """Texts of made-up words in files of 100,000; returns their bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    chance = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    drawn = chance.integers(0, 26, (VOCABULARY, 12))
    lengths = chance.integers(2, 12, VOCABULARY)
    vocabulary = pa.array(["".join(letters[row[:end]]) for row, end in zip(drawn, lengths, strict=True)])
    size = 0
    for start in range(0, total, UNIT_ROWS):
        documents = np.arange(start, min(start + UNIT_ROWS, total), dtype=np.uint64)
        place = np.arange(WORDS, dtype=np.uint64)
        edits = np.array(EDITS)[(mixed(documents + np.uint64(8 << 40)) & np.uint64(3)).astype(int)]
        with np.errstate(over="ignore"):
            own = mixed(documents[:, None] * np.uint64(64) + place + np.uint64(9 << 56))
            common = mixed(families(documents, total)[:, None] * np.uint64(64) + place + np.uint64(11 << 56))
        replaced = (own >> np.uint64(11)).astype(np.float64) / 2.0**53 < edits[:, None]
        words = (np.where(replaced, mixed(own), common) % np.uint64(VOCABULARY)).astype(np.int32).ravel()
        borders = np.arange(len(documents) + 1, dtype=np.int32) * WORDS
        texts = pc.binary_join(pa.ListArray.from_arrays(borders, vocabulary.take(pa.array(words))), " ")
        size += texts.nbytes
        ids = pc.cast(pa.array(documents), pa.string())
        pq.write_table(pa.table({"id": ids, "text": texts}), folder / f"{start // UNIT_ROWS:04}.parquet")
    return size


def texts(total: int, verify: str, work: Path) -> dict[str, Any]:
    """The whole stage on made-up texts, as a user runs it."""
    (work / "input").mkdir(parents=True)
    size = write_texts(total, work / "input")
    file = work / "scale.yaml"
    file.write_text(PIPELINE.replace("VERIFY", verify))
    used = run(our_command(file, work / "out", "--executor", "local"), folder=work)
    stage = work / "out" / "stages" / "01-minhash_dedup"
    totals = json.loads((stage / "ledger.json").read_text())["totals"]
    records = [json.loads(path.read_text()) for path in (stage / "units").glob("*.json")]
    disk = sum(path.stat().st_size for path in (stage / "steps").rglob("*") if path.is_file())
    return {"documents": total, "verify": verify, "megabytes": round(size / 1e6, 1),
            "cpu_seconds": round(used.cpu_seconds, 1), "peak_memory_mb": used.peak_mb, "removed": totals["removed"],
            "calls": len(records), "step_bytes_per_document": round(disk / total, 1)}  # fmt: skip


def child(task: str, total: int, more: str, work: Path) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--task", task, str(total), more, str(work)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment())
    if done.returncode:
        raise SystemExit(f"{task} failed")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    found: dict[str, Any] = {"signatures": [], "texts": []}
    runs = [("signatures", int(count * 1e6), "0") for count in given.millions]
    runs += [("signatures", 2_000_000, "1000000")] if given.crowd else []
    runs += [("texts", int(given.text_millions * 1e6), verify) for verify in given.verify if given.text_millions]
    for task, total, more in runs:
        with tempfile.TemporaryDirectory(prefix="scale-", dir=BENCH) as work:
            found[task].append(child(task, total, more, Path(work)))
    return found


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    lines = []
    for entry in found["signatures"]:
        crowd = ", one key of a million of them" if entry["crowd"] else ""
        line = Result(
            f"dedup steps on signatures{crowd}", entry["documents"], entry["documents"] * TEXT_BYTES / 1e6,
            entry["cpu_seconds"], None, measured=entry["peak_memory_mb"], unit="MB", target=4000, kind="at most",
            ours_peak=entry["peak_memory_mb"],
            note=f"candidates to removal, verify: off; {entry['bytes_per_document']:.0f} bytes per document on disk; "
            f"the megabytes are those of the text that was planned for",
        )  # fmt: skip
        lines.append(line)
    for entry in found["texts"]:
        lines.append(Result(
            f"minhash_dedup, verify: {entry['verify']}", entry["documents"], entry["megabytes"], entry["cpu_seconds"],
            None, measured=entry["peak_memory_mb"], unit="MB", target=1000, kind="at most",
            ours_peak=entry["peak_memory_mb"],
            note=f"whole process; {entry['step_bytes_per_document']:.0f} bytes per document on disk for the steps",
        ))  # fmt: skip
    return lines


def main() -> None:
    """Measure one thing, or everything."""
    parser = options(__doc__, peer=False)
    parser.add_argument("--millions", type=float, nargs="*", default=[1, 2, 5, 10], help="documents, as signatures")
    parser.add_argument("--no-crowd", dest="crowd", action="store_false", help="leave out the key of a million")
    parser.add_argument("--text-millions", type=float, default=1, help="documents, as texts; 0 for none")
    parser.add_argument("--verify", nargs="+", default=["exact", "fast", "off"], help="how the texts are verified")
    parser.add_argument("--task", nargs=4, help=argparse.SUPPRESS)
    given = parsed(parser)
    if given.task:
        task, total, more, work = given.task
        if task == "signatures":
            print(json.dumps(signatures(int(total), int(more), Path(work))))
        else:
            print(json.dumps(texts(int(total), more, Path(work))))
        return
    print(json.dumps(measure(given), indent=1))


if __name__ == "__main__":
    main()
