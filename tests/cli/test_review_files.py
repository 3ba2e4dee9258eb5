"""The table that judges fill in: what is written is what is read, and every fault is named with its place."""

import pytest
from hexapla.cli.review_files import check_text, escaped, read_judgements, tsv_text, unescaped
from hexapla.engine.errors import ConfigError
from hypothesis import given, settings
from hypothesis import strategies as st

ROW = {
    "uid": "a" * 32,
    "src_lang": "eng_Latn",
    "tgt_lang": "arb_Arab",
    "src": '=SUM(A1)\tof "two"\nlines\\',
    "tgt": "\u202eيولد\u2028 جميع",
    "score": 0.1234567,
    "stratum": "eng_Latn-arb_Arab, below 0.4, 1-1",
    "weight": 1234.5678,
}


def filled(verdict="good", **changes):
    return tsv_text([{**ROW, **changes}]).replace("1234.57\t", f"1234.57\t{verdict}")


def refused(text):
    with pytest.raises(ConfigError) as caught:
        for judgement in read_judgements("anna.tsv", text):
            check_text(judgement, ROW)
    return caught.value


@settings(deadline=None)
@given(st.text())
def test_any_text_survives_on_one_line_and_is_no_formula(text):
    cell = escaped(text)
    assert unescaped(cell) == text
    assert not set(cell) & set("\t\n\r\x00\x85\u2028\u202e")
    assert cell[:1] not in {"=", "+", "-", "@"}


def test_a_table_comes_back():
    (judgement,) = read_judgements("anna.tsv", filled())
    check_text(judgement, ROW)
    assert (judgement.uid, judgement.verdict, judgement.line) == ("a" * 32, "good", 2)
    assert judgement.weight == pytest.approx(1234.57)
    assert tsv_text([{**ROW, "score": None}]).splitlines()[1].split("\t")[5] == ""


def test_a_uid_that_is_no_hash_comes_back():
    (judgement,) = read_judgements("anna.tsv", filled(uid="-7\tof \\x"))
    assert judgement.uid == "-7\tof \\x"


def test_what_spreadsheets_do_to_a_table_changes_nothing():
    """A byte order mark, CRLF, quotes around cells that have quotes, decomposed letters, missing empty cells."""
    head, line, _ = filled().split("\n")
    cells = line.split("\t")
    cells[3] = '"' + cells[3].replace('"', '""') + '"'
    (judgement,) = read_judgements("anna.tsv", f"\ufeff{head}\r\n{chr(9).join(cells)}\r\n\r\n")
    check_text(judgement, ROW)
    composed = {**ROW, "src": "été"}
    (judgement,) = read_judgements("anna.tsv", filled(src="été"))
    check_text(judgement, composed)
    (judgement,) = read_judgements("anna.tsv", filled("").removesuffix("\n").removesuffix("\t"))
    assert judgement.verdict == ""


@pytest.mark.parametrize(
    ("said", "meant"), [("G", "good"), ("Bad ", "bad"), ("p", "partial"), ("skip", ""), ("s", ""), ("", "")]
)
def test_verdicts_may_be_short(said, meant):
    assert read_judgements("anna.tsv", filled(said))[0].verdict == meant


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (filled("goood"), "anna.tsv:2: verdict", "did you mean 'good'?"),
        (filled().replace("1234.57", "1234,57"), "anna.tsv:2: weight", "'1234,57'"),
        (filled().replace("1234.57", "nan"), "anna.tsv:2: weight", "'nan'"),
        (filled().replace("verdict", "judgement"), "anna.tsv:1", "'verdict'"),
        (filled().replace("of ", "off "), "anna.tsv:2: src", "off"),
        (filled().replace("\tarb_Arab\t", "\tpes_Arab\t"), "anna.tsv:2: tgt_lang", "arb_Arab"),
        (filled() + filled().split("\n")[1], "anna.tsv:3: uid", "line 2 already"),
        (filled("good\tmore"), "anna.tsv:2", "10 cells"),
        ("", "anna.tsv:1", "'uid'"),
    ],
)
def test_faults_are_named_with_file_line_and_column(text, where, what):
    error = refused(text)
    assert error.where == where
    assert what in str(error)
