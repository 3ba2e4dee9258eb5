"""Parallel text as pretraining documents: `tab`, `lucie`, `tagged`, `interlinear`, `json-nway`, and back again.

Every text comes with a `template_id` that says how it was written, so that `unrender` needs nothing but the row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import language_codes, language_names
from .render_choices import Draws
from .render_pieces import Piece, can_be_taken_apart, joined, taken_apart

LUCIE_SEPARATORS: Final = (" ", "   ", "    ", "     ", "\t", "\t\t", "\n", "\n\n")
LUCIE_MARKS: Final = (". ", ": ", " : ", "- ", "-- ", "— ", "\n")
LUCIE_BRACKETS: Final = ("", "[]", "()", "{}", "<>")
LUCIE_BRACKET_SHARES: Final = (4, 1, 1, 1, 1)
LUCIE_NAMES: Final = ("code", "own", "first", "second")
"""Lucie-Training (OpenLLM-France), `create_augmented_text`: what stands between, behind and around names, and in which
language names are. Its sides are swapped in the branch with names only; here the direction is drawn beforehand."""

_LUCIE_ID: Final = re.compile(r"lucie/(?:p0s(\d)|p1s(\d)m(\d)b(\d)n(\d)c(\d))\Z")


@dataclass(frozen=True)
class Documents:
    """n rendered texts.

    Attributes:
        text: the texts.
        template_id: how they were written.
        good: whether the fields can be had back.
        spans: lists of where each field begins and ends in the text, in bytes; None where literals tell.
    """

    text: pa.Array
    template_id: pa.Array
    good: npt.NDArray[np.bool_]
    spans: pa.Array | None = None


SPANS: Final = pa.list_(pa.int32())


def spans_of(pieces: Sequence[Piece], rows: int) -> pa.Array:
    """Where each field of n texts begins and ends, in bytes: n lists of two numbers for each field."""
    borders, place = [], np.zeros(rows, np.int32)
    for piece in pieces:
        size = pc.binary_length(joined([piece], rows)).to_numpy(zero_copy_only=False)
        if piece.field:
            borders += [place, place + size]
        place = place + size
    flat = np.stack(borders, axis=1).astype(np.int32).reshape(-1)
    starts = np.arange(0, len(flat) + 1, len(borders), dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(starts), pa.array(flat)).cast(SPANS)


def tab(src: pa.Array, tgt: pa.Array) -> Documents:
    """Both sides with a tab between (CroissantLLM); no side may have one of its own, in either direction."""
    pieces = [Piece(src, "src"), Piece("\t"), Piece(tgt, "tgt")]
    rows = len(src)
    tabs = pc.or_(pc.match_substring(src, "\t"), pc.match_substring(tgt, "\t"))
    good = ~tabs.to_numpy(zero_copy_only=False)
    return Documents(joined(pieces, rows), pa.array(["tab"] * rows, pa.string()), good)


def lucie(src_lang: pa.Array, tgt_lang: pa.Array, src: pa.Array, tgt: pa.Array, draws: Draws) -> Documents:
    """Lucie's mixture of separators and names of languages, with its distributions."""
    rows = len(src)
    prefix = draws.choice("prefix", 2)
    separator = draws.choice("separator", len(LUCIE_SEPARATORS))
    mark = draws.choice("mark", len(LUCIE_MARKS))
    brackets = draws.choice("brackets", LUCIE_BRACKET_SHARES)
    clear = (separator >= 4) | (brackets > 0)
    names = np.where(clear, draws.choice("names", 4), 1 + draws.choice("names", 3))
    capitals = np.where(clear, draws.choice("capitals", 2), 1)
    ids = np.where(
        prefix == 1,
        "lucie/p1s" + _digits(separator) + "m" + _digits(mark) + "b" + _digits(brackets) + "n" + _digits(names)
        + "c" + _digits(capitals),
        "lucie/p0s" + _digits(separator),
    )  # fmt: skip
    one, other = _lucie_names(src_lang, tgt_lang, names, capitals)
    ends = _lucie_marks()[brackets, mark]
    opening = np.array([each[:1] for each in LUCIE_BRACKETS], object)[brackets]
    shown = prefix == 1
    heads = [
        pa.array(np.where(shown, opening + called + ends, ""), pa.string())
        for called in (one.astype(object), other.astype(object))
    ]
    between = pa.array(np.array(LUCIE_SEPARATORS, object)[separator], pa.string())
    pieces = [Piece(heads[0]), Piece(src, "src"), Piece(between), Piece(heads[1]), Piece(tgt, "tgt")]
    # a single space between two texts tells nothing: where they begin is recorded
    return Documents(joined(pieces, rows), pa.array(ids, pa.string()), np.ones(rows, bool), spans_of(pieces, rows))


