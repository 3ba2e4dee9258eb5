"""How well and how fast translations are mined: margins against cosines, searches against all comparisons, seconds.

    python benchmarks/mining_quality.py [--rows 20000] [--dimensions 768]

No encoder comes with hexapla, so vectors are made: what all sentences have in common, a topic, what a sentence says,
noise that each language adds, and a share of hubs (short, general sentences near to everything). Half of the rows have
a translation; the others are distractors on the same topics.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from hexapla.filters.margin import Pairs, candidates, matches
from hexapla.filters.vector_search import neighbourhood
from hexapla.kernels.vectors import Whole, quantise


def planted(rows: int, dimensions: int, noise: float, hubs: float, seed: int = 0) -> tuple[Whole, Whole, int]:
    """Two languages of so many rows; the first half of both are translations of each other."""
    chance = np.random.default_rng(seed)
    said = rows // 2
    common = chance.normal(size=dimensions).astype(np.float32)
    topics = chance.normal(size=(max(2, rows // 50), dimensions)).astype(np.float32)

    def sentences(count: int) -> np.ndarray:
        topic = topics[chance.integers(len(topics), size=count)]
        own = chance.normal(size=(count, dimensions)).astype(np.float32)
        general = chance.random(count) < hubs
        topic[general] = 0
        own[general] *= 0.3
        return common + 0.7 * topic + 0.7 * own

    shared = sentences(said)
    sides = []
    for _ in range(2):
        side = np.concatenate([shared, sentences(rows - said)])
        sides.append(quantise(side + noise * chance.normal(size=side.shape).astype(np.float32))[0])
    return sides[0], sides[1], said


def best_f1(pairs: Pairs, said: int) -> float:
    """The F1 of the best threshold."""
    good = (pairs.source == pairs.target) & (pairs.source < said)
    hits = np.cumsum(good)
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / said
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-9)))


def main() -> None:
    """Print the tables of `docs/mining.md`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--searches", nargs="*", default=["cells", "faiss"])
    given = parser.parse_args()
    print("| noise | hubs | absolute | distance | ratio |")
    for noise in (0.5, 1.0, 1.5, 2.0):
        for hubs in (0.0, 0.1, 0.3):
            source, target, said = planted(4000, 256, noise, hubs)
            found = neighbourhood(source, target, 16, "exact")
            scores = [
                best_f1(matches(*candidates(source, target, found, kind), "max"), said)
                for kind in ("absolute", "distance", "ratio")
            ]
            print(f"| {noise} | {hubs} | " + " | ".join(f"{score:.3f}" for score in scores) + " |")
    source, target, said = planted(given.rows, given.dimensions, 1.0, 0.1)
    started = time.process_time()
    exact = neighbourhood(source, target, 16, "exact")
    seconds = time.process_time() - started
    speed = given.rows**2 / seconds / 1e6
    print(f"exact: {given.rows} x {given.rows} of {given.dimensions}: {seconds:.1f} s, {speed:.1f} M pairs/s")
    wanted = matches(*candidates(source, target, exact, "ratio"), "max")
    wanted = wanted.take(wanted.margin >= 1.06)
    keys = set(zip(wanted.source.tolist(), wanted.target.tolist(), strict=True))
    print("| search | probes | s | recall of the nearest | of 16 | of pairs from 1.06 on |")
    for search in given.searches:
        for probes in (4, 16, 64):
            started = time.process_time()
            found = neighbourhood(source, target, 16, search, probes)
            seconds = time.process_time() - started
            nearest = np.mean(found.forward[:, 0] == exact.forward[:, 0])
            rows = zip(found.forward.tolist(), exact.forward.tolist(), strict=True)
            every = np.mean([len(set(one) & set(other)) / 16 for one, other in rows])
            pairs = matches(*candidates(source, target, found, "ratio"), "max")
            pairs = pairs.take(pairs.margin >= 1.06)
            same = len(keys & set(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True))) / max(1, len(keys))
            print(f"| {search} | {probes} | {seconds:.1f} | {nearest:.3f} | {every:.3f} | {same:.3f} |")


if __name__ == "__main__":
    main()
