"""Link files of OPUS and the United Nations (xces, `cesAlign`): which sentences of two documents belong together."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .parallel_tables import joiner
from .parsed_units import FormatError, Parsed, Source, Unit, inline_text, local, place_of, tidy, xml_root

MOST_BYTES = 256 << 20
"""Of a compressed document, when unpacked."""


def parse_links(content: bytes, source: Source, document: Callable[[str], bytes]) -> Parsed:
    """Read a link file and the documents that it names: each link is a key, with the text of both sides.

    Args:
        content: the link file.
        source: what is known of it.
        document: gives the bytes of a document by the name that the file has for it.

    Raises:
        FormatError: it is no link file, a document is missing or broken, or a sentence is in none.
    """
    root = xml_root(content)
    if local(root) != "cesAlign":
        raise FormatError(f"the root is {local(root)!r}, not 'cesAlign'", root.sourceline or 0)
    parsed = Parsed()
    read: Counter[str] = Counter()
    for group in (node for node in root.iter() if local(node) == "linkGrp"):
        names = [group.get(side) or root.get(side) or "" for side in ("fromDoc", "toDoc")]
        languages = [place_of(name, source.regions).language for name in names]
        if not all(languages):
            raise FormatError(f"the names of the documents say no languages: {names}", group.sourceline or 0)
        sides = [_sentences(document(name), name) for name in names]
        # links of another pair of languages have other numbers
        about = "-".join(dict.fromkeys(place_of(name).document for name in names)) + "/" + "-".join(languages)
        for link in (node for node in group if local(node) == "link"):
            # another group of the same documents goes on where the one before ended
            _add(parsed, link, f"{read[about]}", sides, languages, about)
            read[about] += 1
    return parsed


def _add(
    parsed: Parsed, link: Any, key: str, sides: Sequence[Mapping[str, str]], languages: list[str], about: str
) -> None:
    targets = (link.get("xtargets") or "").split(";")
    if len(targets) != 2:
        raise FormatError(f"no two sides in {link.get('xtargets')!r}", link.sourceline or 0)
    units = []
    for ids, sentences, language in zip(targets, sides, languages, strict=True):
        missing = [one for one in ids.split() if one not in sentences]
        if missing:
            raise FormatError(f"the sentence {missing[0]!r} is not in the document", link.sourceline or 0)
        text = joiner(language).join(sentences[one] for one in ids.split())
        units.append(Unit(key, language, text, document=about))
    if all(unit.text for unit in units):
        parsed.units.extend(units)
    else:
        parsed.counters["empty_links"] += 1


def _sentences(content: bytes, name: str) -> dict[str, str]:
    """The sentences of a document by their ids; of one that is cut into words, the words with spaces between."""
    if content[:2] == b"\x1f\x8b":
        try:
            # all members, as of files that were put together; the end of each is checked
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FormatError(f"{name}: {error}") from error
        if len(content) > MOST_BYTES:
            raise FormatError(f"{name}: more than {MOST_BYTES} bytes")
    try:
        root = xml_root(content)
    except FormatError as error:
        raise FormatError(f"{name}: {error}") from error
    found = {}
    for node in root.iter():
        if local(node) == "s" and node.get("id"):
            words = [child.text or "" for child in node.iter() if local(child) == "w"]
            found[str(node.get("id"))] = tidy(" ".join(words) if words else inline_text(node, frozenset()))
    return found
