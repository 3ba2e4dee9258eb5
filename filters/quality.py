"""Scores of quality: models of three kinds, one score per document, and which model serves which language.

The kinds are those that `hexapla train quality` makes (a folder with `quality.json`), fastText files, and heads of
transformers. A language that no model serves has no score: NaN, never 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .classifiers import Activation, Aggregation, Classifier, Device, FastTextClassifier, best_label, open_classifier
from .embeddings import EncoderPlan, load_encoder
from .file_stamps import Stamp, stamp
from .language_choice import DEFAULT, canonical_languages, model_for
from .models import QUALITY_CONFIG, FoundModel, find_model, local_model
from .windows import WindowPlan

FORMAT: Final = 1
POSITIVE: Final = ("positive", "pos", "hq", "high", "high_quality", "good", "quality", "educational")
"""Labels that mean quality, in public models."""

UNSPACED: Final = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*)"
BLOCK: Final = 64

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ScoringPlan:
    """How texts are scored.

    Attributes:
        device: where networks compute.
        windows: heads of transformers: the windows that are seen.
        aggregation: heads: what is made of a document's windows.
        activation: heads: what is made of logits.
        label: of several labels, the one whose score counts; "" for the one that means quality.
        lowercase: fastText files that were not trained here: lower-case first.
    """

    device: Device = "auto"
    windows: WindowPlan = WindowPlan()  # noqa: RUF009 (frozen)
    aggregation: Aggregation = "mean"
    activation: Activation = "auto"
    label: str = ""
    lowercase: bool = False


@dataclass(frozen=True)
class Documents:
    """What is scored.

    Attributes:
        texts: n strings.
        languages: n codes; None when the input has no languages.
        embeddings: asked for the encoder's vectors of chosen rows, in case they are stored.
    """

    texts: pa.Array
    languages: pa.Array | None = None
    embeddings: StoredEmbeddings | None = None


class StoredEmbeddings(Protocol):
    """Vectors that a former stage has stored."""

    def vectors(self, plan: EncoderPlan, rows: npt.NDArray[np.int64]) -> Floats:
        """The vectors of chosen rows; ValueError when another encoder made them."""
        ...


class QualityModel(Protocol):
    """One model, which may hold several languages' own."""

    def serves(self, language: str) -> Literal["own", "default", "none"]:
        """Whether documents in a language are scored, and by a model of its own."""
        ...

    def score(self, documents: Documents, rows: npt.NDArray[np.int64], languages: list[str]) -> Floats:
        """Score chosen rows, whose languages are given; NaN where there is no answer."""
        ...


class ForeignModel:
    """A classifier that others trained, for all languages alike."""

    def __init__(self, model: FoundModel, plan: ScoringPlan) -> None:
        self._classifier: Classifier = open_classifier(
            model, device=plan.device, plan=plan.windows, activation=plan.activation,
            aggregation=plan.aggregation, lowercase=plan.lowercase,
        )
        labels = self._classifier.labels
        column = 0 if len(labels) == 1 else best_label(labels, (plan.label,) if plan.label else POSITIVE)
        if column is None:
            wanted = f"no label {plan.label!r}" if plan.label else "several labels: say which one with `label`"
            raise ValueError(f"{model.name} has {wanted}; its labels are {', '.join(labels[:20])}")
        self._column = column

    def serves(self, language: str) -> Literal["own", "default", "none"]:
        """See `QualityModel`."""
        return "default"

    def score(self, documents: Documents, rows: npt.NDArray[np.int64], languages: list[str]) -> Floats:
        """See `QualityModel`."""
        return self._classifier.scores(documents.texts.take(pa.array(rows)))[:, self._column]


