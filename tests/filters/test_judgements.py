"""Verdicts of people: precision, thresholds, agreement."""

import math

import numpy as np
import pytest
from hexapla.filters.judgements import (
    agreements,
    joint_verdict,
    judgements_needed,
    kappa,
    precision,
    threshold,
    wilson_interval,
)


def test_wilsons_interval_is_the_published_one():
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for found, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
                                     (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert wilson_interval(found / trials, trials) == pytest.approx((low, high), abs=6e-5)
    assert wilson_interval(0.5, 0) == (0.0, 1.0)


def test_precision_weighs_and_knows_how_little_it_rests_on():
    found = precision(np.array([1.0, 1.0, 0.0, 1.0]), np.array([1.0, 1.0, 6.0, 2.0]))
    assert found.share == pytest.approx(0.4)
    assert found.effective <= 100 / 42
    assert found.low < 0.4 < found.high
    plain = precision(np.array([1.0] * 30 + [0.0] * 10), np.ones(40))
    assert (plain.low, plain.high) == pytest.approx(wilson_interval(0.75, 40), abs=0.01)
    assert math.isnan(precision(np.zeros(0), np.zeros(0)).share)
    assert precision(np.ones(10), np.ones(10)).high == pytest.approx(1.0)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """2,000 stratified samples of strata that differ in size, sampling rate and precision."""
    dice = np.random.default_rng(5)
    sizes, rates = np.array([60_000, 9_000, 4_000, 900]), np.array([0.97, 0.7, 0.9, 0.3])
    drawn = np.array([60, 60, 50, 30])
    truth = float((sizes * rates).sum() / sizes.sum())
    weight = np.repeat(sizes / drawn, drawn)
    hits = 0
    for _ in range(2000):
        good = np.concatenate([dice.random(count) < rate for count, rate in zip(drawn, rates, strict=True)])
        found = precision(good.astype(np.float64), weight)
        hits += found.low <= truth <= found.high
    assert hits / 2000 >= 0.945


def test_a_threshold_is_the_lowest_score_that_reaches_the_target():
    score = np.arange(200) / 200
    good = (score >= 0.4).astype(np.float64)
    weight = np.where(score < 0.2, 5.0, 1.0)
    found = threshold(good, weight, score, 0.9)
    above = score >= found.score
    assert found.precision.share == pytest.approx(good[above].mean()) and found.precision.share >= 0.9
    assert good[score >= found.score - 0.005].mean() < 0.9
    assert found.kept == pytest.approx(weight[above].sum() / weight.sum())
    certain = threshold(good, weight, score, 0.9, sure=True)
    assert certain.score > found.score and certain.precision.low >= 0.9
    assert threshold(good, weight, score, 0.9999, sure=True) is None
    assert threshold(np.ones(19), np.ones(19), np.arange(19.0), 0.5) is None
    assert threshold(np.ones(50), np.ones(50), np.full(50, np.nan), 0.5) is None


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95, 0.99])
def test_how_many_judgements_it_takes(target):
    count = judgements_needed(target)
    assert wilson_interval(1.0, count)[0] >= target > wilson_interval(1.0, count - 1)[0]
    share = (1 + target) / 2
    count = judgements_needed(target, share)
    assert wilson_interval(share, count)[0] >= target > wilson_interval(share, count - 1)[0]
    assert judgements_needed(target, target) == math.inf


def test_kappa_is_cohens():
    """Cohen 1960, as worked out in many textbooks: 20, 5, 10, 15 give 0.4."""
    first = ["good"] * 25 + ["bad"] * 25
    second = ["good"] * 20 + ["bad"] * 5 + ["good"] * 10 + ["bad"] * 15
    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa(first, first) == 1.0
    assert math.isnan(kappa(["good"] * 3, ["good"] * 3))
    assert math.isnan(kappa([], []))


def test_several_judges():
    assert joint_verdict(["good", "bad", "good"]) == "good"
    assert joint_verdict(["good", "bad"]) == "bad"
    assert joint_verdict(["good", "partial"]) == "partial"
    found = agreements({"anna": {"1": "good", "2": "bad"}, "ben": {"2": "bad", "1": "bad"}, "cem": {}})
    assert [entry[:4] for entry in found[:1]] == [("anna", "ben", 2, 0.5)]
    assert [entry[2] for entry in found] == [2, 0, 0]
