"""The stage `faq_clean`: WebFAQ's rules for question-answer pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ..engine.outcome import Outcome
from ..engine.stage import MapStage, columns
from ..filters.faq_rules import REASONS
from .row_verdicts import annotate, optional_column


class FaqClean(MapStage):
    """Remove question-answer pairs, and clean the others, as WebFAQ does (Dinzinger et al. 2025), rule by rule.

    A pair goes when its answer has a question mark or ten line breaks, or when the question has fewer than 10 or the
    answer fewer than 30 characters. Then "Q:", "Question:", "A:", "Answer:", a number at the start ("1. "), quotation
    marks around the whole and emoji are taken off. `text` is the cleaned pair in one line, and `id` its MD5, as in
    WebFAQ's files. What WebFAQ does next are stages of their own: `language` with a least score of 0.63, and
    `exact_dedup`.
    """

    needs: ClassVar[tuple[str, ...]] = ("question", "answer")
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(id="string", question="string", answer="string", text="string")
    reasons: ClassVar[Mapping[str, str]] = REASONS

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Ask every rule, clean what is left."""
        from ..filters.faq_rules import pair_id, pair_text, webfaq_clean

        pairs = (optional_column(rows, name).to_pylist() for name in ("question", "answer"))
        host = optional_column(rows, "host") if rows.schema.get_field_index("host") >= 0 else None
        hosts = [""] * rows.num_rows if host is None else host.to_pylist()
        found = [
            webfaq_clean(question or "", answer or "", "unknown" if host is None else name)
            for question, answer, name in zip(*pairs, hosts, strict=True)
        ]
        reasons = pa.array([one.reason for one in found], pa.string())
        texts = [pair_text(one.question, one.answer) for one in found]
        cleaned = annotate(
            rows,
            id=pa.array([pair_id(text) for text in texts], pa.string()),
            question=pa.array([one.question for one in found], pa.string()),
            answer=pa.array([one.answer for one in found], pa.string()),
            text=pa.array(texts, pa.string()),
        )
        return Outcome.split(cleaned, pc.is_null(reasons), reason=reasons)