def _digits(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    return numbers.astype(np.str_).astype(np.object_)


def _lucie_marks() -> npt.NDArray[np.object_]:
    """What stands behind a name, by brackets and mark."""
    table = np.empty((len(LUCIE_BRACKETS), len(LUCIE_MARKS)), object)
    for row, pair in enumerate(LUCIE_BRACKETS):
        for column, mark in enumerate(LUCIE_MARKS):
            table[row, column] = mark.strip().rstrip(".-—") + pair[1] + " " if pair else mark
    return table


def _lucie_names(
    src_lang: pa.Array, tgt_lang: pa.Array, style: npt.NDArray[np.int64], capitals: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    both = pc.dictionary_encode(pc.binary_join_element_wise(src_lang, tgt_lang, "\t"))
    pairs = [value.split("\t") for value in both.dictionary.to_pylist()]
    table = np.empty((len(pairs), 4, 2, 2), object)
    for row, (src, tgt) in enumerate(pairs):
        for number, name in enumerate(LUCIE_NAMES):
            for side, label in enumerate((src, tgt)):
                called = _lucie_name(name, label, src, tgt)
                table[row, number, 0, side] = called
                table[row, number, 1, side] = language_names.capitalised(called)
    found = table[both.indices.to_numpy(), style, capitals]
    return found[:, 0], found[:, 1]


def _lucie_name(style: str, label: str, src: str, tgt: str) -> str:
    if style == "code":
        return language_codes.bcp47(label)
    inside = {"own": label, "first": src, "second": tgt}[style]
    called = language_names.name(label, inside)
    return called.lower() if inside == language_names.ENGLISH else called  # Lucie's table has "french", not "French"


def tagged(labels: pa.ListArray, texts: pa.ListArray, names: str = "own") -> Documents:
    """A line `{name}: {text}` for each language.

    Args:
        labels: n lists of labels, in the order in which they are rendered.
        texts: n lists of as many texts.
        names: the language that names are in, or "own".
    """
    rows = len(labels)
    sizes = pc.list_value_length(labels).to_numpy(zero_copy_only=False)
    text = np.full(rows, "", object)
    good = np.zeros(rows, bool)
    for size in np.unique(sizes):
        here = pa.array(np.flatnonzero(sizes == size))
        chosen, said, pieces = labels.take(here), texts.take(here), []
        for place in range(int(size)):
            called = language_names.names(pc.list_element(chosen, place), names)
            pieces += [Piece("\n" if place else ""), Piece(called), Piece(": ")]
            pieces.append(Piece(pc.list_element(said, place), str(place)))
        text[here.to_numpy()] = joined(pieces, len(here)).to_pylist()
        good[here.to_numpy()] = can_be_taken_apart(pieces, len(here))
    ids = [f"tagged/{names}#{size}" for size in sizes]
    return Documents(pa.array(text, pa.string()), pa.array(ids, pa.string()), good)


def interlinear(src: pa.ListArray, tgt: pa.ListArray) -> Documents:
    """The segments of n documents in turn, a line each: source, target, source, target.

    Args:
        src: n lists of segments.
        tgt: n lists of as many segments.
    """
    flat = pa.concat_arrays([src.flatten(), tgt.flatten()])
    sizes = pc.list_value_length(src).to_numpy(zero_copy_only=False).astype(np.int64)
    half = int(sizes.sum())
    order = np.arange(2 * half).reshape(2, half).T.reshape(-1)
    lines = flat.take(pa.array(order))
    borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(2 * sizes)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(borders), lines)
    broken = pc.match_substring(lines, "\n").to_numpy(zero_copy_only=False).astype(np.int64)
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(broken)])
    good = (total[borders[1:]] == total[borders[:-1]]) & (sizes > 0)
    return Documents(pc.binary_join(lists, "\n"), pa.array(["interlinear"] * len(src), pa.string()), good)


