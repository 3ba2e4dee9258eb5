"""XLIFF and TMX: languages, inline elements, states; documents that want to read files or to grow without bound."""

import pytest
from hexapla.filters.exchange_format import parse_tmx, parse_xliff
from hexapla.filters.parsed_units import FormatError, Source

XLIFF_1 = """<?xml version="1.0"?><!DOCTYPE xliff [<!ENTITY app "Files &#38; more">]>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="a.c" source-language="en" target-language="ar"><body>
<trans-unit id="1"><source>Open <g id="1">it</g><x id="2"/></source><target state="translated">افتح <g id="1">ه</g><x id="2"/></target></trans-unit>
<trans-unit id="2"><source>Save</source><target state="needs-translation">Save</target></trans-unit>
<trans-unit id="3"><source>No target</source></trans-unit>
<trans-unit id="4" translate="no"><source>Name</source><target>Name</target></trans-unit>
<trans-unit id="5"><source>Lost <ph id="1">%s</ph></source><target>ضائع</target></trans-unit>
<alt-trans><source>x</source></alt-trans></body></file></xliff>"""
XLIFF_2 = """<xliff version="2.0" srcLang="en" trgLang="zh-Hant-TW" xmlns="urn:oasis:names:tc:xliff:document:2.0">
<file id="f1"><unit id="u1"><segment id="s1"><source>Hello <pc id="1">world</pc></source><target>你好<pc id="1">世界</pc></target></segment>
<segment><source>Bye</source><target>再見</target></segment></unit></file></xliff>"""
TMX = """<tmx version="1.4"><header srclang="en"/><body>
<tu tuid="7"><tuv xml:lang="en-US"><seg>One <bpt i="1">&lt;b&gt;</bpt>two<ept i="1">&lt;/b&gt;</ept>
 three</seg></tuv><tuv xml:lang="FR-fr"><seg>Un <hi>deux</hi> trois</seg></tuv><tuv lang="zh-TW"><seg>一二三</seg></tuv></tu>
<tu><tuv xml:lang="sr-Latn"><seg>Dobro</seg></tuv><tuv xml:lang="am"><seg/></tuv><tuv xml:lang="am"><seg>ጥሩ</seg></tuv></tu>
</body></tmx>"""


def rows(found):
    return [(unit.document, unit.key, unit.language, unit.text, unit.problem) for unit in found.units]


def test_xliff_1():
    found = parse_xliff(XLIFF_1.encode(), Source("x.xlf"))
    assert rows(found) == [
        ("a.c", "1", "eng_Latn", "Open it", ""), ("a.c", "1", "arb_Arab", "افتح ه", ""),
        ("a.c", "5", "eng_Latn", "Lost", ""), ("a.c", "5", "arb_Arab", "ضائع", "tags"),
    ]  # fmt: skip
    assert found.counters == {"not_ready": 1, "not_translated": 1, "not_for_translation": 1, "tags_differ": 1}


def test_xliff_2():
    found = parse_xliff(XLIFF_2.encode("utf-16"), Source("x.xlf"))
    assert rows(found) == [
        ("f1", "u1/s1", "eng_Latn", "Hello world", ""), ("f1", "u1/s1", "cmn_Hani", "你好世界", ""),
        ("f1", "u1/1", "eng_Latn", "Bye", ""), ("f1", "u1/1", "cmn_Hani", "再見", ""),
    ]  # fmt: skip


def test_tmx():
    found = parse_tmx(TMX.encode(), Source("x.tmx"))
    assert rows(found) == [
        ("", "7", "eng_Latn", "One two three", ""), ("", "7", "fra_Latn", "Un deux trois", ""),
        ("", "7", "cmn_Hani", "一二三", ""), ("", "1", "srp_Latn", "Dobro", ""), ("", "1", "amh_Ethi", "ጥሩ", ""),
    ]  # fmt: skip
    assert found.counters == {"empty": 1}
    regions = parse_tmx(TMX.encode(), Source("x.tmx", regions=True))
    assert [unit.language for unit in regions.units[:3]] == ["eng-US_Latn", "fra_Latn", "cmn-TW_Hani"]


def test_entities_that_are_plain_text_are_read():
    made = XLIFF_1.replace("Open ", "Open &app; ").replace("افتح ", "افتح &app; ").replace(" &#38; more", "")
    assert rows(parse_xliff(made.encode(), Source("x")))[0][3] == "Open Files it"


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE t [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><tmx><body>&c;</body></tmx>',
        '<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/hostname">]><tmx><body><tu><tuv xml:lang="en"><seg>&a;</seg></tuv></tu></body></tmx>',
        '<!DOCTYPE t SYSTEM "http://127.0.0.1:1/x.dtd"><tmx><body><tu><tuv xml:lang="en"><seg>&a;</seg></tuv></tu></body></tmx>',
        TMX[:300], "", "text", "<html/>", "<tmx><body><tu><tuv xml:lang='klingonish'><seg>x</seg></tuv></tu></body></tmx>",
        "<a>" * 5000, '<!DOCTYPE t [<!ENTITY a "' + "x" * 5000 + '">]><tmx>&a;</tmx>',
    ],
)  # fmt: skip
def test_documents_that_are_refused(document):
    try:
        found = parse_tmx(document.encode(), Source("x.tmx"))
    except FormatError:
        return
    assert found.units == []


def test_an_error_names_the_line():
    with pytest.raises(FormatError, match="line 3"):
        parse_xliff(b"<xliff>\n\n</wrong>", Source("x"))
