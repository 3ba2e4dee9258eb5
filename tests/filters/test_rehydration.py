"""Weights by cluster size: tables as users write them, FineWeb-2's, and its method of fitting them."""

import json
import random

import pyarrow as pa
import pytest
from hexapla.filters.rehydration import (
    PUBLISHED,
    RemovalCounts,
    Weights,
    fit_distribution,
    fit_weights,
    load_tables,
)

# huggingface/fineweb-2, misc/rehydration/README.md: its example of published weights
ITALIAN = {
    1: 1, 2: 3, 3: 4, 4: 5, 5: 6, 7: 7, 8: 8, 11: 9, 17: 10, 26: 9, 31: 8, 46: 7, 52: 6, 63: 5, 75: 4, 96: 3, 118: 2,
    123: 3, 125: 2, 145: 1,
}  # fmt: skip


def weights_of(table, sizes):
    return Weights.parse(table).of(pa.array(sizes, pa.int32())).to_pylist()


def test_the_published_table_as_its_text_says_it():
    said = {1: 1, 2: 2, 3: 3, 4: 3, 5: 5, 99: 5, 100: 8, 999: 8, 1000: 1, 743_779: 1}
    assert weights_of(PUBLISHED, said) == list(said.values())


def test_the_published_example_of_italian():
    assert weights_of(ITALIAN, [1, 2, 16, 17, 25, 26, 144, 145, 10_000]) == [1, 3, 9, 10, 10, 9, 2, 1, 1]


def test_ranges_and_what_no_key_covers():
    table = {1: 1, "2-3": 2.5, "5-9": 5, "20+": 0}
    assert weights_of(table, [1, 2, 3, 4, 5, 9, 10, 19, 20, 999]) == [1, 2.5, 2.5, 1, 5, 5, 1, 1, 0, 0]
    assert weights_of({"4-6": 2, 7: 3}, [3, 4, 6, 7, 8, None, 0, -1]) == [1, 2, 2, 3, 3, None, 1, 1]


@pytest.mark.parametrize("seed", range(20))
def test_a_table_against_a_search_through_its_keys(seed):
    chance = random.Random(seed)
    starts = sorted(chance.sample(range(1, 60), chance.randint(1, 8)))
    table = {start: chance.randint(0, 9) for start in starts}
    sizes = [chance.randint(1, 80) for _ in range(50)]
    expected = [next((table[start] for start in reversed(starts) if start <= size), 1) for size in sizes]
    assert (
        weights_of({str(key) if chance.random() < 0.5 else key: value for key, value in table.items()}, sizes)
        == expected
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "at least one cluster size"),
        ({0: 1}, "the smallest is 1"),
        ({"9-4": 1}, "the first is not above the last"),
        ({"many": 1}, "'many' is no cluster size"),
        ({True: 1}, "True is no cluster size"),
        ({1: 1, "1+": 2}, "two weights for clusters of 1"),
        ({"1-5": 1, 5: 2}, "two weights for clusters of 5"),
        ({2: -1}, "the weight of clusters of 2 is -1"),
        ({2: "x"}, "not a number"),
        ({2: float("nan")}, "not a number"),
        ({2: float("inf")}, "not a number"),
    ],
)
def test_tables_that_cannot_be_meant(table, message):
    with pytest.raises(ValueError, match=message):
        Weights.parse(table)


def test_files_of_one_table_and_of_many(tmp_path):
    one, many = tmp_path / "one.yaml", tmp_path / "up_to_10_reps.json"
    one.write_text("1: 1\n4-10: 5\n")
    many.write_text(json.dumps({"ita_Latn": ITALIAN, "fr": {"1": 1, "2": 3}}))
    assert load_tables(str(one)).of(pa.array([4, 11])).to_pylist() == [5, 1]
    found = load_tables(str(many))
    assert sorted(found) == ["fra_Latn", "ita_Latn"]
    assert found["ita_Latn"].of(pa.array([20])).to_pylist() == [10]
    one.write_text("1: 7\n4-10: 5\n")
    assert load_tables(str(one)).of(pa.array([2])).to_pylist() == [7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "no table"),
        ("{", "not readable"),
        ("{a: {1: 1}, 2: 3}", "some are tables"),
        ("{x: {q: 1}}", "'q' is no"),
    ],
)
def test_files_that_are_no_tables(tmp_path, text, message):
    path = tmp_path / "weights.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        load_tables(str(path))
    assert str(path) in str(error.value)


def test_the_method_on_figures_that_can_be_followed_by_hand():
    # rates 40 and 50 against 50 in all: 10 repetitions and 1; the two at either end are not averaged
    assert fit_weights([1, 2, 3, 4, 5, 6, 7], [50, 50, 40, 40, 40, 60, 45], 50, 10) == {1: 1, 3: 6, 5: 7, 6: 1, 7: 6}
    assert fit_weights([1, 2, 8], [60, 45, 40], 50, 3) == {1: 1, 2: 2, 8: 3}
    assert fit_weights([1, 2], [50, 60], 50, 10) == {1: 1}
    assert fit_weights([1], [0], 0, 10) == {1: 1}


@pytest.mark.parametrize("seed", range(10))
def test_the_method_against_plain_python(seed):
    chance = random.Random(seed)
    sizes = sorted(chance.sample(range(1, 300), chance.randint(5, 120)))
    rates = [chance.uniform(0, 100) for _ in sizes]
    whole, most = chance.uniform(20, 80), chance.randint(3, 10)
    raw = [1 + (most - 1) * (rate - whole) / (min(rates) - whole) if rate < whole else 1.0 for rate in rates]
    inner = range(2, len(raw) - 2)
    smooth = [sum(raw[n - 2 : n + 3]) / 5 if n in inner else raw[n] for n in range(len(raw))]
    found = Weights.parse(fit_weights(sizes, rates, whole, most)).of(pa.array(sizes)).to_pylist()
    assert all(abs(weight - value) <= 0.5 + 1e-9 for weight, value in zip(found, smooth, strict=True))
    tail = {"cluster_sizes": sizes[:-1], "cluster_removal_rates": rates[:-1], "tail_threshold": sizes[-1]}
    tail |= {"tail_removal_rate": rates[-1], "global_removal_rate": whole}
    assert fit_distribution(tail, most) == fit_weights(sizes, rates, whole, most)


def test_counts_add_up_however_they_are_cut_and_small_sizes_are_pooled():
    chance = random.Random(5)
    rows = [
        (chance.choice(["fra_Latn", None]), chance.choice([1, 2, 2, 3, None]), chance.random() < 0.3)
        for _ in range(600)
    ]
    whole, parts = RemovalCounts(), RemovalCounts()
    for counts, size in ((whole, 600), (parts, 37)):
        for start in range(0, 600, size):
            for removed in (True, False):
                some = [row for row in rows[start : start + size] if row[2] == removed]
                languages = pa.array([row[0] for row in some], pa.string())
                counts.add(languages, pa.array([row[1] for row in some], pa.int32()), removed=removed)
    assert whole.counts == parts.counts
    assert whole.counts["und"][2][0] == sum(row == (None, 2, True) for row in rows)
    few = RemovalCounts({"fra_Latn": {1: [90, 10], 2: [10, 190], 5: [1, 9], 7: [40, 60], 9: [5, 0]}})
    assert few.fit(most=5, least=100) == {"fra_Latn": {1: 1, 2: 5, 5: 1}}
