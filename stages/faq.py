"""The stage `faq`: questions and answers that web pages mark up as schema.org FAQPage become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.outcome import Outcome
from ..engine.stage import MapStage, columns
from .row_verdicts import optional_column

HTTP_COLUMNS = ("content", "http_status", "content_type")


class Faq(MapStage):
    """Take questions with their answers out of pages that say that they are a FAQPage (https://schema.org/FAQPage).

    Pages are rows of WARC files, or HTML files read with `format: files`; a file of N-Quads, as Web Data Commons
    publishes them, is taken apart by pages as well (the quads of a page must stand together). JSON-LD, microdata and
    RDFa are read, with the faults that are usual on pages (comments around the JSON, commas too many, markup as text).

    A page becomes a row for each pair: `question` and `answer` as plain text with single line breaks, `text` (both in
    one line, what `language` should look at), `host`, `faq_source` ("json-ld", "microdata", "rdfa", "n-quads") and
    `page_uid`. Other columns of the page are repeated. Removed rows are pages; the pages with pairs are used up.
    `faq_clean` has WebFAQ's rules for pairs.
    """

    statuses: tuple[int, ...] = Field((200,), description="HTTP status codes of pages that are read")
    max_bytes: int = Field(5 << 20, ge=1, description="remove pages with more bytes, before decoding")
    max_nodes: int = Field(100_000, ge=1, description="remove pages with more elements and attributes, before parsing")
    max_depth: int = Field(256, ge=1, le=2000, description="remove pages whose elements nest deeper")

    needs: ClassVar[tuple[str, ...]] = ("uid", "content")
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        url="string", host="string", question="string", answer="string", text="string", faq_source="string",
        page_uid="string",
    )  # fmt: skip
    libraries: ClassVar[tuple[str, ...]] = ("lxml", "faust-cchardet")
    reasons: ClassVar[Mapping[str, str]] = {
        "http_status": "the status code is none of `statuses`",
        "content_type": "no HTML, by the declared type and the first bytes",
        "html_too_large": "a page of more than `max_bytes`",
        "html_too_many_nodes": "more than `max_nodes` elements and attributes, or one with over 2,000 attributes",
        "html_too_deep": "elements nest deeper than `max_depth`",
        "no_faq": "no FAQPage is marked up, or none with a question that has an answer",
    }
    writes_after = True

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns without the HTTP payload, with those of a pair."""
        full = super().output_schema(schema)
        return pa.schema([field for field in full if field.name not in HTTP_COLUMNS])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """As the kept rows: a page, with the columns of a pair null."""
        return self.output_schema(schema)

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Read a batch of pages."""
        from ..filters.faq_rows import FaqRules, faq_columns
        from ..filters.parallel_tables import hash_uids

        url = optional_column(rows, "url")
        status = (
            rows.column("http_status")
            if rows.schema.get_field_index("http_status") >= 0
            else pa.nulls(rows.num_rows, pa.int32())
        )
        rules = FaqRules(self.statuses, self.max_bytes, self.max_nodes, self.max_depth)
        found = faq_columns(rows.column("content"), optional_column(rows, "content_type"), status, url, rules)
        schema = self.output_schema(rows.schema)
        page = rows.column("uid").take(found.row)
        pair = {
            "uid": hash_uids([page, found.pair], len(found.pair)),
            "url": found.url,
            "host": found.host,
            "question": found.question,
            "answer": found.answer,
            "text": _pair_texts(found.question, found.answer),
            "faq_source": found.source,
            "page_uid": page,
        }
        if rows.schema.get_field_index("id") >= 0:
            number = pc.binary_join_element_wise(
                optional_column(rows, "id").take(found.row), found.pair.cast(pa.string()), "#"
            )
            pair["id"] = number
        kept = pa.RecordBatch.from_arrays(
            [(pair[name] if name in pair else rows.column(name).take(found.row)).cast(schema.field(name).type)
             for name in schema.names],
            schema=schema,
        )  # fmt: skip
        pages = pa.RecordBatch.from_arrays(
            [
                url
                if name == "url"
                else pa.nulls(rows.num_rows, schema.field(name).type)
                if name in self.adds
                else rows.column(name)
                for name in schema.names
            ],
            schema=schema,
        )
        used = found.reasons.is_null()
        gone = Outcome.split(pages, used, reason=found.reasons)
        sources = {f"from_{name}": int(count) for name, count in _counts(found.source)}
        return Outcome(kept, gone.removed, sources, consumed=used.true_count, created=kept.num_rows)


def _pair_texts(question: pa.Array, answer: pa.Array) -> pa.Array:
    """Question and answer in one line."""
    joined = pc.binary_join_element_wise(question, answer, " ")
    return pc.replace_substring(joined, "\n", " ")


def _counts(names: pa.Array) -> list[tuple[str, int]]:
    values, counts = np.unique(np.array(names.to_pylist(), object).astype(str), return_counts=True)
    return list(zip(values.tolist(), counts.tolist(), strict=True))
