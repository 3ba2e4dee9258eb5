"""Lines keep their numbers, and columns their languages."""

import pytest
from hexapla.filters.line_format import parse_lines, parse_table
from hexapla.filters.parsed_units import FormatError, Source


def test_lines_keep_their_numbers():
    found = parse_lines("Един\r\n\r\n  Три\u2028четири\n".encode(), Source("x.bg"))
    assert [(unit.key, unit.text) for unit in found.units] == [("0", "Един"), ("2", "Три\u2028четири")]
    assert found.counters == {"empty": 1}


def test_a_table_with_languages_in_its_first_line():
    found = parse_table("en\tfr\tid\tja\nHi\tSalut\t\t\nBye\t\tDah\tさようなら\n".encode(), Source("x.tsv"))
    assert [(unit.key, unit.language, unit.text) for unit in found.units] == [
        ("0", "eng_Latn", "Hi"), ("0", "fra_Latn", "Salut"),
        ("1", "eng_Latn", "Bye"), ("1", "ind_Latn", "Dah"), ("1", "jpn_Jpan", "さようなら"),
    ]  # fmt: skip


def test_a_table_with_given_columns():
    found = parse_table(b"0.9\tHi\tSalut\n", Source("x.tsv"), ["", "eng_Latn", "fra_Latn"])
    assert [(unit.key, unit.language) for unit in found.units] == [("0", "eng_Latn"), ("0", "fra_Latn")]


@pytest.mark.parametrize(("text", "line"), [("a\tb\n1\t2\n", 1), ("en\tfr\nHi\tSalut\nHi\n", 3), ("", 1)])
def test_a_table_that_is_none(text, line):
    with pytest.raises(FormatError) as error:
        parse_table(text.encode(), Source("x.tsv"))
    assert error.value.line == line
