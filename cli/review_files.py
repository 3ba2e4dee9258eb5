"""The TSV of `hexapla review`: written for judges, read back with their verdicts (see `filters/judgement_files.py`)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from ..engine.errors import ConfigError, nearest
from ..engine.visible import visible_line
from ..filters.judgement_files import SKIP, Judgement, JudgementError, escaped, read_judged, unescaped, unquoted
from ..filters.judgements import VERDICTS

__all__ = [
    "COLUMNS", "Judgement", "check_text", "escaped", "read_judgements", "tsv_line", "tsv_text", "unescaped"
]  # fmt: skip

COLUMNS = ("uid", "src_lang", "tgt_lang", "src", "tgt", "score", "stratum", "weight", "verdict")
NEEDED = ("uid", "src", "tgt", "weight", "verdict")
CHECKED = ("src_lang", "tgt_lang", "src", "tgt")


def tsv_line(row: Mapping[str, Any]) -> str:
    """A drawn pair as a line, without the line break; the verdict is empty."""
    return "\t".join(_cell(row.get(name)) for name in COLUMNS[:-1]) + "\t"


def tsv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The whole file."""
    return "\n".join(["\t".join(COLUMNS), *map(tsv_line, rows), ""])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return "" if value is None else escaped(str(value))


def read_judgements(file: str, text: str) -> list[Judgement]:
    """The lines of a judged file.

    Args:
        file: its name, for messages.
        text: its contents.

    Raises:
        ConfigError: a column is missing, or a line has an unknown verdict, no weight or a uid for the second time.
    """
    try:
        return read_judged(file, text, NEEDED)
    except JudgementError as error:
        hint = error.hint
        if error.word is not None:
            hint = nearest(error.word, [*VERDICTS, SKIP]) + " (empty: not judged)"
        raise ConfigError(error.what, where=error.where, hint=hint) from error


def check_text(judgement: Judgement, row: Mapping[str, Any]) -> None:
    """That a line says what the run says.

    Raises:
        ConfigError: languages or a text were changed, in the file or in the run.
    """
    for name in CHECKED:
        cell = judgement.cells.get(name)
        there = "" if row.get(name) is None else str(row[name])
        if cell is None or _same(cell, there):
            continue
        raise ConfigError(
            f"the text is not that of the run: {visible_line(cell, 60)!r} here, {visible_line(there, 60)!r} there",
            where=f"{judgement.where}: {name}",
            hint="a verdict holds for the text that was read: leave the texts as they are, or draw again",
        )


def _same(cell: str, text: str) -> bool:
    """Whether a cell says this; quotes that spreadsheets add, other normal forms and outer spaces do not matter."""
    return _plain(text) in {_plain(unescaped(cell)), _plain(unescaped(unquoted(cell))), _plain(cell)}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
