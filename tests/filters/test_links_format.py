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


def test_another_group_of_the_same_documents_goes_on_counting():
    group = LINKS[LINKS.index("<linkGrp") : LINKS.index("</cesAlign>")]
    found = parse_links(LINKS.replace("</cesAlign>", group + "</cesAlign>").encode(), Source("x.xml"), DOCUMENTS.__getitem__)
    assert [unit.key for unit in found.units[::2]] == ["0", "1", "3", "4"]
    assert len({(unit.document, unit.key, unit.language) for unit in found.units}) == len(found.units) == 8


def test_a_document_of_several_packed_parts_is_read_whole():
    whole = gzip.decompress(DOCUMENTS["en/2010/x.xml.gz"])
    parts = gzip.compress(whole[:60]) + gzip.compress(whole[60:])
    documents = DOCUMENTS | {"en/2010/x.xml.gz": parts}
    expected = parse_links(LINKS.encode(), Source("x.xml"), DOCUMENTS.__getitem__)
    assert parse_links(LINKS.encode(), Source("x.xml"), documents.__getitem__).units == expected.units


@pytest.mark.parametrize("lost", [1, 8, 20])
def test_a_packed_document_whose_end_is_missing_is_named(lost):
    # what is there may well be a whole document
    packed = gzip.compress(gzip.decompress(DOCUMENTS["en/2010/x.xml.gz"]))[:-lost]
    with pytest.raises(FormatError, match="en/2010"):
        parse_links(LINKS.encode(), Source("x"), (DOCUMENTS | {"en/2010/x.xml.gz": packed}).__getitem__)
