"""The stage `terms`: terms of a glossary that a pair has on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import MapStage
from ..filters.parallel_tables import TEXT_PAIRS
from .named_files import FileName


class Terms(MapStage):
    """Add `terms`: what a glossary has for a pair, for `render: {format: terminology}` and `bayling-constrained`.

    A term counts where it stands in the source as a whole word and its translation in the target, in any case of
    letters. An entry serves both directions. No row is removed.
    """

    glossary: FileName = Field(
        description="a file: source language, target language, source term, target term, with tabs between"
    )
    most: int = Field(5, ge=1, le=100, description="terms of a pair at most, the first in the source")

    needs: ClassVar[tuple[str, ...]] = ("src_lang", "tgt_lang", "src", "tgt")
    adds: ClassVar[Mapping[str, pa.DataType]] = {"terms": TEXT_PAIRS}
    libraries: ClassVar[tuple[str, ...]] = ("pyahocorasick",)

    def resource_files(self) -> tuple[str, ...]:
        """The glossary."""
        return (self.glossary,)

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Look the terms up; every row is kept."""
        from ..filters.terminology import COLUMNS, glossary, terms_of

        try:
            found = terms_of(glossary(self.glossary), [rows.column(name) for name in COLUMNS], self.most)
        except (ValueError, OSError) as error:
            raise ConfigError(str(error), where="terms.glossary") from error
        schema = self.output_schema(rows.schema)
        columns = {**dict(zip(rows.schema.names, rows.columns, strict=True)), "terms": found}
        return Outcome.keep(pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema))
