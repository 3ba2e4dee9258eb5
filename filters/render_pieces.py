"""Texts made of pieces: literals that are known and fields that are not, put together and taken apart again.

A text can be taken apart when every field ends where the literal behind it begins for the first time. Rows for which
that is not so are told beforehand: no render is irreversible in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.occurrence import first_occurrences


@dataclass(frozen=True)
class Piece:
    """One piece of n texts.

    Attributes:
        text: n strings, or one string for all.
        field: the name of the field; "" for a literal.
    """

    text: pa.Array | str
    field: str = ""


def joined(pieces: Sequence[Piece], rows: int) -> pa.StringArray:
    """Put the pieces of n texts together; a null is empty."""
    if not pieces:
        return pa.array([""] * rows, pa.string())
    columns = [pa.scalar(piece.text) if isinstance(piece.text, str) else piece.text for piece in pieces]
    first = pa.array([""] * rows, pa.string())  # gives the length where every piece is a literal
    return pc.binary_join_element_wise(first, *columns, "", null_handling="replace", null_replacement="")


def can_be_taken_apart(pieces: Sequence[Piece], rows: int) -> npt.NDArray[np.bool_]:
    """Of which of n texts `taken_apart` gives the fields back.

    Raises:
        ValueError: two fields stand side by side.
    """
    good = np.ones(rows, bool)
    runs = _runs(pieces)
    for number, (piece, literal) in enumerate(runs[1:-1], start=1):
        if not literal:
            raise ValueError(f"nothing stands between {piece.field!r} and {runs[number + 1][0].field!r}")
        behind = joined(literal, rows)
        text = joined([piece], rows)
        places = first_occurrences(joined([piece, *literal], rows), behind)
        good &= (places == pc.binary_length(text).to_numpy(zero_copy_only=False)) & (
            pc.binary_length(behind).to_numpy(zero_copy_only=False) > 0
        )
    return good


def taken_apart(text: str, pieces: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The fields of one text.

    Args:
        text: the text.
        pieces: (literal, "") or ("", name of a field), in order.

    Returns:
        The texts of the fields by name.

    Raises:
        ValueError: the text was not made of these pieces.
    """
    runs: list[tuple[str, str]] = [("", "")]  # (field, the literal behind it); the first has no field
    for literal, field in pieces:
        if field:
            runs.append((field, ""))
        else:
            runs[-1] = (runs[-1][0], runs[-1][1] + literal)
    if not text.startswith(runs[0][1]):
        raise ValueError(f"the text does not begin with {runs[0][1]!r}")
    place, found = len(runs[0][1]), {}
    for number, (field, literal) in enumerate(runs[1:], start=1):
        last = number == len(runs) - 1
        end = len(text) - len(literal) if last else text.find(literal, place)
        if end < place or (last and not text.endswith(literal)):
            raise ValueError(f"{literal!r} is not in the text behind {field!r}")
        found[field] = text[place:end]
        place = end + len(literal)
    if place != len(text):
        raise ValueError("the text goes on behind its last piece")
    return found


def _runs(pieces: Sequence[Piece]) -> list[tuple[Piece, list[Piece]]]:
    """Every field with the literals behind it, after a first entry without a field."""
    runs: list[tuple[Piece, list[Piece]]] = [(Piece(""), [])]
    for piece in pieces:
        if piece.field:
            runs.append((piece, []))
        else:
            runs[-1][1].append(piece)
    return runs
