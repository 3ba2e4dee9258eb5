"""Classifiers that others trained, behind one face: texts in, one score per label and text out.

Two kinds: supervised fastText files, and sequence-classification heads of transformers (FineWeb-Edu, EuroFilter,
BERTimbau heads, toxicity models ...), by path or hub id. A regression head has one label and gives its raw value, or
its sigmoid when asked (EuroFilter's card does).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Literal, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .fasttext_model import FastTextModel
from .file_stamps import Stamp, stamp
from .models import FoundModel, find_model
from .windows import BATCH_TOKENS, WindowPlan, WindowTokenizer, one_thread, over_documents, run_windows

Device = Literal["auto", "cpu", "cuda"]
Activation = Literal["auto", "none", "sigmoid", "softmax"]
Aggregation = Literal["mean", "max", "first"]
Floats = npt.NDArray[np.float32]

LABEL_PREFIX: Final = "__label__"
EVERY_WINDOW: Final = WindowPlan()


class Classifier(Protocol):
    """Gives each text one score per label.

    Attributes:
        labels: m labels without prefixes, in the model's order.
        device: the type of device that computes, "cpu" or "cuda".
    """

    labels: tuple[str, ...]
    device: str

    def scores(self, texts: pa.Array) -> Floats:
        """Score n texts (null reads as empty).

        Returns:
            (n, m) scores; NaN where the model has no answer (fastText, on a text of which it knows no word).
        """
        ...


def device_type(device: str) -> str:
    """"cpu" or "cuda": for "auto", cuda where there is a device.

    Raises:
        ValueError: cuda is asked for, and there is no device.
    """
    if device == "cpu":
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "auto":
        return "cpu"
    raise ValueError("device is cuda, but torch finds no such device here")


class FastTextClassifier:
    """A supervised fastText file. It sees the whole text, line ends as spaces, and needs no fastText to be installed.

    A text of which it knows nothing has no score (NaN). An empty text has the score that the model gives the end of a
    line, as in fastText, and NaN with a model that does not know that.

    Args:
        path: the file.
        lowercase: lower-case the text first, as the model's training did.

    Raises:
        ValueError: the file is no supervised fastText model.
    """

    device = "cpu"

    def __init__(self, path: str, *, lowercase: bool = False) -> None:
        self._model = FastTextModel(path)
        self.labels = tuple(name.removeprefix(LABEL_PREFIX) for name in self._model.labels)
        self._lowercase = lowercase

    def scores(self, texts: pa.Array) -> Floats:
        """See `Classifier`."""
        return self._model.scores(one_line(texts, lowercase=self._lowercase))


def one_line(texts: pa.Array, *, lowercase: bool = False) -> pa.StringArray:
    """Texts as fastText takes them: white space and control characters as single spaces, no label marks.

    FineWeb2-HQ deletes line ends instead, which joins the last word of a line with the first of the next one.
    """
    lines = pc.replace_substring_regex(texts.fill_null(""), r"[\s\p{Cc}\p{Z}]+", " ")
    lines = pc.replace_substring(lines, LABEL_PREFIX, "label ")
    return cast(pa.StringArray, pc.utf8_lower(lines) if lowercase else lines)


class HeadClassifier:
    """A sequence-classification head of transformers.

    Args:
        folder: the model's folder.
        device: "cpu" or "cuda".
        plan: the windows that it sees.
        activation: what is made of a window's logits; "auto": softmax for exclusive labels, sigmoid for several at a
            time, nothing for one label (regression).
        aggregation: what is made of a document's windows.

    Raises:
        ValueError: the folder holds no such head.
    """

    def __init__(
        self, folder: str, *, device: str, plan: WindowPlan, activation: Activation, aggregation: Aggregation
    ) -> None:
        self.device = device
        network, tokenizer = load_network(folder, "AutoModelForSequenceClassification", device)
        self._network = network
        self._windows = WindowTokenizer(tokenizer, token_limit(tokenizer, network.config), plan)
        count = int(network.config.num_labels)
        self.labels = tuple(str(network.config.id2label[number]) for number in range(count))
        self._activation = activation if activation != "auto" else _activation_of(network.config)
        self._aggregation: Aggregation = aggregation

    def scores(self, texts: pa.Array) -> Floats:
        """See `Classifier`."""
        import torch

        def forward(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Floats:
            logits = self._network(
                input_ids=torch.from_numpy(ids).to(self.device), attention_mask=torch.from_numpy(mask).to(self.device)
            ).logits.float()
            if self._activation == "softmax":
                logits = torch.softmax(logits, dim=-1)
            elif self._activation == "sigmoid":
                logits = torch.sigmoid(logits)
            return cast(Floats, logits.cpu().numpy())

        windows = self._windows.windows(texts.fill_null("").to_pylist())
        with one_thread():
            found = run_windows(
                windows, forward, width=len(self.labels), padding=self._windows.padding,
                batch_tokens=BATCH_TOKENS[self.device],
            )
        return over_documents(found, windows.document, self._aggregation)


def _activation_of(config: Any) -> str:
    if config.num_labels == 1 or config.problem_type == "regression":
        return "none"
    return "sigmoid" if config.problem_type == "multi_label_classification" else "softmax"


def load_network(folder: str, loader: str, device: str) -> tuple[Any, Any]:
    """A network of transformers in float32, ready to be asked, and its tokenizer.

    Args:
        folder: with `config.json`, weights and tokenizer.
        loader: the class of transformers that loads it ("AutoModel", "AutoModelForSequenceClassification").
        device: "cpu" or "cuda".

    Raises:
        ValueError: transformers or torch is missing, or the folder does not hold what is asked for.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ValueError(f"{error.name} is not installed: pip install 'hexapla[models]'") from error
    transformers.utils.logging.disable_progress_bar()
    # an encoder that comes out of a classifier has weights left over; what is missing is an error below
    transformers.utils.logging.set_verbosity_error()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network, report = getattr(transformers, loader).from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ValueError(f"{folder} cannot be loaded as {loader}: {error}") from error
    missing = [name for name in report["missing_keys"] if "pooler" not in name]
    if missing:
        raise ValueError(f"{folder} is no {loader}: it has no weights for {', '.join(sorted(missing)[:4])}")
    return network.eval().to(device), tokenizer


