"""Alignment by vectors: planted beads are found, in order and completely, in short, long and unrelated documents."""

import time

import numpy as np
import pytest
from hexapla.filters.vector_alignment import Background, VectorSettings, align_vectors, band, bead_shapes
from hexapla.kernels.vectors import quantise

SIZE = 48
LONGEST = 4


class Document:
    """A document in two languages with deletions, insertions and merged segments.

    Attributes:
        source, target: runs of vectors.
        beads: what belongs together.
    """

    def __init__(self, seed, meanings, noise=0.4, gone=0.04, merged=0.1):
        chance = np.random.default_rng(seed)
        said = chance.normal(size=(meanings, SIZE))
        sides, self.beads, place = ([], []), [], 0
        while place < meanings:
            kind = chance.choice(["gone", "merged", "plain"], p=[gone, merged, 1 - gone - merged])
            side = int(chance.integers(2))
            if kind == "gone":
                sides[side].append([place])
                place += 1
                continue
            size = min(int(chance.integers(2, 4)), meanings - place) if kind == "merged" else 1
            before = [len(sides[0]), len(sides[1])]
            sides[side].extend([number] for number in range(place, place + size))
            sides[1 - side].append(list(range(place, place + size)))
            self.beads.append((before[0], len(sides[0]), before[1], len(sides[1])))
            place += size
        self.source, self.target = (self._runs(said, side, noise, chance) for side in sides)

    def _runs(self, said, side, noise, chance):
        common = 1.2 * np.random.default_rng(0).normal(size=SIZE)
        runs = np.zeros((LONGEST, len(side), SIZE), np.int16)
        for size in range(1, LONGEST + 1):
            for last in range(size - 1, len(side)):
                numbers = [number for part in side[last - size + 1 : last + 1] for number in part]
                vector = said[numbers].sum(axis=0) / len(numbers) ** 0.5 + common + noise * chance.normal(size=SIZE)
                runs[size - 1, last] = quantise(vector[np.newaxis].astype(np.float32))[0]
        return runs


def two_sided(found):
    return {tuple(bead) for bead in found.ranges.tolist() if bead[1] > bead[0] and bead[3] > bead[2]}


def check_complete(found, rows, columns):
    """Every segment of both sides is in just one bead, in order."""
    for first, stop, count in ((0, 1, rows), (2, 3, columns)):
        covered = [place for bead in found.ranges.tolist() for place in range(bead[first], bead[stop])]
        assert covered == list(range(count))
    assert len(found.score) == len(found.ranges)
    assert np.all((found.score >= 0) & (found.score <= 1))


BACKGROUND = Background(Document(900, 150).source[0], Document(901, 150).target[0])


def f1(documents, **settings):
    hits = wanted = given = 0
    for document in documents:
        found = align_vectors(document.source, document.target, BACKGROUND, VectorSettings(**settings))
        check_complete(found, document.source.shape[1], document.target.shape[1])
        assert found.reason == ""
        hits += len(two_sided(found) & set(document.beads))
        given, wanted = given + len(two_sided(found)), wanted + len(document.beads)
    return 2 * hits / (given + wanted)


@pytest.mark.parametrize("meanings, count, least", [(2, 60, 0.95), (8, 30, 0.95), (60, 8, 0.96), (700, 1, 0.96)])
def test_planted_beads_are_found(meanings, count, least):
    # a document of which one side has nothing left is another case
    documents = [Document(seed, meanings) for seed in range(count)]
    documents = [one for one in documents if one.beads and min(one.source.shape[1], one.target.shape[1])]
    assert len(documents) > 0.9 * count
    assert f1(documents) > least


def test_strangers_are_left_out_of_beads():
    documents = [Document(seed, 80, gone=0.25, merged=0.1) for seed in range(4)]
    assert f1(documents) > 0.92


def test_long_gaps_on_both_sides_are_crossed():
    document = Document(5, 900)
    ends = 250, 400
    source = np.delete(document.source, slice(*ends), axis=1)
    target = np.delete(document.target, slice(600, 760), axis=1)
    # runs across a cut have no vectors, as if they had been made from the rest
    for runs, cut in ((source, ends[0]), (target, 600)):
        for size in range(1, LONGEST):
            runs[size, cut : cut + size] = 0
    moved = {
        (b - 150 * (b >= 400), c - 150 * (c >= 400), d - 160 * (d >= 760), e - 160 * (e >= 760))
        for b, c, d, e in document.beads
        if (c <= 250 or b >= 400) and (e <= 600 or d >= 760)
    }
    found = align_vectors(source, target)
    check_complete(found, source.shape[1], target.shape[1])
    assert len(two_sided(found) & moved) / len(moved) > 0.93


@pytest.mark.parametrize("meanings", [2, 5, 40, 500])
def test_unrelated_documents_get_a_low_score_and_a_reason(meanings):
    found = align_vectors(Document(1, meanings).source, Document(2, meanings).target, BACKGROUND)
    assert found.reason == "unrelated"
    related = Document(1, meanings)
    assert align_vectors(related.source, related.target, BACKGROUND).document_score > 2 * found.document_score


def test_empty_sides_and_single_segments():
    document = Document(3, 6)
    for source, target in (
        (document.source[:, :0], document.target),
        (document.source, document.target[:, :0]),
        (document.source * 0, document.target),
    ):
        found = align_vectors(source, target)
        check_complete(found, source.shape[1], target.shape[1])
        assert (found.reason, found.document_score) == ("no_segments", 0.0)
    one = align_vectors(document.source[:1, :1], document.source[:1, :1], BACKGROUND)
    assert one.ranges.tolist() == [[0, 1, 0, 1]]
    assert one.document_score > 0.99


def test_shapes_and_bands():
    assert bead_shapes(1).tolist() == [[1, 1], [1, 0], [0, 1]]
    assert {tuple(shape) for shape in bead_shapes(4).tolist()} >= {(4, 1), (1, 4), (3, 2), (2, 2)}
    assert max(sum(shape) for shape in bead_shapes(4).tolist()) == 5
    beads = np.array([[0, 1, 0, 1], [1, 2, 1, 1], [2, 3, 1, 2], [3, 3, 2, 5]])
    for rows, columns in ((6, 10), (5, 9)):
        limits = band(beads, rows, columns, 2)
        assert limits.shape == (rows + 1, 2)
        assert limits[0, 0] == 0 and limits[-1, 1] == columns
        assert np.all(np.diff(limits, axis=0) >= 0)


def test_cost_is_linear():
    seconds = []
    for meanings in (2000, 8000):
        chance = np.random.default_rng(meanings)
        runs = quantise(chance.normal(size=(LONGEST * meanings, SIZE)).astype(np.float32))[0]
        runs = runs.reshape(LONGEST, meanings, SIZE)
        align_vectors(runs[:, :50], runs[:, :50])
        started = time.process_time()
        align_vectors(runs, runs)
        seconds.append(time.process_time() - started)
    assert seconds[1] < 8 * seconds[0]
