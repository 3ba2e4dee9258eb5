"""Verses in five ways of writing them."""

import pytest
from hexapla.filters.parsed_units import FormatError, Source
from hexapla.filters.verse_format import parse_verses

USFM = (
    "\\id GEN Genèse\n\\h Genèse\n\\c 1\n\\s Titre\n\\p\n\\v 1 Au \\w commencement|strong=\"H1\"\\w* \\f + \\ft note\\f*Dieu\n"
    "\\q2 créa\n\\v 2-3 La \\add grande\\add* terre\n\\c 2\n\\v 1 Ainsi\n\\v 2\n"
)
OSIS = """<osis><osisText xml:lang="el"><div><chapter osisID="Gen.1"><title>x</title><verse osisID="Gen.1.1">Εν <note>n</note>αρχή</verse>
<verse sID="Gen.1.2" osisID="Gen.1.2"/>και η γη<lb/> ήτο<verse eID="Gen.1.2"/> έξω <verse osisID="Gen.1.3 Gen.1.4">και</verse></chapter></div></osisText></osis>"""
CES = """<cesDoc><cesHeader><language iso639="tl">Tagalog</language></cesHeader><text><body><div id="b.1SA" type="book">
<div id="b.1SA.2" type="chapter"><seg id="b.1SA.2.3" type="verse"> Huwag na kayong magsalita </seg></div></div></body></text></cesDoc>"""


def verses(text):
    found = parse_verses(text.encode(), Source("x"))
    assert found.named
    return [(unit.document, unit.key, unit.start, unit.end, unit.language, unit.text) for unit in found.units]


def test_lines():
    text = "# comment\nGEN 1:1\tAm Anfang\nGEN 1:2-3\tUnd die Erde\n1 Sam. 2:30-3:1\tText\nGEN 1:4\t\nGen 1:5a ወእግዚአብሔር\n"
    assert verses(text) == [
        ("GEN", "GEN 1:1", 1001.0, 1001.0, "", "Am Anfang"), ("GEN", "GEN 1:2-3", 1002.0, 1003.0, "", "Und die Erde"),
        ("1SAM", "1SAM 2:30-3:1", 2030.0, 3001.0, "", "Text"), ("GEN", "GEN 1:5", 1005.0, 1005.0, "", "ወእግዚአብሔር"),
    ]  # fmt: skip


def test_usfm():
    assert verses(USFM) == [
        ("GEN", "GEN 1:1", 1001.0, 1001.0, "", "Au commencement Dieu créa"), ("GEN", "GEN 1:2-3", 1002.0, 1003.0, "", "La grande terre"),
        ("GEN", "GEN 2:1", 2001.0, 2001.0, "", "Ainsi"),
    ]  # fmt: skip


def test_osis():
    assert verses(OSIS) == [
        ("GEN", "GEN 1:1", 1001.0, 1001.0, "ell_Grek", "Εν αρχή"), ("GEN", "GEN 1:2", 1002.0, 1002.0, "ell_Grek", "και η γη ήτο"),
        ("GEN", "GEN 1:3-4", 1003.0, 1004.0, "ell_Grek", "και"),
    ]  # fmt: skip


def test_the_multilingual_corpus():
    assert verses(CES) == [("1SA", "1SA 2:3", 2003.0, 2003.0, "fil_Latn", "Huwag na kayong magsalita")]


@pytest.mark.parametrize(
    ("text", "line"), [("GEN 1:1\tok\nno verse\n", 2), ("GEN 1:5-3\tx\n", 1), ("<osis/>", 0), ("\\c 1\n\\v 1 x\n", 1)]
)
def test_no_verses(text, line):
    with pytest.raises(FormatError) as error:
        verses(text)
    assert error.value.line == line


@pytest.mark.parametrize(
    "text",
    ["<osis><verse osisID=' '>a</verse></osis>", "<osis><verse osisID='Gen.%s.1'>a</verse></osis>" % ("9" * 5000), "a" + "." * 1_000_000],
)  # fmt: skip
def test_hostile_verses_are_refused(text):
    with pytest.raises(FormatError, match="no verse"):
        verses(text)


def test_hostile_usfm_is_read_in_linear_time():
    never_closed = verses("\\id GEN\n\\c 1\n\\v 1 in \\x a \\x* the" + "\\f " * 500_000)
    assert [(verse[1], verse[-1]) for verse in never_closed] == [("GEN 1:1", "in the")]
    blank = verses("\\id GEN\n\\c 1\n\\v 1 in \\w " + " " * 1_000_000 + "the")
    assert [verse[-1] for verse in blank] == ["in the"]
    assert [verse[1] for verse in verses("\\id GEN\n\\c 1\n\\c " + "9" * 5000 + "\n\\v 1 in")] == ["GEN 1:1"]