class TrainedModel:
    """A folder that `hexapla train quality` wrote: one model per language, or one for all.

    Raises:
        ValueError: the folder is of another version, or broken.
    """

    def __init__(self, folder: str, device: Device) -> None:
        self._folder, self._device = Path(folder), device
        self.config = read_config(folder)
        self._loaded: dict[str, Any] = {}

    def serves(self, language: str) -> Literal["own", "default", "none"]:
        """See `QualityModel`."""
        return served_by(self.config, language)

    def score(self, documents: Documents, rows: npt.NDArray[np.int64], languages: list[str]) -> Floats:
        """See `QualityModel`."""
        found = np.full(len(rows), np.nan, np.float32)
        names = np.array([language if self.serves(language) == "own" else DEFAULT for language in languages])
        served = np.array([self.serves(language) != "none" for language in languages], bool)
        if not served.any():
            return found
        if self.config["kind"] == "mlp":
            inputs: Any = self._vectors(documents, rows[served])
        else:
            inputs = spaced(documents.texts.take(pa.array(rows[served])))
        scores = np.full(len(inputs), np.nan, np.float32)
        for name in sorted(set(names[served])):
            members = np.flatnonzero(names[served] == name)
            if self.config["kind"] == "mlp":
                scores[members] = self._model(name).scores(inputs[members])
            else:
                model = self._model(name)
                column = model.labels.index("positive")
                scores[members] = model.scores(inputs.take(pa.array(members)))[:, column]
        found[served] = scores
        return found

    def encoder(self) -> EncoderPlan:
        """The encoder that the model was trained on.

        Raises:
            ValueError: it is not there, or its weights are others now.
        """
        said = self.config["encoder"]
        plan = EncoderPlan(said["model"], said["pooling"], WindowPlan(said["tokens"], said["take"]))
        if plan.identity() != said["identity"]:
            raise ValueError(
                f"{self._folder} was trained on the encoder {said['model']} with the identity {said['identity']}; "
                f"what is there now is {plan.identity()}"
            )
        return plan

    def _vectors(self, documents: Documents, rows: npt.NDArray[np.int64]) -> Floats:
        plan = self.encoder()
        if documents.embeddings is not None:
            return documents.embeddings.vectors(plan, rows)
        return load_encoder(plan, self._device).embed(documents.texts.take(pa.array(rows)))

    def _model(self, name: str) -> Any:
        if name not in self._loaded:
            path = str(self._folder / self.config["models"][name]["file"])
            lowercase = bool(self.config["text"]["lowercase"])
            self._loaded[name] = Mlp.load(path) if self.config["kind"] == "mlp" else FastTextClassifier(
                path, lowercase=lowercase
            )
        return self._loaded[name]


