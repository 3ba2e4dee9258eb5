"""Strict and lax F1 of sentence alignment beside Gale and Church's on the same documents; prints JSON.

    python benchmarks/alignment_quality.py [--beads FOLDER] [--rows FILE.parquet --key doc_id --place seg
        --pairs eng_Latn-jpn_Jpan,deu_Latn-fra_Latn] [--documents N]

`--beads` is a folder of hand-aligned documents: NAME.L1, NAME.L2 (a line is a segment) and NAME.L1L2 with lines such as
`[0]:[0, 1]`. `--rows` has a row per segment with `lang`, `text`, a document (`--key`) and its place in it (`--place`):
documents are made from them with 5 % of the segments of each language deleted and 10 % merged with their neighbour.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import random
import time
from collections import defaultdict
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hexapla.filters.parallel_tables import joiner
from hexapla.filters.sentence_alignment import Corpus, Settings, align, train
from results import Result

Bead = tuple[tuple[int, ...], tuple[int, ...]]
Document = tuple[list[str], list[str], list[Bead]]
DELETED, MERGED = 0.05, 0.10
VARIANCE = 6.8
SHARES = {
    (1, 1): 0.89, (1, 0): 0.005, (0, 1): 0.005, (2, 1): 0.0445, (1, 2): 0.0445, (2, 2): 0.011,
    (3, 1): 0.008, (1, 3): 0.008, (4, 1): 0.003, (1, 4): 0.003, (3, 2): 0.002, (2, 3): 0.002,
}  # fmt: skip
"""The published shares, and small ones for the larger beads that the aligner may find, too: without them lengths alone
lose seven points on hand-aligned yearbooks."""


def shares(gold: list[Bead], test: list[Bead]) -> tuple[int, int, int]:
    """Beads of `test` with both sides: how many there are, are in `gold`, and share a pair of segments with it."""
    exact = {(tuple(one), tuple(other)) for one, other in gold}
    linked = defaultdict(set)
    for one, other in gold:
        for place in one:
            linked[place].update(other)
    both = {(tuple(one), tuple(other)) for one, other in test if one and other}
    near = sum(bead in exact or any(linked[place] & set(bead[1]) for place in bead[0]) for bead in both)
    return len(both), len(both & exact), near


def scores(gold: list[list[Bead]], test: list[list[Bead]]) -> dict[str, float]:
    """Strict and lax F1 over all documents (the usual definition: deletions do not count)."""
    found = [sum(column) for column in zip(*(shares(*pair) for pair in zip(gold, test, strict=True)), strict=True)]
    wanted = [sum(column) for column in zip(*(shares(*pair) for pair in zip(test, gold, strict=True)), strict=True)]
    result = {}
    for name, place in (("strict", 1), ("lax", 2)):
        precision, recall = found[place] / max(found[0], 1), wanted[place] / max(wanted[0], 1)
        result[name] = round(2 * precision * recall / max(precision + recall, 1e-12), 4)
    return result


def hand_aligned(folder: Path) -> list[Document]:
    """Documents of a folder, in the order of their names."""
    documents = []
    for path in sorted(folder.glob("test*.*")) or sorted(folder.glob("*.*")):
        language = path.suffix[1:]
        if len(language) != 4:
            continue
        codes = language[:2], language[2:]
        one, other = (path.with_suffix("." + code).read_text("utf-8").split("\n")[:-1] for code in codes)
        beads = [line.split(":")[:2] for line in path.read_text("utf-8").splitlines() if line.strip()]
        gold = [(tuple(ast.literal_eval(left)), tuple(ast.literal_eval(right))) for left, right in beads]
        documents.append((one, other, gold))
    return documents


def damaged(rows: list[tuple[Any, str]], language: str, source: random.Random) -> list[tuple[list[Any], str]]:
    """Rows with deletions and merges: the places that each segment comes from, and its text."""
    out: list[tuple[list[Any], str]] = []
    for place, text in [row for row in rows if source.random() >= DELETED]:
        if out and source.random() < MERGED and len(out[-1][0]) < 3:
            out[-1] = (out[-1][0] + [place], out[-1][1] + joiner(language) + text)
        else:
            out.append(([place], text))
    return out


def truth(one: list[tuple[list[Any], str]], other: list[tuple[list[Any], str]]) -> list[Bead]:
    """The smallest beads that keep together what comes from the same place."""
    owner: dict[Any, list[set[int]]] = {}
    for side, segments in enumerate((one, other)):
        for number, (places, _) in enumerate(segments):
            groups = {id(owner[place]): owner[place] for place in places if place in owner}
            joined: list[set[int]] = [set(), set()]
            for group in groups.values():
                joined[0] |= group[0]
                joined[1] |= group[1]
            joined[side].add(number)
            for place, group in list(owner.items()):
                if id(group) in groups:
                    owner[place] = joined
            owner |= dict.fromkeys(places, joined)
    beads = {id(group): (tuple(sorted(group[0])), tuple(sorted(group[1]))) for group in owner.values()}
    return sorted(beads.values())


def made(path: Path, key: str, place: str, pair: tuple[str, str], limit: int | None) -> list[Document]:
    """Documents of two languages out of a table of segments."""
    texts: dict[str, dict[Any, dict[Any, str]]] = {code: defaultdict(dict) for code in pair}
    for row in pq.read_table(path, columns=["lang", "text", key, place]).to_pylist():
        if row["lang"] in texts:
            texts[row["lang"]][row[key]].setdefault(row[place], row["text"])
    documents = []
    source = random.Random("-".join(pair))
    for name in sorted(set(texts[pair[0]]) & set(texts[pair[1]]))[:limit]:
        one, other = (damaged(sorted(texts[code][name].items()), code, source) for code in pair)
        documents.append(([text for _, text in one], [text for _, text in other], truth(one, other)))
    return documents


def measured(documents: list[Document], settings: Settings | None = None) -> tuple[dict[str, float], float]:
    """Scores of the aligner, and CPU seconds for learning and aligning."""
    columns = [pa.array([document[side] for document in documents], pa.list_(pa.string())) for side in (0, 1)]
    corpus = Corpus(columns[0], columns[1])
    start = time.process_time()
    beads = align(corpus, train(corpus, "und_Zyyy", "und_Zyyy", settings=settings))
    seconds = time.process_time() - start
    found: list[list[Bead]] = [[] for _ in documents]
    columns_of = ("document", "src_start", "src_stop", "tgt_start", "tgt_stop")
    rows = zip(*(getattr(beads, name).tolist() for name in columns_of), strict=True)
    for document, first, last, begin, end in rows:
        found[document].append((tuple(range(first, last)), tuple(range(begin, end))))
    return scores([document[2] for document in documents], found), seconds


def letters(text: str) -> int:
    """Letters and marks, without spaces."""
    return len("".join(text.split()))


def gale_church(documents: list[Document]) -> list[list[Bead]]:
    """Lengths alone (Gale and Church 1993), with the published variance and the shares above."""
    sides = [[[letters(text) for text in document[side]] for document in documents] for side in (0, 1)]
    ratio = sum(map(sum, sides[1])) / max(1, sum(map(sum, sides[0])))
    return [one_by_length(left, right, ratio) for left, right in zip(*sides, strict=True)]


def one_by_length(left: list[int], right: list[int], ratio: float) -> list[Bead]:
    """The best way through one document."""
    before = [[0, *accumulate(side)] for side in (left, right)]
    best, chosen = {(0, 0): 0.0}, {}
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            for (a, b), share in SHARES.items():
                if (i - a, j - b) not in best:
                    continue
                one, other = before[0][i] - before[0][i - a], before[1][j] - before[1][j - b]
                mean = max((one + other / ratio) / 2, 1e-9)
                tail = math.erfc(abs(ratio * one - other) / math.sqrt(VARIANCE * mean) / math.sqrt(2))
                value = best[i - a, j - b] + math.log(share) + math.log(max(tail, 1e-9))
                if value > best.get((i, j), -math.inf):
                    best[i, j], chosen[i, j] = value, (a, b)
    beads, i, j = [], len(left), len(right)
    while i or j:
        a, b = chosen[i, j]
        beads.append((tuple(range(i - a, i)), tuple(range(j - b, j))))
        i, j = i - a, j - b
    return beads[::-1]


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    lines = []
    for name, one in found.items():
        ours, lengths = one["ours"], one["gale_church"]
        lines.append(
            Result(f"strict F1 of sentence alignment, {name}", one["segments"], 0.0, one["ours_cpu_seconds"],
                   one["gale_church_python_cpu_seconds"], measured=round(100 * ours["strict"], 1), unit="%",
                   target=round(100 * lengths["strict"], 1),
                   agreement=f"lax F1: {ours['lax']:.1%}, of lengths alone {lengths['lax']:.1%}",
                   note="the target is what lengths alone reach (Gale and Church); rows are segments of both sides")
        )  # fmt: skip
    return lines


def main() -> None:
    """Measure what is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("beads", "rows", "key", "place", "pairs", "documents"):
        parser.add_argument(f"--{name}")
    arguments = parser.parse_args()
    sets: dict[str, list[Document]] = {}
    if arguments.beads:
        sets[Path(arguments.beads).name] = hand_aligned(Path(arguments.beads))
    for pair in (arguments.pairs or "").split(",") if arguments.rows else ():
        one, _, other = pair.partition("-")
        limit = int(arguments.documents) if arguments.documents else None
        sets[f"{Path(arguments.rows).stem} {pair}"] = made(
            Path(arguments.rows), arguments.key, arguments.place, (one, other), limit
        )
    result = {}
    for name, documents in sets.items():
        measured(documents[:1])
        ours, seconds = measured(documents)
        start = time.process_time()
        lengths = scores([document[2] for document in documents], gale_church(documents))
        result[name] = {
            "documents": len(documents),
            "segments": sum(len(document[0]) + len(document[1]) for document in documents),
            "ours": ours,
            "ours_cpu_seconds": round(seconds, 2),
            "gale_church": lengths,
            "gale_church_python_cpu_seconds": round(time.process_time() - start, 2),
        }
        print(json.dumps({name: result[name]}), flush=True)


if __name__ == "__main__":
    main()
