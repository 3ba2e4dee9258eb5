"""Repetition against the regular expressions that define it."""

import numpy as np
import pyarrow as pa
import pytest
import regex
from hexapla.kernels.pair_repetition import repeated_words, repetitions
from pair_texts import texts


@pytest.mark.parametrize("options", [(2, 3, 100), (1, 1, 5), (3, 2, 4), (1, 5, 8)])
def test_repetitions_are_those_of_the_pattern(options):
    threshold, least, most = options
    given = texts(11, 400)
    found = repetitions(pa.array(given), threshold=threshold, min_length=least, max_length=most)
    pattern = regex.compile(rf"(\S.{{{least - 1},{most}}}?)(?: *\1){{{threshold},}}")
    for text, number in zip(given, found.tolist(), strict=True):
        match = pattern.search(text)
        assert number == (match.group(0).count(match.group(1)) - 1 if match else 0), text


@pytest.mark.parametrize("by_words", [True, False])
def test_repeated_words_are_those_of_the_pattern(by_words):
    given = texts(13, 300)
    found = repeated_words(pa.array(given), np.full(len(given), by_words), np.full(len(given), 4, np.int32))
    pattern = regex.compile(r"(?i)(\b\S+(.+))\s+\b\1\b" if by_words else r"(.+)\1")
    for text, number in zip(given, found.tolist(), strict=True):
        matches = [match.group().strip() for match in pattern.finditer(text)]
        assert number == sum(len(match) > 4 and bool(regex.search(r"\p{Alphabetic}", match)) for match in matches), text
