"""Trains models of quality: fastText on words, or a small network on the vectors of a frozen encoder.

Method of FineWeb2-HQ (Messmer et al. 2025): a positive and a negative set per language, a binary classifier, its score
used for the top share of documents. What is done otherwise, because their code's way loses text: line ends are spaces
(theirs are deleted, which joins words), and the whole document is seen (theirs scores the first 512 tokens).
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .classifiers import FastTextClassifier, one_line
from .embeddings import EncoderPlan, load_encoder
from .fasttext_training import train_supervised
from .language_choice import DEFAULT
from .models import QUALITY_CONFIG
from .quality import FORMAT, UNSPACED, Mlp, spaced
from .quality_metrics import Metrics, binary_metrics
from .quality_samples import Example, Samples

Floats = npt.NDArray[np.float32]
Say = Callable[[str], None]

MAX_BUCKETS: Final = 2_000_000
NAMES: Final = {1: "positive", 0: "negative"}


@dataclass(frozen=True)
class FastTextSettings:
    """How fastText is trained.

    Attributes:
        dim: values per word.
        epochs: passes; None: so many that 50,000 documents are seen, at least 5 and at most 25.
        rate: learning rate.
        word_ngrams: longest sequence of words; None: 2, and 4 where most letters are of scripts without spaces.
        character_ngrams: longest sequence of letters (from 3 on) that counts beside the words; 0 for none. Helps where
            words have many forms and examples are few.
        lowercase: lower-case first.
        min_count: rarer words are left out.
    """

    dim: int = 50
    epochs: int | None = None
    rate: float = 0.5
    word_ngrams: int | None = None
    lowercase: bool = True
    min_count: int = 1
    character_ngrams: int = 0


@dataclass(frozen=True)
class MlpSettings:
    """How the network is trained (values of FineWeb2-HQ).

    Attributes:
        encoder: whose vectors it sees.
        device: where the encoder runs.
        units, dropout: hidden layer.
        epochs, rate, batch: AdamW on binary cross entropy; the epoch with the lowest loss on the validation rows stays.
    """

    encoder: EncoderPlan
    device: str = "auto"
    units: int = 256
    dropout: float = 0.2
    epochs: int = 6
    rate: float = 3e-4
    batch: int = 256


@dataclass(frozen=True)
class Training:
    """What is to be trained.

    Attributes:
        settings: of the kind.
        joint: one model for all languages instead of one for each.
        seed: of weights and order.
        note: what the user wants to be kept with the model (inputs, arguments).
    """

    settings: FastTextSettings | MlpSettings
    joint: bool = False
    seed: int = 0
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Literal["fasttext", "mlp"]:
        """The kind of model."""
        return "fasttext" if isinstance(self.settings, FastTextSettings) else "mlp"


def train(samples: Samples, training: Training, folder: Path, say: Say = lambda line: None) -> dict[str, Any]:
    """Train on the samples, measure on those held out, and write the model's folder.

    Args:
        samples: see `Samples`.
        training: see `Training`.
        folder: new or empty.
        say: told what happens.

    Returns:
        The configuration, as written to `quality.json`.

    Raises:
        ValueError: the folder is in use, or training failed.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"the folder {folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(training.settings, MlpSettings):
        trained = _train_mlps(samples, training, training.settings, folder, say)
    else:
        trained = _train_fasttexts(samples, training, training.settings, folder, say)
    config = {"format": FORMAT, "kind": training.kind, **trained, **_about(samples, training)}
    text = json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / QUALITY_CONFIG).write_text(text + "\n", encoding="utf-8")
    return config


def _about(samples: Samples, training: Training) -> dict[str, Any]:
    settings = asdict(training.settings)
    settings.pop("encoder", None)
    libraries = ("fasttext-numpy2",) if training.kind == "fasttext" else ("torch", "transformers", "tokenizers")
    return {
        "labels": ["negative", "positive"],
        "languages": samples.languages(),
        "rows": {
            language: {
                NAMES[label]: {"given": samples.given[language, label], "taken": samples.taken[language, label]}
                for label in (1, 0)
            }
            for language in samples.languages()
        },
        "duplicates_left_out": samples.duplicates,
        "contradictions_left_out": samples.contradictions,
        "splits": {name: len(rows) for name, rows in samples.splits.items()},
        "training": {**settings, "seed": training.seed, "joint": training.joint, **training.note},
        "versions": {
            "hexapla": importlib.metadata.version("hexapla"),
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in libraries},
        },
    }


