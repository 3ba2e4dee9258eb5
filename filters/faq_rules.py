"""WebFAQ's rules for question-answer pairs (Dinzinger et al. 2025; the repository padas-lab-de/webfaq, MIT).

The rules ask the text before anything is taken off it, in this order; then prefixes, numbers, quotation marks and emoji
are taken off.
"""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any, Final, NamedTuple

from .emoji import without_emoji

MOST_NEWLINES: Final = 9
LEAST_QUESTION: Final = 10
LEAST_ANSWER: Final = 30

REASONS: Final = {
    "empty": "there is no question, or no answer",
    "question_in_answer": "the answer has a question mark",
    "too_many_newlines": f"the answer has more than {MOST_NEWLINES} line breaks",
    "question_too_short": f"the question has fewer than {LEAST_QUESTION} characters",
    "answer_too_short": f"the answer has fewer than {LEAST_ANSWER} characters",
    "bad_url": "the page's address has no host",
    "nothing_left": "nothing is left of the question or the answer when prefixes and emoji are taken off",
}
"""Why a pair is removed, in the order in which the rules are asked."""

_PREFIXES: Final = (re.compile(r"^Q:\s+"), re.compile(r"^Question:\s+"))
_ANSWER_PREFIXES: Final = (re.compile(r"^A:\s+"), re.compile(r"^Answer:\s+"))
_NUMBER: Final = re.compile(r"^\d+\.\d*\s+")
_QUOTES: Final = (('"', '"'), ("“", "”"), ("‘", "’"), ("‟", "”"), ("„", "”"), ("„", "“"))
_SPACES: Final = re.compile(r"[ \t\r\n\f\v]+")
_LINE: Final = "\ue000"
"""Stands for a line break that is part of a value, while white space that only lays out markup becomes a space."""

_UNSEEN: Final = frozenset(
    [
        "script",
        "style",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "video",
        "audio",
        "canvas",
        "button",
        "select",
        "option",
        "label",
        "textarea",
        "input",
        "head",
        "title",
        "meta",
        "link",
    ]
)
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "mark",
        "meter",
        "noscript",
        "output",
        "progress",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)


class Cleaned(NamedTuple):
    """What WebFAQ makes of a pair.

    Attributes:
        question, answer: cleaned, or as they were where there is a reason.
        reason: the first rule that the pair breaks, None for none.
    """

    question: str
    answer: str
    reason: str | None


def plain_text(value: str) -> str:
    """The text of a value of structured data: entities resolved twice, markup taken off, line breaks single.

    Line breaks of the value stay; markup that begins a new line on a page, `<br>` included, is a space.
    """
    text = html.unescape(value).replace("\\t", " ").replace("\t", " ")
    text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text or "&" in text:
        text = _without_markup(text.replace("\n", _LINE)).replace(_LINE, "\n")
    text = "\n".join(_SPACES.sub(" ", line) for line in text.split("\n"))
    lines = (line.strip() for line in text.replace('\\"', '"').split("\n"))
    return "\n".join(filter(None, lines))


def _without_markup(text: str) -> str:
    """The text that a browser shows, block elements apart by a space."""
    from lxml import etree
    from lxml import html as markup

    parser = markup.HTMLParser(remove_comments=True, remove_pis=True)
    try:
        tree = markup.fragment_fromstring(text.replace("\x00", ""), create_parent="div", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return re.sub(r"<[^>]*>", " ", text)
    pieces: list[str] = []
    _collect(tree, pieces)
    return "".join(pieces)


def _collect(tree: Any, pieces: list[str]) -> None:
    """The visible texts below an element, in order, without recursion: markup may nest deep."""
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        element, left = waiting.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        between = "" if tag in _INLINE or "-" in tag else " "
        if left:
            pieces.append(between)
            pieces.append(element.tail or "")
            continue
        pieces.append(between)
        waiting.append((element, True))
        if tag and tag not in _UNSEEN:
            pieces.append(element.text or "")
            waiting.extend((child, False) for child in reversed(element))


def webfaq_reason(question: str, answer: str, host: str | None) -> str | None:
    """The first of WebFAQ's rules that a pair breaks, None for none; see `REASONS`."""
    if not question or not answer:
        return "empty"
    if "?" in answer:
        return "question_in_answer"
    if answer.count("\n") > MOST_NEWLINES:
        return "too_many_newlines"
    if len(question) < LEAST_QUESTION:
        return "question_too_short"
    if len(answer) < LEAST_ANSWER:
        return "answer_too_short"
    return None if host else "bad_url"


def webfaq_clean(question: str, answer: str, host: str | None) -> Cleaned:
    """A pair by WebFAQ's rules.

    Args:
        question: plain text (see `plain_text`).
        answer: the same.
        host: the host of the page, None for none.
    """
    reason = webfaq_reason(question, answer, host)
    if reason:
        return Cleaned(question, answer, reason)
    clean = _stripped(question, _PREFIXES), _stripped(answer, _ANSWER_PREFIXES)
    return Cleaned(*clean, None) if all(clean) else Cleaned(question, answer, "nothing_left")


def _stripped(text: str, prefixes: tuple[re.Pattern[str], ...]) -> str:
    for prefix in (*prefixes, _NUMBER):
        text = prefix.sub("", text)
    for opening, closing in _QUOTES:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            text = text[1:-1]
    return without_emoji(text).strip()


def pair_text(question: str, answer: str) -> str:
    """The text whose language a pair has, and whose MD5 is its identity at WebFAQ."""
    return f"{question} {answer}".replace("\n", " ")


def pair_id(text: str) -> str:
    """WebFAQ's identity of a pair: the MD5 of `pair_text`, 32 hex digits."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