@dataclass(frozen=True)
class Mlp:
    """One hidden layer of rectified units and a logistic output (Messmer et al. 2025, FineWeb2-HQ).

    Attributes:
        mean, scale: (width,) by which vectors are standardised first.
        hidden, hidden_bias: (width, units) and (units,).
        out, out_bias: (units,) and (1,).
    """

    mean: Floats
    scale: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    @classmethod
    def load(cls, path: str) -> Mlp:
        """Read an `.npz` file."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def save(self, path: Path) -> None:
        """Write an `.npz` file; equal weights, equal bytes."""
        np.savez(path, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    def scores(self, vectors: Floats) -> Floats:
        """(n,) scores in [0, 1] of (n, width) vectors.

        Computed in float64 in blocks of one size, so that a row's score does not depend on its neighbours.
        """
        found = np.empty(len(vectors), np.float32)
        block = np.zeros((BLOCK, self.hidden.shape[0]))
        weights, out = self.hidden.astype(np.float64), self.out.astype(np.float64)
        for start in range(0, len(vectors), BLOCK):
            part = vectors[start : start + BLOCK]
            block[: len(part)] = (part - self.mean.astype(np.float64)) / self.scale
            units = np.maximum(block @ weights + self.hidden_bias, 0.0)
            logits = (units * out).sum(1) + float(self.out_bias[0])
            found[start : start + BLOCK] = (1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60))))[: len(part)]
        return found


def spaced(texts: pa.Array) -> pa.StringArray:
    """Texts in which each letter of a script without spaces is a word: fastText knows no other words there."""
    return cast(pa.StringArray, pc.replace_substring_regex(texts.fill_null(""), UNSPACED, r" \1 "))


def read_config(folder: str) -> dict[str, Any]:
    """The configuration of a trained folder.

    Raises:
        ValueError: it is of another version, or broken.
    """
    path = Path(folder) / QUALITY_CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if config["format"] != FORMAT or config["kind"] not in ("mlp", "fasttext"):
            raise ValueError(f"{path} is of format {config['format']} ({config['kind']}), not {FORMAT}")
        missing = [entry["file"] for entry in config["models"].values() if not (path.parent / entry["file"]).is_file()]
    except (OSError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is broken: {type(error).__name__} {error}") from error
    if missing:
        raise ValueError(f"{path} names files that are not there: {', '.join(missing[:5])}")
    return cast(dict[str, Any], config)


def load_model(model: str, plan: ScoringPlan) -> QualityModel:
    """A model of any kind; loaded once per process, and again when its files have changed.

    Raises:
        ValueError: there is no such model, or it gives no score of quality.
    """
    found = find_model(model)
    return _loaded(found, plan, stamp(found.path))


@lru_cache(maxsize=16)
def _loaded(found: FoundModel, plan: ScoringPlan, version: Stamp) -> QualityModel:
    return TrainedModel(found.path, plan.device) if found.kind == "quality" else ForeignModel(found, plan)


def score_documents(documents: Documents, models: Mapping[str, str], plan: ScoringPlan) -> pa.FloatArray:
    """Score n documents.

    Args:
        documents: see `Documents`.
        models: a model by language (see `by_language`), "default" for the others.
        plan: see `ScoringPlan`.

    Returns:
        n float32, null where no model serves the language or the model has no answer.

    Raises:
        ValueError: a model is missing or unfit.
    """
    count = len(documents.texts)
    languages = [""] * count if documents.languages is None else canonical_languages(documents.languages)
    chosen = np.array([model_for(models, language) or "" for language in languages], object)
    scores = np.full(count, np.nan, np.float32)
    for name in sorted(set(chosen) - {""}):
        rows = np.flatnonzero(chosen == name)
        scores[rows] = load_model(name, plan).score(documents, rows, [languages[row] for row in rows])
    return pa.array(scores, pa.float32(), mask=np.isnan(scores))


def files_of(models: Mapping[str, str]) -> tuple[str, ...]:
    """What the scores depend on: the models' files and folders, and their encoders'.

    Raises:
        ValueError: one is missing.
    """
    paths: dict[str, None] = {}
    for name in models.values():
        found = find_model(name)
        paths[found.path] = None
        if found.kind == "quality":
            config = read_config(found.path)
            if config["kind"] == "mlp":
                paths[find_model(config["encoder"]["model"]).path] = None
    return tuple(paths)


def is_by_language(models: Mapping[str, str]) -> bool:
    """Whether a document without a language has no score: models by language, or one that serves languages of its own.

    Args:
        models: a model by language (see `by_language`). Of hub ids that are not here, the best is assumed.

    Raises:
        ValueError: a model is missing or broken.
    """
    if set(models) - {DEFAULT}:
        return True
    found = local_model(models[DEFAULT])
    return found is not None and found.kind == "quality" and DEFAULT not in read_config(found.path)["models"]


def evidence_of(model: str, language: str) -> tuple[Literal["own", "default", "none"], Mapping[str, Any] | None]:
    """How a model serves a language, and its figures on held-out text in it; nothing is loaded.

    Raises:
        ValueError: there is no such model.
    """
    found = find_model(model)
    if found.kind != "quality":
        return "default", None
    config = read_config(found.path)
    return served_by(config, language), config["metrics"].get(language)


def served_by(config: Mapping[str, Any], language: str) -> Literal["own", "default", "none"]:
    """Whether a trained folder has a model for a language, one for all, or none."""
    if language in config["models"]:
        return "own"
    return "default" if DEFAULT in config["models"] else "none"
