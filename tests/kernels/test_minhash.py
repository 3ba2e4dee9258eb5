"""Signatures and shingle sets against plain Python, in scripts with and without spaces."""

import math
import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hexapla.kernels.minhash import CLEAR_TAIL, Scheme, clear_counts, shingle_sets, signatures
from hexapla.kernels.unicode import CLASS, CONTROL, DIGIT, FOLD, LETTER, MARK, UNSPACED
from hypothesis import given, settings
from hypothesis import strategies as st

MASK = (1 << 64) - 1
ONE, OTHER = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
SMALL = Scheme(bands=3, rows=2, shingle=2, seed=9)
TEXT = st.text(st.sampled_from("aBc dé1²\u0301\u200d\xad.,\n中文กำไม្កកမြ한가"), max_size=40)

REAL = {
    "eng": "All human beings are born free and equal in dignity and rights. They are endowed with reason.",
    "tha": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "khm": "មនុស្សទាំងអស់កើតមកមានសេរីភាពនិងភាពស្មើៗគ្នាក្នុងសេចក្ដីថ្លៃថ្នូរ",
    "lao": "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ ສິດທິ ເສລີພາບແລະຄວາມສະເໝີພາບເທົ່າທຽມກັນ",
    "mya": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း",
    "cmn": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。",
    "jpn": "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "hin": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
}


def tokens(text, unit="auto"):
    """The rule of `kernels/minhash.py`, in words: words, and letters of unspaced scripts with their marks."""
    taken = {"auto": {}, "words": {UNSPACED: LETTER}, "characters": {LETTER: UNSPACED, DIGIT: UNSPACED}}[unit]
    found, current, unspaced = [], "", False
    for character in unicodedata.normalize("NFC", text):
        kind = taken.get(int(CLASS[ord(character)]), int(CLASS[ord(character)]))
        folded = chr(FOLD[ord(character)])
        if kind == CONTROL:
            continue
        if kind == MARK or (kind in {LETTER, DIGIT} and not unspaced):
            current += folded
            continue
        if current:
            found.append(current)
        current, unspaced = (folded if kind in {LETTER, DIGIT, UNSPACED} else ""), kind == UNSPACED
    return [*found, current] if current else found


def shingles(text, size):
    parts = tokens(text)
    return {tuple(parts[i : i + size]) for i in range(len(parts) - size + 1)}


def mixed(value):
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & MASK
    return value ^ value >> 33


def shingle_hash(parts, weights):
    total = 0
    for part, weight in zip(parts, weights, strict=True):
        state = 0
        for character in part:
            state = (state ^ ord(character)) * ONE & MASK
            state ^= state >> 29
        total = (total + mixed(state) * weight) & MASK
    total = (total ^ total >> 32) * OTHER & MASK
    return total ^ total >> 29


def column(texts):
    return pa.array(texts, pa.string())


def sets_of(texts, scheme):
    found = signatures(column(texts), scheme)
    values, borders = shingle_sets(column(texts), scheme, found.shingles)
    return found, [values[a:b].tolist() for a, b in pairwise(borders)]


