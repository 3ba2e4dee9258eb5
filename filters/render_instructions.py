"""Translation instructions: texts in two or more languages put into templates, and taken out of them again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import language_codes, language_names
from .parallel_tables import TEXT_PAIRS
from .prompt_templates import BLOCKS, Template, Token
from .render_choices import Draws
from .render_pieces import Piece, can_be_taken_apart, joined, taken_apart

ITEMS: Final = TEXT_PAIRS
"""Shots, context and terms: texts in the source and the target language of the row."""

SOURCES: Final = pa.list_(pa.struct([("lang", pa.string()), ("text", pa.string())]))
"""The same text in further languages."""

_LETTERS: Final = {"shots": "s", "context": "c", "terms": "t", "sources": "r"}
_COUNTS: Final = re.compile(r"#((?:[sctr]\d+)*)\Z")


@dataclass(frozen=True)
class Texts:
    """n texts that are to be translated, in the direction in which they are rendered.

    Attributes:
        src_lang, tgt_lang: canonical labels.
        src, tgt: the texts.
        draws: what choices are drawn from.
        blocks: lists of `ITEMS` or `SOURCES` by the name of the block; a null is empty.
    """

    src_lang: pa.Array
    tgt_lang: pa.Array
    src: pa.Array
    tgt: pa.Array
    draws: Draws
    blocks: Mapping[str, pa.Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Instructions:
    """n rendered instructions.

    Attributes:
        template_id: the template's name, with "#" and the numbers of shots (s), context (c), terms (t), sources (r).
        language: the language of the instruction.
        system, prompt, completion: the parts; `system` is null where there is none.
        answer: the completion without the white space that the template begins it with.
        head, rest: the prompt before and behind the last line break before its first text; all and "" without one.
        good: whether the fields can be had back from the prompt (the completion holds one field).
        fits: whether there was a template for the row.
    """

    template_id: pa.Array
    language: pa.Array
    system: pa.Array
    prompt: pa.Array
    completion: pa.Array
    answer: pa.Array
    head: pa.Array
    rest: pa.Array
    good: npt.NDArray[np.bool_]
    fits: npt.NDArray[np.bool_]


def counts_of(texts: Texts, rows: int) -> dict[str, npt.NDArray[np.int64]]:
    """How many items each block has in each row."""
    found = {}
    for name in BLOCKS:
        lists = texts.blocks.get(name)
        lengths = np.zeros(rows, np.int64)
        if lists is not None:
            lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        found[name] = lengths
    return found


def chosen(texts: Texts, families: Sequence[Sequence[Template]], native: float) -> npt.NDArray[np.int64]:
    """Choose a template for every row.

    Args:
        texts: n rows.
        families: templates; those of a later family are for rows for which the earlier ones have none that fits.
        native: share of rows whose instruction is in their target's or source's language, where there is one.

    Returns:
        n numbers of templates, counted through all families; -1 where none fits.
    """
    rows = len(texts.src)
    counts = counts_of(texts, rows)
    has = sum((counts[name] > 0).astype(np.int64) << bit for bit, name in enumerate(BLOCKS))
    langs = pc.dictionary_encode(pc.binary_join_element_wise(texts.src_lang, texts.tgt_lang, "\t"))
    wants_native = texts.draws.uniform("native") < np.uint64(min(native, 1.0) * float((1 << 64) - 2048))
    key = (langs.indices.to_numpy().astype(np.int64) * 16 + has) * 2 + wants_native
    drawn = texts.draws.uniform("template") >> np.uint64(32)
    result = np.full(rows, -1, np.int64)
    for value in np.unique(key):
        here = key == value
        src, tgt = langs.dictionary[int(value) // 32].as_py().split("\t")
        blocks = {name for bit, name in enumerate(BLOCKS) if (int(value) // 2 >> bit) & 1}
        places, weights = _eligible(families, src, tgt, blocks, native=bool(value & 1))
        if places:
            borders = (np.cumsum(weights) / np.sum(weights) * float(1 << 32)).astype(np.uint64)[:-1]
            result[here] = np.array(places)[np.searchsorted(borders, drawn[here], side="right")]
    return result


def _eligible(
    families: Sequence[Sequence[Template]], src: str, tgt: str, blocks: set[str], *, native: bool
) -> tuple[list[int], list[float]]:
    """The templates of the first family that has any for a direction, and their weights."""
    first = 0
    for family in families:
        fitting = [
            (first + place, template)
            for place, template in enumerate(family)
            if template.fits(src, tgt) and template.needs <= blocks
        ]
        first += len(family)
        own = [entry for entry in fitting if entry[1].language in {src, tgt} - {language_names.ENGLISH}]
        foreign = [entry for entry in fitting if entry[1].language == language_names.ENGLISH] or fitting
        fitting = (own or foreign) if native else foreign
        if fitting:
            return [place for place, _ in fitting], [template.weight for _, template in fitting]
    return [], []


def render(texts: Texts, families: Sequence[Sequence[Template]], native: float = 0.0) -> Instructions:
    """Put every row into a template.

    Args:
        texts: n rows.
        families: see `chosen`.
        native: see `chosen`.
    """
    rows = len(texts.src)
    templates = [template for family in families for template in family]
    place = chosen(texts, families, native)
    counts = counts_of(texts, rows)
    key = place.copy()
    for name in BLOCKS:
        needed = np.array([name in template.needs for template in templates] + [False])[place]
        key = key * 4096 + np.where(needed, counts[name], 0)
    parts: list[dict[str, Any]] = []
    order = []
    for value in np.unique(key[place >= 0]):
        here = np.flatnonzero((key == value) & (place >= 0))
        template = templates[place[here[0]]]
        numbers = {name: int(counts[name][here[0]]) for name in BLOCKS if name in template.needs}
        parts.append(_rendered(_take(texts, here), template, numbers))
        order.append(here)
    return _together(parts, order, rows)


def _take(texts: Texts, rows: npt.NDArray[np.int64]) -> Texts:
    at = pa.array(rows)
    return Texts(
        texts.src_lang.take(at),
        texts.tgt_lang.take(at),
        texts.src.take(at),
        texts.tgt.take(at),
        texts.draws,
        {name: column.take(at) for name, column in texts.blocks.items()},
    )


def _rendered(texts: Texts, template: Template, numbers: Mapping[str, int]) -> dict[str, Any]:
    """Rows that all have the same template and the same numbers of items."""
    rows = len(texts.src)
    fill = _filler(texts, template)
    prompt = [fill(token) for token in expanded(template.prompt, template, numbers)]
    completion = [fill(token) for token in template.completion]
    head, rest = _halves(prompt)
    suffix = "".join(f"{_LETTERS[name]}{numbers[name]}" for name in BLOCKS if name in numbers)
    return {
        "template_id": pa.array([template.id + (f"#{suffix}" if suffix else "")] * rows, pa.string()),
        "language": pa.array([template.language] * rows, pa.string()),
        "system": pa.array([template.system or None] * rows, pa.string()),
        "prompt": joined(prompt, rows),
        "completion": joined(completion, rows),
        "answer": joined([fill(token) for token in _without_space(template.completion)], rows),
        "head": joined(head, rows),
        "rest": joined(rest, rows),
        "good": can_be_taken_apart(prompt, rows),
    }


def _halves(prompt: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The pieces of instruction and input: parted by the last line break before the first text."""
    for place in reversed(range(next(place for place, piece in enumerate(prompt) if piece.field))):
        text = prompt[place].text
        if isinstance(text, str) and "\n" in text:
            head, _, rest = text.rpartition("\n")
            return [*prompt[:place], Piece(head)], [Piece(rest), *prompt[place + 1 :]]
    return prompt, []


