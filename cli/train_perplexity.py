"""`hexapla train perplexity`: n-gram models of languages, from text of the kind that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..engine.errors import ConfigError
from .terminal import columns, say

if TYPE_CHECKING:
    from ..engine.readers.config import InputConfig
    from ..filters.ngram_models import NgramModel
    from ..filters.ngram_tokens import WordRule
    from ..filters.ngram_training import Collector

MOST_ORDER = 5

Texts = Annotated[list[str], typer.Argument(metavar="PATH...", help="Documents: files, folders or globs.")]
Output = Annotated[Path, typer.Option("--output", metavar="FOLDER", help="Gets one file per language.")]
TextColumn = Annotated[str, typer.Option("--text-column", metavar="NAME", help="Column or key of the text.")]
LanguageColumn = Annotated[
    str, typer.Option("--language-column", metavar="NAME", help="Column or key of the language.")
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="All documents are in this language (fra_Latn).")
]
Document = Annotated[
    str | None, typer.Option("--document", metavar="HOW", help="Text files: file, line or blank-line is one document.")
]
OrderOption = Annotated[int, typer.Option("--order", min=1, max=MOST_ORDER, metavar="N", help="Longest n-grams.")]
Prune = Annotated[
    str, typer.Option("--prune", metavar="N,N...", help="By order: n-grams that occur at most N times are left out.")
]
VocabularySize = Annotated[
    int | None, typer.Option("--vocabulary", min=1, metavar="N", help="Only the N most frequent words; else all.")
]
HeldOut = Annotated[
    float, typer.Option("--held-out", min=0, max=0.5, metavar="SHARE", help="Documents to measure the model on.")
]
MostTokens = Annotated[
    int, typer.Option("--max-tokens", min=1, metavar="N", help="Of one language; 150 to 250 bytes of memory each.")
]
Tokenizer = Annotated[
    Path | None, typer.Option("--tokenizer", metavar="FILE", help="SentencePiece (.model) or tokenizers (.json) file.")
]
Case = Annotated[bool, typer.Option("--fold-case/--keep-case", help="Upper case counts as lower case.")]
Digits = Annotated[bool, typer.Option("--zero-digits/--keep-digits", help="Every digit counts as 0.")]
Punctuation = Annotated[bool, typer.Option("--keep-punctuation/--drop-punctuation", help="Punctuation is tokens.")]
Arpa = Annotated[bool, typer.Option("--arpa", help="Write .arpa.gz as well, for KenLM and others.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Read only the first N documents.")]


def perplexity(  # noqa: PLR0913, PLR0917
    texts: Texts,
    output: Output,
    text_column: TextColumn = "text",
    language_column: LanguageColumn = "language",
    language: Language = None,
    document: Document = None,
    order: OrderOption = 3,
    prune: Prune = "0",
    vocabulary: VocabularySize = None,
    held_out: HeldOut = 0.05,
    max_tokens: MostTokens = 20_000_000,
    tokenizer: Tokenizer = None,
    fold_case: Case = True,
    zero_digits: Digits = True,
    keep_punctuation: Punctuation = True,
    arpa: Arpa = False,
    limit: Limit = None,
) -> None:
    """Train an n-gram model per language (modified Kneser-Ney), for the stage `perplexity`.

    Train on text of the kind that you want to keep (an encyclopedia, say): what is unlike it gets a high perplexity.
    """
    from ..filters.ngram_training import Collector, Recipe

    flags = {"case": fold_case, "digits": zero_digits, "punctuation": keep_punctuation}
    recipe = Recipe(_rule(tokenizer, flags), order, _thresholds(prune, order), vocabulary, held_out, max_tokens)
    names = {} if text_column == "text" else {"text": text_column}
    if language is None:
        names["language"] = language_column
    collector = Collector(recipe)
    _collect(collector, texts, names, document, language, limit)
    if not collector.languages:
        what = "no documents" if language else f"no documents with a language in {language_column!r}"
        raise ConfigError(f"the input has {what}", where=", ".join(texts), hint="see --language-column and --language")
    output.mkdir(parents=True, exist_ok=True)
    _train(collector, output, arpa)


def _thresholds(text: str, order: int) -> tuple[int, ...]:
    """Thresholds of pruning as numbers.

    Raises:
        ConfigError: they are not, or they fall, or they prune unigrams.
    """
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a list of numbers such as 0,0,1", where="--prune") from error
    if len(found) > order or found[0] != 0 or any(number < 0 for number in found) or list(found) != sorted(found):
        hint = f"at most {order} numbers, the first 0 (words are limited by --vocabulary), none smaller than the last"
        raise ConfigError(f"{text!r} cannot be pruned by", where="--prune", hint=hint)
    return found


def _rule(tokenizer: Path | None, switches: dict[str, bool]) -> WordRule:
    from ..filters.ngram_tokens import load_tokenizer, tokenizer_kind

    normalization = {
        "case": "fold" if switches["case"] else "keep",
        "digits": "zero" if switches["digits"] else "keep",
        "punctuation": "keep" if switches["punctuation"] else "drop",
    }
    try:
        if tokenizer is None:
            return load_tokenizer("words", normalization)
        return load_tokenizer(tokenizer_kind(tokenizer.name), normalization, tokenizer.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(str(error), where="--tokenizer") from error


def _collect(
    collector: Collector,
    paths: list[str],
    names: dict[str, str],
    document: str | None,
    language: str | None,
    limit: int | None,
) -> None:
    import pyarrow as pa

    from ..engine.readers.config import InputConfig
    from ..engine.readers.scan import scan_rows
    from ..filters.language_codes import canonical

    source: InputConfig = InputConfig.model_validate({"path": paths, "columns": names, "document": document})
    wanted = ["text"] if language else ["text", "language"]
    for rows in scan_rows(source, wanted, limit=limit):
        codes = [language] * rows.num_rows if language else rows["language"].cast(pa.string()).to_pylist()
        known = {code: canonical(code) for code in set(codes) if code}
        collector.add(rows["text"], pa.array([known.get(code) for code in codes], pa.string()))


def _train(collector: Collector, output: Path, arpa: bool) -> None:
    """Train and write one model after the other.

    Raises:
        ConfigError: there is nothing to learn from.
    """
    from ..filters.ngram_arpa import write_arpa

    rows: list[tuple[str, ...]] = [
        ("language", "documents", "tokens", "n-grams", "held-out tokens", "perplexity", "unknown")
    ]
    left_out = []
    try:
        for language, model in collector.train():
            model.save(output / f"{language}.npz")
            if arpa:
                write_arpa(model, output / f"{language}.arpa.gz")
            rows.append(_row(language, model))
            if model.specification["trained_on"]["left_out"]:
                left_out.append(language)
    except ValueError as error:
        raise ConfigError(str(error), where="train perplexity") from error
    for line in columns(rows, right=frozenset(range(1, 7))):
        say(line)
    if left_out:
        say(f"--max-tokens left documents out of: {', '.join(left_out)}")
    say(f"{len(rows) - 1} models in {output}; use them with `perplexity: {{model: {output}}}`")


def _row(language: str, model: NgramModel) -> tuple[str, ...]:
    trained, held_out = model.specification["trained_on"], model.specification.get("held_out", {})
    return (
        language, f"{trained['documents']:,}", f"{trained['tokens']:,}", f"{sum(model.specification['ngrams']):,}",
        f"{held_out.get('tokens', 0):,}", f"{held_out['perplexity']:g}" if "perplexity" in held_out else "-",
        f"{held_out['unknown_share']:.1%}" if "unknown_share" in held_out else "-",
    )  # fmt: skip
