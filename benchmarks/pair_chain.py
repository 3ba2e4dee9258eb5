"""The usual ten rules on sentence pairs beside OpusFilter's: speed, and verdicts row by row.

    python benchmarks/pair_chain.py [--pairs FILE.parquet ...] [--rows 6000] [--pair-python PYTHON] [--fails OUT.json]

Each FILE has `lang`, `text` and what is the same in all languages (`doc_id` and `seg`, `page` and `block`, or
`article`); English is paired with every other language. Without: the declaration of human rights in the sample crawl,
all pairs of five languages in three scripts. One set for each file, damaged so that about half of the pairs fail; and
one for each rule, in which that rule alone drops about half. OpusFilter runs its chain (a pair goes no further once it
fails); here it is one stage that measures everything of every pair. CPU seconds without reading, both sides on the same
rows in one run. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from child import BENCH
from given import options, parsed
from hexapla.filters.pair_signals import scripts_of
from hexapla.filters.parallel_tables import UNSPACED_SCRIPTS
from hexapla.stages.pair_filter import PairFilter
from pair_damage import TARGETED, Pair, as_table, damaged, one_way_damaged
from peer import environment_of
from results import Result, ratio

REQUIREMENTS = Path(__file__).with_name("peers_pairs.txt")
PEER = Path(__file__).with_name("peer_pair_chain.py")
USUAL: dict[str, dict[str, Any]] = {
    "LengthFilter": {}, "LengthRatioFilter": {"unit": "char"}, "LongWordFilter": {}, "HtmlTagFilter": {},
    "AverageWordLengthFilter": {}, "CharacterScoreFilter": {}, "TerminalPunctuationFilter": {},
    "NonZeroNumeralsFilter": {}, "LongestCommonSubstringFilter": {}, "RepetitionFilter": {},
}  # fmt: skip
"""The usual ten with OpusFilter's defaults, in the order in which its generator and manual give them."""
KEYS = (("doc_id", "seg"), ("page", "block"), ("article",))
SHARE, TARGETED_SHARE = 0.55, 0.7
TARGETED_ROWS = 1200
RUNS = 3
SAMPLE = ("arb_Arab", "eng_Latn", "fra_Latn", "hin_Deva", "swh_Latn")


def comparable(language: str) -> bool:
    """Whether OpusFilter can be told the language's script (it takes one), and rules on words mean something."""
    return len(scripts_of(language)) == 1 and language.rpartition("_")[2] not in UNSPACED_SCRIPTS


def pairs_of_file(path: str) -> list[Pair]:
    """English with every other language; lines that are the same on both sides are left out."""
    rows = pq.read_table(path).to_pylist()
    key = next(key for key in KEYS if set(key) <= rows[0].keys())
    english = {tuple(row[name] for name in key): row["text"] for row in rows if row["lang"] == "eng_Latn"}
    found = []
    for row in rows:
        source = english.get(tuple(row[name] for name in key))
        if source and row["text"] not in ("", None, source) and row["lang"] != "eng_Latn" and comparable(row["lang"]):
            found.append((source.rstrip(), row["text"].rstrip(), "eng_Latn", row["lang"]))
    return found


def pairs_of_sample() -> list[Pair]:
    """The same article of the declaration in two of five languages."""
    import gzip

    from hexapla import pipelines

    folder = Path(next(iter(pipelines.__path__))) / "sample"
    lines = {
        language: gzip.decompress((folder / f"rights.{language}.gz").read_bytes()).decode().splitlines()
        for language in SAMPLE
    }
    return [
        (source, target, one, other)
        for one in SAMPLE
        for other in SAMPLE
        if one < other
        for source, target in zip(lines[one], lines[other], strict=True)
    ]


def sets_of(sources: dict[str, list[Pair]], rows: int) -> dict[str, list[Pair]]:
    """All sets by name: each source damaged in every way, and for each rule all sources damaged in its way."""
    found = {}
    for name, pairs in sources.items():
        drawn = random.Random(1).choices(pairs, k=rows) if len(pairs) < rows else random.Random(1).sample(pairs, rows)
        found[name] = damaged(drawn, SHARE, 1)
    every = [pair for pairs in sources.values() for pair in pairs]
    for number, rule in enumerate(USUAL):
        drawn = random.Random(number).choices(every, k=TARGETED_ROWS)
        found[f"rule.{rule}"] = one_way_damaged(drawn, TARGETED[rule], TARGETED_SHARE, number)
    return found


def peer(sets: dict[str, list[Pair]], python: str) -> dict[str, Any]:
    """What OpusFilter says of the rows of each set."""
    columns: dict[str, list[str]] = defaultdict(list)
    for name, pairs in sets.items():
        for source, target, one, other in pairs:
            found = (name, source, target, *(scripts_of(language)[0] for language in (one, other)))
            for column, value in zip(("set", "src", "tgt", "src_script", "tgt_script"), found, strict=True):
                columns[column].append(value)
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        paths = [str(Path(folder) / name) for name in ("rows.parquet", "rules.json", "out.json")]
        pq.write_table(pa.table(columns), paths[0])
        Path(paths[1]).write_text(json.dumps(USUAL), "utf-8")
        subprocess.run([python, str(PEER), *paths], check=True)
        answered: dict[str, Any] = json.loads(Path(paths[2]).read_text("utf-8"))
    return answered


