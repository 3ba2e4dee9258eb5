"""Files of lines: one per language with equal line numbers (FLORES, NTREX, Moses), and tables with a column each."""

from __future__ import annotations

from collections.abc import Sequence

from .parsed_units import FormatError, Parsed, Source, Unit, decoded, language_of


def parse_lines(content: bytes, source: Source) -> Parsed:
    """Read a file of lines: the key is the number of the line from 0, and an empty line keeps its number."""
    text = decoded(content, source.language)
    lines = text.removesuffix("\n").split("\n")
    parsed = Parsed()
    for number, line in enumerate(lines):
        if line.strip():
            parsed.units.append(Unit(str(number), "", line.strip()))
        else:
            parsed.counters["empty"] += 1
    return parsed


def parse_table(content: bytes, source: Source, languages: Sequence[str] = ()) -> Parsed:
    """Read lines of cells with tabs between; the languages of the columns are given, or stand in the first line.

    Args:
        content: the file.
        source: what is known of it.
        languages: of the columns, "" for one that is no text; none for those of the first line.

    Raises:
        FormatError: the first line names no two languages, or a line has other cells than the first.
    """
    lines = decoded(content).removesuffix("\n").split("\n")
    first = 0
    if not languages:
        languages = [language_of(cell, source.regions) for cell in lines[0].split("\t")]
        first = 1
    if sum(1 for name in languages if name) < 2:
        raise FormatError("the first line names no two languages, and `columns` does not either", 1)
    parsed = Parsed()
    for number, line in enumerate(lines[first:], first):
        cells = line.split("\t")
        if len(cells) != len(languages):
            if not line.strip():
                continue
            raise FormatError(f"{len(cells)} cells, but {len(languages)} columns", number + 1)
        for name, cell in zip(languages, cells, strict=True):
            if name and cell.strip():
                parsed.units.append(Unit(str(number - first), name, cell.strip()))
    return parsed
