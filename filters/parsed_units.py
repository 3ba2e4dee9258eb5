"""What files of parallel text hold, whatever their format: units of text with a key and a language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from .charset import LANGUAGE_CODECS, decode
from .language_codes import bcp47, canonical, language

ENTITY_CHARACTERS = 200
"""Entities that a document declares are replaced when they are plain text of at most so many characters."""


class FormatError(ValueError):
    """A file is not what its format says.

    Args:
        what: what is wrong.
        line: where, from 1; 0 when there is no place.
    """

    def __init__(self, what: str, line: int = 0) -> None:
        self.what, self.line = what, line
        super().__init__(f"line {line}: {what}" if line else what)


class Unit(NamedTuple):
    """A text in one language.

    Attributes:
        key: names the content within its document, in every language alike.
        language: canonical, "" for that of the file.
        text: without markup.
        start: seconds, or chapter * 1000 + verse.
        end: the same.
        document: of a file that holds several; "" for the file itself.
        problem: what a check found, such as "placeholders"; "" for nothing.
    """

    key: str
    language: str
    text: str
    start: float | None = None
    end: float | None = None
    document: str = ""
    problem: str = ""


@dataclass
class Parsed:
    """What a file holds.

    Attributes:
        units: in its order.
        counters: what was passed over, by name.
        named: whether the documents of the units have names of their own everywhere, as books of the Bible have.
    """

    units: list[Unit] = field(default_factory=list)
    named: bool = False
    counters: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Source:
    """What is known of a file beside its bytes.

    Attributes:
        path: relative to the input.
        language: canonical; "" when neither the path nor the configuration says it.
        source_language: of the texts that messages are translated from.
        regions: whether fr-CA is another language than fr.
    """

    path: str
    language: str = ""
    source_language: str = "eng_Latn"
    regions: bool = False


_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}(?:@[a-z]+)?\Z")
_MODIFIERS = {"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "arabic": "Arab"}


def language_of(label: str, regions: bool = False) -> str:
    """The canonical language of a label in a file: "pt_BR", "sr@latin", "en-US", "zh-Hant", "fra_Latn".

    Args:
        label: as it is written.
        regions: keep the region: "fr-CA" is "fra-CA_Latn".

    Returns:
        "" for what is no language.
    """
    tag, _, modifier = label.strip().partition("@")
    tag = tag.partition(".")[0]
    if not _TAG.match(tag) or not language(tag):
        return ""
    parts = re.split(r"[-_]", tag)
    if modifier in _MODIFIERS and not any(len(part) == 4 for part in parts[1:]):
        tag = f"{tag}-{_MODIFIERS[modifier]}"
    found = canonical(tag)
    region = next((part for part in parts[1:] if re.fullmatch(r"[A-Z]{2}|\d{3}", part)), "")
    if regions and region:
        code, line, script = found.partition("_")
        return f"{code}-{region}{line}{script}"
    return found


class Place(NamedTuple):
    """What the path of a file says: its language ("" for none), and the path without it and without the ending."""

    language: str
    document: str


def place_of(path: str, regions: bool = False, said: Collection[str] = ()) -> Place:
    """Find the language in a path: `fr.po`, `talk.pt-BR.srt`, `corpus.en`, `fra_Latn.devtest`, `locale/fr/app.mo`.

    The name comes before folders, its end before its beginning; a code with a script counts anywhere before others.

    Args:
        path: relative to the input.
        regions: whether fr-CA is another language than fr.
        said: the languages that the file says of itself, if it does. Then a word of three letters that means none of
            them (`mem.tmx`, `ast/app.po`) is part of the document's name.
    """
    known = {name.split("_")[0] for name in said}
    pure = PurePosixPath(path)
    name = re.sub(r"\.(gz|zst|bz2|xz)$", "", pure.name)
    pieces = re.split(r"([./])", str(pure.with_name(name)) if name else path)
    order = [number for number in range(len(pieces) - 1, -1, -2) if pieces[number]]
    stem = max((place + 1 for place, piece in enumerate(pieces) if piece == "/"), default=0)
    for form in (*_FORMS, _USUAL, _WORD):
        for number in order:
            for label, rest in _labels(pieces[number]):
                found = language_of(label, regions) if form.fullmatch(label) else ""
                # what stands between dots behind a name is no word of the name
                if form is _USUAL and number <= stem and not _has_usual_code(label):
                    continue
                if known and form in (_USUAL, _WORD) and found.split("_")[0] not in known:
                    continue
                if found and not _is_ending(pieces, number):
                    return Place(found, _without(pieces, number, rest))
    return Place("", _without(pieces, -1, ""))


_FORMS = (
    re.compile(r"[a-z]{2,3}[-_][A-Z][a-z]{3}"),
    re.compile(r"[a-z]{2}(?:[-_](?:[A-Za-z]{2}|\d{3}|[A-Z][a-z]{3}[-_][A-Z]{2}))?(?:@[a-z]+)?|[a-z]{3}[-_][A-Z]{2}"),
)
"""Forms of codes in paths, the surest first."""

_USUAL, _WORD = re.compile(r"[a-z]{3}()"), re.compile(r"[a-z]{3}")
"""Many short words are codes of languages with three letters: a folder of a language in which much is written comes
before a name that is such a word, so that kab/app.srt is Kabyle, not Apma."""

_USUAL_CODES = """
    ace acm acq aeb agq ajp anp apc arn ars ary arz asa ast awa azb ban bar bas bem bez bgc bho bjn blo brx bxr ceb
    cgg chr ckb cnr crh csb dje doi dsb dua dyo dyu ebu ewo fil fon frp frr fur fuv gaz gcr gom gsw guz haw hif hne
    hsb ilo jam jbo jgo jmc kaa kab kac kam kbd kbp kea kgp khk khq kln kmb kmr knc kok krc ksb ksf ksh lij lki lkt
    lmo lrc ltg lua luo lus luy lzh mai mdf mfa mgh mgo mhr mni mos mrj mua mwl myv mzn nan nap naq nds nmg nnh
    nqo nso nus nyn pag pam pap pbt pcd pms pnb prs quy quz rif rof rup rwk sah saq sat sbp scn sco seh ses sgs shi
    shn skr sma smj smn szl szy taq tcy teo tet tpi trv tum twq tyv tzm udm umb vec vep vmw vun vro wae war wuu
    xal xmf xnr xog yav yrl yue zea zgh
    """
"""Codes of languages without one of two letters: of CLDR's locales, of FLORES-200 and of Wikipedia's editions, but for
words that are frequent in names of files (bug, ext, mad, mag, min, new, sms)."""


def _has_usual_code(code: str) -> bool:
    """Whether a code means a language with a code of two letters, or one of `_USUAL_CODES`."""
    return code in _USUAL_CODES.split() or len(bcp47(language_of(code)).split("-")[0]) == 2


def _is_ending(pieces: list[str], number: int) -> bool:
    """Whether a piece is the ending of a file that says what it is, not in which language."""
    return number == len(pieces) - 1 and pieces[number].lower() in ENDINGS | PARTS


_CODE = r"[a-z]{2,3}(?:[-_](?:[A-Z]{2}|[A-Z][a-z]{3}))?"
PARTS = frozenset({"dev", "test", "devtest", "train", "valid"})
"""Endings that name a part of a collection: they stay in the document's name."""