@settings(deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_sets_and_signatures_are_those_of_the_definition(texts):
    found, sets = sets_of(texts, SMALL)
    weights = SMALL.weights().tolist()
    factors, terms = (part.tolist() for part in SMALL.permutations())
    for row, text in enumerate(texts):
        hashes = sorted(shingle_hash(parts, weights) for parts in shingles(text, 2))
        if not hashes:
            assert found.shingles[row] == 0
            assert sets[row] == [found.keys[row, 0]]
            continue
        assert sets[row] == hashes
        assert found.shingles[row] == len(tokens(text)) - 1
        minima = [
            min(((h >> 32) * factor + term) % 2**32 for h in hashes)
            for factor, term in zip(factors, terms, strict=True)
        ]
        assert found.minima[row].tolist() == minima


@pytest.mark.parametrize("language", REAL)
def test_no_real_sentence_is_without_a_shingle(language):
    found, sets = sets_of([REAL[language]], Scheme())
    assert found.shingles[0] == len(tokens(REAL[language])) - 4 > 0
    assert len(sets[0]) == len(shingles(REAL[language], 5))


def test_what_is_the_same_shingle():
    plain = "Crème brûlée costs 12 euros at 3 Rue de l’Été"
    same = [
        unicodedata.normalize("NFD", plain),
        plain.upper(),
        plain.replace(" ", " ,\n"),
        plain.replace("euros", "eu\xadros"),
    ]
    other = [plain.replace("é", "e"), plain.replace("12", "13"), "हिन्दी मे लिखा है यह", "हिन्दी में लिखा है यह"]
    _, (reference, *rest) = sets_of([plain, *same, *other], Scheme())
    assert all(found == reference for found in rest[:4])
    assert all(found != reference for found in rest[4:])
    assert rest[6] != rest[7]


def test_texts_without_a_shingle_share_keys_only_with_equal_texts():
    texts = [
        "",
        "...",
        "?!",
        "one two three",
        "one  two three\n",
        "One two three",
        "สวัสดี",
        "ไทย",
        "你好",
        "你好。",
        "a",
    ]
    found, sets = sets_of(texts, Scheme())
    short = [row for row in range(len(texts)) if found.shingles[row] == 0]
    assert len(short) == len(texts)
    for one in short:
        for other in short:
            equal = texts[one].split() == texts[other].split()
            assert (found.keys[one] == found.keys[other]).any() == equal
            assert (sets[one] == sets[other]) == equal


@settings(deadline=None)
@given(st.lists(TEXT, min_size=3, max_size=12), st.integers(1, 5))
def test_neither_cutting_nor_slicing_changes_anything(texts, size):
    whole, sets = sets_of(texts, SMALL)
    for start in range(0, len(texts), size):
        part = signatures(column(texts).slice(start, size), SMALL)
        assert part.keys.tolist() == whole.keys[start : start + size].tolist()
        assert sets_of(texts[start : start + size], SMALL)[1] == sets[start : start + size]


def test_estimates_follow_true_similarity():
    chance = np.random.default_rng(5)
    vocabulary = np.array([f"w{number}" for number in range(5000)])
    scheme, errors, candidates, expected = Scheme(), [], 0, 0.0
    for trial in range(150):
        words = chance.choice(vocabulary, 300)
        changed = words.copy()
        changed[chance.choice(300, 1 + trial // 12, replace=False)] = "x"
        found, (one, other) = sets_of([" ".join(words), " ".join(changed)], scheme)
        true = len(set(one) & set(other)) / len(set(one) | set(other))
        errors.append((found.minima[0] == found.minima[1]).mean() - true)
        candidates += (found.keys[0] == found.keys[1]).any()
        expected += scheme.collision_probability(true)
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 1.3 * 0.5 / np.sqrt(112)
    assert abs(candidates - expected) < 15


def test_another_seed_gives_other_keys_and_the_same_sets():
    texts = list(REAL.values())
    one, sets = sets_of(texts, Scheme(seed=1))
    other, same = sets_of(texts, Scheme(seed=2))
    assert sets == same
    assert not (one.keys == other.keys).any()


def test_hostile_texts():
    texts = ["a" * 3_000_000, "人" * 1_000_000, "ab " * 500_000, "\0" * 1000, "\u0301" * 1000, "(" * 100_000]
    found, sets = sets_of(texts, Scheme())
    assert found.shingles.tolist() == [0, 999_996, 499_996, 0, 0, 0]
    assert [len(values) for values in sets] == [1] * 6


def test_long_sets_are_sorted_and_unique():
    words = [f"w{(number * number) % 997}" for number in range(5000)]
    _, (values,) = sets_of([" ".join(words)], Scheme(shingle=1))
    assert values == sorted(set(values))
    assert len(values) == len(set(words))


def test_a_scheme_without_bands_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Scheme(bands=0)


@pytest.mark.parametrize(("size", "threshold"), [(112, 0.75), (112, 0.9), (20, 0.5), (1, 0.5), (450, 0.99)])
def test_counts_are_clear_where_a_pair_at_the_threshold_seldom_comes(size, threshold):
    below, above = clear_counts(size, threshold)
    chances = [math.comb(size, n) * threshold**n * (1 - threshold) ** (size - n) for n in range(size + 1)]
    assert sum(chances[: below + 1]) <= CLEAR_TAIL < sum(chances[: below + 2])
    assert sum(chances[above:]) <= CLEAR_TAIL < sum(chances[above - 1 :])


def test_what_is_clear_at_the_default():
    assert clear_counts(112, 0.75) == (64, 102)
    assert clear_counts(112, 1.0) == (111, 113)


@settings(deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4), st.sampled_from(["words", "characters"]))
def test_units_of_all_scripts(texts, unit):
    scheme = Scheme(bands=3, rows=2, shingle=2, unit=unit)
    found, sets = sets_of(texts, scheme)
    weights = scheme.weights().tolist()
    for row, text in enumerate(texts):
        parts = tokens(text, unit)
        expected = sorted({shingle_hash(tuple(parts[n : n + 2]), weights) for n in range(len(parts) - 1)})
        assert sets[row] == (expected or [found.keys[row, 0]])


def test_stored_signatures_stay_comparable():
    """Whoever changes what a signature is raises `signature_version` of `minhash_dedup`, and then this."""
    keys = signatures(pa.array([*REAL.values(), "", "x"]), Scheme()).keys
    assert xxhash.xxh3_64_hexdigest(keys.tobytes()) == "350eb9e3f90544af"