def _filler(texts: Texts, template: Template) -> Callable[[Token], Piece]:
    """A function from a token to its piece."""

    def called(labels: pa.Array) -> pa.Array:
        return language_names.names(labels, template.names)

    def fill(token: Token) -> Piece:
        literal, name = token
        if not name:
            return Piece(literal)
        block, _, rest = name.partition(".")
        if rest:
            number, _, part = rest.partition(".")
            item = pc.list_element(texts.blocks[block], int(number))
            if part == "name":
                return Piece(called(pc.struct_field(item, "lang")))
            if part == "code":
                return Piece(codes(pc.struct_field(item, "lang")))
            return Piece(pc.struct_field(item, part), name)
        if name in {"src", "tgt"}:
            return Piece(texts.src if name == "src" else texts.tgt, name)
        labels = texts.src_lang if name.startswith("src") else texts.tgt_lang
        return Piece(called(labels) if name.endswith("name") else codes(labels))

    return fill


def codes(labels: pa.Array) -> pa.StringArray:
    """BCP 47 tags of n labels: "fr", "sr-Latn"."""
    coded = pc.dictionary_encode(labels)
    return pa.array([language_codes.bcp47(label) for label in coded.dictionary.to_pylist()], pa.string()).take(
        coded.indices
    )


def expanded(found: Iterable[Token], template: Template, numbers: Mapping[str, int]) -> list[Token]:
    """Tokens with every block written out: its texts are called `shots.0.src`, `sources.1.text` ..."""
    result: list[Token] = []
    for literal, name in found:
        if name not in BLOCKS:
            result.append((literal, name))
            continue
        block = template.blocks[name]
        for number in range(numbers[name]):
            if number and block.separator:
                result.append((block.separator, ""))
            for inner, part in block.item:
                of_item = part in {"src", "tgt", "text", "name", "code"}
                result.append((inner, f"{name}.{number}.{part}" if of_item else part))
    return result


