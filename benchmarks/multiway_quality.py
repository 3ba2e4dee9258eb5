"""Exact groups of segments in many languages, and beads before and after the consensus; prints JSON.

    python benchmarks/multiway_quality.py FILE.parquet --key doc_id --place seg --languages eng_Latn,rus_Cyrl,jpn_Jpan
        [--deleted 0.05] [--merged 0.1] [--documents N] [--seed N]

The file has a row per segment with `lang`, `text`, a document (`--key`) and its place in it (`--place`). Documents are
made from them with a share of the segments of each language deleted, and a share merged with their neighbour, by
chance. Right is a group in two languages or more that has all the segments that say the same, directly or through
others, and no more; right is a bead likewise, within its two languages (strict F1).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from hexapla.filters.consensus import PairwiseBeads, borders, find_consensus
from hexapla.filters.parallel_tables import joiner
from hexapla.filters.sentence_alignment import Corpus, align, train

Version = tuple[list[str], list[set[object]]]
"""The lines of a document in one language, and the places in the original that each is made of."""

Group = frozenset[tuple[str, int]]
Counts = dict[str, int]


def read_documents(options: argparse.Namespace) -> list[dict[str, Version]]:
    """The documents with what the options take from them and merge in them, each by language."""
    languages = options.languages.split(",")
    table = pq.read_table(options.rows, columns=["lang", "text", options.key, options.place])
    missing = set(languages) - set(table.column("lang").to_pylist())
    if missing:
        raise SystemExit(f"{options.rows} has no rows in {', '.join(sorted(missing))}")
    table = table.filter(pc.is_in(table.column("lang"), pa.array(languages)))
    found: dict[str, dict[str, dict[object, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in table.to_pylist():
        found[row[options.key]][row["lang"]].setdefault(row[options.place], " ".join(row["text"].split()))
    documents = []
    for key in sorted(found)[: options.documents]:
        versions = {}
        for language, lines in sorted(found[key].items()):
            chance = random.Random(f"{options.seed}/{key}/{language}")
            versions[language] = damaged(sorted(lines.items()), joiner(language), chance, options)
        documents.append({language: version for language, version in versions.items() if version[0]})
    return [versions for versions in documents if len(versions) > 1]


def damaged(lines: list[tuple[object, str]], joint: str, chance: random.Random, options: argparse.Namespace) -> Version:
    """Some of the lines gone, some in one with the next."""
    texts: list[str] = []
    places: list[set[object]] = []
    number = 0
    while number < len(lines):
        if chance.random() < options.deleted:
            number += 1
            continue
        size = 2 if number + 1 < len(lines) and chance.random() < options.merged else 1
        texts.append(joint.join(text for _, text in lines[number : number + size]))
        places.append({place for place, _ in lines[number : number + size]})
        number += size
    return texts, places


def true_groups(versions: dict[str, Version]) -> set[Group]:
    """The segments that say something in common, directly or through others."""
    found: list[tuple[set[object], set[tuple[str, int]]]] = []
    for language, (_, places) in sorted(versions.items()):
        for number, own in enumerate(places):
            joined = [group for group in found if group[0] & own]
            found = [group for group in found if not group[0] & own]
            said, members = set(own).union(*(said for said, _ in joined)), {(language, number)}
            found.append((said, members.union(*(members for _, members in joined))))
    return {frozenset(members) for _, members in found}


class Pairs:
    """All pairs of documents, aligned.

    Attributes:
        beads: (document, source, target) -> the pair's beads, as rows (start, stop, start, stop, score).
        seconds: CPU time of training and aligning.
    """

    def __init__(self, documents: list[dict[str, Version]], languages: list[str]) -> None:
        self.beads: dict[tuple[int, str, str], np.ndarray] = {}
        started = time.process_time()
        for source, target in combinations(sorted(languages), 2):
            both = [number for number, versions in enumerate(documents) if source in versions and target in versions]
            if not both:
                continue
            lists = [pa.array([documents[number][side][0] for number in both]) for side in (source, target)]
            corpus = Corpus(lists[0], lists[1])
            found = align(corpus, train(corpus, source, target))
            names = ("src_start", "src_stop", "tgt_start", "tgt_stop", "score")
            rows = np.stack([getattr(found, name).astype(float) for name in names], axis=1)
            for place, number in enumerate(both):
                self.beads[number, source, target] = rows[found.document == place]
        self.seconds = time.process_time() - started

    def of(self, number: int, versions: dict[str, Version]) -> PairwiseBeads:
        """The pairs of one document for the consensus."""
        languages = sorted(versions)
        pairs = [pair for pair in combinations(languages, 2) if (number, *pair) in self.beads]
        rows = [self.beads[number, *pair] for pair in pairs]
        flat = np.concatenate([np.zeros((0, 5)), *rows])
        places = np.array([[languages.index(name) for name in pair] for pair in pairs], np.int64).reshape(-1, 2)
        return PairwiseBeads(
            np.array([0, len(languages)]),
            np.array([len(versions[language][0]) for language in languages]),
            np.array([0, len(pairs)]),
            places[:, 0],
            places[:, 1],
            borders(np.array([len(row) for row in rows], np.int64)),
            *(flat[:, column].astype(np.int32) for column in range(4)),
            flat[:, 4].astype(np.float32),
        )


def add(counts: Counts, name: str, wanted: set[Group], made: set[Group]) -> None:
    """Count what is right among groups in two languages or more."""
    wanted, made = ({group for group in groups if len({name for name, _ in group}) > 1} for groups in (wanted, made))
    for key, number in (("both", len(wanted & made)), ("wanted", len(wanted)), ("made", len(made))):
        counts[f"{name} {key}"] = counts.get(f"{name} {key}", 0) + number


def figures(counts: Counts, name: str) -> dict[str, float]:
    """Precision, recall and F1."""
    both, wanted, made = (counts[f"{name} {key}"] for key in ("both", "wanted", "made"))
    precision, recall = both / max(1, made), both / max(1, wanted)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Align, vote, and compare."""
    documents = read_documents(options)
    pairs = Pairs(documents, options.languages.split(","))
    counts: Counts = {}
    seconds = 0.0
    for number, versions in enumerate(documents):
        languages = sorted(versions)
        given = pairs.of(number, versions)
        started = time.process_time()
        found = find_consensus(given)
        seconds += time.process_time() - started
        groups: dict[int, set[tuple[str, int]]] = defaultdict(set)
        for entry, language in enumerate(languages):
            own = found.group[found.first_segment[entry] : found.first_segment[entry + 1]]
            for segment, group in enumerate(own.tolist()):
                groups[group].add((language, segment))
        add(counts, "groups", true_groups(versions), {frozenset(group) for group in groups.values()})
        for pair, (one, other) in enumerate(zip(given.source.tolist(), given.target.tolist(), strict=True)):
            source, target = languages[one], languages[other]
            gold = true_groups({source: versions[source], target: versions[target]})
            direct = {
                frozenset([*((source, n) for n in range(*row[:2])), *((target, n) for n in range(*row[2:]))])
                for row in pairs.beads[number, source, target][:, :4].astype(int).tolist()
            }
            labels = found.bead[found.first_label[pair] : found.first_label[pair + 1]].tolist()
            voted: dict[int, set[tuple[str, int]]] = defaultdict(set)
            for place, label in enumerate(labels):
                first = place < given.counts[one]
                voted[label].add((source, place) if first else (target, int(place - given.counts[one])))
            add(counts, "direct", gold, direct)
            add(counts, "consensus", gold, {frozenset(bead) for bead in voted.values()})
    return {
        "documents": len(documents),
        "segments": sum(len(texts) for versions in documents for texts, _ in versions.values()),
        "exact groups": figures(counts, "groups"),
        "beads of pairs": figures(counts, "direct"),
        "beads of the consensus": figures(counts, "consensus"),
        "seconds": {"pairs": round(pairs.seconds, 2), "consensus": round(seconds, 2)},
    }


def main() -> None:
    """Measure what the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", help="a Parquet file")
    parser.add_argument("--key", required=True, help="the column of the document")
    parser.add_argument("--place", required=True, help="the column of the segment's place in it")
    parser.add_argument("--languages", required=True, help="as the column lang has them, separated by commas")
    parser.add_argument("--deleted", type=float, default=0.05, help="share of each language's segments that go")
    parser.add_argument("--merged", type=float, default=0.1, help="share that is merged with the next")
    parser.add_argument("--documents", type=int, default=None, help="at most so many")
    parser.add_argument("--seed", type=int, default=1, help="of what is deleted and merged")
    print(json.dumps(measure(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
