"""TMX 1.4 by the rules of its DTD, and XCES links."""

from __future__ import annotations

import pyarrow as pa
from hexapla.filters.exchange_xml import TMX_TAIL, XCES_TAIL, tmx_head, tmx_units, xces_head, xces_links
from hexapla.filters.parallel_tables import BEADS, GROUPS
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TMX_14_DTD = """
<!ELEMENT tmx (header, body)> <!ATTLIST tmx version CDATA #REQUIRED>
<!ELEMENT header (note | prop | ude)*>
<!ATTLIST header creationtool CDATA #REQUIRED creationtoolversion CDATA #REQUIRED
  segtype (block|paragraph|sentence|phrase) #REQUIRED o-tmf CDATA #REQUIRED adminlang CDATA #REQUIRED
  srclang CDATA #REQUIRED datatype CDATA #REQUIRED>
<!ELEMENT ude EMPTY> <!ELEMENT note (#PCDATA)>
<!ELEMENT prop (#PCDATA)> <!ATTLIST prop type CDATA #REQUIRED xml:lang CDATA #IMPLIED>
<!ELEMENT body (tu*)>
<!ELEMENT tu ((note | prop)*, tuv+)> <!ATTLIST tu tuid CDATA #IMPLIED>
<!ELEMENT tuv ((note | prop)*, seg)> <!ATTLIST tuv xml:lang CDATA #REQUIRED>
<!ELEMENT seg (#PCDATA)>
"""
"""The elements and attributes of TMX 1.4b that are used, with the content and the obligations that its DTD gives them."""

TEXT = st.text(st.one_of(st.sampled_from("<>&\"'\r\n\t\x00\x1f\ufffe]"), st.characters(exclude_categories=["Cs"])))


def bead(number: int, src: str, tgt: str, document: str = "d1") -> dict:
    return {
        "uid": f"{number:032x}", "doc_key": document, "src_lang": "eng_Latn", "tgt_lang": "srp_Latn",
        "src_index": [number], "tgt_index": [number, number + 1], "src": src, "tgt": tgt, "score": 0.5, "method": "key",
    }  # fmt: skip


def parsed(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=6))
def test_tmx_is_valid_and_gives_the_texts_back(rows):
    batch = pa.RecordBatch.from_pylist([bead(n, *row) for n, row in enumerate(rows)], schema=BEADS)
    root = parsed(tmx_head("0.1") + tmx_units(batch) + TMX_TAIL)
    import io

    dtd = etree.DTD(io.StringIO(TMX_14_DTD))
    assert dtd.validate(root), dtd.error_log
    units = {unit.get("tuid"): unit for unit in root.iter("tu")}
    for number, (src, tgt, document) in enumerate(rows):
        if not src and not tgt:
            continue
        unit = units[f"{number:032x}"]
        said = {tuv.get(XML_LANG): tuv.findtext("seg") for tuv in unit.iter("tuv")}
        assert said == {tag: legal(text) for tag, text in (("en", src), ("sr-Latn", tgt)) if text}
        props = {prop.get("type"): prop.text or "" for prop in unit.findall("prop")}
        assert props == {"x-score": "0.500000", "x-method": "key", "x-doc_key": legal(document)}


def legal(text: str) -> str:
    """What XML 1.0 can hold of a text."""
    return "".join(
        character if character in "\t\n\r" or (character >= " " and character not in "\ufffe\uffff") else "\ufffd"
        for character in text
    )


def test_a_group_is_one_unit():
    row = {"uid": "1", "doc_key": "d", "agreement": 1.0, "segments": [
        {"lang": lang, "text": lang[:2], "index": [0, 2]} for lang in ("arb_Arab", "eng_Latn", "fra_Latn")]}  # fmt: skip
    root = parsed(tmx_head("0.1") + tmx_units(pa.RecordBatch.from_pylist([row], schema=GROUPS)) + TMX_TAIL)
    assert [tuv.get(XML_LANG) for tuv in root.iter("tuv")] == ["ar", "en", "fr"]
    assert root.find(".//tuv/prop[@type='x-index']").text == "0 2"


def test_links_of_one_document_stand_together_whatever_the_batches():
    rows = [bead(n, "a", "b", "d1" if n < 3 else 'd"2') for n in range(5)]
    whole, _ = xces_links(pa.RecordBatch.from_pylist(rows, schema=BEADS), None)
    pieces, document = b"", None
    for row in rows:
        data, document = xces_links(pa.RecordBatch.from_pylist([row], schema=BEADS), document)
        pieces += data
    assert pieces == whole
    root = parsed(xces_head() + whole + XCES_TAIL)
    groups = root.findall("linkGrp")
    assert [(group.get("fromDoc"), len(group)) for group in groups] == [("eng_Latn/d1", 3), ('eng_Latn/d"2', 2)]
    assert groups[1][0].get("xtargets") == "4;4 5" and groups[0].get("targType") == "s"
