"""Catalogues of gettext: `.po` and `.mo` (GNU gettext manual, chapter 10).

The key of a message is its context and its text in the source language. Forms of a plural are keyed by a number that
takes them (1, 2, 5), by the catalogue's own rule: so forms that mean the same meet, however many a language has.
"""

from __future__ import annotations

import gettext
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .charset import codec_of
from .message_checks import accelerator, compared, without_accelerator
from .parsed_units import FormatError, Parsed, Source, Unit, decoded, language_of, place_of

CONTEXT = "\x04"
NUMBERS = (1, 2, 5)
"""A number for each form of most plurals; of languages with more forms, such as Arabic, these are the frequent ones."""

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*\Z')
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass
class Message:
    """One entry.

    Attributes:
        context: msgctxt.
        text: msgid.
        plural: msgid_plural; None for a message without forms.
        forms: msgstr, one or several.
        fuzzy: not to be relied on.
        obsolete: no longer in the program.
    """

    context: str | None = None
    text: str | None = None
    plural: str | None = None
    forms: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False
    obsolete: bool = False


def parse_po(content: bytes, source: Source) -> Parsed:
    """Read a `.po` file.

    Raises:
        FormatError: a line is none of a catalogue.
    """
    return _units(_messages(_text(content)), source)


def _text(content: bytes) -> str:
    """The text in the charset that the header names, if it can be read in it."""
    found = re.search(rb"charset=([\w.:+-]+)", content[:4096])
    codec = codec_of(found[1].decode("ascii", "replace")) if found else None
    if codec:
        try:
            text = content.decode(codec)
            return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            pass
    return decoded(content)


def _messages(text: str) -> Iterator[Message]:
    entry, part, fresh = Message(), "", True
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        obsolete = line.startswith("#~")
        if obsolete:
            line = line[2:].lstrip()
            if line.startswith("|"):
                continue
        if not line:
            continue
        if line.startswith("#"):
            if not fresh and entry.forms:
                yield entry
                entry, fresh = Message(), True
            entry.fuzzy |= line.startswith("#,") and "fuzzy" in re.split(r"[,\s]+", line)
            continue
        keyword, _, rest = ("", "", line) if line.startswith('"') else line.partition(" ")
        starts_new = keyword == "msgctxt" or (keyword == "msgid" and (entry.text is not None))
        if starts_new and entry.forms:
            yield entry
            entry = Message()
        fresh = False
        entry.obsolete |= obsolete
        part = _add(entry, keyword or part, rest.strip() if keyword else line, bool(keyword), number)
    if entry.forms:
        yield entry
    elif entry.text is not None:
        raise FormatError("the file ends within a message", text.count("\n") + 1)


def _add(entry: Message, keyword: str, quoted: str, fresh: bool, number: int) -> str:
    """Add a quoted string to the part of the entry that a keyword names."""
    found = _STRING.match(quoted)
    if not found:
        raise FormatError(f"no quoted string after {keyword!r}" if keyword else "no line of a catalogue", number)
    value = _ESCAPE.sub(_unescaped, found[1])
    if keyword == "msgctxt":
        entry.context = value if fresh else (entry.context or "") + value
    elif keyword == "msgid":
        entry.text = value if fresh else (entry.text or "") + value
    elif keyword == "msgid_plural":
        entry.plural = value if fresh else (entry.plural or "") + value
    elif form := re.fullmatch(r"msgstr(?:\[(\d{1,2})\])?", keyword):
        place = int(form[1] or 0)
        if entry.text is None or (fresh and place in entry.forms):
            raise FormatError("a translation without a message", number)
        entry.forms[place] = value if fresh else entry.forms.get(place, "") + value
    else:
        raise FormatError(f"unknown keyword {keyword[:40]!r}", number)
    return keyword


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 8))
    return chr(int(match[2], 16)) if match[2] else _ESCAPES.get(match[3], match[3])


def parse_mo(content: bytes, source: Source) -> Parsed:
    """Read a `.mo` file.

    Raises:
        FormatError: it is none, or its tables point outside it.
    """
    order = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}.get(content[:4])
    if order is None:
        raise FormatError("no magic number of a .mo file")
    try:
        _, count, originals, translations = struct.unpack_from(f"{order}4I", content, 4)
        if count > len(content) // 8:
            raise FormatError(f"{count} messages cannot be in {len(content)} bytes")
        pairs = [
            (_piece(content, order, originals, number), _piece(content, order, translations, number))
            for number in range(count)
        ]
    except struct.error as error:
        raise FormatError(f"a table ends outside the file: {error}") from error
    header = next((translation for original, translation in pairs if not original), b"")
    codec = _codec(header)
    return _units((_binary_message(one, other, codec) for one, other in pairs), source)


