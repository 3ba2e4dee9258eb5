r"""Files of judged pairs, as `hexapla review` writes them for judges, and plainer ones: uid and verdict of each pair.

Texts stand on one line each: backslash, tab, line breaks and control characters as escapes (`\t`, `\u202e`), and so
does a first letter that a spreadsheet would take for a formula (`\=1+1`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .judgements import VERDICTS

SKIP: Final = "skip"
WORDS: Final = {
    **{name: name for name in VERDICTS}, "g": "good", "b": "bad", "p": "partial",
    "1": "good", "true": "good", "yes": "good", "0": "bad", "false": "bad", "no": "bad", SKIP: "", "s": "", "": "",
}  # fmt: skip
"""What verdicts are written as, in any case; "" is none."""

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile("[\\\\\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
_BACK = re.compile(r"\\(u[0-9a-f]{4}|.)", re.DOTALL)
_FORMULA = ("=", "+", "-", "@")


class JudgementError(ValueError):
    """A file of judged pairs is not what it should be.

    Args:
        what: what is wrong.
        where: file, line and column.
        hint: what to do.
        word: what was written instead of a verdict, if it was that.
    """

    def __init__(self, what: str, where: str, hint: str = "", word: str | None = None) -> None:
        self.what, self.where, self.hint, self.word = what, where, hint, word
        super().__init__(f"{where}: {what}" + (f" ({hint})" if hint else ""))


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


def read_judged(file: str, text: str, needed: Sequence[str] = ("uid", "verdict")) -> list[Judgement]:
    """The lines of a judged file.

    Args:
        file: its name, for messages.
        text: its contents: tab-separated, with a first line that names the columns. `verdict` may be called `label`;
            without a `weight` each pair stands for itself.
        needed: columns that have to be there.

    Raises:
        JudgementError: a column is missing, or a line has an unknown verdict, no weight or a uid for the second time.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    names = [unquoted(cell).strip() for cell in lines[0].rstrip("\r").split("\t")]
    if "verdict" not in names:
        names = ["verdict" if name == "label" else name for name in names]
    for name in needed:
        if name not in names:
            hint = "the first line names the columns: " + ", ".join(needed)
            raise JudgementError(f"there is no column {name!r}", f"{file}:1", hint)
    found: list[Judgement] = []
    seen: dict[str, int] = {}
    for number, cells in _rows(file, lines, names):
        judgement = _judgement(file, number, cells, "weight" in needed)
        if judgement.uid in seen:
            raise JudgementError(
                f"the uid {judgement.uid} was judged in line {seen[judgement.uid]} already",
                f"{judgement.where}: uid",
                "one file for each judge: --judged anna.tsv --judged ben.tsv",
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
            raise JudgementError(what, f"{file}:{number}", "a tab within a text is written \\t")
        yield number, dict(zip(names, cells, strict=True))


def _judgement(file: str, line: int, cells: Mapping[str, str], weighted: bool) -> Judgement:
    where = f"{file}:{line}"
    word = unquoted(cells["verdict"]).strip().lower()
    if word not in WORDS:
        hint = f"{', '.join(VERDICTS)}, {SKIP}; 1, 0; empty: not judged"
        raise JudgementError(f"{word[:60]!r} is no verdict", f"{where}: verdict", hint, word)
    cell = unquoted(cells.get("weight", ""))
    try:
        weight = float(cell) if cell or weighted else 1.0
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight > 0):
        raise JudgementError(
            f"{cell[:60]!r} is no weight",
            f"{where}: weight",
            "leave this column as `hexapla review` wrote it: a number with a point, such as 12.5",
        )
    return Judgement(file, line, unescaped(unquoted(cells["uid"].strip())), WORDS[word], weight, cells)


def unquoted(cell: str) -> str:
    """A cell without the quotes that a spreadsheet put around it."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