ENDINGS = frozenset(
    {
        "po", "pot", "mo", "gmo", "xlf", "xliff", "sdlxliff", "mxliff", "tmx", "srt", "vtt", "txt", "text", "tsv",
        "tab", "page", "xml", "docbook", "dbk", "usfm", "sfm", "osis", "json", "jsonl", "csv", "html", "md",
    }
)  # fmt: skip


def _labels(piece: str) -> Iterator[tuple[str, str]]:
    """What may be a language in a piece between dots and slashes, with what is left of the piece."""
    yield piece, ""
    if found := re.fullmatch(rf"(?P<rest>.+?)[-_](?P<code>{_CODE})", piece):
        yield found["code"], found["rest"]
    if found := re.fullmatch(rf"(?P<code>{_CODE})[-_](?P<rest>.+)", piece):
        yield found["code"], found["rest"]


def _without(pieces: list[str], number: int, rest: str) -> str:
    """The path without one piece and without its ending."""
    kept = list(pieces)
    if number >= 0:
        kept[number] = rest
    if len(kept) > 1 and kept[-1].lower() in ENDINGS and kept[-2] == ".":
        kept[-1] = ""
    return re.sub(r"^[./]+|[./]+$", "", re.sub(r"[./]*/[./]*", "/", re.sub(r"\.{2,}", ".", "".join(kept))))


