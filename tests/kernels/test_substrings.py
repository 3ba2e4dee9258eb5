"""Tokens, windows and their fingerprints, against plain Python."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hexapla.kernels.substrings import candidate_windows, comparable, fingerprints, known_fingerprints, token_counts
from hypothesis import given, settings
from hypothesis import strategies as st
from substring_reference import tokens, windows

TEXT = st.text(st.sampled_from("aB1é\u0301 .,\n\r(“กำเา\u0e31ក្ម你が\u3099한\u1100\u1161\u200d\u2764\ufe0f\U0001d15e"))


@settings(deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_tokens_are_those_of_plain_python(texts):
    found = token_counts(comparable(pa.array(texts, pa.string())))
    assert found.tolist() == [len(tokens(text)) for text in texts]


@settings(deadline=None)
@given(st.lists(TEXT, max_size=6), st.integers(2, 6))
def test_equal_windows_have_equal_hashes_and_fingerprints(texts, size):
    """All fingerprints known: every window is there, and its hash and fingerprint name its tokens."""
    array = pa.array(texts, pa.string())
    marks = np.unique(fingerprints(array, size, 0.5))
    keys = (marks >> np.uint64(32) << np.uint64(32)) | (marks % np.uint64(4) + np.uint64(1))
    found = candidate_windows(array, size, 0.5, known_fingerprints(keys, np.zeros(len(keys), bool)), 4)
    names, place = {}, 0
    for mark, (row, start, count, _) in zip(found.fingerprints.tolist(), found.runs.tolist(), strict=True):
        own = tokens(texts[row])
        borders = dict(windows(own, size))
        for begin in range(start, start + count):
            end = borders[begin]
            assert found.lengths[place] == end - begin
            name = (int(found.hashes[place]), mark)
            assert names.setdefault(tuple(token[0] for token in own[begin:end]), name) == name
            place += 1
    assert len(set(names.values())) == len(names)
    assert place == sum(len(list(windows(tokens(text), size))) for text in texts)


def test_scopes_keep_windows_apart():
    text = pa.array(["a b c d e f"] * 2)
    same = fingerprints(text, 3, 0.5, np.array([7, 7], np.uint64))
    other = fingerprints(text, 3, 0.5, np.array([7, 8], np.uint64))
    half = len(same) // 2
    assert same[:half].tolist() == same[half:].tolist()
    assert not set(other[:half].tolist()) & set(other[half:].tolist())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("ក្ម", 1),
        ("เกา", 2),
        ("น้ำ", 1),
        ("က္ခ", 1),
        ("か\u3099", 1),
        ("a \u2764\ufe0f b", 3),
        ("१२ हिंदी", 2),
        ("漢字", 2),
    ],
)
def test_what_is_read_as_one_is_one_token(text, count):
    assert token_counts(pa.array([text])).tolist() == [count]


def test_a_text_whose_tokens_change_in_nfc_is_compared_as_it_is():
    note = "a \U0001d15e b"
    assert comparable(pa.array([note, "e\u0301"])).to_pylist() == [note, unicodedata.normalize("NFC", "e\u0301")]