def json_nway(
    doc_key: pa.Array, timestamps: Sequence[float | int | str | None], labels: pa.ListArray, texts: pa.ListArray
) -> Documents:
    """The row of TED2025, one JSON object: talk_id, timestamp, lang_list, para_data, parallelism.

    Args:
        doc_key: n names of documents.
        timestamps: n texts or numbers that name the place.
        labels: n lists of labels; languages are written as BCP 47.
        texts: n lists of as many texts.
    """
    out = []
    columns = (column.to_pylist() for column in (doc_key, labels, texts))
    for time, key, langs, said in zip(timestamps, *columns, strict=True):
        tags = [language_codes.bcp47(lang) for lang in langs]
        entry = {
            "talk_id": key,
            "timestamp": time,
            "lang_list": tags,
            "para_data": dict(zip(tags, said, strict=True)),
            "parallelism": len(set(tags)),
        }
        out.append(json.dumps(entry, ensure_ascii=False))
    good = np.array([len(set(map(language_codes.bcp47, langs))) == len(langs) for langs in labels.to_pylist()], bool)
    return Documents(pa.array(out, pa.string()), pa.array(["json-nway"] * len(out), pa.string()), good)


def unrender(
    template_id: str, direction: str, text: str, spans: Sequence[int] | None = None
) -> list[tuple[str, str]]:
    """The languages of a rendered text and what stands in each, in the order of the text.

    Args:
        template_id: as recorded in the row.
        direction: as recorded in the row.
        text: as recorded in the row.
        spans: as recorded in the row.

    Returns:
        (label, text); for `interlinear` one for each segment, in turn.

    Raises:
        ValueError: the text was not made by that template.
    """
    labels = re.split(r"[-+]", direction)
    family = re.split(r"[/#]", template_id)[0]
    if spans is not None:
        raw = text.encode()
        sides = [raw[start:stop].decode() for start, stop in zip(spans[::2], spans[1::2], strict=True)]
        return list(zip(labels, sides, strict=True))
    if family not in _BACK:
        raise ValueError(f"there is no format {template_id!r}")
    return _BACK[family](template_id, labels, text)


def _sides(labels: Sequence[str], text: str, literals: Sequence[str]) -> list[tuple[str, str]]:
    pieces = [(literals[0], ""), ("", "src"), (literals[1], ""), ("", "tgt")]
    found = taken_apart(text, pieces)
    return [(labels[0], found["src"]), (labels[1], found["tgt"])]


def _untab(_: str, labels: Sequence[str], text: str) -> list[tuple[str, str]]:
    return _sides(labels, text, ("", "\t"))


def _unlucie(template_id: str, labels: Sequence[str], text: str) -> list[tuple[str, str]]:
    match = _LUCIE_ID.fullmatch(template_id)
    if match is None:
        raise ValueError(f"{template_id!r} is no template of lucie")
    if match[1] is not None:
        return _sides(labels, text, ("", LUCIE_SEPARATORS[int(match[1])]))
    separator, mark, brackets, names, capitals = (int(digit) for digit in match.groups()[1:])
    heads = []
    for label in labels:
        called = _lucie_name(LUCIE_NAMES[names], label, labels[0], labels[1])
        called = language_names.capitalised(called) if capitals else called
        heads.append(LUCIE_BRACKETS[brackets][:1] + called + _lucie_marks()[brackets, mark])
    return _sides(labels, text, (heads[0], LUCIE_SEPARATORS[separator] + heads[1]))


def _untagged(template_id: str, labels: Sequence[str], text: str) -> list[tuple[str, str]]:
    names = template_id.removeprefix("tagged/").partition("#")[0]
    pieces: list[tuple[str, str]] = []
    for place, label in enumerate(labels):
        called = language_names.name(label, label if names == "own" else names)
        pieces += [(f"{'' if not place else chr(10)}{called}: ", ""), ("", str(place))]
    found = taken_apart(text, pieces)
    return [(label, found[str(place)]) for place, label in enumerate(labels)]


def _uninterlinear(_: str, labels: Sequence[str], text: str) -> list[tuple[str, str]]:
    lines = text.split("\n")
    if len(lines) % 2:
        raise ValueError("a segment has no counterpart")
    return [(labels[place % 2], line) for place, line in enumerate(lines)]


def _unjson(_: str, labels: Sequence[str], text: str) -> list[tuple[str, str]]:
    entry: dict[str, Any] = json.loads(text)
    return [(label, entry["para_data"][language_codes.bcp47(label)]) for label in labels]


_BACK: Final[dict[str, Callable[[str, Sequence[str], str], list[tuple[str, str]]]]] = {
    "tab": _untab, "lucie": _unlucie, "tagged": _untagged, "interlinear": _uninterlinear, "json-nway": _unjson,
}  # fmt: skip
