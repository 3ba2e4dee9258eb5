"""Manuals in XML (Mallard, DocBook): every block of text, keyed by its path of elements.

Translations of a manual are made from one original by tools that keep its elements (itstool, xml2po): the same path is
the same block in every language. A block is an outermost element that has text of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .parsed_units import XML_LANG, Parsed, Source, Unit, inline_text, language_of, local, tidy, xml_root

ID = "{http://www.w3.org/XML/1998/namespace}id"
NOTHING = frozenset({"indexterm", "remark", "comment"})
HIDDEN = frozenset(
    {"info", "credit", "years", "license", "revhistory", "legalnotice", "bookinfo", "articleinfo", "copyright"}
)
"""Elements about the document, not of it; titles within them count."""


def parse_manual(content: bytes, source: Source) -> Parsed:
    """Read the blocks of a page or book.

    Raises:
        FormatError: it is not well-formed XML.
    """
    root = xml_root(content)
    label = root.get(XML_LANG) or root.get("lang") or ""
    language = source.language or language_of(label, source.regions)
    parsed = Parsed()
    for path, node in _blocks(root, ""):
        text = tidy(inline_text(node, NOTHING))
        if text:
            parsed.units.append(Unit(path, language, text))
    return parsed


def _blocks(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Outermost elements with text of their own, with their paths."""
    counts: Counter[str] = Counter()
    for child in node:
        name = local(child)
        if not name or name in NOTHING:
            continue
        counts[name] += 1
        own = child.get("id") or child.get(ID)
        place = f"{path}/{name}#{own}" if own else f"{path}/{name}[{counts[name]}]"
        if _has_text(child):
            if name not in HIDDEN:
                yield place, child
        elif name not in HIDDEN or any(local(below) in {"title", "subtitle", "desc"} for below in child):
            yield from _blocks(child, place)


def _has_text(node: Any) -> bool:
    return bool((node.text or "").strip()) or any((child.tail or "").strip() for child in node)
