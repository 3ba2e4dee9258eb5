"""The stage `embed`: each document's vector by a frozen encoder, stored once for all stages that want it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import MapStage
from .by_configuration import ByConfiguration
from .model_device import Device
from .named_files import EncoderName

PRECISIONS = {"float16": pa.float16(), "float32": pa.float32()}


class Embed(MapStage):
    """Store the vector of each document, by any encoder of transformers or sentence-transformers.

    The vector is the mean of the document's windows, which cover the whole text; that of a window is the mean of its
    tokens. `embedding_by` names the encoder, a hash of its files, the pooling and the windows: `quality` uses the
    column if its model was trained on just that, and says so if not. How and how fast: `docs/quality.md`.
    """

    model: EncoderName = Field(description="a folder of transformers, or a hub id (owner/name[@revision])")
    pooling: Literal["mean", "first", "pooler"] = Field(
        "mean",
        description="a window's vector: the mean of its tokens, its first token (CLS), or what the network's pooler "
        "makes of that one (LaBSE)",
    )
    window: int = Field(512, ge=8, description="tokens of a window; less where the model takes less")
    windows: Literal["all", "first"] = Field("all", description="see the whole document, or its first window only")
    precision: Literal["float16", "float32"] = Field("float16", description="of the stored values")
    device: Device = Field(
        "auto", validate_default=True,
        description="where the network computes; auto: cuda if the machine that starts the run has it"
    )

    adds: ClassVar[Any] = ByConfiguration(
        {"embedding": pa.list_(pa.float16()), "embedding_by": pa.string()},
        lambda stage: {"embedding": pa.list_(PRECISIONS[stage.precision]), "embedding_by": pa.string()},
    )
    libraries: ClassVar[tuple[str, ...]] = ("torch", "transformers", "tokenizers")
    memory: ClassVar[int] = 4 << 30
    writes_after: ClassVar[bool] = True

    def gpus(self) -> float:
        """One for a worker on cuda."""
        return 1.0 if self.device == "cuda" else 0.0

    def holds_model(self) -> bool:
        """Always."""
        return True

    def resource_files(self) -> tuple[str, ...]:
        """The encoder's folder (fetched from the hub if need be)."""
        from ..filters.embeddings import encoder_folder

        try:
            return (encoder_folder(self.model),)
        except ValueError as error:
            raise ConfigError(str(error), where="embed.model") from error

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Add `embedding` and `embedding_by`."""
        from ..filters.embeddings import EncoderPlan, as_column, load_encoder
        from ..filters.windows import WindowPlan

        plan = EncoderPlan(self.model, self.pooling, WindowPlan(self.window, self.windows))
        try:
            vectors = load_encoder(plan, self.device).embed(rows["text"])
        except ValueError as error:
            raise ConfigError(str(error), where="embed.model") from error
        column = as_column(vectors, PRECISIONS[self.precision])
        made_by = pa.array([plan.label()] * rows.num_rows, pa.string())
        schema = self.output_schema(rows.schema)
        kept = [rows[name] for name in rows.schema.names if name not in self.adds]
        return Outcome.keep(pa.RecordBatch.from_arrays([*kept, column, made_by], schema=schema))
