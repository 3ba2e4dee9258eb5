"""Lines, paragraphs and sentences with their keys, and texts without some of them."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.line_units import line_units


def texts_of(units):
    return units.strings(np.ones(len(units.keys), bool)).to_pylist()


TEXTS = [
    "Ein Satz. Noch einer!\r\nZeile zwei\n\nNeuer Absatz: ä",
    None,
    "",
    "รุ้งกินน้ำ\u2028สวยมาก",
    "a\u0308 b\n\n\nc",
    "第一句。第二句。\n第三句",
]


def test_units_of_every_kind():
    texts = pa.array(TEXTS, pa.string())
    assert texts_of(line_units(texts)) == [
        ["Ein Satz. Noch einer!", "Zeile zwei", "Neuer Absatz: ä"], [], [], ["รุ้งกินน้ำ", "สวยมาก"], ["a\u0308 b", "c"],
        ["第一句。第二句。", "第三句"],
    ]  # fmt: skip
    assert texts_of(line_units(texts, unit="paragraph"))[0] == [
        "Ein Satz. Noch einer!\r\nZeile zwei",
        "Neuer Absatz: ä",
    ]
    assert texts_of(line_units(texts, unit="sentence"))[0][:2] == ["Ein Satz.", "Noch einer!"]
    assert texts_of(line_units(texts, unit="sentence"))[5] == ["第一句。", "第二句。", "第三句"]


@pytest.mark.parametrize("unit", ["line", "paragraph", "sentence"])
def test_slices_and_other_forms_of_a_letter_have_the_same_keys(unit):
    texts = pa.array(TEXTS, pa.string())
    whole, part = line_units(texts, unit=unit), line_units(texts.slice(3), unit=unit)
    assert part.keys.tolist() == whole.keys[whole.first[3] :].tolist()
    one, other = line_units(pa.array(["ä b é"]), unit=unit), line_units(pa.array(["a\u0308 b e\u0301"]), unit=unit)
    assert one.keys.tolist() == other.keys.tolist()
    assert one.characters.tolist() == [5]
    assert other.characters.tolist() == [7]


def test_what_is_left_stands_as_it_stood():
    units = line_units(pa.array(["  a\r\nb\r\n\r\nc\n", "x\ny", "\u2028p\u2028q", "z"]))
    assert units.rows().tolist() == [0, 0, 0, 1, 1, 2, 2, 3]
    assert units.without(np.zeros(8, bool)).to_pylist() == ["  a\r\nb\r\n\r\nc\n", "x\ny", "\u2028p\u2028q", "z"]
    removed = np.array([False, True, False, True, True, False, True, False])
    assert units.without(removed).to_pylist() == ["  a\r\n\r\nc\n", "", "\u2028p", "z"]
    assert units.sums(removed).tolist() == [1, 2, 1, 0]
    assert units.strings(removed).to_pylist() == [["b"], ["x", "y"], ["q"], []]


def test_no_texts():
    for texts in (pa.array([], pa.string()), pa.array([None, ""], pa.string())):
        units = line_units(texts, unit="sentence")
        assert units.without(np.zeros(0, bool)).to_pylist() == [""] * len(texts)
        assert len(line_units(texts).keys) == 0
