"""The stage `context`: what was said before each segment of a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage
from ..filters.parallel_tables import TEXT_PAIRS
from .document_rows import segments_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUND = pa.schema([("row", pa.int32()), ("context", TEXT_PAIRS)])


class Context(StepStage):
    """Add `context`: the segments before each bead of its document, in both languages, for `render: {format: context}`.

    No row is removed. Rows without a document have no context.
    """

    previous: int = Field(3, ge=1, le=1000, description="segments at most")
    order: str = Field("src_index", description="column of the place in the document: numbers, or lists of them")

    needs: ClassVar[tuple[str, ...]] = ("uid", "doc_key", "src_lang", "tgt_lang", "src", "tgt")
    adds: ClassVar[Mapping[str, pa.DataType]] = {"context": TEXT_PAIRS}

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's and `context`."""
        made = super().output_schema(schema)
        if self.order not in schema.names:
            raise ConfigError(f"there is no column {self.order!r}", where="context.order")
        return made

    def steps(self) -> tuple[Step, ...]:
        """Segments to their document, what stands before them, back to their rows."""
        from ..filters.document_order import SEGMENTS_IN_ORDER

        return (
            Step("segments", "units", self._segments, SEGMENTS_IN_ORDER, fields=("order",)),
            Step("previous", "partitions", self._previous, FOUND, slices=("segments",)),
            Step("apply", "units", self._apply, slices=("previous",)),
        )

    def _segments(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        yield from segments_of(given, self.order)

    def _previous(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        from ..filters.document_order import previous_items, sorted_documents

        table, borders = sorted_documents(given.tables["segments"])
        found = previous_items(table, borders, self.previous)
        columns = [table.column("row").combine_chunks(), found, table.column("unit").combine_chunks()]
        yield pa.RecordBatch.from_arrays(columns, schema=FOUND.append(pa.field("partition", pa.int32())))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        found = given.tables["previous"].sort_by("row").combine_chunks()
        places, context = found.column("row").to_numpy(), found.column("context").combine_chunks()
        schema = self.output_schema(given.input_schema)
        first = 0
        for rows in given.rows:
            number = np.arange(first, first + rows.num_rows)
            at = np.searchsorted(places, number)
            missing = (at == len(places)) | (np.append(places, -1)[at] != number)
            added = context.take(pa.array(at, mask=missing))
            columns = {**dict(zip(rows.schema.names, rows.columns, strict=True)), "context": added}
            yield Outcome.keep(pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema))
            first += rows.num_rows