def token_limit(tokenizer: Any, config: Any) -> int:
    """How many tokens a network takes at once, by its tokenizer and its table of positions."""
    limits = [int(min(tokenizer.model_max_length, 1 << 20))]
    positions = getattr(config, "max_position_embeddings", None)
    if positions and positions > 0 and getattr(config, "position_embedding_type", "absolute") == "absolute":
        # RoBERTa and its kin count positions from the padding token's number
        offset = config.pad_token_id + 1 if _counts_from_padding(config) else 0
        limits.append(int(positions) - offset)
    return min(limits)


def _counts_from_padding(config: Any) -> bool:
    kin = ("roberta", "camembert", "xlm-roberta", "xlm-roberta-xl", "mpnet", "longformer", "esm", "xmod", "ibert")
    return config.model_type in kin and config.pad_token_id is not None


def load_classifier(
    model: str,
    *,
    device: Device = "auto",
    plan: WindowPlan = EVERY_WINDOW,
    activation: Activation = "auto",
    aggregation: Aggregation = "mean",
    lowercase: bool = False,
) -> Classifier:
    """Load a classifier; the same one is loaded once per process, and again when its files have changed.

    Args:
        model: a fastText file, a folder with one, a folder of transformers, or a hub id of either.
        device: where a transformers head computes; fastText always runs on the CPU.
        plan: transformers: the windows that it sees; fastText sees the whole text.
        activation: transformers: see `HeadClassifier`.
        aggregation: transformers: what is made of a document's windows.
        lowercase: fastText: lower-case first.

    Raises:
        ValueError: there is no such model, or it is no classifier.
    """
    found = find_model(model)
    return _loaded(found, stamp(found.path), device, plan, activation, aggregation, lowercase)


@lru_cache(maxsize=8)
def _loaded(
    found: FoundModel,
    version: Stamp,
    device: Device,
    plan: WindowPlan,
    activation: Activation,
    aggregation: Aggregation,
    lowercase: bool,
) -> Classifier:
    return open_classifier(
        found, device=device, plan=plan, activation=activation, aggregation=aggregation, lowercase=lowercase
    )


def open_classifier(
    found: FoundModel,
    *,
    device: Device = "auto",
    plan: WindowPlan = EVERY_WINDOW,
    activation: Activation = "auto",
    aggregation: Aggregation = "mean",
    lowercase: bool = False,
) -> Classifier:
    """The same as `load_classifier` for a model that is found already, without keeping it."""
    if found.kind == "fasttext":
        return FastTextClassifier(found.path, lowercase=lowercase)
    if found.kind == "quality":
        raise ValueError(f"{found.name} is a folder of `hexapla train quality`, for the stage quality")
    return HeadClassifier(
        found.path, device=device_type(device), plan=plan, activation=activation, aggregation=aggregation
    )


def best_label(labels: Sequence[str], wanted: Sequence[str]) -> int | None:
    """The number of the first of the wanted labels that a model has, by folded case; None when it has none."""
    folded = [label.casefold() for label in labels]
    return next((folded.index(name.casefold()) for name in wanted if name.casefold() in folded), None)
