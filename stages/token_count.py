"""The stage `token_count`: tokens of each document, counted or estimated."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Backing, MapStage, columns
from .named_files import TokenizerName


class TokenCount(MapStage):
    """Add `token_count`, the number of tokens of each document.

    With a tokenizer the tokens are counted, without its special ones. Without one they are estimated: bytes by a rate
    of the language or script, measured with a multilingual byte-level BPE of 128,000 entries. The counters of the run
    name which it was. No row is removed.
    """

    tokenizer: TokenizerName | None = Field(
        None, description="path of a tokenizer.json or a SentencePiece .model, or a hub id; default: an estimate"
    )

    adds = columns(token_count="int32")
    libraries = ("tokenizers", "sentencepiece")

    def holds_model(self) -> bool:
        """A tokenizer is worth keeping; the estimate is a table."""
        return self.tokenizer is not None

    def resource_files(self) -> tuple[str, ...]:
        """The tokenizer's file (fetched from the hub if need be).

        Raises:
            ConfigError: it is gone, or cannot be had from the hub.
        """
        from ..filters.token_counts import find_tokenizer

        try:
            return (find_tokenizer(self.tokenizer),) if self.tokenizer else ()
        except ValueError as error:
            raise ConfigError(str(error), where="token_count.tokenizer") from error

    def backing(self, language: str) -> Backing | None:
        """A rate of the language, of its script, or that of unseen ones; None with a tokenizer."""
        from ..filters.token_counts import rates

        if self.tokenizer is not None:
            return None
        if language in rates():
            return Backing("measured", f"{rates()[language] / 100} bytes per token, NTREX-128")
        script = language.rpartition("_")[2]
        if script in rates():
            return Backing("proxy", f"{rates()[script] / 100} bytes per token of the script {script}")
        return Backing("none", "counted as a script that a tokenizer has not seen")

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Count or estimate; every row is kept."""
        from ..filters.token_counts import ESTIMATOR, estimated_counts, exact_counts, load_counter

        languages = rows["language"] if "language" in rows.schema.names else None
        if self.tokenizer is None:
            counts, name = estimated_counts(rows["text"], languages), ESTIMATOR
        else:
            try:
                counts, name = exact_counts(rows["text"], load_counter(self.tokenizer)), "tokenizer"
            except ValueError as error:
                raise ConfigError(str(error), where="token_count.tokenizer") from error
        kept = [rows[name] for name in rows.schema.names if name not in self.adds]
        made = pa.RecordBatch.from_arrays([*kept, counts], schema=self.output_schema(rows.schema))
        total = pc.sum(counts.cast(pa.int64()), min_count=0).as_py()
        return Outcome.keep(made, {f"tokens_{name}": total})
