"""Which format a file of parallel text has, and what reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from .exchange_format import parse_tmx, parse_xliff
from .gettext_format import parse_mo, parse_po
from .line_format import parse_lines, parse_table
from .links_format import parse_links
from .manual_format import parse_manual
from .parsed_units import FormatError, Parsed, Source, language_of, place_of
from .subtitle_format import parse_subtitles
from .verse_format import parse_verses

READERS: dict[str, Callable[[bytes, Source], Parsed]] = {
    "po": parse_po,
    "mo": parse_mo,
    "xliff": parse_xliff,
    "tmx": parse_tmx,
    "srt": parse_subtitles,
    "vtt": parse_subtitles,
    "lines": parse_lines,
    "tsv": parse_table,
    "manual": parse_manual,
    "verses": parse_verses,
}

_ENDINGS = {
    "po": "po", "pot": "po", "mo": "mo", "gmo": "mo", "xlf": "xliff", "xliff": "xliff", "sdlxliff": "xliff",
    "mxliff": "xliff", "tmx": "tmx", "srt": "srt", "vtt": "vtt", "tsv": "tsv", "tab": "tsv", "page": "manual",
    "docbook": "manual", "dbk": "manual", "usfm": "verses", "sfm": "verses", "osis": "verses",
}  # fmt: skip
_MANUAL_ROOTS = rb"page|article|book|chapter|sect1|section|refentry|part|set|appendix|reference"


def format_of(path: str, content: bytes) -> str:
    """The format of a file by its name, or by how it begins."""
    name = re.sub(r"\.(gz|zst|bz2|xz)$", "", PurePosixPath(path).name)
    ending = name.rpartition(".")[2].lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return next((kind for kind, begins in _BEGINNINGS if begins.search(head)), "") or _xml_format(head) or "lines"


_BEGINNINGS = (
    ("mo", re.compile(rb"\A(?:\xde\x12\x04\x95|\x95\x04\x12\xde)")),
    ("vtt", re.compile(rb"\AWEBVTT")),
    ("verses", re.compile(rb"\A(?:\\id\s|[1-4]?\s?[A-Za-z.]{2,20}\s\d{1,3}:\d{1,3}[-\d:]*\t)")),
    ("po", re.compile(rb"^msgid\s+\"", re.MULTILINE)),
    ("srt", re.compile(rb"\A\s*\d+\s*\r?\n\s*\d+:\d\d:\d\d[,.]\d+\s*-->")),
)


def _xml_format(head: bytes) -> str:
    """The format of an XML document by its root; "" for what is none."""
    if not head.startswith(b"<"):
        return ""
    found = re.search(rb"<(?:\w+:)?(xliff|tmx|osis|cesDoc|cesAlign|" + _MANUAL_ROOTS + rb")[\s>]", head)
    name = found[1].decode("ascii") if found else ""
    return {"xliff": "xliff", "tmx": "tmx", "osis": "verses", "cesDoc": "verses", "cesAlign": "xces"}.get(
        name, "manual"
    )


class PathPattern:
    """Where the language and the document stand in a path: `{document}/{language}.po`.

    Args:
        pattern: names in braces match within a folder, `{document}` over folders as well, `*` anything within one.

    Raises:
        ValueError: there is no `{language}`, or another name.
    """

    def __init__(self, pattern: str) -> None:
        names = re.findall(r"\{(\w*)\}", pattern)
        if names.count("language") != 1 or not set(names) <= {"language", "document"} or names.count("document") > 1:
            raise ValueError(f"{pattern!r} needs {{language}} once, and may have {{document}} once and *")
        parts = {"{language}": r"(?P<language>[A-Za-z0-9_@.-]+?)", "{document}": r"(?P<document>.+?)", "*": r"[^/]*"}
        pieces = re.split(r"(\{\w+\}|\*)", pattern)
        self.pattern = pattern
        begin = "" if pattern.startswith("{document}") else r"(?:.*/)?"
        self._matcher = re.compile(begin + "".join(parts.get(piece, re.escape(piece)) for piece in pieces) + r"\Z")

    def find(self, path: str) -> tuple[str, str] | None:
        """Label of the language and document of a path, None when it does not fit."""
        found = self._matcher.match(re.sub(r"\.(gz|zst|bz2|xz)$", "", path)) or self._matcher.match(path)
        if found is None:
            return None
        groups = found.groupdict()
        return groups["language"], groups.get("document") or ""


def read_file(
    content: bytes,
    source: Source,
    kind: str,
    columns: Sequence[str] = (),
    document: Callable[[str], bytes] | None = None,
) -> Parsed:
    """Read a file in a format.

    Args:
        content: its bytes.
        source: what is known of it.
        kind: a name of `READERS`, or "auto".
        columns: languages of the columns of a table.
        document: gives the documents that a link file names.

    Raises:
        FormatError: it is not what the format says.
    """
    name = format_of(source.path, content) if kind == "auto" else kind
    if name == "tsv":
        return parse_table(content, source, columns)
    if name == "xces":
        if document is None:
            raise FormatError("a link file, and `documents` does not say where its documents are")
        return parse_links(content, source, document)
    try:
        return READERS[name](content, source)
    except RecursionError as error:
        raise FormatError("elements nest too deep") from error


def source_of(
    path: str, pattern: PathPattern | None, language: str, source_language: str, regions: bool
) -> tuple[Source, str]:
    """What the path of a file says, and the name of its document.

    Args:
        path: relative to the input.
        pattern: where the language stands; None to look for it.
        language: of all files; "" for that of the path.
        source_language: of the texts that messages are translated from.
        regions: whether fr-CA is another language than fr.

    Raises:
        FormatError: the path does not fit the pattern, or what stands there is no language.
    """
    if pattern is not None:
        found = pattern.find(path)
        if found is None:
            raise FormatError(f"the path does not fit {pattern.pattern!r}")
        own = language_of(found[0], regions)
        if not own:
            raise FormatError(f"{found[0]!r} in the path is no language")
        return Source(path, own, source_language, regions), found[1] or place_of(path).document
    if language:
        return Source(path, language, source_language, regions), place_of(path).document
    place = place_of(path, regions)
    return Source(path, place.language, source_language, regions), place.document