def decoded(content: bytes, known: str = "") -> str:
    """The text of a file in any encoding, with line feeds as its line ends and without a byte order mark.

    Args:
        content: the file.
        known: its language; decides where little text is all that tells one encoding from another.
    """
    text, _, found_by = decode(content)
    codec = _usual_codec(known) if found_by in ("detected", "assumed") else None
    if codec:
        usual = content.decode(codec, "replace")
        if "\ufffd" not in usual and _script(usual) == known.rpartition("_")[2]:
            text = usual
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _usual_codec(known: str) -> str | None:
    """The encoding that most texts of a language had before UTF-8."""
    own = bcp47(known) if known else ""
    return next((codec for codes, codec in LANGUAGE_CODECS.items() if own in codes.split()), None)


def _script(text: str) -> str:
    import pyarrow as pa

    from ..kernels.script import dominant_scripts

    return str(dominant_scripts(pa.array([text[:10_000]]))[0])


def tidy(text: str) -> str:
    """White space as single spaces, none at the ends."""
    return " ".join(text.split())


def xml_root(content: bytes) -> Any:
    """The root of an XML document, read without looking at anything outside it.

    Entities that the document declares are plain text or an error: nested ones grow without bound.

    Raises:
        FormatError: it is not well formed, or larger or deeper than libxml2 allows by default.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(error.msg or "not well-formed XML", error.lineno or 0) from error
    except ValueError as error:
        raise FormatError(str(error)) from error
    if root is None:
        raise FormatError("an empty document")
    _replace_entities(root)
    return root


def _replace_entities(root: Any) -> None:
    from lxml import etree

    table = root.getroottree().docinfo.internalDTD
    declared = {entity.name: entity.content or "" for entity in table.iterentities()} if table is not None else {}
    waiting = list(root.iter(etree.Entity))
    while waiting:
        node = waiting.pop()
        parent, tail = node.getparent(), []
        # neighbours are replaced together, last first: text that grows with each of them is copied each time
        while True:
            tail.append(node.tail or "")
            tail.append(_entity_text(node, declared))
            before = node.getprevious()
            node.tail = None
            parent.remove(node)
            if before is None or before.tag is not etree.Entity:
                break
            node = waiting.pop()
        joined = "".join(reversed(tail))
        if before is not None:
            before.tail = (before.tail or "") + joined
        else:
            parent.text = (parent.text or "") + joined


def _entity_text(node: Any, declared: Mapping[str, str]) -> str:
    text = declared.get(node.name)
    if text is None or "&" in text or "<" in text or len(text) > ENTITY_CHARACTERS:
        raise FormatError(f"the entity {node.name!r} is not plain text of the document", node.sourceline or 0)
    return text


def local(node: Any) -> str:
    """The name of an element without its namespace; "" for what is no element."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def inline_text(node: Any, dropped: frozenset[str]) -> str:
    """The text of an element with that of its children, save those whose contents are code."""
    parts = [node.text or ""]
    for child in node:
        name = local(child)
        if name and name not in dropped:
            parts.append(inline_text(child, dropped))
        parts.append(child.tail or "")
    return "".join(parts)
