"""Questions and answers that pages mark up as schema.org FAQPage: JSON-LD, microdata, RDFa; and N-Quads of such pages.

What counts is what Web Data Commons and WebFAQ count: a FAQPage, its mainEntity, a Question's name and the text of its
first acceptedAnswer (https://schema.org/FAQPage). Names of types and properties are taken in upper and lower case, with
http and https, with prefixes and without.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

MOST_ITEMS: Final = 10_000
"""The most items of one page that are looked at."""

_JSON_BLOCKS: Final = "//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]"
_NAMES: Final = re.compile(r"^(?:https?:)?(?://)?(?:www\.)?schema\.org/+#?|^schema:", re.IGNORECASE)
_COMMENTS: Final = re.compile(
    r"\A(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*;?\Z"
)
_TRAILING: Final = re.compile(r",(\s*[}\]])")
_QUAD: Final = re.compile(
    r"^\s*(?P<subject><[^>]+>|_:\S+)\s+(?P<predicate><[^>]+>)\s+"
    r'(?P<object><[^>]*>|_:\S+|"(?P<text>(?:[^"\\]|\\.)*)"(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?)\s+(?P<graph><[^>]+>)\s*\.\s*$',
    re.DOTALL,
)
_LOOSE: Final = re.compile(
    r'^\s*(?P<subject><[^>]+>|_:\S+)\s+(?P<predicate><[^>]+>)\s+"(?P<text>.*)"(?:\^\^<[^<>"]+>|@[^\s"]+(?:\sclass=)?)?\s+'
    r'(?P<graph><[^<>"]+>)\s*\.\s*$',
    re.DOTALL,
)
_ESCAPES: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_LETTERS: Final = {"t": "\t", "b": " ", "n": "\n", "r": "\r", "f": " "}
_TYPE: Final = frozenset(
    {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://schema.org/type", "https://schema.org/type"}
)


class Item(NamedTuple):
    """One thing of a page's structured data.

    Attributes:
        types: names of its types in lower case, without schema.org.
        values: property, in lower case and without schema.org -> texts and items (or the `Link` to one).
    """

    types: frozenset[str]
    values: dict[str, list[Any]]


class Link(NamedTuple):
    """The name of an item that is described elsewhere on the page."""

    name: str


class Question(NamedTuple):
    """A question and its answer as marked up, with the form of markup: "json-ld", "microdata", "rdfa" or "n-quads"."""

    question: str
    answer: str
    source: str


def questions_of_page(tree: Any) -> list[Question]:
    """The pairs of a page, in its order; of a question that is there twice the last answer counts, as at WebFAQ.

    Args:
        tree: the root element of the parsed page, which is not changed.
    """
    found: dict[str, Question] = {}
    for source, items, names in (
        ("json-ld", *_json_items(tree)),
        ("microdata", *_markup_items(tree, "itemscope", "itemtype", "itemprop")),
        ("rdfa", *_markup_items(tree, "typeof", "typeof", "property")),
    ):
        for question, answer in _pairs(items, names):
            if question not in found or found[question].source == source:
                found[question] = Question(question, answer, source)
    return list(found.values())


def _name(value: str) -> str:
    return _NAMES.sub("", value.strip()).strip("/").lower()


def _pairs(items: Iterable[Item], names: dict[str, Item]) -> Iterator[tuple[str, str]]:
    """Questions and answers of all FAQ pages among items."""
    for item in items:
        if "faqpage" not in item.types:
            continue
        for entity in _things(item.values.get("mainentity", []), names):
            asked = [entity] if "question" in entity.types else _listed(entity, names)
            for question in asked:
                name = _first_text(question.values.get("name", []))
                answers = _things(question.values.get("acceptedanswer", []), names)
                text = _first_text(answers[0].values.get("text", [])) if answers else None
                if name and text:
                    yield name, text


def _listed(entity: Item, names: dict[str, Item]) -> list[Item]:
    """The questions of an ItemList."""
    elements = _things(entity.values.get("itemlistelement", []), names)
    inner = [one for element in elements for one in [element, *_things(element.values.get("item", []), names)]]
    return [one for one in inner if "question" in one.types]


def _things(values: list[Any], names: dict[str, Item]) -> list[Item]:
    found = [names.get(value.name) if isinstance(value, Link) else value for value in values]
    return [value for value in found if isinstance(value, Item)]


def _first_text(values: list[Any]) -> str | None:
    return next((value for value in values if isinstance(value, str) and value.strip()), None)


def _json_items(tree: Any) -> tuple[list[Item], dict[str, Item]]:
    """The items of all JSON-LD blocks of a page."""
    items: list[Item] = []
    names: dict[str, Item] = {}
    for block in tree.xpath(_JSON_BLOCKS):
        for document in _parsed("".join(block.itertext())):
            try:
                _json_value(document, items, names)
            except RecursionError:
                continue
    return items, names


def _parsed(text: str) -> Iterator[Any]:
    """The JSON documents of a block, with the faults that are usual on pages mended."""
    if "faqpage" not in text.lower() and "question" not in text.lower():
        return
    for _ in range(2):
        text = _COMMENTS.sub("", text.strip())
    text = text.strip().removeprefix("\ufeff")
    decoder = json.JSONDecoder(strict=False)
    for candidate in (text, _TRAILING.sub(r"\1", text)):
        place, found = 0, []
        try:
            while place < len(candidate):
                value, place = decoder.raw_decode(candidate, place)
                found.append(value)
                while place < len(candidate) and candidate[place] in " \t\r\n;,":
                    place += 1
        except (ValueError, RecursionError):
            if not found:
                continue
        yield from found
        return


def _json_value(value: Any, items: list[Item], names: dict[str, Item]) -> list[Any]:
    """What a JSON value is: texts, items, links; items are gathered on the way."""
    if isinstance(value, list):
        return [one for part in value for one in _json_value(part, items, names)]
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict) or len(items) >= MOST_ITEMS:
        return []
    for wrapper in ("@value", "@list", "@set"):
        if wrapper in value:
            return _json_value(value[wrapper], items, names)
    return _json_object(value, items, names)


def _json_object(value: dict[str, Any], items: list[Item], names: dict[str, Item]) -> list[Any]:
    """The item that a JSON object is, or the link to one."""
    kinds = value.get("@type", value.get("type", []))
    types = frozenset(_name(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str))
    identity = value.get("@id")
    item = Item(types, {})
    items.append(item)
    for key, inner in value.items():
        if key not in ("@type", "@id", "@context"):
            item.values.setdefault(_name(key), []).extend(_json_value(inner, items, names))
    if isinstance(identity, str):
        if not item.values and not types:
            return [Link(identity)]
        names.setdefault(identity, item)
    return [item]


def _markup_items(tree: Any, scope: str, kind: str, label: str) -> tuple[list[Item], dict[str, Item]]:
    """The items that attributes mark up, as microdata or RDFa do; see `questions_of_page` for the attributes."""
    elements = tree.xpath(f"//*[@{kind}]")
    if not any("faqpage" in element.get(kind).lower() for element in elements):
        return [], {}
    made: dict[Any, Item] = {}
    for element in tree.iter():
        if isinstance(element.tag, str) and element.get(scope) is not None and len(made) < MOST_ITEMS:
            made[element] = Item(frozenset(_name(one) for one in (element.get(kind) or "").split()), {})
    for element in tree.iter():
        said = element.get(label) if isinstance(element.tag, str) else None
        if not said:
            continue
        owner = element.getparent()
        while owner is not None and owner not in made:
            owner = owner.getparent()
        if owner is None:
            continue
        value = made[element] if element in made else _markup_value(element)
        for one in said.split():
            made[owner].values.setdefault(_name(one), []).append(value)
    _referred(tree, made, label)
    return list(made.values()), {}


def _markup_value(element: Any) -> str:
    """The value of a property of plain markup: its `content`, else its inner HTML."""
    from lxml import etree

    content = element.get("content")
    if content is not None:
        return str(content)
    if not len(element):
        return " ".join((element.text or "").split()) if "<" not in (element.text or "") else _escaped(element.text)
    inner = _escaped(element.text or "") + "".join(
        etree.tostring(child, encoding="unicode", method="html") for child in element
    )
    return " ".join(inner.split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _referred(tree: Any, made: dict[Any, Item], label: str) -> None:
    """Properties that stand elsewhere on the page (`itemref`)."""
    wanted = [(item, name) for element, item in made.items() for name in (element.get("itemref") or "").split()]
    if not wanted:
        return
    places = {element.get("id"): element for element in tree.xpath("//*[@id]")}
    for item, name in wanted[:MOST_ITEMS]:
        found = places[name].iter() if name in places else ()
        for inner in itertools.islice(found, 100):
            said = inner.get(label) if isinstance(inner.tag, str) else None
            if said:
                value = made[inner] if inner in made else _markup_value(inner)
                for one in said.split():
                    item.values.setdefault(_name(one), []).append(value)


def questions_of_quads(lines: Iterable[str]) -> Iterator[tuple[str, Question]]:
    """The pairs of an N-Quads dump of structured data (as Web Data Commons makes them), page by page.

    Args:
        lines: the dump; the quads of one page (graph) stand together. Lines that are no quad are passed over.

    Yields:
        The page's address and a pair.
    """
    page, quads = "", list[tuple[str, str, Any]]()
    for line in lines:
        quad = _quad(line)
        if quad is None:
            continue
        if quad[0] != page:
            yield from _page_of_quads(page, quads)
            page, quads = quad[0], []
        if len(quads) < 20 * MOST_ITEMS:
            quads.append(quad[1:])
    yield from _page_of_quads(page, quads)


def _quad(line: str) -> tuple[str, str, str, Any] | None:
    """Graph, subject, predicate and object of a line; the object is a text or a link."""
    match = _QUAD.match(line) or _LOOSE.match(line)
    if match is None:
        return None
    value: Any = match["text"]
    value = _ESCAPES.sub(_unescaped, value) if value is not None else Link(match["object"].strip("<>"))
    return match["graph"][1:-1], match["subject"].strip("<>"), match["predicate"][1:-1], value


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        point = int(code, 16)
        return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else "\ufffd"
    return _LETTERS.get(match[3], match[3])


def _page_of_quads(page: str, quads: list[tuple[str, str, Any]]) -> Iterator[tuple[str, Question]]:
    """The pairs of one page's quads."""
    types: dict[str, set[str]] = {}
    names: dict[str, Item] = {}
    for subject, predicate, value in quads:
        if predicate in _TYPE and isinstance(value, Link):
            types.setdefault(subject, set()).add(_name(value.name))
    for subject, kinds in types.items():
        names[subject] = Item(frozenset(kinds), {})
    for subject, predicate, value in quads:
        if subject in names and predicate not in _TYPE:
            names[subject].values.setdefault(_name(predicate), []).append(value)
    found: dict[str, Question] = {}
    for question, answer in _pairs(names.values(), names):
        found[question] = Question(question, answer, "n-quads")
    for one in found.values():
        yield page, one
