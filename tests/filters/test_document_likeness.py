"""What no translation changes, and documents that are found by it."""

import numpy as np
import pyarrow as pa
from hexapla.filters.document_likeness import like_documents, like_vectors, marks_of


def marks(*texts):
    lists = marks_of(pa.array(texts, pa.string()), pa.nulls(len(texts), pa.string())).to_pylist()
    return [set(one) for one in lists]


def test_digits_of_all_scripts_and_all_ways_to_write_a_number():
    same = marks("1,250", "1.250", "1 250".replace(" ", "\u00a0"), "١٬٢٥٠", "१२५०", "在1250年", "๑๒๕๐", "01250")
    assert all(one == same[0] for one in same)
    assert len(same[0]) == 1


def test_names_count_and_other_words_do_not():
    english, german, small = marks("Anna went home to Tartu", "anna ging nach TARTU", "she went home")
    assert english & german == marks("Tartu")[0]
    assert small == set()


def test_the_title_is_a_mark_of_its_own():
    plain = marks_of(pa.array(["7"]), pa.array([None], pa.string())).to_pylist()[0]
    titled = marks_of(pa.array(["7"]), pa.array(["Article 7"])).to_pylist()[0]
    assert set(plain) < set(titled)


def test_long_documents_keep_the_same_marks_in_every_language():
    numbers = " ".join(str(number) for number in range(1000, 3000))
    one, other = marks(numbers, "Ein Text. " + numbers)
    assert len(one) == 96
    assert len(one & other) >= 94


def pairs_of(documents, least=50):
    """Pairs of documents given as (language, size, marks)."""
    owner = np.concatenate([np.full(len(marks), n) for n, (_, _, marks) in enumerate(documents)])
    hashes = np.concatenate([np.array(sorted(marks), np.uint64) for _, _, marks in documents])
    order = np.arange(len(documents), dtype=np.uint64)
    language, size = (np.array([one[place] for one in documents], np.int64) for place in (0, 1))
    found = like_documents(order, language, size, (owner, hashes), least)
    return set(zip(found[0].tolist(), found[1].tolist(), strict=True))


def test_pairs_share_rare_marks():
    everywhere = {1, 2}
    documents = [(n % 2, 1000, everywhere | {10 + n // 2 * 3, 11 + n // 2 * 3, 12 + n // 2 * 3}) for n in range(12)]
    assert pairs_of(documents) == {(n, n + 1) for n in range(0, 12, 2)}
    assert pairs_of([(0, size, marks) for _, size, marks in documents]) == set()


def test_two_equally_likely_versions_are_none():
    documents = [(0, 1000, {1, 2, 3}), (1, 1000, {1, 2, 3}), (1, 1000, {1, 2, 3})]
    assert pairs_of(documents, least=1) == set()


def test_a_text_of_another_length_is_no_version():
    assert pairs_of([(0, 1000, {1, 2, 3}), (1, 900, {1, 2, 3})]) == {(0, 1)}
    assert pairs_of([(0, 1000, {1, 2, 3}), (1, 40_000, {1, 2, 3})]) == set()


def test_vectors_on_a_site_of_several_blocks():
    chance = np.random.default_rng(1)
    made = chance.normal(size=(1500, 24))
    noisy = np.concatenate([made, made + chance.normal(size=made.shape) * 0.05])
    vectors = np.rint(noisy / np.linalg.norm(noisy, axis=1, keepdims=True) * 32_000).astype(np.int16)
    order = chance.permutation(3000).astype(np.uint64)
    language = np.repeat([0, 1], 1500)
    first, second, score = like_vectors(order, language, (np.arange(3000), vectors), 50)
    assert (first + 1500 == second).mean() > 0.99
    assert len(first) > 1200
    assert score.max() <= 100
