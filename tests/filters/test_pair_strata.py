"""Strata of pairs and how many of each are drawn."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.pair_strata import (
    ScoreHistogram,
    Strata,
    Stratum,
    allocation,
    band_name,
    bands_of,
    kinds_of,
    whole_numbers,
)
from hexapla.filters.parallel_tables import BEADS, PAIRS
from hypothesis import given, settings
from hypothesis import strategies as st


def beads(*rows):
    names = ("src_lang", "tgt_lang", "src_index", "tgt_index", "src", "tgt", "score")
    return pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=BEADS)


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=300))
def test_bands_hold_about_equally_many_scores(scores):
    histogram = ScoreHistogram()
    for start in range(0, len(scores), 7):
        histogram.add(pa.array(scores[start : start + 7], pa.float32()))
    edges = histogram.edges()
    assert list(edges) == sorted(set(edges))
    exact = np.quantile(np.array(scores, np.float32), [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
    for value in exact:
        assert any(abs(value - edge) <= 0.008 * abs(value) + 0.001 for edge in edges)
    bands = bands_of(pa.array([*scores, None, float("nan")], pa.float32()), edges)
    assert bands[-2:].tolist() == [-1, -1]
    assert (np.diff(bands[:-2][np.argsort(np.array(scores, np.float32), kind="stable")]) >= 0).all()


def test_bands_have_names_and_borders_belong_to_the_upper_one():
    edges = (0.4, 0.9)
    assert bands_of(pa.array([0.1, 0.4, 0.9, 1.0], pa.float32()), edges).tolist() == [0, 1, 2, 2]
    names = [band_name(band, edges) for band in (-1, 0, 1, 2)]
    assert names == ["no score", "below 0.4", "0.4 to 0.9", "0.9 or more"]
    assert band_name(0, ()) == "any score"
    assert ScoreHistogram().edges() == ()


def test_kinds_of_beads_and_pairs():
    rows = beads(
        ("a", "b", [0], [0], "x", "y", 1.0),
        ("a", "b", [0, 1], [0], "x", "y", 1.0),
        ("a", "b", [0], [3, 4], "x", "y", 1.0),
        ("a", "b", [0], [3, 4, 5], "x", "y", 1.0),
        ("a", "b", [0, 1], [3, 4], "x", "y", 1.0),
        ("a", "b", [0], [], "x", "", 1.0),
        ("a", "b", [0], [1], "x", None, 1.0),
        ("a", "b", None, None, "x", "y", 1.0),
    )
    assert kinds_of(rows).tolist() == [1, 2, 2, 3, 3, -1, -1, 0]
    pair = pa.RecordBatch.from_pylist([{"src": "x", "tgt": "y"}], schema=PAIRS)
    assert kinds_of(pair).tolist() == [0]


def test_strata_do_not_depend_on_the_cut():
    dice = np.random.default_rng(3)
    rows = [
        (*dice.choice(["arb_Arab", "eng_Latn", None], 2).tolist(), [0], list(range(int(dice.integers(0, 4)))), "x", "y",
         float(dice.random()))
        for _ in range(300)
    ]  # fmt: skip
    whole, cut = Strata((0.3, 0.6)), Strata((0.3, 0.6))
    whole.add(beads(*rows))
    for start in range(0, 300, 17):
        cut.add(beads(*rows[start : start + 17]))
    assert whole.counts == cut.counts
    assert sum(whole.counts.values()) == 300
    places, names = whole.of(beads(*rows))
    for row, place in zip(rows, places.tolist(), strict=True):
        band = 0 if row[6] < 0.3 else 1 if row[6] < 0.6 else 2
        kind = ("pair", "1-1", "1-2", "n-m")[len(row[3])]
        assert names[place] == Stratum(f"{row[0] or 'und'}-{row[1] or 'und'}", band, kind)
    assert whole.name(names[0]).count(",") == 2


@settings(deadline=None)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=60), st.integers(1, 500), st.floats(0, 0.999))
def test_rows_are_allocated_by_the_root_of_the_size_and_never_more_than_there_are(sizes, rows, start):
    counts = {Stratum(f"{place:03d}", 0, "1-1"): size for place, size in enumerate(sizes)}
    shares = allocation(counts, rows)
    assert sum(shares.values()) == pytest.approx(min(rows, sum(sizes)))
    assert all(0 < shares[name] <= counts[name] for name in counts)
    ratios = {round(shares[name] / counts[name] ** 0.5, 6) for name in counts if shares[name] < counts[name] - 1e-9}
    assert len(ratios) <= 1
    numbers = whole_numbers(shares, start)
    assert sum(numbers.values()) == min(rows, sum(sizes))
    assert all(abs(numbers[name] - shares[name]) < 1 + 1e-6 and numbers[name] <= counts[name] for name in counts)


def test_strata_that_share_a_row_are_drawn_equally_often():
    """More strata than rows: over many starts each has its average."""
    shares = {Stratum(str(place), 0, "1-1"): 0.25 for place in range(8)}
    drawn = dict.fromkeys(shares, 0)
    for start in np.linspace(0, 1, 100, endpoint=False):
        for name, number in whole_numbers(shares, float(start)).items():
            drawn[name] += number
    assert set(drawn.values()) == {25}
