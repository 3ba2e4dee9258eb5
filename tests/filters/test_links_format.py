"""Links between sentences of documents, whole or cut into words, packed or not."""

import gzip

import pytest
from hexapla.filters.links_format import parse_links
from hexapla.filters.parsed_units import FormatError, Source

LINKS = """<!DOCTYPE cesAlign PUBLIC "-//CES//DTD XML cesAlign//EN" "">
<cesAlign version="1.0"><linkGrp targType="s" fromDoc="en/2010/x.xml.gz" toDoc="ja/2010/x.xml.gz">
<link xtargets="1;1" certainty="0.9"/><link xtargets="2 3;2"/><link xtargets="4;"/></linkGrp></cesAlign>"""
DOCUMENTS = {
    "en/2010/x.xml.gz": gzip.compress(
        b'<text><s id="1"><w>Good</w> <w>morning</w><w>.</w></s><p><s id="2">Two <b>parts</b></s><s id="3">and three</s></p><s id="4">x</s></text>'
    ),
    "ja/2010/x.xml.gz": '<text><s id="1">おはよう。</s><s id="2">二つ</s></text>'.encode(),
}


def test_links():
    found = parse_links(LINKS.encode(), Source("x.xml"), DOCUMENTS.__getitem__)
    assert [tuple(unit)[:3] for unit in found.units] == [
        ("0", "eng_Latn", "Good morning ."), ("0", "jpn_Jpan", "おはよう。"),
        ("1", "eng_Latn", "Two parts and three"), ("1", "jpn_Jpan", "二つ"),
    ]  # fmt: skip
    assert {unit.document for unit in found.units} == {"2010/x/eng_Latn-jpn_Jpan"} and found.counters == {"empty_links": 1}


@pytest.mark.parametrize(
    ("links", "word"),
    [
        (LINKS.replace("2 3;2", "2 3;9"), "'9'"), (LINKS.replace("2 3;2", "2 3"), "two sides"), ("<x/>", "cesAlign"),
        (LINKS.replace("en/2010", "klingon/2010"), "languages"),
    ],
)  # fmt: skip
def test_links_that_lead_nowhere(links, word):
    with pytest.raises(FormatError, match=word):
        parse_links(links.encode(), Source("x"), lambda name: DOCUMENTS.get(name, b"<text/>"))


def test_a_broken_document_is_named():
    with pytest.raises(FormatError, match="ja/2010"):
        parse_links(LINKS.encode(), Source("x"), lambda name: DOCUMENTS[name] if name < "f" else b"<text>")