def own(rows: pa.RecordBatch) -> tuple[dict[str, npt.NDArray[np.bool_]], list[float]]:
    """The rows that each rule and all of them drop, and CPU seconds of some runs."""
    stage = PairFilter(preset="", rules=USUAL)
    numbered = rows.append_column("number", pa.array(np.arange(rows.num_rows)))
    stage.map_shard(numbered.slice(0, 10))
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        found = stage.map_shard(numbered)
        seconds.append(time.process_time() - start)
    dropped = {name: np.zeros(rows.num_rows, np.bool_) for name in (*USUAL, "chain")}
    if found.removed is not None:
        numbers, reasons = (found.removed.column(name).to_pylist() for name in ("number", "reasons"))
        for number, broken in zip(numbers, reasons, strict=True):
            for entry in broken:
                dropped[entry["rule"]][number] = dropped["chain"][number] = True
    return dropped, seconds


def compared(pairs: list[Pair], theirs: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One set: figures, and the rows on which both sides differ."""
    dropped, seconds = own(as_table(pairs))
    rules, differing = {}, []
    for name, flags in theirs["verdicts"].items():
        verdict = np.frombuffer(flags.encode(), np.uint8) == ord("1")
        wrong = np.flatnonzero(verdict != dropped[name])
        rules[name] = {"drops": round(float(verdict.mean()), 4), "differ": len(wrong)}
        differing += [{"rule": name, "pair": pairs[row], "theirs": bool(verdict[row])} for row in wrong[:50].tolist()]
    mine = statistics.median(seconds)
    figures = {
        "rows": len(pairs), "characters": round(sum(len(one) + len(two) for one, two, *_ in pairs) / len(pairs)),
        "megabytes": round(sum(len((one + two).encode()) for one, two, *_ in pairs) / 1e6, 2),
        "languages": len(Counter(pair[3] for pair in pairs)), "drops": rules["chain"]["drops"],
        "ours_cpu_seconds": round(mine, 4), "peer_cpu_seconds": round(theirs["seconds"], 3),
        "ratio": ratio(theirs["seconds"], mine), "rules": rules,
    }  # fmt: skip
    return figures, differing


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    if given.pairs:
        sources = {Path(path).stem: pairs_of_file(path) for path in given.pairs}
    else:
        sources = {"sample": pairs_of_sample()}
    sets = sets_of(sources, given.rows)
    theirs = peer(sets, given.pair_python or environment_of(REQUIREMENTS))
    found, fails = {}, {}
    for name, pairs in sets.items():
        found[name], fails[name] = compared(pairs, theirs["sets"][name])
    if given.fails:
        Path(given.fails).write_text(json.dumps(fails, ensure_ascii=False, indent=1), "utf-8")
    return {"version": theirs["version"], "sets": found}


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    lines = []
    targeted = {name: entry for name, entry in found["sets"].items() if name.startswith("rule.")}
    for name, entry in found["sets"].items():
        if name in targeted:
            continue
        lines.append(Result(
            f"ten rules on sentence pairs beside OpusFilter {found['version']} ({name})", entry["rows"],
            entry["megabytes"], entry["ours_cpu_seconds"], entry["peer_cpu_seconds"], entry["ratio"], target=30,
            agreement=f"{entry['rules']['chain']['differ']} of {entry['rows']:,} verdicts differ; "
            f"{entry['drops']:.0%} of the pairs fail", runs=f"{RUNS} / 1",
            note="its chain asks a pair nothing more once it fails; the stage measures everything",
        ))  # fmt: skip
    rows = sum(entry["rows"] for entry in targeted.values())
    differ = sum(rule["differ"] for entry in targeted.values() for name, rule in entry["rules"].items())
    asked = rows * (len(USUAL) + 1)
    drops = [entry["rules"][name.removeprefix("rule.")]["drops"] for name, entry in targeted.items()]
    lines.append(Result(
        "verdicts of the ten rules, sets aimed at each of them", rows,
        round(sum(entry["megabytes"] for entry in targeted.values()), 2), None, None,
        measured=round(100 * (1 - differ / asked), 3), unit="%", target=99.9,
        agreement=f"{differ} of {asked:,} verdicts differ, those of the whole chain among them", runs="1",
        note=f"in the set of a rule that rule drops {min(drops):.0%} to {max(drops):.0%}",
    ))  # fmt: skip
    return lines


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, peer=False)
    parser.add_argument("--pairs", nargs="+", default=[], help="Parquet files of parallel rows, a set each")
    parser.add_argument("--rows", type=int, default=6000, help="pairs of each set")
    parser.add_argument("--fails", help="write the pairs on which verdicts differ to this file")
    parser.add_argument(
        "--pair-python", help="Python of an environment with peers_pairs.txt; without it: built below .bench"
    )
    print(json.dumps(measure(parsed(parser)), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
