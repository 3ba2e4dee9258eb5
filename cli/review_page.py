"""The page of `hexapla review`: one card for each pair, judged by keyboard or touch, without a server."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .parallel_pages import render_page
from .review_files import COLUMNS, tsv_line

if TYPE_CHECKING:
    from .parallel_rows import ParallelTable
    from .review_sample import Sample


def review_page(sample: Sample, table: ParallelTable) -> str:
    """The page as HTML; the same sample gives the same page.

    Args:
        sample: the pairs.
        table: where they come from.
    """
    cards = [{**row, "tsv": tsv_line(row)} for row in sample.rows]
    # verdicts are kept in the browser under this name, so that two drawings never mix
    drawing = hashlib.sha256("\n".join(str(row["uid"]) for row in sample.rows).encode()).hexdigest()[:16]
    return render_page(
        "review",
        cards=cards,
        drawing=drawing,
        header="\t".join(COLUMNS),
        name=table.name,
        run=table.results.run.get("name", ""),
        total=sum(sample.counts.values()),
        strata=len(sample.counts),
    )
