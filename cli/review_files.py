r"""The TSV of `hexapla review`: written for judges, read back with their verdicts.

Texts stand on one line each: backslash, tab, line breaks and control characters as escapes (`\t`, `\u202e`), and so
does a first letter that a spreadsheet would take for a formula (`\=1+1`).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engine.errors import ConfigError, nearest
from ..engine.visible import visible_line
from ..filters.judgements import VERDICTS

COLUMNS = ("uid", "src_lang", "tgt_lang", "src", "tgt", "score", "stratum", "weight", "verdict")
NEEDED = ("uid", "src", "tgt", "weight", "verdict")
CHECKED = ("src_lang", "tgt_lang", "src", "tgt")
SKIP = "skip"

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile("[\\\\\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
_BACK = re.compile(r"\\(u[0-9a-f]{4}|.)", re.DOTALL)
_FORMULA = ("=", "+", "-", "@")
_SHORT = {"g": "good", "b": "bad", "p": "partial", "s": SKIP}


@dataclass(frozen=True)
class Judgement:
    """One line of a judged file.

    Attributes:
        file, line: where it stands; the first line is 1.
        uid: of the pair.
        verdict: one of `VERDICTS`; empty for a pair that was skipped or not judged.
        weight: for how many pairs it stands.
        cells: all cells by column, as they stand in the file.
    """

    file: str
    line: int
    uid: str
    verdict: str
    weight: float
    cells: Mapping[str, str]

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


def escaped(text: str) -> str:
    """A text as a cell."""
    cell = _ESCAPED.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
    return "\\" + cell if cell.startswith(_FORMULA) else cell


def unescaped(cell: str) -> str:
    """The text of a cell."""

    def letter(found: re.Match[str]) -> str:
        code = found[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return {"t": "\t", "n": "\n", "r": "\r"}.get(code, code)

    return _BACK.sub(letter, cell)


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
    lines = text.removeprefix("\ufeff").split("\n")
    names = [_unquoted(cell).strip() for cell in lines[0].rstrip("\r").split("\t")]
    for name in NEEDED:
        if name not in names:
            hint = "the first line names the columns: " + ", ".join(COLUMNS)
            raise ConfigError(f"there is no column {name!r}", where=f"{file}:1", hint=hint)
    found: list[Judgement] = []
    seen: dict[str, int] = {}
    for number, cells in _rows(file, lines, names):
        judgement = _judgement(file, number, cells)
        if judgement.uid in seen:
            raise ConfigError(
                f"the uid {judgement.uid} was judged in line {seen[judgement.uid]} already",
                where=f"{judgement.where}: uid",
                hint="one file for each judge: --judged anna.tsv --judged ben.tsv",
            )
        seen[judgement.uid] = number
        found.append(judgement)
    return found


def _rows(file: str, lines: Sequence[str], names: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines[1:], start=2):
        cells = line.rstrip("\r").split("\t")
        if not any(cell.strip() for cell in cells):
            continue
        # editors drop empty cells at the end of a line
        cells += [""] * (len(names) - len(cells))
        if len(cells) > len(names):
            what = f"{len(cells)} cells where the first line names {len(names)} columns"
            raise ConfigError(what, where=f"{file}:{number}", hint="a tab within a text is written \\t")
        yield number, dict(zip(names, cells, strict=True))


def _judgement(file: str, line: int, cells: Mapping[str, str]) -> Judgement:
    where = f"{file}:{line}"
    verdict = _unquoted(cells["verdict"]).strip().lower()
    verdict = _SHORT.get(verdict, verdict)
    if verdict not in (*VERDICTS, SKIP, ""):
        raise ConfigError(
            f"{visible_line(verdict, 60)!r} is no verdict",
            where=f"{where}: verdict",
            hint=nearest(verdict, [*VERDICTS, SKIP]) + " (empty: not judged)",
        )
    try:
        weight = float(_unquoted(cells["weight"]))
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight > 0):
        raise ConfigError(
            f"{visible_line(cells['weight'], 60)!r} is no weight",
            where=f"{where}: weight",
            hint="leave this column as `hexapla review` wrote it: a number with a point, such as 12.5",
        )
    uid = unescaped(_unquoted(cells["uid"].strip()))
    return Judgement(file, line, uid, "" if verdict == SKIP else verdict, weight, cells)


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
    return _plain(text) in {_plain(unescaped(cell)), _plain(unescaped(_unquoted(cell))), _plain(cell)}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
