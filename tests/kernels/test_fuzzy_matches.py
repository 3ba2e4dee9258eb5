"""Similar texts, against a plain reference that compares all with all."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pyarrow as pa
from hexapla.kernels.fuzzy_matches import fuzzy_matches
from hexapla.kernels.hashing import value_hashes

WORDS = ["anchor", "bridge", "candle", "door", "evening", "forest", "garden", "harbour", "island", "journey", "kitchen", "lantern", "morning", "night"]


def corpus(count: int) -> list[str]:
    draw = random.Random(5)
    return [" ".join(draw.choices(WORDS, k=draw.randrange(1, 8))) for _ in range(count)]


def reference(texts: list[str], others: list[str], wanted: int, least: float) -> list[list[int]]:
    sets = [set(text.split()) for text in texts]
    counts = Counter(word for each in sets for word in each)
    weight = {word: max(1, round(math.log2((len(texts) + 1) / number) * 1024)) for word, number in counts.items()}
    found = []
    for row, mine in enumerate(sets):
        scored = []
        for candidate, other in enumerate(sets):
            if candidate == row or not mine & other:
                continue
            if texts[candidate] == texts[row] or others[candidate] == others[row]:
                continue
            score = np.float32(sum(map(weight.get, mine & other)) / sum(map(weight.get, mine | other)))
            if score >= least:
                scored.append((-score, candidate))
        found.append([candidate for _, candidate in sorted(scored)[:wanted]])
    return found


def test_the_most_similar_are_found():
    texts = corpus(120)
    others = [str(number // 2) for number in range(120)]
    hashes = value_hashes(pa.array(texts)), value_hashes(pa.array(others))
    found, scores = fuzzy_matches(pa.array(texts), *hashes, wanted=3, least=0.25, most=1000, rare=50)
    assert [[place for place in row if place >= 0] for row in found.tolist()] == reference(texts, others, 3, 0.25)
    assert ((scores > 0.25) == (found >= 0)).all() and (np.diff(scores, axis=1) <= 0).all()


def test_unspaced_text_and_nothing():
    texts = pa.array(["今日は天気がいいです。", "今日は天気が悪いです。", "猫"])
    found, _ = fuzzy_matches(texts, value_hashes(texts), np.arange(3).astype(np.uint64), wanted=1, least=0.2)
    assert found.tolist() == [[1], [0], [-1]]
    empty = np.zeros(0, np.uint64)
    assert fuzzy_matches(pa.array([], pa.string()), empty, empty, wanted=2, least=0)[0].shape == (0, 2)