def _together(parts: list[dict[str, Any]], order: list[npt.NDArray[np.int64]], rows: int) -> Instructions:
    """The groups back in the order of the rows; rows without a template are null."""
    fits = np.zeros(rows, bool)
    back = np.full(rows, -1, np.int64)
    if order:
        every = np.concatenate(order)
        fits[every] = True
        back[every] = np.arange(len(every))
    places = pa.array(back, mask=back < 0)
    columns: dict[str, Any] = {}
    for name in ("template_id", "language", "system", "prompt", "completion", "answer", "head", "rest"):
        whole = pa.concat_arrays([part[name] for part in parts]) if parts else pa.array([], pa.string())
        columns[name] = whole.take(places)
    good = np.zeros(rows, bool)
    if order:
        good[fits] = np.concatenate([part["good"] for part in parts])[back[fits]]
    return Instructions(**columns, good=good, fits=fits)


def split_id(template_id: str) -> tuple[str, dict[str, int]]:
    """A recorded `template_id` -> the template's name, and how many items each block has."""
    match = _COUNTS.search(template_id)
    if match is None:
        return template_id, {}
    letters = {letter: name for name, letter in _LETTERS.items()}
    numbers = {letters[letter]: int(number) for letter, number in re.findall(r"([sctr])(\d+)", match[1])}
    return template_id[: match.start()], numbers


def unrender(
    templates: Mapping[str, Template],
    template_id: str,
    direction: str,
    prompt: str,
    completion: str,
    *,
    answer: bool = False,
) -> dict[str, Any]:
    """The texts that one rendered instruction was made of.

    Args:
        templates: by name.
        template_id: as recorded in the row.
        direction: as recorded in the row.
        prompt: the prompt.
        completion: the completion.
        answer: whether the completion is without the white space that a template begins it with.

    Returns:
        "src" and "tgt", and blocks as lists of their items.

    Raises:
        ValueError: the text was not made by that template.
    """
    name, numbers = split_id(template_id)
    template = templates[name]
    sources, target = direction.rsplit("-", 1)
    langs = sources.split("+")

    def literal(token: Token) -> Token:
        part = token[1]
        if not part or part.rpartition(".")[2] in {"src", "tgt", "text"}:
            return token
        rest = part.partition(".")[2]
        label = langs[int(rest.partition(".")[0])] if rest else (langs[0] if part.startswith("src") else target)
        if part.endswith("code"):
            return (language_codes.bcp47(label), "")
        inside = label if template.names == "own" else template.names
        return (language_names.name(label, inside), "")

    head = [literal(token) for token in expanded(template.prompt, template, numbers)]
    tail = [literal(token) for token in template.completion]
    found = taken_apart(prompt, head) | taken_apart(completion, _without_space(tail) if answer else tail)
    return _nested(found, numbers)


def _without_space(found: Sequence[Token]) -> Sequence[Token]:
    """Tokens of a completion without the white space at their beginning."""
    return found[1:] if not found[0][1] and found[0][0].isspace() else found


def _nested(found: Mapping[str, str], numbers: Mapping[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {name: [{} for _ in range(number)] for name, number in numbers.items()}
    for name, text in found.items():
        block, _, rest = name.partition(".")
        if rest:
            number, _, part = rest.partition(".")
            result[block][int(number)][part] = text
        else:
            result[name] = text
    return result
