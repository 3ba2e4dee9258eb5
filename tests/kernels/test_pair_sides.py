"""Counts of one side against Python's str and the library regex."""

import string

import numpy as np
import pyarrow as pa
import pytest
import regex
from hexapla.kernels.pair_characters import SCRIPT_OF_NAME
from hexapla.kernels.pair_sides import side_counts
from pair_texts import texts


@pytest.mark.parametrize("seed", range(3))
def test_sides_are_counted_as_python_counts(seed):
    given = texts(seed, 200)
    sets = np.zeros((2, 256), np.uint8)
    sets[0, SCRIPT_OF_NAME["latin"]] = 1
    sets[1, SCRIPT_OF_NAME["han"]] = 1
    rows = np.arange(len(given), dtype=np.int32) % 2
    found = side_counts(pa.array(given), sets, rows)
    alphabetic, white = regex.compile(r"\p{Alphabetic}"), regex.compile(r"\s")
    in_script = [regex.compile(r"\p{Script=Latin}"), regex.compile(r"\p{Script=Han}")]
    for number, text in enumerate(given):
        letters = alphabetic.findall(text)
        expected = {
            "characters": len(text), "words": len(text.split()), "longest_word": max(map(len, text.split()), default=0),
            "word_characters": sum(map(len, text.split())), "alphabetic": len(letters), "white": len(white.findall(text)),
            "in_script": sum(bool(in_script[number % 2].match(letter)) for letter in letters),
            "terminal": sum(letter in ".?!…" for letter in text), "blanks": text.count(" ") + text.count("\u00a0"),
            "digits": sum(letter in string.digits for letter in text),
        }  # fmt: skip
        assert {name: int(column[number]) for name, column in found.items()} == expected, text