def _groups(samples: Samples, joint: bool) -> dict[str, str | None]:
    """Name of each model and the language that it is for; None for all."""
    return {DEFAULT: None} if joint else {language: language for language in samples.languages()}


def _held_out(scores: Floats, rows: Sequence[Example]) -> dict[str, Metrics]:
    """Figures by language."""
    found = {}
    for language in sorted({row.language for row in rows}):
        members = [number for number, row in enumerate(rows) if row.language == language]
        labels = np.array([rows[number].label for number in members])
        found[language] = binary_metrics(scores[members], labels)
    return found


# fastText


def _train_fasttexts(
    samples: Samples, training: Training, settings: FastTextSettings, folder: Path, say: Say
) -> dict[str, Any]:
    models: dict[str, Any] = {}
    metrics: dict[str, Metrics] = {}
    for name, language in _groups(samples, training.joint).items():
        rows = samples.of("train", language)
        model = _train_fasttext(rows, settings, training.seed, folder / f"{name}.bin")
        test = samples.of("test", language)
        scores = model.scores(spaced(pa.array([row.text for row in test], pa.string())))
        scores = np.nan_to_num(scores[:, model.labels.index("positive")], nan=0.0)
        metrics |= _held_out(scores, test)
        models[name] = {"file": f"{name}.bin", "training_rows": len(rows)}
        say(f"{name}: trained on {len(rows)} documents")
    return {"models": models, "metrics": metrics, "text": {"lowercase": settings.lowercase, "letters_spaced": UNSPACED}}


