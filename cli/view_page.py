"""The page of `hexapla view`: a document's lines in columns, one for each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .parallel_pages import render_page

if TYPE_CHECKING:
    from ..filters.parallel_document import Line

COLUMNS_AT_FIRST = 5
WORDS = {
    "low": ("low score", "low score"),
    "length": ("length", "much longer or shorter than the others"),
    "disagrees": ("disagrees", "a direct alignment links something else"),
    "crossing": ("order", "out of order in some language"),
    "alone": ("alone", "in one language only"),
}
"""What is doubtful about a line, at the line and in the legend."""


@dataclass(frozen=True)
class Column:
    """A language of the page.

    Attributes:
        code: the language.
        lines: how many lines have it.
        shown: whether it is shown at first.
    """

    code: str
    lines: int
    shown: bool


def view_page(lines: Sequence[Line], languages: Sequence[str], doc_key: str, source: str, low: float) -> str:
    """The page as HTML; the same lines give the same page.

    Args:
        lines: in order.
        languages: the columns, in order.
        doc_key: the document.
        source: run and stage, for the heading.
        low: scores below this are marked.
    """
    shown = [line for line in lines if any(language in line.cells for language in languages)]
    columns = [
        Column(language, sum(language in line.cells for line in shown), place < COLUMNS_AT_FIRST)
        for place, language in enumerate(languages)
    ]
    return render_page(
        "view",
        columns=columns,
        lines=shown,
        doc_key=doc_key,
        source=source,
        low=low,
        words=WORDS,
        counts={flag: sum(flag in line.flags for line in shown) for flag in WORDS},
    )
