"""The stage `rehydrate`: a weight for each document by the size of the cluster of near-duplicates it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import Backing, MapStage, columns
from .named_files import FileName

if TYPE_CHECKING:
    from ..filters.rehydration import Weights

FINEWEB2 = "fineweb2"
Table = dict[int | str, float]


class Rehydrate(MapStage):
    """Say how often each document is worth repeating, from the size of its cluster of near-duplicates.

    Deduplication throws away that a text was found often. FineWeb-2 found that its filters like clusters of middling
    size best, and that repeating their documents helps in languages with much text; very large clusters are mostly
    boilerplate. `rehydration_weight` is that number of repetitions (1: once). Nothing is repeated here, and no row is
    removed: the weight is for whoever samples or mixes later.

    `weights: fineweb2` is its table for all languages: 1 for documents without a duplicate, 2 and 3 for clusters of 2
    and of 3 or 4, 5 from 5 on, 8 from 100 on, 1 from 1000 on. A path takes weights by language, such as FineWeb-2's
    `misc/rehydration/weights/up_to_10_reps.json` or a file that `hexapla train rehydration RUN` fitted to what your own
    filters removed. A document without a cluster size, or in a language that a file by language does not have, has no
    weight (null) and is counted.
    """

    weights: Literal["fineweb2"] | Table | FileName = Field(
        "fineweb2",
        description="fineweb2, a table by cluster size such as {1: 1, 2: 2, 3: 3, 4-10: 5, 11+: 1}, or a file (JSON, "
        "YAML) with such a table or one per language. A plain number holds up to the next key, 4-10 for these sizes "
        "only; sizes without a weight have 1",
    )
    languages: dict[str, Table] = Field(
        default_factory=dict, description="other tables for single languages, such as {fra_Latn: {1: 1, 2: 3}}"
    )
    sizes: str = Field("minhash_cluster_size", description="the column of cluster sizes")

    needs: ClassVar[tuple[str, ...]] = ()
    adds = columns(rehydration_weight="float32")

    @model_validator(mode="after")
    def _tables_make_sense(self) -> Self:
        from ..filters.language_codes import check

        check(self.languages)
        self._tables()
        return self

    def resource_files(self) -> tuple[str, ...]:
        """The file of weights."""
        return () if isinstance(self.weights, dict) or self.weights == FINEWEB2 else (self.weights,)

    def backing(self, language: str) -> Backing:
        """A table of its own, or the one of all languages."""
        general, by_language = self._tables()
        if language in by_language:
            return Backing("proxy", "weights by cluster size of this language")
        return (
            Backing("none", "not in the file of weights") if general is None else Backing("proxy", "one table for all")
        )

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and the weight.

        Raises:
            ConfigError: there are no cluster sizes, or weights by language and no column `language`.
        """
        place = schema.get_field_index(self.sizes)
        if place < 0:
            hint = f"put it after minhash_dedup; {nearest(self.sizes, schema.names)}"
            raise ConfigError(f"there is no column {self.sizes!r} of cluster sizes", where="rehydrate.sizes", hint=hint)
        if not pa.types.is_integer(schema.field(place).type):
            what = f"{self.sizes!r} holds {schema.field(place).type}, not whole numbers"
            raise ConfigError(what, where="rehydrate.sizes")
        if self._tables()[1] and schema.get_field_index("language") < 0:
            raise ConfigError(
                "weights by language need the column 'language', which the input does not have", where="rehydrate"
            )
        return super().output_schema(schema)

    def _tables(self) -> tuple[Weights | None, dict[str, Weights]]:
        """The table of all languages, if there is one, and those of single ones."""
        from ..filters.language_codes import canonical
        from ..filters.rehydration import PUBLISHED, Weights, load_tables

        own = {canonical(code): Weights.parse(table) for code, table in self.languages.items()}
        if isinstance(self.weights, dict) or self.weights == FINEWEB2:
            return Weights.parse(self.weights if isinstance(self.weights, dict) else PUBLISHED), own
        found = load_tables(self.weights)
        return (found, own) if isinstance(found, Weights) else (None, found | own)

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Add the weight; every row is kept."""
        try:
            general, by_language = self._tables()
        except ValueError as error:
            raise ConfigError(str(error), where="rehydrate.weights") from error
        sizes = rows.column(self.sizes)
        weight = pa.nulls(rows.num_rows, pa.float32()) if general is None else general.of(sizes)
        if by_language:
            code = pc.dictionary_encode(rows.column("language").cast(pa.string()))
            number = pc.fill_null(code.indices, -1).to_numpy()
            for place, language in enumerate(code.dictionary.to_pylist()):
                if language in by_language:
                    weight = pc.if_else(pa.array(number == np.int32(place)), by_language[language].of(sizes), weight)
        kept = [rows[name] for name in rows.schema.names if name not in self.adds]
        made = pa.RecordBatch.from_arrays([*kept, weight], schema=self.output_schema(rows.schema))
        repeated = pc.sum(pc.greater(weight, 1), min_count=0).as_py()
        return Outcome.keep(made, {"not_weighted": weight.null_count, "weight_above_1": repeated})
