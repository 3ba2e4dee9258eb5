"""Verses: lines of `BOOK CHAPTER:VERSE` and text, USFM, OSIS, and the XML of the multilingual Bible corpus.

Every verse has the book as its document, "GEN 1:3" as its key, and a range: chapter * 1000 + verse, first and last.
"""

from __future__ import annotations

import re
from typing import Any

from .parsed_units import XML_LANG, FormatError, Parsed, Source, Unit, decoded, language_of, local, tidy, xml_root

_LINE = re.compile(
    r"^\s*(?P<book>\d?\s?[^\W\d_][\w.]{0,99})[\s.]{1,99}(?P<chapter>\d{1,3})[:.,](?P<verse>\d{1,3})[a-z]?"
    r"(?:\s*[-–—]\s*(?:(?P<last_chapter>\d{1,3})[:.,])?(?P<last>\d{1,3})[a-z]?)?(?:\t|\s+)(?P<text>.*)$"
)
_NOTE = re.compile(r"\\(f|fe|ef|x|ex|rq|fig|va|vp|ca)\s")
_WORD = re.compile(r"\\\+?(w|rb|jmp)\s([^\\|]*)(?:\|[^\\]*)?\\\+?\1\*")
_MARKER = re.compile(r"\\\+?[a-z]+\d*\*?(?:\s|$)?")
_HEADINGS = re.compile(
    r"^\\(?:mt|mte|ms|mr|s|sr|r|d|sp|h|toc|toca|rem|ide|imt|is|ip|im|io|iot|ior|iex|ie|cl|cp|cd|qa|sd|b)\d*\b.*$",
    re.MULTILINE,
)


def verse_unit(book: str, chapter: int, verse: int, last: tuple[int, int], text: str) -> Unit:
    """A verse, or several that a translation has as one; `last` is chapter and verse of the end."""
    key = f"{book} {chapter}:{verse}"
    if last != (chapter, verse):
        key += f"-{last[1]}" if last[0] == chapter else f"-{last[0]}:{last[1]}"
    return Unit(key, "", tidy(text), chapter * 1000.0 + verse, last[0] * 1000.0 + last[1], document=book)


def parse_verses(content: bytes, source: Source) -> Parsed:
    """Read lines of verses, USFM or XML.

    Raises:
        FormatError: a line is no verse, or there is none.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return _xml(content, source)
    text = decoded(content, source.language)
    return _usfm(text) if re.search(r"^\\(id|c)\s", text, re.MULTILINE) else _lines(text)


def _lines(text: str) -> Parsed:
    parsed = Parsed(named=True)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.match(line)
        if not found:
            raise FormatError(f"no verse: {line[:60]!r}", number)
        chapter, verse = int(found["chapter"]), int(found["verse"])
        last = (int(found["last_chapter"] or chapter), int(found["last"] or verse))
        if last < (chapter, verse):
            raise FormatError(f"a range that ends before it begins: {line[:40]!r}", number)
        if found["text"].strip():
            parsed.units.append(verse_unit(_book(found["book"]), chapter, verse, last, found["text"]))
        else:
            parsed.counters["empty"] += 1
    return parsed


def _book(name: str) -> str:
    return re.sub(r"[\s.]+", "", name).upper()


def _usfm(text: str) -> Parsed:
    parsed = Parsed(named=True)
    text = _HEADINGS.sub("", _without_notes(text))
    book, chapter = "", 0
    for part in re.split(r"(?=\\(?:id|c|v)\s)", text):
        head = re.match(r"\\(id|c|v)\s+(\S+)\s*", part)
        if not head:
            continue
        if head[1] == "id":
            book = head[2].upper()
        elif head[1] == "c":
            number = re.match(r"\d{1,3}(?!\d)", head[2])
            chapter = int(number[0]) if number else chapter
        else:
            _usfm_verse(parsed, book, chapter, head[2], part[head.end() :])
    if not book:
        raise FormatError("no \\id with the name of the book", 1)
    return parsed


def _without_notes(text: str) -> str:
    """USFM without its notes and cross-references; one that is never closed stays."""
    pieces, place = [], 0
    never_closed: set[str] = set()
    while note := _NOTE.search(text, place):
        # a closing mark that was looked for in vain is not looked for again: hostile files have millions
        stop = -1 if note[1] in never_closed else text.find(f"\\{note[1]}*", note.end())
        if stop < 0:
            never_closed.add(note[1])
            pieces.append(text[place : note.end()])
            place = note.end()
            continue
        pieces.append(text[place : note.start()])
        place = stop + len(note[1]) + 2
    return "".join([*pieces, text[place:]])


def _usfm_verse(parsed: Parsed, book: str, chapter: int, place: str, body: str) -> None:
    verses = re.match(r"(\d{1,3})[a-z]?(?:[-,–](\d{1,3})[a-z]?)?", place)
    plain = tidy(_MARKER.sub(" ", _WORD.sub(r"\2", body)).replace("//", " ").replace("~", " "))
    if not verses or not plain:
        parsed.counters["empty" if verses else "not_a_verse"] += 1
        return
    first, last = int(verses[1]), int(verses[2] or verses[1])
    parsed.units.append(verse_unit(book, chapter, first, (chapter, max(first, last)), plain))


def _xml(content: bytes, source: Source) -> Parsed:
    """OSIS with verses as containers or as milestones, and `<seg id="b.GEN.1.1" type="verse">`."""
    root, parsed = xml_root(content), Parsed(named=True)
    labels = (node.get(name) for node in root.iter() for name in (XML_LANG, "lang", "iso639"))
    own = next((language_of(label, source.regions) for label in labels if label), "")
    texts: dict[str, list[str]] = {}
    _walk(root, [], texts)
    for name, parts in texts.items():
        names = name.split() or [""]
        found = [re.fullmatch(r"(?:b\.)?([^.]+)\.(\d{1,3})\.(\d{1,3})", verse) for verse in (names[0], names[-1])]
        text = tidy("".join(parts))
        if not all(found) or not text:
            parsed.counters["empty" if all(found) else "not_a_verse"] += 1
            continue
        (book, chapter, verse), (_, last_chapter, last) = (match.groups() for match in found if match)
        unit = verse_unit(book.upper(), int(chapter), int(verse), (int(last_chapter), int(last)), text)
        parsed.units.append(unit._replace(language="" if source.language else own))
    if not parsed.units:
        raise FormatError("no verse in the document")
    return parsed


def _walk(node: Any, current: list[str], texts: dict[str, list[str]]) -> None:
    """Gather the text of verses; `current` holds the open one."""
    name = local(node)
    if name in {"note", "title", "header"}:
        return
    place = node.get("osisID") or node.get("sID") if name == "verse" else node.get("id") if name == "seg" else None
    milestone = name == "verse" and (node.get("sID") or node.get("eID"))
    before = list(current)
    if milestone:
        current[:] = [place] if node.get("sID") and place else []
    elif place:
        current[:] = [place]
    if current:
        texts.setdefault(current[0], []).append(node.text or "")
    for child in node:
        _walk(child, current, texts)
        if current:
            texts.setdefault(current[0], []).append(child.tail or "")
    if place and not milestone:
        current[:] = before