def _piece(content: bytes, order: str, table: int, number: int) -> bytes:
    """One string of a table."""
    length, place = struct.unpack_from(f"{order}2I", content, table + 8 * number)
    if place + length > len(content):
        raise FormatError(f"message {number} lies outside the file")
    return content[place : place + length]


def _codec(header: bytes) -> str:
    found = re.search(rb"charset=([\w.:+-]+)", header)
    return (codec_of(found[1].decode("ascii", "replace")) if found else None) or "utf_8"


def _binary_message(original: bytes, translation: bytes, codec: str) -> Message:
    context, found, text = original.decode(codec, "replace").rpartition(CONTEXT)
    text, several, plural = text.partition("\0")
    forms = translation.decode(codec, "replace").split("\0")
    return Message(
        context if found else None, text, plural if several else None, dict(enumerate(forms if several else forms[:1]))
    )


def _units(messages: Iterator[Message], source: Source) -> Parsed:
    """Units of both languages of every message that is translated."""
    parsed, own = Parsed(), source.language
    plural: Callable[[int], int] = _default_plural
    for message in messages:
        if message.text == "" and message.context is None:
            header = message.forms.get(0, "")
            found = re.search(r"^Language:\s*(\S+)\s*$", header, re.MULTILINE)
            own = _own_language(source, language_of(found[1], source.regions) if found else "")
            plural = _plural_rule(header)
            continue
        passed = "obsolete" if message.obsolete else "fuzzy" if message.fuzzy else ""
        passed = passed or ("" if any(message.forms.values()) else "not_translated")
        if passed:
            parsed.counters[passed] += 1
            continue
        for unit in _sides(message, plural, source.source_language, own):
            parsed.units.append(unit)
            if unit.problem:
                parsed.counters[f"{unit.problem}_differ"] += 1
    return parsed


def _own_language(source: Source, said: str) -> str:
    """The language of a catalogue: that of its path, but a word of three letters in it has to agree with the header.

    Headers are often copied from another language's catalogue, and `app`, `man` and `new` are codes of languages.
    """
    path = place_of(source.path, source.regions).language
    if said and source.language == path:
        return place_of(source.path, source.regions, {said}).language or said
    return source.language or said


def _sides(message: Message, plural: Callable[[int], int], source: str, target: str) -> Iterator[Unit]:
    text = message.text or ""
    key = f"{message.context}{CONTEXT}{text}" if message.context is not None else text
    if message.plural is None:
        yield from _pair(key, text, message.forms.get(0, ""), source, target)
        return
    done = set()
    for number in NUMBERS:
        form = plural(number)
        if message.forms.get(form) and not (number == 5 and form in done):
            done.add(form)
            said = text if number == 1 else message.plural
            yield from _pair(f"{key}[{number}]", said, message.forms[form], source, target, number == 1)


def _pair(key: str, text: str, translation: str, source: str, target: str, singular: bool = False) -> Iterator[Unit]:
    """Both sides without accelerators, and what the check of the translation says."""
    mark = accelerator(text)
    own, _ = without_accelerator(text, mark)
    other, marked = without_accelerator(translation, mark)
    problem = compared(text, translation)
    if singular and problem == "placeholders":
        problem = ""  # "one file" for "%d file" is right
    yield Unit(key, source, own.strip())
    yield Unit(key, target, other.strip(), problem=problem or ("" if marked else "accelerators"))


def _default_plural(number: int) -> int:
    return int(number != 1)


def _plural_rule(header: str) -> Callable[[int], int]:
    """The rule of the header, checked and compiled by the standard library's reader of C expressions."""
    found = re.search(r"^Plural-Forms:.*?\bplural\s*=\s*([^;\n]+)", header, re.MULTILINE)
    if not found or len(found[1]) > 1000:
        return _default_plural
    try:
        rule: Any = gettext.c2py(found[1])
        for number in NUMBERS:
            rule(number)
    except (ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return _default_plural
    return lambda number: int(rule(number))
