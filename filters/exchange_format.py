"""Exchange files of translators: XLIFF 1.2 and 2.x (OASIS), TMX 1.4 (LISA)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .parsed_units import XML_LANG, FormatError, Parsed, Source, Unit, inline_text, language_of, local, tidy, xml_root

CODE_1 = frozenset({"x", "bx", "ex", "ph", "it", "bpt", "ept", "sub"})
"""Elements of XLIFF 1.2 whose contents are code of the original."""

CODE_2 = frozenset({"ph", "sc", "ec", "sm", "em"})
CODE_TMX = frozenset({"bpt", "ept", "it", "ph", "ut", "sub"})
_NOT_READY = re.compile(r"new|initial|needs-.*")


def parse_xliff(content: bytes, source: Source) -> Parsed:
    """Read an XLIFF file: units of source and target, keyed by their ids.

    Raises:
        FormatError: it is no XLIFF, or says no language.
    """
    root = xml_root(content)
    if local(root) != "xliff":
        raise FormatError(f"the root is {local(root)!r}, not 'xliff'", root.sourceline or 0)
    parsed = Parsed()
    if str(root.get("version", "1.2")).startswith("2"):
        source_language, target_language = _pair(root.get("srcLang"), root.get("trgLang"), source)
        for file in _children(root, "file"):
            _read_2(file, source_language, target_language, parsed)
        return parsed
    for file in _children(root, "file"):
        source_language, target_language = _pair(file.get("source-language"), file.get("target-language"), source)
        _read_1(file, source_language, target_language, parsed)
    return parsed


def _pair(one: str | None, other: str | None, source: Source) -> tuple[str, str]:
    """Languages of source and target; for the target the path may say it."""
    target = language_of(other or "", source.regions) or source.language
    return language_of(one or "", source.regions) or source.source_language, target


def _children(node: Any, name: str) -> Iterator[Any]:
    return (child for child in node.iter() if local(child) == name)


def _read_1(file: Any, source_language: str, target_language: str, parsed: Parsed) -> None:
    document = file.get("original") or ""
    for number, unit in enumerate(_children(file, "trans-unit")):
        source = next((child for child in unit if local(child) == "source"), None)
        target = next((child for child in unit if local(child) == "target"), None)
        if source is None:
            raise FormatError("a trans-unit without a source", unit.sourceline or 0)
        key = unit.get("resname") or unit.get("id") or str(number)
        state = (target.get("state") or "") if target is not None else ""
        skip = unit.get("translate") == "no"
        _add(parsed, document, key, (source, target), (source_language, target_language), (CODE_1, state, skip))


def _read_2(file: Any, source_language: str, target_language: str, parsed: Parsed) -> None:
    document = file.get("original") or file.get("id") or ""
    for unit in _children(file, "unit"):
        for number, segment in enumerate(_children(unit, "segment")):
            source = next((child for child in segment if local(child) == "source"), None)
            target = next((child for child in segment if local(child) == "target"), None)
            if source is None:
                raise FormatError("a segment without a source", segment.sourceline or 0)
            key = f"{unit.get('id')}/{segment.get('id') or number}"
            skip = unit.get("translate") == "no"
            state = segment.get("state") or ""
            _add(parsed, document, key, (source, target), (source_language, target_language), (CODE_2, state, skip))


def _add(
    parsed: Parsed,
    document: str,
    key: str,
    sides: tuple[Any, Any],
    languages: tuple[str, str],
    how: tuple[frozenset[str], str, bool],
) -> None:
    code, state, skip = how
    source, target = sides
    said = tidy(inline_text(source, code))
    translated = tidy(inline_text(target, code)) if target is not None else ""
    if skip or not translated or _NOT_READY.fullmatch(state):
        parsed.counters["not_for_translation" if skip else "not_translated" if not translated else "not_ready"] += 1
        return
    problem = "tags" if _inline(source) != _inline(target) else ""
    parsed.counters["tags_differ"] += bool(problem)
    parsed.units.append(Unit(key, languages[0], said, document=document))
    parsed.units.append(Unit(key, languages[1], translated, document=document, problem=problem))


def _inline(node: Any) -> Counter[tuple[str, str]]:
    """Inline elements by name and id, without marks that only annotate."""
    inner = (child for child in node.iter() if child is not node and local(child) not in {"mrk", "sub"})
    return Counter((local(child), str(child.get("id", ""))) for child in inner)


def parse_tmx(content: bytes, source: Source) -> Parsed:
    """Read a translation memory: each unit in all of its languages.

    Raises:
        FormatError: it is no TMX, or a variant has no language.
    """
    root = xml_root(content)
    if local(root) != "tmx":
        raise FormatError(f"the root is {local(root)!r}, not 'tmx'", root.sourceline or 0)
    parsed = Parsed()
    for number, unit in enumerate(_children(root, "tu")):
        key = unit.get("tuid") or str(number)
        for variant in _children(unit, "tuv"):
            label = variant.get(XML_LANG) or variant.get("lang") or variant.get("LANG") or ""
            language = language_of(label, source.regions)
            if not language:
                raise FormatError(f"{label!r} is no language", variant.sourceline or 0)
            segment = next(_children(variant, "seg"), None)
            text = tidy(inline_text(segment, CODE_TMX)) if segment is not None else ""
            if text:
                parsed.units.append(Unit(key, language, text))
            else:
                parsed.counters["empty"] += 1
    return parsed
