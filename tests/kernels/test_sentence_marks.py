"""Sentences are those that spaCy's sentencizer finds among the tokens of a language."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.sentence_habits import sentence_habits
from hexapla.kernels import segmentation, statistics
from hexapla.kernels.arrow import text_buffers
from hexapla.kernels.sentence_marks import (
    BLANK,
    CAPITAL,
    CUT,
    ICON,
    NUMBER,
    QUOTE,
    SIGN,
    SMALL,
    mark_properties,
)
from hexapla.kernels.statistics import LineCount
from hypothesis import given, settings
from hypothesis import strategies as st


def sentences(text, language="und_Latn"):
    """How many sentences a text of one line has."""
    buffer, offsets = text_buffers(pa.array([text], pa.string()))
    out = np.zeros((1, len(LineCount)), np.int64)
    size = 1 << (4 * (text.count("\n") + 2)).bit_length()
    statistics.count_lines(
        buffer, offsets, segmentation.properties(), *statistics.phrase_table(), np.zeros(size, np.uint64), out,
        sentences=sentence_habits(pa.array([language]), 1),
    )  # fmt: skip
    return int(out[0, LineCount.SENTENCES])


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("a", SMALL), ("ß", SMALL), ("Ä", CAPITAL), ("я", SMALL), ("Ω", CAPITAL), ("ש", SMALL | CAPITAL), ("7", NUMBER),
        ("қ", 0), ("ა", 0), ("ª", 0), (" ", BLANK), ("\u00a0", BLANK), ("+", SIGN),
    ],
)  # fmt: skip
def test_what_stands_beside_a_mark(character, expected):
    assert mark_properties()[ord(character)] == expected


def test_marks_have_their_flags():
    assert all(mark_properties()[ord(mark)] & CUT for mark in ",;:!?)]")
    assert all(mark_properties()[ord(mark)] & QUOTE for mark in "\"'”»“")
    assert all(mark_properties()[ord(mark)] & ICON for mark in "→☺🙂")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # the figures are those of datatrove 0.10.1, split_into_sentences
        ("und_Latn", "One is here. Two is here? Three!", 3),
        ("und_Latn", "He met Mr. B. Smith there.", 2),
        ("und_Latn", "It was in 1990. Then came the rest.", 2),
        ("und_Latn", "The end.Next begins without a space.", 2),
        ("und_Latn", "see file.txt and end.next there.", 1),
        ("und_Latn", "Write to B.doe.Smith@example.org today.", 1),
        ("und_Latn", "He waits... Then he goes on.", 1),
        ("und_Latn", 'She said "Stop here." Then (at last.) she went.', 3),
        ("und_Latn", "What!? No. - - -", 2),
        ("und_Latn", "It was NATO. And it was B. Not much.", 2),
        ("und_Latn", "A fact is known.[12] Another is.[citation needed] Done.", 3),
        ("und_Latn", "A fact is known here. [12]", 1),
        ("und_Latn", "This is it. + that", 2),
        ("und_Latn", "Stop now!Go on there", 1),
        ("deu_Latn", "Am 3. Mai 1990. wurde z. B. gebaut.", 1),
        ("deu_Latn", "Das ist bzw. war so usw. und so fort.", 1),
        ("deu_Latn", "Halt jetzt!Geh doch weiter", 2),
        ("dan_Latn", "Den 28. maj kom han. Det var i 1990. Og så.", 3),
        ("arb_Arab", "وصل الرجل في عام 2013. ثم ذهب بعيدا. هذا كل شيء.", 2),
        ("arb_Arab", "قال الرجل (كلمة واحدة). ثم ذهب بعيدا.", 1),
        ("pol_Latn", "To jest p. B. Nowak. Tak...", 4),
        ("ell_Grek", "Δες το κεφάλαιο 12. Μετά το τέλος. Ναι είναι.", 2),
        ("ell_Grek", "Δες το κεφάλαιο 5.4. Μετά το τέλος.", 2),
        ("tur_Latn", "Bu 2. bölüm oldu. Sonra 5.4.2. bölüm geldi.", 3),
        ("hun_Latn", "Ez egy .txt fájl volt. Az meg nem.", 3),
        ("uzn_Cyrl", "Бұл бала жақ. Ол анда тұр.", 1),
        ("kat_Geor", "აბგ დე ვზ. აბ 3.14 გდ, ე. აა", 3),
        ("hin_Deva", "यह पहला वाक्य है। यह दूसरा है।", 2),
        ("cmn_Hani", "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。", 2),
    ],
)  # fmt: skip
def test_sentences_of_languages(language, text, expected):
    assert sentences(text, language) == expected


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["und_Latn", "deu_Latn", "dan_Latn", "arb_Arab", "pol_Latn", "ell_Grek", "tur_Latn", "kat_Geor"]),
    st.lists(st.text('aBü12.!?…()"»|@+-ش\u00a0é', min_size=1, max_size=12), min_size=3, max_size=8),
)
def test_every_line_has_a_sentence_and_no_more_than_marks(language, words):
    text = "x y z " + " ".join(words)
    assert 1 <= sentences(text, language) <= 1 + sum(text.count(mark) for mark in ".!?")


@pytest.mark.parametrize(
    "text", ["a b c" + "." * 900, "a b " + "x" * 900 + ". B", "[" * 900 + " a b", "a b c. " * 3000]
)
def test_long_runs(text):
    assert sentences(text) >= 1
