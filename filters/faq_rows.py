"""Pages and dumps in, the questions and answers in them out."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import lxml.html
import pyarrow as pa
from lxml import etree

from ..kernels.markup import scan_markup
from .charset import decode
from .faq_pages import Question, questions_of_page, questions_of_quads
from .faq_rules import plain_text
from .page_columns import page_kind
from .page_text import clean_text, prepare

MOST_ATTRIBUTES: Final = 2000
MOST_QUESTIONS: Final = 1000
"""The most pairs of one page; a shop's markup once held 40,000."""

_PARSER: Final = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
_MARKED: Final = (b"faqpage", b"f\x00a\x00q\x00p\x00a\x00g\x00e")


@dataclass(frozen=True)
class FaqRules:
    """What is read: see the fields of the stage."""

    statuses: tuple[int, ...] = (200,)
    max_bytes: int = 5 << 20
    max_nodes: int = 100_000
    max_depth: int = 256


@dataclass(frozen=True)
class FaqColumns:
    """What is in n payloads.

    Attributes:
        reasons: n reasons, null for payloads with at least one pair.
        row: for each of m pairs the payload that it is in, ascending.
        pair: m numbers of pairs within their payload, from 0.
        url, host, question, answer, source: m strings; `host` is null for an address without one.
    """

    reasons: pa.StringArray
    row: pa.Int64Array
    pair: pa.Int32Array
    url: pa.StringArray
    host: pa.StringArray
    question: pa.StringArray
    answer: pa.StringArray
    source: pa.StringArray


def faq_columns(
    contents: pa.BinaryArray,
    content_types: pa.StringArray,
    statuses: pa.Int32Array,
    urls: pa.StringArray,
    rules: FaqRules,
) -> FaqColumns:
    """Take questions and answers out of pages, and out of N-Quads dumps of pages.

    Args:
        contents: n payloads.
        content_types: n `Content-Type` headers, null for files.
        statuses: n HTTP statuses, null for files.
        urls: n addresses, null for files.
        rules: what is read.
    """
    reasons: list[str | None] = []
    found: list[tuple[int, int, str | None, Question]] = []
    values = zip(contents, content_types.to_pylist(), statuses.to_pylist(), urls.to_pylist(), strict=True)
    for row, (content, content_type, status, url) in enumerate(values):
        payload = content.as_py() or b""
        if content_type is None and is_quads(payload):
            pairs = _of_quads(payload)
            reasons.append(None if pairs else "no_faq")
            found += [(row, number, page, question) for number, (page, question) in enumerate(pairs)]
            continue
        reason, questions = _of_page(payload, content_type or "", status, rules)
        reasons.append(reason)
        found += [(row, number, url, question) for number, question in enumerate(questions)]
    return FaqColumns(
        pa.array(reasons, pa.string()),
        pa.array([row for row, _, _, _ in found], pa.int64()),
        pa.array([number for _, number, _, _ in found], pa.int32()),
        pa.array([url for _, _, url, _ in found], pa.string()),
        pa.array([_host(url) for _, _, url, _ in found], pa.string()),
        pa.array([_text(question.question) for _, _, _, question in found], pa.string()),
        pa.array([_text(question.answer) for _, _, _, question in found], pa.string()),
        pa.array([question.source for _, _, _, question in found], pa.string()),
    )


def _text(value: str) -> str:
    return clean_text(plain_text(value))


def _host(url: str | None) -> str | None:
    """The host of an address in lower case, None for none."""
    try:
        return urlsplit(url or "").hostname or None
    except ValueError:
        return None


def is_quads(payload: bytes) -> bool:
    """Whether a file begins like N-Quads: a name in angle brackets, or a blank node."""
    start = payload[:4096].lstrip(b"\xef\xbb\xbf \t\r\n#")
    line = start.split(b"\n", 1)[0]
    return start.startswith((b"_:", b"<http")) and b"> " in line


def _of_quads(payload: bytes) -> list[tuple[str, Question]]:
    lines = io.TextIOWrapper(io.BytesIO(payload), "utf-8", "replace", newline="\n")
    return list(questions_of_quads(lines))


def _of_page(
    payload: bytes, content_type: str, status: int | None, rules: FaqRules
) -> tuple[str | None, list[Question]]:
    """Why a page has no pairs, or its pairs."""
    reason = _refused(payload, content_type, status, rules)
    if reason:
        return reason, []
    page = prepare(decode(payload, content_type).text.encode("utf-8", "replace"))
    scan = scan_markup(pa.array([page], pa.binary()), rules.max_nodes)
    if int(scan.nodes[0]) > rules.max_nodes or int(scan.attributes[0]) > MOST_ATTRIBUTES:
        return "html_too_many_nodes", []
    if int(scan.depth[0]) > rules.max_depth:
        return "html_too_deep", []
    questions = list(itertools.islice(_questions(page), MOST_QUESTIONS))
    return (None, questions) if questions else ("no_faq", [])


def _refused(payload: bytes, content_type: str, status: int | None, rules: FaqRules) -> str | None:
    """Why a page is not even parsed, None where it is."""
    if status is not None and status not in rules.statuses:
        return "http_status"
    if page_kind(payload, content_type or "text/html", plain_text=False) is None:
        return "content_type"
    if len(payload) > rules.max_bytes:
        return "html_too_large"
    lower = payload.lower()
    return None if any(mark in lower for mark in _MARKED) else "no_faq"


def _questions(page: bytes) -> list[Question]:
    try:
        return questions_of_page(lxml.html.document_fromstring(page, parser=_PARSER))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return []
