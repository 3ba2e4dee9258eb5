"""CPU time of sentence alignment beside plain Python, for one and for ten times the documents; prints JSON.

    python benchmarks/alignment_speed.py [--count N] [--plain N] [--repeats N]

Both search the same documents with the same learned tables (`plain_alignment.py` says how the plain one works) and must
find the same beads. The documents are made up: sentences of random words, common ones oftener, whose translation is
another word each, in another order; 5 % of the sentences of a side are missing and 10 % joined with the next one.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from itertools import pairwise
from typing import Any

import numpy as np
import plain_alignment as plain
import pyarrow as pa
from hexapla.filters.alignment_decoding import LEAST_FIT, LEAST_GAIN
from hexapla.filters.alignment_model import SHAPES
from hexapla.filters.alignment_scorers import LexicalScorer, OpenWords
from hexapla.filters.sentence_alignment import Corpus, Model, PairBeads, align, train
from results import Result, ratio

VOCABULARY, SENTENCES, TARGET = 3000, 60, 20.0
DELETED, MERGED = 0.05, 0.10


def word(number: int, letters: str) -> str:
    """A word of its own for every number."""
    spelled = ""
    while True:
        number, letter = divmod(number, len(letters))
        spelled += letters[letter] + letters[(letter * 7 + number) % len(letters)]
        if not number:
            return spelled


def side(sentences: list[list[int]], letters: str, source: random.Random) -> list[str]:
    """Sentences as text, some left out and some joined."""
    found: list[str] = []
    for sentence in sentences:
        if source.random() < DELETED:
            continue
        text = " ".join(word(number, letters) for number in source.sample(sentence, len(sentence))) + "."
        if found and source.random() < MERGED:
            found[-1] += " " + text
        else:
            found.append(text)
    return found


def documents(count: int) -> Corpus:
    """Made-up documents and their made-up translations."""
    source = random.Random("alignment")
    sides: tuple[list[list[str]], list[list[str]]] = ([], [])
    for _ in range(count):
        sentences = [
            [int(VOCABULARY ** source.random()) for _ in range(source.randint(5, 25))] for _ in range(SENTENCES)
        ]
        for one, letters in zip(sides, ("abcdefghij", "pqrstuvwxyz"), strict=True):
            one.append(side(sentences, letters, source))
    return Corpus(*(pa.array(one, pa.list_(pa.string())) for one in sides))


def repeated(corpus: Corpus, times: int) -> Corpus:
    """The documents several times."""
    return Corpus(*(pa.concat_arrays([column] * times) for column in (corpus.src, corpus.tgt)))


def rows_of(table: Any, same: Any, values: Any) -> plain.Rows:
    """A table of translations as dictionaries."""
    starts, columns, chances = (array.tolist() for array in table)
    rows = [dict(zip(columns[first:last], chances[first:last], strict=True))
            for first, last in pairwise(starts)]  # fmt: skip
    for number, (other, value) in enumerate(zip(same.tolist(), values.tolist(), strict=True)):
        if other >= 0:
            rows[number][other] = rows[number].get(other, 0.0) + value
    return rows


def known_of(words: OpenWords, model: Model) -> plain.Known:
    """What a model knows, for plain Python."""
    tables, settings = words.tables, model.settings
    return plain.Known(
        [(int(a), int(b)) for a, b in SHAPES], np.log(np.array(model.priors)).tolist(), model.ratio, model.variance,
        model.spreads, LEAST_FIT, settings.price, float(LEAST_GAIN), settings.local, settings.reach,
        rows_of(tables.ahead, *tables.same[:2]), rows_of(tables.back, *tables.same[2:]),
        *(array.tolist() for array in tables.rest),
    )  # fmt: skip


def document_of(words: OpenWords, number: int) -> plain.Document:
    """A document for plain Python."""
    cut, letters = [], []
    for one in (words.source, words.target):
        numbers, starts, before = one.document(number)
        cut.append([numbers[first:last].tolist() for first, last in pairwise(starts)])
        letters.append(np.diff(before).tolist())
    return plain.Document(cut[0], cut[1], letters[0], letters[1])


def of_document(beads: PairBeads, number: int) -> plain.Way:
    """The beads of one document."""
    chosen = np.flatnonzero(beads.document == number)
    columns = (beads.src_start, beads.src_stop, beads.tgt_start, beads.tgt_stop)
    rows = zip(*(column[chosen].tolist() for column in columns), strict=True)
    return [(a, b, c, d) for a, b, c, d in rows]


def seconds_of(corpus: Corpus, model: Model, repeats: int) -> float:
    """Median CPU seconds."""
    used = []
    for _ in range(repeats):
        start = time.process_time()
        align(corpus, model)
        used.append(time.process_time() - start)
    return statistics.median(used)


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Time ours and plain Python."""
    corpus = documents(given.count)
    train(documents(2), "und_Zyyy", "und_Zyyy")  # compiles
    start = time.process_time()
    model = train(corpus, "und_Zyyy", "und_Zyyy")
    learning = time.process_time() - start
    few = Corpus(corpus.src.slice(0, given.plain), corpus.tgt.slice(0, given.plain))
    beads = align(few, model)
    ours = seconds_of(few, model, given.repeats)
    words = LexicalScorer(model).open(few)
    known = known_of(words, model)
    shown = [document_of(words, number) for number in range(len(few))]
    start = time.process_time()
    ways = [plain.beads(document, known) for document in shown]
    theirs = time.process_time() - start
    return {
        "documents": given.count,
        "megabytes": round(sum(column.nbytes for column in (corpus.src, corpus.tgt)) / 1e6, 2),
        "learning_cpu_seconds": round(learning, 2),
        "compared_documents": len(few),
        "beads": sum(map(len, ways)),
        "equal_documents": sum(way == of_document(beads, number) for number, way in enumerate(ways)),
        "ours_cpu_seconds": round(ours, 4),
        "plain_cpu_seconds": round(theirs, 3),
        "all_cpu_seconds": round(seconds_of(corpus, model, given.repeats), 3),
        "tenfold_cpu_seconds": round(seconds_of(repeated(corpus, 10), model, 1), 3),
        "repeats": given.repeats,
    }  # fmt: skip


def results(found: dict[str, Any]) -> list[Result]:
    """Lines for the table."""
    compared, equal, count, megabytes = (
        found[name] for name in ("compared_documents", "equal_documents", "documents", "megabytes")
    )
    tenfold = found["tenfold_cpu_seconds"] / found["all_cpu_seconds"]
    return [
        Result("sentence alignment, beside plain Python", compared, round(megabytes * compared / count, 2),
               found["ours_cpu_seconds"], found["plain_cpu_seconds"],
               measured=ratio(found["plain_cpu_seconds"], found["ours_cpu_seconds"]), target=TARGET,
               agreement=f"documents with the same beads: {equal} of {compared}", runs=f"{found['repeats']} / 1",
               note="ours cuts the text into words, too; plain Python begins with numbers of words"),
        Result("sentence alignment, ten times the documents", count * 10, round(megabytes * 10, 2),
               found["tenfold_cpu_seconds"], None, measured=round(tenfold, 2), unit="x", target=11.0, kind="at most",
               note=f"made-up documents of about {SENTENCES} sentences; learning from {count} of them: "
               f"{found['learning_cpu_seconds']} s"),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="documents")
    parser.add_argument("--plain", type=int, default=20, help="documents that plain Python aligns")
    parser.add_argument("--repeats", type=int, default=3, help="runs of ours, for the median")
    print(json.dumps(measure(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
