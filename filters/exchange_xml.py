"""Parallel text as XML: TMX 1.4 and XCES links; columns in, bytes out.

Characters that XML 1.0 does not have are written as U+FFFD, and a carriage return as its number, because a parser would
make a line break of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from . import language_codes

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_ESCAPED: Final = re.compile('[&<>"\r]')

TMX_TAIL: Final = b"</body>\n</tmx>\n"
XCES_TAIL: Final = b"</linkGrp>\n</cesAlign>\n"
_DOCUMENT_PROPS: Final = ("score", "method", "doc_key", "file_path", "agreement")
_SIDE_PROPS: Final = ("url", "file", "offset")


def escaped(text: str) -> str:
    """Text as it can stand in an element or an attribute."""
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], _FORBIDDEN.sub("\ufffd", text))


def attribute(text: str) -> str:
    """Text as it can stand in an attribute: line breaks and tabs survive as numbers."""
    return escaped(text).replace("\n", "&#10;").replace("\t", "&#9;")


def tmx_head(version: str, source: str = "*all*") -> bytes:
    """The beginning of a TMX 1.4 file.

    Args:
        version: of hexapla.
        source: BCP 47 tag of the source language, `*all*` for none.
    """
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">\n'
        f'<header creationtool="hexapla" creationtoolversion="{attribute(version)}" segtype="sentence" '
        f'o-tmf="hexapla" adminlang="en" srclang="{attribute(source)}" datatype="plaintext"/>\n<body>\n'
    ).encode()


def tmx_units(rows: pa.RecordBatch) -> bytes:
    """A `tu` for each pair, bead or group: score, method, document and places are `prop`s."""
    return "".join(map(_unit, rows.to_pylist())).encode()


def _unit(row: Mapping[str, Any]) -> str:
    sides = row["segments"] if "segments" in row else [
        {"lang": row[f"{side}_lang"], "text": row[side], "index": row.get(f"{side}_index"),
         **{name: row.get(f"{side}_{name}") for name in _SIDE_PROPS}}
        for side in ("src", "tgt")
    ]  # fmt: skip
    props = "".join(_prop(name, row.get(name)) for name in _DOCUMENT_PROPS)
    said = "".join(_variant(side) for side in sides if side["text"])
    return f'<tu tuid="{attribute(row["uid"])}">{props}\n{said}</tu>\n' if said else ""


def _variant(side: Mapping[str, Any]) -> str:
    props = "".join(_prop(name, side.get(name)) for name in ("index", *_SIDE_PROPS))
    lang = attribute(language_codes.bcp47(side["lang"]))
    return f'<tuv xml:lang="{lang}">{props}<seg>{escaped(side["text"])}</seg></tuv>\n'


def _prop(name: str, value: Any) -> str:
    if value is None or value == []:
        return ""
    said = " ".join(map(str, value)) if isinstance(value, list) else value
    said = f"{value:.6f}" if isinstance(value, float) else said
    return f'<prop type="x-{name}">{escaped(str(said))}</prop>'


def xces_head() -> bytes:
    """The beginning of a file of links."""
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cesAlign PUBLIC "-//CES//DTD XML cesAlign//EN" "">\n'
        b'<cesAlign version="1.0">\n'
    )


Document = tuple[str, str, str]


def xces_links(rows: pa.RecordBatch, document: Document | None) -> tuple[bytes, Document | None]:
    """Links of beads; those of one document that follow one another stand in one `linkGrp`.

    Segments are called by their number from 1, as in OPUS; a document by its language and key.

    Args:
        rows: beads.
        document: the document whose group is open (key and languages), None for none.

    Returns:
        The bytes, and the document whose group is open now.
    """
    said = []
    for link, following in _links(rows):
        if following != document:
            said.append("</linkGrp>\n" if document is not None else "")
            said.append(_group(following))
            document = following
        said.append(link)
    return "".join(said).encode(), document


def _group(document: Document) -> str:
    key, source, target = (attribute(part) for part in document)
    return f'<linkGrp targType="s" fromDoc="{source}/{key}" toDoc="{target}/{key}">\n'


def _links(rows: pa.RecordBatch) -> Iterator[tuple[str, Document]]:
    for row in rows.to_pylist():
        targets = ";".join(" ".join(str(place + 1) for place in row[f"{side}_index"] or []) for side in ("src", "tgt"))
        score = row.get("score")
        certainty = f' certainty="{score:.6f}"' if score is not None else ""
        link = f'<link id="{attribute(row["uid"])}" xtargets="{targets}"{certainty}/>\n'
        yield link, (row.get("doc_key") or "", row["src_lang"], row["tgt_lang"])