def _train_fasttext(rows: Sequence[Example], settings: FastTextSettings, seed: int, path: Path) -> FastTextClassifier:
    texts = pa.array([row.text for row in rows], pa.string())
    lines = one_line(spaced(texts), lowercase=settings.lowercase)
    words = int(pc.sum(pc.count_substring(lines, " ")).as_py() or 0) + len(rows)
    work = Path(tempfile.mkdtemp(prefix="hexapla-train-"))
    try:
        with (work / "lines.txt").open("w", encoding="utf-8", errors="replace", newline="\n") as handle:
            for row, line in zip(rows, lines.to_pylist(), strict=True):
                handle.write(f"__label__{NAMES[row.label]} {line.strip()}\n")
        ngrams = settings.word_ngrams or (4 if _mostly_unspaced(texts) else 2)
        longest = settings.character_ngrams
        grams = ngrams - 1 + (6 if longest else 0)
        try:
            model = train_supervised(
                work / "lines.txt", seed=seed, dim=settings.dim, lr=settings.rate, wordNgrams=ngrams,
                epoch=settings.epochs or min(25, max(5, 50_000 // len(rows))), minCount=settings.min_count,
                minn=min(3, longest), maxn=longest, bucket=min(MAX_BUCKETS, max(1000, words * grams)),
            )
        except ValueError as error:
            raise ValueError(f"{path.stem}: {error}") from error
        model.save_model(str(path))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return FastTextClassifier(str(path), lowercase=settings.lowercase)


def _mostly_unspaced(texts: pa.Array) -> bool:
    sample = texts.slice(0, 1000)
    unspaced = pc.sum(pc.count_substring_regex(sample, UNSPACED)).as_py() or 0
    letters = pc.sum(pc.count_substring_regex(sample, r"\p{L}")).as_py() or 0
    return bool(unspaced > letters / 2)


# A network on vectors


def _train_mlps(samples: Samples, training: Training, settings: MlpSettings, folder: Path, say: Say) -> dict[str, Any]:
    vectors = {split: _vectors(rows, settings, split, say) for split, rows in samples.splits.items()}
    models: dict[str, Any] = {}
    metrics: dict[str, Metrics] = {}
    for name, language in _groups(samples, training.joint).items():
        parts = {split: _members(samples.splits[split], language) for split in samples.splits}
        data = {
            split: (vectors[split][rows], np.array([samples.splits[split][row].label for row in rows], np.float32))
            for split, rows in parts.items()
        }
        model, losses = fit_mlp(data["train"], data["validation"], settings, training.seed)
        model.save(folder / f"{name}.npz")
        test = [samples.splits["test"][row] for row in parts["test"]]
        metrics |= _held_out(model.scores(data["test"][0]), test)
        models[name] = {"file": f"{name}.npz", "training_rows": len(parts["train"]), "validation_loss": losses}
        say(f"{name}: trained on {len(parts['train'])} vectors, validation loss {min(losses):.4f}")
    plan = settings.encoder
    said = {
        "model": plan.model, "identity": plan.identity(), "pooling": plan.pooling, "tokens": plan.windows.tokens,
        "take": plan.windows.take, "width": vectors["train"].shape[1],
    }
    return {"models": models, "metrics": metrics, "text": {"lowercase": False}, "encoder": said}


def _vectors(rows: Sequence[Example], settings: MlpSettings, split: str, say: Say) -> Floats:
    """The vectors of examples: as stored, where every one has one."""
    stored = [row.vector for row in rows if row.vector is not None]
    if rows and len(stored) == len(rows):
        say(f"{split}: {len(rows)} stored vectors")
        return np.frombuffer(b"".join(stored), np.float32).reshape(len(rows), -1)
    encoder = load_encoder(settings.encoder, settings.device)
    say(f"{split}: {len(rows)} documents to embed on {encoder.device}")
    return encoder.embed(pa.array([row.text for row in rows], pa.string()))


def _members(rows: Sequence[Example], language: str | None) -> npt.NDArray[np.int64]:
    return np.array([at for at, row in enumerate(rows) if language is None or row.language == language], np.int64)


def fit_mlp(
    train_rows: tuple[Floats, Floats], validation: tuple[Floats, Floats], settings: MlpSettings, seed: int
) -> tuple[Mlp, list[float]]:
    """Fit the network with one thread, so that the same data and seed give the same weights.

    Args:
        train_rows: (n, width) vectors and n labels in {0, 1}.
        validation: the same; the epoch with the lowest loss here is taken.
        settings: see `MlpSettings`.
        seed: of weights, order and dropout.

    Returns:
        The network and the validation loss of each epoch.

    Raises:
        ValueError: the loss is not finite.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return _fit(torch, train_rows, validation, settings)
    finally:
        torch.set_num_threads(threads)


def _fit(
    torch: Any, train_rows: tuple[Floats, Floats], validation: tuple[Floats, Floats], settings: MlpSettings
) -> tuple[Mlp, list[float]]:
    mean = train_rows[0].mean(0, dtype=np.float64).astype(np.float32)
    scale = np.maximum(train_rows[0].std(0, dtype=np.float64), 1e-6).astype(np.float32)
    inputs, labels = torch.from_numpy((train_rows[0] - mean) / scale), torch.from_numpy(train_rows[1])
    seen, wanted = torch.from_numpy((validation[0] - mean) / scale), torch.from_numpy(validation[1])
    network = torch.nn.Sequential(
        torch.nn.Linear(inputs.shape[1], settings.units), torch.nn.ReLU(), torch.nn.Dropout(settings.dropout),
        torch.nn.Linear(settings.units, 1),
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.rate)
    loss_of = torch.nn.BCEWithLogitsLoss()
    losses: list[float] = []
    best: dict[str, Any] = {}
    for _ in range(settings.epochs):
        network.train()
        for chosen in torch.randperm(len(inputs)).split(settings.batch):
            optimizer.zero_grad()
            loss_of(network(inputs[chosen]).squeeze(1), labels[chosen]).backward()
            optimizer.step()
        network.eval()
        with torch.inference_mode():
            losses.append(float(loss_of(network(seen).squeeze(1), wanted)))
        if not np.isfinite(losses[-1]):
            raise ValueError("the loss is not finite: try a lower rate")
        if losses[-1] == min(losses):
            best = {name: value.detach().clone().numpy() for name, value in network.state_dict().items()}
    weights = Mlp(mean, scale, best["0.weight"].T.copy(), best["0.bias"], best["3.weight"][0], best["3.bias"])
    return weights, [round(loss, 6) for loss in losses]


def pooled_area(metrics: dict[str, Metrics]) -> float | None:
    """The mean area under the curve over languages; None without any."""
    found = [entry["auc"] for entry in metrics.values() if entry["auc"] is not None]
    return round(float(np.mean(found)), 4) if found else None
