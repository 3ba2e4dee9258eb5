"""The stage `extract`: crawled pages become documents."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from ..engine.errors import RetryableError
from ..engine.outcome import Outcome
from ..engine.stage import MapStage, columns
from .row_verdicts import optional_column

if TYPE_CHECKING:
    from ..filters.page_columns import PageColumns, PageRules

HTTP_COLUMNS = ("content", "http_status", "content_type")


class Extract(MapStage):
    """Take the main text, title, date, language and hreflang links out of web pages; pages without text are removed.

    A page is decoded with the character set that it says or seems to have, and parsed once, by trafilatura, in a child
    process that it can kill without harm. `text` is in NFC with line feeds as its only line ends. `date` stays the
    date of the crawl; `page_date` is the page's own, which is never later. `hreflang` lists the versions in other
    languages that the page links to; `link_density` is the part of the whole page's visible characters that stand in
    links. Removed rows have no `content`: `file_path` and `id` say where the page is.
    """

    statuses: tuple[int, ...] = Field((200,), description="HTTP status codes of pages that become documents")
    plain_text: bool = Field(True, description="whether text/plain becomes a document, as it is")
    favour: Literal["precision", "balanced", "recall"] = Field(
        "precision",
        description="what trafilatura leans to when in doubt. precision is what FineWeb uses, and was better on real "
        "articles (F1 .967 against .962 for balanced) and equal on short pages in 68 languages",
    )
    fallback: bool = Field(
        True,
        description="compare the result with those of readability and jusText; without that two fifths of the time are "
        "saved, and F1 falls from .967 to .955 on articles and from .932 to .902 on mixed pages",
    )
    tables: bool = Field(
        True,
        description="whether tables of data are kept: a line for each row, with tabs between cells. A table that lays "
        "out the page is not one",
    )
    comments: bool = Field(False, description="whether readers' comments are kept (F1 on articles falls by one point)")
    short_letters: int = Field(
        30,
        ge=0,
        description="an extraction worth fewer letters is tried again by other means (favour balanced: in the end by "
        "taking the whole page); a Han character, kana or Hangul syllable is worth four. 250 would ruin short pages",
    )
    min_letters: int = Field(
        8, ge=0, description="remove texts worth fewer letters than this, counted in the same way (text_too_short)"
    )
    max_bytes: int = Field(5 << 20, ge=1, description="remove pages with more bytes, before decoding")
    max_nodes: int = Field(100_000, ge=1, description="remove pages with more elements and attributes, before parsing")
    max_depth: int = Field(256, ge=1, le=2000, description="remove pages whose elements nest deeper")
    cpu_seconds: float = Field(
        60.0, gt=0, description="last resort: CPU time of one page, after which it is removed (extraction_killed)"
    )
    child_memory: int = Field(
        768 << 20, ge=384 << 20, description="last resort: bytes of address space of the process that parses"
    )

    needs = HTTP_COLUMNS
    adds: ClassVar[Mapping[str, pa.DataType]] = {
        **columns(text="string", title="string", page_date="string", declared_language="string"),
        "hreflang": pa.list_(pa.struct([("lang", pa.string()), ("url", pa.string())])),
        "link_density": pa.float32(),
    }
    libraries = ("trafilatura", "lxml", "justext", "faust-cchardet")
    reasons: ClassVar[Mapping[str, str]] = {
        "http_status": "the status code is none of `statuses`",
        "content_type": "neither HTML nor (with `plain_text`) plain text, by the declared type and the first bytes",
        "html_too_large": "an HTML page of more than `max_bytes`",
        "text_too_large": "plain text of more than `max_bytes`",
        "html_too_many_nodes": "more than `max_nodes` elements and attributes, or one with over 2,000 attributes",
        "html_too_deep": "elements nest deeper than `max_depth`, or too deep on average for its size",
        "extraction_failed": "the page broke the extractor",
        "extraction_killed": "the page used up `cpu_seconds` or `child_memory`, or crashed the process that parses",
        "no_text": "no main text was found",
        "text_too_short": "the text is worth fewer letters than `min_letters`",
    }
    writes_after = True

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns without the HTTP payload and headers, with the document's."""
        full = super().output_schema(schema)
        return pa.schema([field for field in full if field.name not in HTTP_COLUMNS])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns without the payload, with the document's as far as they are known (text may be null)."""
        full = super().output_schema(schema)
        return pa.schema([field for field in full if field.name != "content"])

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Extract a batch.

        Raises:
            RetryableError: the child process cannot be started.
        """
        from ..filters.extraction_process import ChildError, extraction_process
        from ..filters.page_columns import page_columns

        try:
            found = page_columns(
                rows["content"],
                rows["content_type"],
                rows["http_status"],
                (optional_column(rows, "url"), optional_column(rows, "date")),
                self._rules(),
                extraction_process(self.child_memory, self.cpu_seconds),
            )
        except ChildError as error:
            raise RetryableError(str(error), where="extract", hint="the same command resumes") from error
        return self._outcome(rows, found)

    def _rules(self) -> PageRules:
        from ..filters.page_columns import PageRules
        from ..filters.pages import Settings

        return PageRules(
            self.statuses,
            self.plain_text,
            self.max_bytes,
            self.max_nodes,
            self.min_letters,
            Settings(self.favour, self.fallback, self.tables, self.comments, self.short_letters, self.max_depth),
        )

    def _outcome(self, rows: pa.RecordBatch, found: PageColumns) -> Outcome:
        schema = self.removed_schema(rows.schema)
        arrays = [found.columns[name] if name in self.adds else rows[name] for name in schema.names]
        outcome = Outcome.split(
            pa.RecordBatch.from_arrays(arrays, schema=schema),
            found.reasons.is_null(),
            reason=found.reasons,
            values=found.values,
            counters={f"charset_{source}": count for source, count in sorted(found.charsets.items())},
        )
        kept = outcome.kept.select(self.output_schema(rows.schema).names)
        return dataclasses.replace(outcome, kept=kept)
