"""Versions of one document in other languages, found by what no translation changes: numbers, names, length, place.

Only documents of one site are compared, and only those that share a number or a name that is rare on it, so that the
work grows with the documents and not with their pairs. A match must be the best of its language, from both sides.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import value_hashes
from ..kernels.vectors import Whole
from .document_links import CONTENT, EMBEDDING
from .document_schemas import LINKS
from .vector_columns import from_bytes

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_MARKS: Final = 96
"""Numbers and names that are kept of a document: those with the smallest hashes, the same in every language."""

MOST_PAIRS: Final = 20_000_000
"""Pairs of documents of one site that are looked at; on larger sites only rarer numbers and names count."""

HIGHEST: Final = 70
"""The surest that contents alone can be, in hundredths."""

_BLOCK: Final = 1024
"""Documents of a language that are compared by vectors with each other's: larger sites are cut into such blocks."""


def marks_of(texts: pa.Array, titles: pa.Array) -> pa.ListArray:
    """What no translation changes in n texts: hashes of numbers, and of words with a capital letter or a digit.

    Digits of all scripts are the same, and so are "1,000", "1.000" and "1 000". What the title has counts as a mark of
    its own besides.

    Returns:
        n lists of uint64, ascending.
    """
    rows = len(texts)
    found = [_marks(texts, ""), _marks(titles, "title ")]
    owner = np.concatenate([part[0] for part in found])
    hashes = np.concatenate([part[1] for part in found])
    order = np.lexsort((hashes, owner))
    owner, hashes = owner[order], hashes[order]
    if len(owner):
        new = np.append(True, (owner[1:] != owner[:-1]) | (hashes[1:] != hashes[:-1]))
        owner, hashes = owner[new], hashes[new]
        starts = np.searchsorted(owner, owner)
        few = np.arange(len(owner)) - starts < MOST_MARKS
        owner, hashes = owner[few], hashes[few]
    borders = np.searchsorted(owner, np.arange(rows + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(borders), pa.array(hashes, pa.uint64()))


def _marks(texts: pa.Array, prefix: str) -> tuple[Numbers, Hashes]:
    """The text and the hash of each mark."""
    plain = pc.fill_null(texts.cast(pa.string()), "")
    for _ in range(2):  # neighbours share a digit
        plain = pc.replace_substring_regex(plain, "(\\p{Nd})[.,'’٬٫\u00a0\u202f](\\p{Nd})", r"\1\2")
    plain = pc.replace_substring_regex(plain, r"[^\p{L}\p{M}\p{N}]+", " ")
    # digits stand apart from letters, which some scripts put beside them
    plain = pc.replace_substring_regex(plain, r"(\p{Nd}+)", r" \1 ")
    words = pc.split_pattern(plain, " ")
    owner = pc.list_parent_indices(words).to_numpy(zero_copy_only=False)
    coded = pc.list_flatten(words).dictionary_encode()
    wanted = pc.match_substring_regex(coded.dictionary, r"^\p{Lu}.|\p{Nd}").to_numpy(zero_copy_only=False)
    names = [
        _plain(word, prefix) if use else "" for word, use in zip(coded.dictionary.to_pylist(), wanted, strict=True)
    ]
    number = coded.indices.to_numpy(zero_copy_only=False)
    hashes = value_hashes(pa.array(names, pa.string()))
    keep = np.asarray(wanted, np.bool_)[number]
    return owner[keep].astype(np.int64), hashes[number[keep]]


def _plain(word: str, prefix: str) -> str:
    """A word in lower case with Western digits, leading zeros left out."""
    digits = "".join(
        str(unicodedata.digit(sign)) if sign.isdigit() and unicodedata.digit(sign, None) is not None else sign
        for sign in word
    )
    return prefix + (digits.lstrip("0") or "0" if digits.isdigit() else digits.casefold())


def like_documents(
    order: Hashes, language: Numbers, size: Numbers, marks: tuple[Numbers, Hashes], least: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Pairs of documents of one site that seem to say the same in different languages.

    Args:
        order: n hashes of the documents' contents: what breaks ties.
        language: n numbers of languages, from 0.
        size: n lengths in bytes.
        marks: the document (0 to n - 1, ascending) and the hash of each mark.
        least: the least score that is returned, in hundredths.

    Returns:
        The two documents of each pair and their score, up to `HIGHEST`.
    """
    none = np.zeros(0, np.int64)
    if len(order) < 2 or len(np.unique(language)) < 2:
        return none, none, none
    owner, number, weight = _weighted(marks, language, len(order))
    first, second, shared = _pairs(owner, number, weight, language)
    if not len(first):
        return none, none, none
    total = np.bincount(owner, weight.astype(np.float64), minlength=len(order))
    likeness = shared / np.sqrt(total[first] * total[second])
    likeness *= _size_fit(size, language, first, second)
    return _mutual(first, second, likeness, language, order, least)


def _weighted(marks: tuple[Numbers, Hashes], language: Numbers, documents: int) -> tuple[Numbers, Numbers, Numbers]:
    """Marks that several languages have and not too many documents: document, number of the mark, squared weight."""
    owner, hashes = marks
    number = np.unique(hashes, return_inverse=True)[1]
    often = np.bincount(number)
    languages = len(np.unique(language))
    spoken = np.unique(np.stack([number, language[owner]]), axis=1)[0]
    several = np.bincount(spoken, minlength=len(often)) > 1
    # in each language a mark of one document stands once; much more often it is a word of every page
    per_language = often / np.maximum(1, np.bincount(spoken, minlength=len(often)))
    bound = max(4.0, documents / languages / 8)
    use = several & (per_language <= bound)
    bits = np.log2(np.maximum(1.0, documents / languages / per_language)) + 0.25
    keep = use[number]
    return owner[keep], number[keep], np.rint(1000 * bits[number[keep]] ** 2).astype(np.int64)


def _pairs(owner: Numbers, number: Numbers, weight: Numbers, language: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Pairs of documents in different languages with a mark in common, and the weight of all that they share."""
    order = np.lexsort((owner, number))
    owner, number, weight = owner[order], number[order], weight[order]
    often = np.bincount(number)[number] if len(number) else number
    cap = np.sort(often)[::-1]
    # every mark of k documents makes k - 1 pairs for each of them: the most frequent marks go until all fit
    running = np.cumsum(np.sort(often)) - len(often)
    fits = np.searchsorted(running, MOST_PAIRS, side="right")
    bound = np.sort(often)[fits] if fits < len(often) else (cap[0] + 1 if len(cap) else 1)
    keep = often < bound
    owner, number, weight, often = owner[keep], number[keep], weight[keep], often[keep]
    if not len(owner):
        none = np.zeros(0, np.int64)
        return none, none, none
    place = np.arange(len(number)) - np.searchsorted(number, number)
    following = often - place - 1
    left = np.repeat(np.arange(len(number)), following)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(following) - following, following)
    apart = language[owner[left]] != language[owner[right]]
    left, right = left[apart], right[apart]
    first, second = owner[left], owner[right]
    pair = first * (int(owner.max()) + 1) + second
    kinds, where = np.unique(pair, return_inverse=True)
    shared = np.bincount(where, weight[left].astype(np.float64))
    return kinds // (int(owner.max()) + 1), kinds % (int(owner.max()) + 1), shared


def _size_fit(size: Numbers, language: Numbers, first: Numbers, second: Numbers) -> Floats:
    """How well the lengths fit, 0 to 1: each against the median of its language on the site."""
    scale = np.zeros(int(language.max()) + 1)
    for code in np.unique(language):
        chosen = size[language == code]
        scale[code] = np.log(max(1.0, float(np.median(chosen)))) if len(chosen) >= 5 else np.nan
    length = np.log(np.maximum(1, size).astype(np.float64))
    apart = np.abs((length[first] - scale[language[first]]) - (length[second] - scale[language[second]]))
    plain = np.maximum(0.0, np.abs(length[first] - length[second]) - 0.7)
    apart = np.where(np.isnan(apart), plain, apart)
    fit: Floats = np.exp(-((apart / 0.6) ** 2))
    return fit


def _mutual(
    first: Numbers, second: Numbers, likeness: Floats, language: Numbers, order: Hashes, least: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Pairs that are each other's best in their languages, scored by likeness and by the lead over the next."""
    likeness = np.round(likeness, 9)
    lead = np.minimum(
        _lead(first, language[second], likeness, order[second]), _lead(second, language[first], likeness, order[first])
    )
    score = np.rint(HIGHEST * np.sqrt(np.minimum(1.0, likeness)) * np.minimum(1.0, 0.5 + lead)).astype(np.int64)
    use = (lead > 0) & (score >= least)
    return first[use], second[use], score[use]


def _lead(document: Numbers, other: Numbers, likeness: Floats, order: Hashes) -> Floats:
    """For each candidate how far it is before the next of its language, as a part of its likeness; 0 for the others."""
    ranked = np.lexsort((order, -likeness, other, document))
    group = document * (int(other.max()) + 1) + other
    group, values = group[ranked], likeness[ranked]
    begins = np.append(True, group[1:] != group[:-1])
    following = np.zeros(len(values))
    following[:-1] = np.where(group[1:] == group[:-1], values[1:], 0.0)
    lead = np.zeros(len(values))
    lead[ranked] = np.where(begins, 1 - following / np.maximum(values, 1e-12), 0.0)
    return lead


def like_vectors(
    order: Hashes, language: Numbers, vectors: tuple[Numbers, Whole], least: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Pairs of documents of one site whose vectors are each other's nearest in their languages.

    Sites with more than a block of documents in a language are cut by hyperplanes between vectors, three times in
    different ways, and only documents of one block are compared.

    Args:
        order: n hashes of the documents' contents.
        language: n numbers of languages.
        vectors: the documents (ascending) that have a vector, and the vectors (see `vector_columns.whole_vectors`).
        least: the least score, in hundredths.
    """
    known, matrix = vectors
    found = []
    for turn in range(3):
        for block in _blocks(matrix, order[known], language[known], turn):
            found.append(_compare(matrix[block], language[known[block]], known[block]))
        if len(known) <= _BLOCK:
            break
    if not any(len(part[0]) for part in found):
        none = np.zeros(0, np.int64)
        return none, none, none
    first, second, likeness = (np.concatenate([part[place] for part in found]) for place in range(3))
    pair = np.unique(np.stack([first, second]), axis=1, return_index=True)[1]
    first, second, likeness = first[pair], second[pair], likeness[pair]
    lead = np.minimum(
        _lead(first, language[second], likeness, order[second]), _lead(second, language[first], likeness, order[first])
    )
    score = np.rint(100 * np.maximum(0.0, likeness) * np.minimum(1.0, 0.9 + lead)).astype(np.int64)
    use = (lead > 0) & (score >= least)
    return first[use], second[use], score[use]


def _compare(matrix: Whole, language: Numbers, known: Numbers) -> tuple[Numbers, Numbers, Floats]:
    """Cosines of all documents of a block with the two nearest in each other language."""
    wide = matrix.astype(np.float64)  # products of 16-bit numbers add up exactly
    length = np.sqrt((wide**2).sum(axis=1))
    first: list[Numbers] = []
    second: list[Numbers] = []
    likeness: list[Floats] = []
    codes = np.unique(language)
    for one in codes:
        rows = np.flatnonzero(language == one)
        for other in codes[codes > one]:
            columns = np.flatnonzero(language == other)
            cosine = (wide[rows] @ wide[columns].T) / np.outer(length[rows], length[columns])
            near = np.zeros(cosine.shape, np.bool_)
            for axis, count in ((1, len(columns)), (0, len(rows))):
                top = np.argsort(-cosine, axis=axis, kind="stable").take(range(min(2, count)), axis=axis)
                np.put_along_axis(near, top, True, axis=axis)
            left, right = np.nonzero(near)
            first.append(known[rows[left]])
            second.append(known[columns[right]])
            likeness.append(cosine[left, right])
    if not first:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    return np.concatenate(first), np.concatenate(second), np.concatenate(likeness)


def _blocks(matrix: Whole, order: Hashes, language: Numbers, turn: int) -> list[Numbers]:
    """Documents in blocks of at most `_BLOCK`, near ones together: cut again and again at the median of a direction."""
    waiting, found = [np.argsort(order, kind="stable")], []
    while waiting:
        rows = waiting.pop()
        if len(rows) <= _BLOCK:
            found.append(rows)
            continue
        one, other = rows[turn], rows[len(rows) // 2 + turn]
        direction = matrix[one].astype(np.int64) - matrix[other].astype(np.int64)
        side = matrix[rows].astype(np.int64) @ direction
        ranked = rows[np.argsort(side, kind="stable")]
        waiting += [np.sort(ranked[: len(rows) // 2]), np.sort(ranked[len(rows) // 2 :])]
    return found


def site_links(contents: pa.Table, least: int) -> pa.Table:
    """The edges between documents of the same site, for all sites of one partition.

    Args:
        contents: columns site, node, language, order (uint64), size (int32), marks (lists of uint64, or null), vector
            (see `vector_columns.to_bytes`, or null); all documents of a site are there.
        least: the least score, in hundredths.

    Returns:
        Rows of `document_links.LINKS`.
    """
    table = contents.combine_chunks()
    site, order, node = (table.column(name).to_numpy() for name in ("site", "order", "node"))
    table = table.take(pa.array(np.lexsort((node, order, site))))
    site, node = table.column("site").to_numpy(), table.column("node").to_numpy()
    starts = np.flatnonzero(np.append(True, site[1:] != site[:-1])) if len(site) else np.zeros(0, np.int64)
    parts = []
    for start, stop in zip(starts, np.append(starts[1:], len(site)), strict=True):
        part = table.slice(int(start), int(stop - start))
        # a document that was fetched twice is compared once
        own = part.column("node").to_numpy()
        part = part.take(pa.array(np.sort(np.unique(own, return_index=True)[1])))
        parts += _links_of_site(part, least)
    made: dict[str, Any] = {
        name: np.concatenate([part[name] for part in parts]) if parts else [] for name in LINKS.names
    }
    return pa.Table.from_pydict(
        {name: pa.array(made[name], LINKS.field(name).type) for name in LINKS.names}, schema=LINKS
    )


def _links_of_site(part: pa.Table, least: int) -> list[dict[str, npt.NDArray[np.generic]]]:
    """What numbers and names, and what vectors say about the documents of one site."""
    order, node, spoken = (part.column(name).to_numpy() for name in ("order", "node", "language"))
    language = np.unique(spoken, return_inverse=True)[1]
    marks = part.column("marks").combine_chunks()
    owner = pc.list_parent_indices(marks).to_numpy(zero_copy_only=False).astype(np.int64)
    hashes = pc.list_flatten(marks).to_numpy(zero_copy_only=False)
    found = [(CONTENT, like_documents(order, language, part.column("size").to_numpy(), (owner, hashes), least))]
    vector = part.column("vector").combine_chunks()
    known = np.flatnonzero(vector.is_valid().to_numpy(zero_copy_only=False))
    if len(known) > 1:
        matrix = from_bytes(vector.drop_null())
        found.append((EMBEDDING, like_vectors(order, language, (known, matrix), least)))
    return [
        {
            "first": node[first],
            "second": node[second],
            "first_language": spoken[first],
            "score": score.astype(np.uint8),
            "method": np.full(len(first), method, np.uint8),
        }
        for method, (first, second, score) in found
    ]
