"""Embeddings of documents by a frozen encoder: the mean over windows of the mean over tokens that are not padding.

An encoder is any model of transformers or sentence-transformers, by path or hub id. What a column of embeddings was
made by is written beside it, so that a model trained on one encoder is never fed by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .classifiers import device_type, load_network, token_limit
from .models import FoundModel, content_hash, find_model
from .windows import BATCH_TOKENS, WindowPlan, WindowTokenizer, one_thread, over_documents, run_windows

Floats = npt.NDArray[np.float32]
Pooling = Literal["mean", "first", "pooler"]

EVERY_WINDOW: Final = WindowPlan()


@dataclass(frozen=True)
class EncoderPlan:
    """How documents become vectors.

    Attributes:
        model: a folder or hub id.
        pooling: "mean" over the tokens of a window that are not padding, its "first" token (CLS), or what the network's
            "pooler" makes of that one (LaBSE's vectors).
        windows: the windows that are seen; a document's vector is the mean of its windows'.
    """

    model: str
    pooling: Pooling = "mean"
    windows: WindowPlan = EVERY_WINDOW

    def identity(self) -> str:
        """What two columns of embeddings must share to be compared: the model's content, pooling and windows.

        Raises:
            ValueError: there is no such model.
        """
        return f"{content_hash(encoder_folder(self.model))}-{self.pooling}-{self.windows.take}-{self.windows.tokens}"

    def label(self) -> str:
        """A name for people and the identity, as written into the column `embedding_by`."""
        name = Path(self.model).name if Path(self.model).expanduser().exists() else self.model
        return f"{name.replace(' ', '_')} {self.identity()}"


def encoder_folder(model: str) -> str:
    """The local folder of an encoder.

    Raises:
        ValueError: there is none, or it is not one of transformers.
    """
    found = find_model(model)
    check_encoder(found)
    return found.path


def check_encoder(found: FoundModel | None) -> None:
    """See that a model is one of transformers; None stands for one that is not here yet.

    Raises:
        ValueError: it is something else.
    """
    if found is not None and found.kind != "transformers":
        raise ValueError(f"{found.name} is no encoder but a model of {found.kind}")


class Encoder:
    """A frozen encoder, loaded.

    Args:
        plan: see `EncoderPlan`.
        device: "auto", "cpu" or "cuda".

    Attributes:
        width: values of a vector.
        plan: as given.

    Raises:
        ValueError: there is no such model or device, or the model has no pooler and shall use it.
    """

    def __init__(self, plan: EncoderPlan, device: str = "auto") -> None:
        self.plan, self.device = plan, device_type(device)
        self._network, tokenizer = load_network(encoder_folder(plan.model), "AutoModel", self.device)
        self._windows = WindowTokenizer(tokenizer, token_limit(tokenizer, self._network.config), plan.windows)
        self.width = int(self._network.config.hidden_size)
        if plan.pooling == "pooler" and getattr(self._network, "pooler", None) is None:
            raise ValueError(f"{plan.model} has no pooler: take another pooling (mean, first)")

    def embed(self, texts: pa.Array) -> Floats:
        """The vectors of n texts (null reads as empty), (n, width)."""
        import torch

        def forward(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Floats:
            seen = torch.from_numpy(mask).to(self.device)
            found = self._network(input_ids=torch.from_numpy(ids).to(self.device), attention_mask=seen)
            return cast(Floats, self._pooled(found, seen).cpu().numpy())

        windows = self._windows.windows(texts.fill_null("").to_pylist())
        with one_thread():
            found = run_windows(
                windows, forward, width=self.width, padding=self._windows.padding,
                batch_tokens=BATCH_TOKENS[self.device],
            )
        return over_documents(found, windows.document, "mean")

    def _pooled(self, found: Any, mask: Any) -> Any:
        if self.plan.pooling == "pooler":
            return found.pooler_output.float()
        states = found.last_hidden_state.float()
        if self.plan.pooling == "first":
            return states[:, 0]
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)


def load_encoder(plan: EncoderPlan, device: str = "auto") -> Encoder:
    """The encoder of a plan; loaded once per process, and again when its files have changed.

    Raises:
        ValueError: there is no such model or device.
    """
    return _loaded(plan, device, plan.identity())


@lru_cache(maxsize=2)
def _loaded(plan: EncoderPlan, device: str, identity: str) -> Encoder:
    return Encoder(plan, device)


def as_column(vectors: Floats, kind: pa.DataType) -> pa.ListArray:
    """(n, width) vectors as a column of lists of `kind` (float16 or float32)."""
    count, width = vectors.shape
    values = pa.array(vectors.astype(kind.to_pandas_dtype()).ravel())
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * width), values)


def from_column(column: pa.Array, made_by: pa.Array, plan: EncoderPlan) -> Floats:
    """The vectors of a column, checked to be those of an encoder.

    Args:
        column: n lists of one length, without nulls.
        made_by: n labels (`EncoderPlan.label`).
        plan: the encoder that is expected.

    Raises:
        ValueError: they were made by another encoder, or some are missing.
    """
    if not len(column):
        return np.zeros((0, 0), np.float32)
    wanted = plan.identity()
    for label in pc.unique(made_by).to_pylist():
        if label is None or label.rpartition(" ")[2] != wanted:
            raise ValueError(f"the column embedding was made by {label}, and the model wants {plan.label()}")
    if column.null_count:
        raise ValueError("the column embedding has rows without a value")
    values = column.flatten().to_numpy(zero_copy_only=False)
    return cast(Floats, np.ascontiguousarray(values.reshape(len(column), -1).astype(np.float32)))
