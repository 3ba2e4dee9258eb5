"""The pretraining pipeline from Parquet, whole, beside the same steps in datatrove; and two workers beside one.

    python benchmarks/pipeline_speed.py [--documents FILE.parquet] [--peer-python PYTHON] [--megabytes 20]

Both sides read one Parquet file and end with Parquet per language, each in a process of its own; CPU seconds are those
of the whole process, start-up included, with compiled kernels and modules in their caches. Ours is `hexapla run` on
`--executor local` (which also verifies near-duplicates on the text, counts rows by language and reason, and writes a
report); datatrove's side is `peer_pipeline.py`, with a block of its own for every step. What a run costs whatever its
size (start-up, word tokenizers, a file per language) is measured on one short row of each language and subtracted for
the second ratio, which is what large inputs come near to.

The overhead of workers is that of `--executor ray` with two workers over one, on the rows four times in four files;
all processes of the cluster are counted. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from child import BENCH, Used, median_run, run
from documents import source_of, texts_of, write_documents
from given import options, parsed
from results import Result, ratio

PIPELINE = """name: pretraining
input: {path: input/*.parquet, format: parquet}
stages:
  - language: {model: cld2}
  - heuristics: {preset: fineweb2}
  - exact_dedup: {}
  - minhash_dedup: {buckets: 14, rows: 8, threshold: 0.75}
  - toxicity: {max_density: 0.01}
  - pii: {}
  - export: {layout: per-language}
output: out/
"""
PEER = Path(__file__).with_name("peer_pipeline.py")


def our_command(file: Path, output: Path, *more: str) -> list[str | Path]:
    """`hexapla run` into a folder that is not there yet."""
    return [sys.executable, "-m", "hexapla", "run", file, "--output", output, *more]


def make_folder(folder: Path, texts: list[str], files: int = 1) -> tuple[Path, float]:
    """A pipeline file beside its input in so many files; the texts are in each, told apart by their last line."""
    (folder / "input").mkdir(parents=True)
    size = 0.0
    for number in range(files):
        marked = [f"{text}\n{number}" for text in texts] if files > 1 else texts
        size += write_documents(marked, folder / "input" / f"{number}.parquet", first=number * len(texts))
    file = folder / "pretraining.yaml"
    file.write_text(PIPELINE)
    return file, size


def our_runs(file: Path, repeats: int) -> Used:
    """The median of several runs on the local executor."""
    folder = file.parent
    return median_run(
        [our_command(file, folder / f"out-{n}", "--executor", "local") for n in range(repeats)], folder=folder
    )


def our_rules() -> dict[str, Any]:
    """The thresholds and stop words of the default preset, and our word lists, as the peer's script takes them."""
    import numpy as np
    from hexapla.filters.rules import load_preset, shipped_stop_words
    from hexapla.filters.toxicity import SHIPPED, read_term_list

    bad: dict[str, list[str]] = {}
    for path in sorted(SHIPPED.glob("*.txt")):
        terms = read_term_list(path)
        bad |= {language: sorted({*terms.strong, *terms.weak}) for language in terms.languages}
    rules, stops = load_preset("fineweb2"), shipped_stop_words()

    def limits(language: str) -> dict[str, float]:
        values = rules.thresholds(language, None)
        return {name: float(value) for name, value in zip(rules.names, values, strict=True) if not np.isnan(value)}

    thresholds = {code: limits(code) for code in sorted({*rules.languages, *stops})}
    thresholds |= {f"_{script}": limits(f"und_{script}") for script in rules.scripts} | {"": limits("")}
    stop_words = {code: list(words) for code, words in stops.items()}
    return {"thresholds": thresholds, "stop_words": stop_words, "bad_words": bad}


def peer_run(folder: Path, name: str, python: str, model: Path) -> tuple[Used, dict[str, Any]]:
    """One run of the peer, and its report."""
    work = folder / name
    work.mkdir()
    settings = our_rules() | {
        "input": str(folder / "input"), "work": str(work), "report": str(work / "report.json"), "model": str(model),
    }  # fmt: skip
    (work / "settings.json").write_text(json.dumps(settings))
    used = run([python, PEER, work / "settings.json"], folder=work)
    report: dict[str, Any] = json.loads((work / "report.json").read_text())
    return used, report


def language_model(texts: list[str], folder: Path) -> Path:
    """The stand-in for lid.176 that `language_speed.py` trains, on at most 3,000 of the rows."""
    import pyarrow as pa
    from language_speed import stand_in

    return stand_in(pa.array(texts[:3000], pa.string()), folder)


def one_of_each(texts: list[str]) -> list[str]:
    """The shortest text of each language that has 200 characters."""
    import pyarrow as pa
    from hexapla.filters.language import Cld2Detector, identify

    found: dict[str, str] = {}
    named = identify(pa.array(texts, pa.string()), Cld2Detector()).language.to_pylist()
    for language, text in zip(named, texts, strict=True):
        if len(text) >= 200 and len(text) < len(found.get(language, text + " ")):
            found[language] = text
    return list(found.values())


def stages_of(output: Path) -> dict[str, dict[str, Any]]:
    """CPU seconds, and rows in, removed and out, of every stage of a run."""
    found = {}
    for folder in sorted((output / "stages").iterdir()):
        timings = json.loads((folder / "timings.json").read_text())
        totals = json.loads((folder / "ledger.json").read_text())["totals"]
        counts = {key: totals.get(key, 0) for key in ("in", "removed", "out")}
        found[folder.name] = {"cpu_seconds": timings["cpu_seconds"], "group": timings["group"], **counts}
    return found


def kept_ids(folder: Path) -> dict[str, str]:
    """Language by id of the rows in all Parquet files below a folder."""
    import pyarrow.parquet as pq

    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.parquet")):
        table = pq.ParquetFile(file).read(["id", "language"])
        found |= dict(zip(table["id"].to_pylist(), table["language"].to_pylist(), strict=True))
    return found


def removed_by(output: Path, stages: tuple[str, ...]) -> dict[str, str]:
    """Language by id of the rows that some stages removed."""
    return {
        key: language
        for folder in (output / "stages").iterdir()
        if folder.name[3:] in stages and (folder / "removed").exists()
        for key, language in kept_ids(folder / "removed").items()
    }


def compare_verdicts(output: Path, peer: dict[str, Any], rows: int) -> dict[str, Any]:
    """Which rows both sides drop: by the filters, and by filters and dedup together; by language for the filters."""
    filtered = removed_by(output, ("heuristics",))
    kept = kept_ids(output / "data")
    everything = {str(number) for number in range(rows)}
    peer_filtered = everything - set(peer["after_filters"])
    peer_gone = everything - set(peer["after_dedup"])
    language = kept | filtered | removed_by(output, ("exact_dedup", "minhash_dedup", "toxicity"))
    by_language: dict[str, list[int]] = {}
    for key in everything:
        counts = by_language.setdefault(language.get(key, "und"), [0, 0, 0, 0])
        ours, theirs = key in filtered, key in peer_filtered
        for place, true in enumerate((True, ours, theirs, ours == theirs)):
            counts[place] += true
    largest = sorted(by_language.items(), key=lambda pair: (-pair[1][0], pair[0]))[:30]
    return {
        "filters": _both(set(filtered), peer_filtered, rows),
        "filters_and_dedup": _both(everything - set(kept), peer_gone, rows),
        "filters_by_language": {
            name: dict(zip(("rows", "we_drop", "peer_drops", "equal"), counts, strict=True)) for name, counts in largest
        },
    }


def _both(ours: set[str], theirs: set[str], rows: int) -> dict[str, Any]:
    return {
        "we_drop": len(ours), "peer_drops": len(theirs), "both_drop": len(ours & theirs),
        "equal": round(1 - len(ours ^ theirs) / rows, 4),
    }  # fmt: skip


def side_by_side(texts: list[str], work: Path, python: str, repeats: int) -> dict[str, Any]:
    """Both pipelines on the same rows, and both on one row of each language."""
    whole, size = make_folder(work / "whole", texts)
    few, _ = make_folder(work / "few", one_of_each(texts))
    model = language_model(texts, work)
    run(our_command(whole, work / "whole" / "warm", "--executor", "local"), folder=whole.parent)  # fills the caches
    our_start = our_runs(few, repeats)
    ours = our_runs(whole, repeats)
    peer_run(few.parent, "peer-warm", python, model)
    peer_start, _ = peer_run(few.parent, "peer", python, model)
    theirs, report = peer_run(whole.parent, "peer", python, model)
    output = whole.parent / "out-0"
    verdicts = compare_verdicts(output, report, len(texts))
    peer_stages = {key: report[key] for key in ("cpu_seconds", "drops", "errors", "fallback_tokenizer")}
    return {
        "rows": len(texts),
        "megabytes": size,
        "repeats": repeats,
        "ours": {"cpu_seconds": round(ours.cpu_seconds, 2), "start": round(our_start.cpu_seconds, 2),
                 "peak_memory_mb": ours.peak_mb, "stages": stages_of(output)},
        "datatrove": {"cpu_seconds": round(theirs.cpu_seconds, 2), "start": round(peer_start.cpu_seconds, 2),
                      "peak_memory_mb": theirs.peak_mb, "steps": peer_stages},
        "agreement": verdicts,
    }  # fmt: skip


def workers(texts: list[str], work: Path, repeats: int) -> dict[str, Any]:
    """CPU seconds of Ray with one and two workers, cluster included, on the rows four times over in four files."""
    file, size = make_folder(work / "workers", texts, files=4)
    found: dict[str, Any] = {"rows": 4 * len(texts), "megabytes": round(size, 2), "repeats": repeats}
    for count in (1, 2):
        commands = [
            our_command(file, file.parent / f"out-{count}-{n}", "--executor", "ray", "--workers", str(count))
            for n in range(repeats)
        ]
        used = median_run(commands, folder=file.parent, tree=True)
        stages = stages_of(file.parent / f"out-{count}-0")
        found[str(count)] = {
            "cpu_seconds": round(used.cpu_seconds, 2), "peak_memory_mb": used.peak_mb,
            "stage_cpu_seconds": round(tasks_seconds(file.parent / f"out-{count}-0"), 2), "stages": len(stages),
        }  # fmt: skip
    return found


def tasks_seconds(output: Path) -> float:
    """CPU seconds inside all tasks of a run, as their records have them."""
    records = [json.loads(path.read_text()) for path in (output / "stages").glob("*/units/*.json")]
    return float(sum(record["cpu_seconds"] for record in records))


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    texts = texts_of(source_of(given.documents), given.megabytes)
    with tempfile.TemporaryDirectory(prefix="pipeline-", dir=BENCH) as work:
        found = side_by_side(texts, Path(work), given.peer_python, given.repeats)
        found["workers"] = workers(texts, Path(work), max(1, given.repeats // 2)) if given.workers else None
    return found


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    ours, peer, verdicts = found["ours"], found["datatrove"], found["agreement"]
    size = {"rows": found["rows"], "megabytes": found["megabytes"]}
    runs = f"{found['repeats']} / 1"
    agreement = (
        f"same rows dropped by the filters: {verdicts['filters']['equal']:.1%}; "
        f"by filters and dedup: {verdicts['filters_and_dedup']['equal']:.1%}"
    )
    seconds, theirs = ours["cpu_seconds"], peer["cpu_seconds"]
    steady = (seconds - ours["start"], theirs - peer["start"])
    whole = Result(
        "whole pipeline from Parquet", **size, ours_cpu=seconds, peer_cpu=theirs, measured=ratio(theirs, seconds),
        target=30, ours_peak=ours["peak_memory_mb"], peer_peak=peer["peak_memory_mb"], agreement=agreement, runs=runs,
        note="whole processes, start-up included",
    )  # fmt: skip
    note = f"one row of each language takes {ours['start']:.1f} s, with datatrove {peer['start']:.1f} s"
    without = Result(
        "whole pipeline, fixed costs subtracted", **size, ours_cpu=round(steady[0], 2), peer_cpu=round(steady[1], 2),
        measured=ratio(steady[1], steady[0]), runs=runs, note=note,
    )  # fmt: skip
    lines = [whole, without]
    if found.get("workers"):
        pair = found["workers"]
        one, two = pair["1"]["cpu_seconds"], pair["2"]["cpu_seconds"]
        overhead = Result(
            "two Ray workers over one", rows=pair["rows"], megabytes=pair["megabytes"], ours_cpu=two, peer_cpu=None,
            measured=round(100 * (two / one - 1), 1), unit="%", target=10, kind="at most",
            ours_peak=pair["2"]["peak_memory_mb"], runs=str(pair["repeats"]),
            note=f"one worker: {one:.1f} s; all processes of the cluster are counted",
        )  # fmt: skip
        lines.append(overhead)
    return lines


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--megabytes", type=float, default=20.0, help="how much of the documents is used")
    parser.add_argument("--repeats", type=int, default=5, help="runs of ours, for the median (the peer: 1)")
    parser.add_argument("--no-workers", dest="workers", action="store_false", help="leave out the two Ray runs")
    print(json.dumps(measure(parsed(parser)), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
