"""`hexapla train quality`: learn what good text is, from examples of good and of ordinary text per language."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..engine.errors import ConfigError
from .terminal import columns, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from ..filters.embeddings import EncoderPlan
    from ..filters.quality_samples import Collector
    from ..filters.quality_training import Training


class Kind(enum.StrEnum):
    """What is trained."""

    fasttext = "fasttext"
    mlp = "mlp"


class Pooling(enum.StrEnum):
    """How the tokens of a window become one vector."""

    mean = "mean"
    first = "first"


Positive = Annotated[
    list[str] | None, typer.Option("--positive", metavar="PATH", help="Good documents: file, folder, glob; repeatable.")
]
Negative = Annotated[
    list[str] | None, typer.Option("--negative", metavar="PATH", help="Ordinary documents, likewise; repeatable.")
]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", metavar="PATH", help="Documents of both kinds, for --labels.")
]
Labels = Annotated[
    str | None,
    typer.Option("--labels", metavar="FILE", help="Labels of the documents of --input: columns id and label."),
]
PositiveFrom = Annotated[float, typer.Option("--positive-from", metavar="X", help="Labels from X on are positive.")]
Output = Annotated[Path, typer.Option("--output", metavar="FOLDER", help="The model's folder, new or empty.")]
TextColumn = Annotated[str, typer.Option("--text-column", metavar="NAME", help="Column or key of the text.")]
LanguageColumn = Annotated[
    str | None,
    typer.Option("--language-column", metavar="NAME", help="Column or key of the language; else one model for all."),
]
Document = Annotated[
    str | None, typer.Option("--document", metavar="HOW", help="Text files: file, line or blank-line is one document.")
]
KindOption = Annotated[Kind, typer.Option("--kind", help="fastText on words, or a network on an encoder's vectors.")]
EncoderOption = Annotated[
    str | None, typer.Option("--encoder", metavar="MODEL", help="mlp: a folder or hub id of transformers.")
]
PoolingOption = Annotated[Pooling, typer.Option("--pooling", help="mlp: mean of a window's tokens, or its first one.")]
Window = Annotated[int, typer.Option("--window", min=8, metavar="TOKENS", help="mlp: length of a window.")]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="mlp: auto, cpu or cuda.")]
Joint = Annotated[bool, typer.Option("--joint", help="One model for all languages instead of one for each.")]
Cap = Annotated[int, typer.Option("--cap", min=10, metavar="N", help="Most documents per language and label.")]
Balance = Annotated[bool, typer.Option("--balance/--no-balance", help="As many negatives as positives.")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the choice of rows and of the weights.")]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, metavar="N", help="fasttext 5 to 25, mlp 6.")]
Rate = Annotated[float | None, typer.Option("--rate", min=0.0, metavar="R", help="Learning rate: .5, mlp 3e-4.")]
Ngrams = Annotated[
    int | None,
    typer.Option("--word-ngrams", min=1, max=6, metavar="N", help="fasttext: 2; 4 in scripts without spaces."),
]
Characters = Annotated[
    int,
    typer.Option("--character-ngrams", min=0, max=8, metavar="N", help="fasttext: letters, 3 to N at a time, too."),
]
Dim = Annotated[int, typer.Option("--dim", min=2, max=1000, metavar="N", help="fasttext: values per word.")]
Lowercase = Annotated[bool, typer.Option("--lowercase/--keep-case", help="fasttext: lower-case first.")]


def quality(  # noqa: PLR0913, PLR0917
    output: Output,
    positive: Positive = None,
    negative: Negative = None,
    input: Inputs = None,
    labels: Labels = None,
    positive_from: PositiveFrom = 3.0,
    text_column: TextColumn = "text",
    language_column: LanguageColumn = None,
    document: Document = None,
    kind: KindOption = Kind.fasttext,
    encoder: EncoderOption = None,
    pooling: PoolingOption = Pooling.mean,
    window: Window = 512,
    device: Device = "auto",
    joint: Joint = False,
    cap: Cap = 100_000,
    balance: Balance = True,
    seed: Seed = 0,
    epochs: Epochs = None,
    rate: Rate = None,
    word_ngrams: Ngrams = None,
    character_ngrams: Characters = 0,
    dim: Dim = 50,
    lowercase: Lowercase = True,
) -> None:
    """Train a model of quality per language from good and ordinary documents, for the stage `quality`."""
    from ..filters.embeddings import EncoderPlan
    from ..filters.quality_samples import Collector
    from ..filters.quality_training import FastTextSettings, MlpSettings, Training
    from ..filters.windows import WindowPlan

    settings: FastTextSettings | MlpSettings
    plan: EncoderPlan | None = None
    if kind is Kind.mlp:
        if encoder is None:
            raise ConfigError("mlp needs an encoder", where="--encoder", hint="a folder or hub id of transformers")
        plan = EncoderPlan(encoder, pooling.value, WindowPlan(window))
        settings = MlpSettings(plan, device, epochs=epochs or 6, rate=rate or 3e-4)
    else:
        settings = FastTextSettings(
            dim, epochs, rate or 0.5, word_ngrams, lowercase, character_ngrams=character_ngrams
        )
    columns_read = _Columns(text_column, language_column, document, plan)
    collector = Collector(cap, seed)
    if input and labels:
        _collect_labelled(collector, columns_read, input, labels, positive_from)
    elif positive and negative:
        for label, paths in ((1, positive), (0, negative)):
            for rows in columns_read.batches(paths):
                columns_read.add(collector, rows, label)
    else:
        raise ConfigError("nothing to learn from", hint="name --positive and --negative, or --input and --labels")
    note: dict[str, Any] = {"positive": positive, "negative": negative, "input": input, "labels": labels, "cap": cap}
    _train(collector, Training(settings, joint, seed, {**note, "balance": balance}), balance, output)


@dataclass(frozen=True)
class _Columns:
    """Which columns are read, and how."""

    text: str
    language: str | None
    document: str | None
    encoder: EncoderPlan | None

    def batches(self, paths: list[str], *more: str) -> Iterator[pa.RecordBatch]:
        """The rows of inputs; with the stored embeddings where a network is trained and they are there."""
        from ..engine.readers.config import InputConfig
        from ..engine.readers.files import list_files
        from ..engine.readers.read import input_schema
        from ..engine.readers.scan import scan_rows

        names = {"text": self.text} if self.text != "text" else {}
        if self.language is not None:
            names["language"] = self.language
        source = InputConfig.model_validate({"path": paths, "columns": names, "document": self.document})
        wanted = ["text", *more] if self.language is None else ["text", "language", *more]
        stored = {"embedding", "embedding_by"}
        if self.encoder is not None and stored <= set(input_schema(source, list_files(source)).names):
            wanted += sorted(stored)
        return scan_rows(source, wanted)

    def add(self, collector: Collector, rows: pa.RecordBatch, label: int) -> None:
        """Give rows of one label to the collector."""
        import pyarrow as pa

        from ..filters.embeddings import from_column
        from ..filters.language_choice import canonical_languages

        languages, vectors = None, None
        if self.language is not None:
            languages = pa.array(canonical_languages(rows["language"].cast(pa.string())), pa.string())
        if "embedding" in rows.schema.names and self.encoder is not None:
            try:
                vectors = from_column(rows["embedding"], rows["embedding_by"], self.encoder)
            except ValueError as error:
                raise ConfigError(str(error), where="--encoder") from error
        collector.add(rows["text"], languages, label, vectors)


def _collect_labelled(
    collector: Collector, columns_read: _Columns, paths: list[str], labels: str, positive_from: float
) -> None:
    """Take the documents that have a recorded label; others are left out."""
    import numpy as np
    import pyarrow as pa

    known = _read_labels(labels, positive_from)
    found = 0
    for rows in columns_read.batches(paths, "id", "uid"):
        pairs = zip(rows["id"].to_pylist(), rows["uid"].to_pylist(), strict=True)
        given = np.array([known.get(own, known.get(uid, -1)) for own, uid in pairs])
        found += int((given >= 0).sum())
        for label in (1, 0):
            columns_read.add(collector, rows.filter(pa.array(given == label)), label)
    say(f"{found} of {len(known)} labels belong to documents that were read")


def _read_labels(path: str, positive_from: float) -> dict[str, int]:
    """Labels by id: 1 from `positive_from` on, 0 below."""
    import pyarrow as pa
    from pyarrow import csv, json, parquet

    readers: dict[str, Any] = {".parquet": parquet.read_table, ".csv": csv.read_csv, ".jsonl": json.read_json}
    reader = readers.get(Path(path).suffix)
    if reader is None:
        raise ConfigError("labels are a .parquet, .csv or .jsonl file", where=path)
    try:
        table = reader(path)
        ids = table["id"].cast(pa.string()).to_pylist()
        values = table["label"].cast(pa.float64()).to_pylist()
    except (OSError, KeyError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        hint = "it has the columns 'id' (id or uid of a document) and 'label' (a number)"
        raise ConfigError(f"the labels cannot be read: {error}", where=path, hint=hint) from error
    pairs = zip(ids, values, strict=True)
    return {name: int(value >= positive_from) for name, value in pairs if name is not None and value is not None}


def _train(collector: Collector, training: Training, balance: bool, output: Path) -> None:
    from ..filters.quality_training import pooled_area, train

    try:
        samples = collector.finish(balance=balance)
        say(f"{sum(samples.taken.values())} documents in {len(samples.languages())} languages; left out: "
            f"{samples.duplicates} duplicates, {samples.contradictions} negatives that are positives as well")
        config = train(samples, training, output, say)
    except ValueError as error:
        hint = "are --text-column and --language-column right?" if "read: none" in str(error) else ""
        raise ConfigError(str(error), where="train quality", hint=hint) from error
    rows = [("language", "held out", "AUC", "F1", "calibration error")]
    for language, figures in config["metrics"].items():
        rows.append(
            (language, str(figures["rows"]), *(str(figures[name]) for name in ("auc", "f1", "calibration_error")))
        )
    for line in columns(rows, right=frozenset(range(1, 5))):
        say(line)
    say(f"mean AUC over languages: {pooled_area(config['metrics'])}; the model is in {output}")
