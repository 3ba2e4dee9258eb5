"""The stage `gather`: the beads of a document as one row, for `render: {format: interlinear}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage
from .document_rows import in_documents, segments_of

DOCUMENTS = pa.schema(
    [
        ("uid", pa.string()), ("doc_key", pa.string()), ("src_lang", pa.string()), ("tgt_lang", pa.string()),
        ("src_segments", pa.list_(pa.string())), ("tgt_segments", pa.list_(pa.string())), ("segment_count", pa.int32()),
    ]
)  # fmt: skip


class Gather(StepStage):
    """Bring the beads of each document and pair of languages together: one row with both sides as lists, in order.

    Beads with an empty side and those without a document are removed. The columns of single beads end here.
    """

    order: str = Field("src_index", description="column of the place in the document: numbers, or lists of them")

    needs: ClassVar[tuple[str, ...]] = ("uid", "doc_key", "src_lang", "tgt_lang", "src", "tgt")
    reasons: ClassVar[Mapping[str, str]] = {"one_sided": "one of the sides is empty, or there is no document"}

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """One row for each document."""
        super().output_schema(schema)
        if self.order not in schema.names:
            raise ConfigError(f"there is no column {self.order!r}", where="gather.order")
        return DOCUMENTS

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """Removed beads stay as they came."""
        return schema

    def steps(self) -> tuple[Step, ...]:
        """Segments to their document, documents to the unit of their first segment."""
        from ..filters.document_order import SEGMENTS_IN_ORDER

        return (
            Step("segments", "units", self._segments, SEGMENTS_IN_ORDER),
            Step("documents", "partitions", self._documents, DOCUMENTS, slices=("segments",)),
            Step("apply", "units", self._apply, slices=("documents",)),
        )

    def _segments(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        yield from segments_of(given, self.order)

    def _documents(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        from ..filters.document_order import sorted_documents, whole_documents

        table, borders = sorted_documents(given.tables["segments"])
        if table.num_rows:
            found = whole_documents(table, borders)
            columns = [found.column(name) for name in (*DOCUMENTS.names, "unit")]
            yield pa.RecordBatch.from_arrays(columns, schema=DOCUMENTS.append(pa.field("partition", pa.int32())))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        found = given.tables["documents"].select(DOCUMENTS.names).sort_by("uid").combine_chunks()
        for batch in found.to_batches():
            yield Outcome(batch, created=batch.num_rows)
        nothing = pa.RecordBatch.from_pylist([], schema=DOCUMENTS)
        for rows in given.rows:
            keep = in_documents(rows)
            pairs = pc.binary_join_element_wise(rows.column("src_lang"), rows.column("tgt_lang"), "-").filter(keep)
            used = {entry["values"]: entry["counts"] for entry in pc.value_counts(pairs).to_pylist()}
            removed = Outcome.split(rows, keep, reason="one_sided").removed
            yield Outcome(nothing, removed, consumed=used)


