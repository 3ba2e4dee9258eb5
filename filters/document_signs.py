"""What documents show, under keys on which versions of one page in different languages meet.

A *node* is an address in one language: the print view of a page and its second copy are the same node as the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import text_hashes, value_hashes
from .language_codes import UNKNOWN, canonical, scripts_of, split
from .language_markers import family, neutral_urls, site_domains
from .urls import canonical_urls

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[Any]
"""Whole numbers of any width."""

PAGE, LINK, NEUTRAL, TEXT = 0, 1, 2, 3
"""Kinds of signs: the address of a document, one that it links to, its own without the language, its text."""


@dataclass(frozen=True)
class Documents:
    """Columns of n documents, null or missing ones as nulls.

    Attributes:
        text, url, title, language, declared_language: strings.
        hreflang: lists of struct<lang, url>.
    """

    text: pa.Array
    url: pa.Array
    language: pa.Array
    declared_language: pa.Array
    hreflang: pa.Array


def spoken_languages(documents: Documents, *, fill: bool = True) -> pa.StringArray:
    """The language that each document counts as.

    Args:
        documents: n documents.
        fill: whether one that no detector could name counts as what the page says of itself, where that language is
            written in the script of the text.
    """
    if not fill:
        return documents.language.cast(pa.string())
    declared = _canonical(documents.declared_language)
    known, said = documents.language.dictionary_encode(), declared.dictionary_encode()
    pairs = list(zip(known.indices.to_pylist(), said.indices.to_pylist(), strict=True))
    names, tags = known.dictionary.to_pylist(), said.dictionary.to_pylist()
    found = {
        pair: _filled(None if pair[0] is None else names[pair[0]], None if pair[1] is None else tags[pair[1]])
        for pair in set(pairs)
    }
    return pa.array([found[pair] for pair in pairs], pa.string())


def _filled(detected: str | None, declared: str | None) -> str | None:
    """The declared language for an unknown one of the same script."""
    code, script = split(detected or UNKNOWN)
    if code != UNKNOWN or not declared:
        return detected
    said, said_script = split(declared)
    if not said_script or said == UNKNOWN:
        return detected
    if script and script not in (said_script, *scripts_of(said)):
        return detected
    return f"{said}_{script or said_script}"


def _canonical(tags: pa.Array) -> pa.StringArray:
    """Tags of any kind in the canonical form."""
    coded = tags.cast(pa.string()).dictionary_encode()
    made = pa.array([canonical(tag.strip()) if tag else None for tag in coded.dictionary.to_pylist()], pa.string())
    return made.take(coded.indices)


def families(languages: pa.Array) -> Hashes:
    """A number for the family of each language of n (see `language_markers.family`), 0 for none."""
    coded = languages.cast(pa.string()).dictionary_encode()
    names = [family(canonical(code)) if code else "" for code in coded.dictionary.to_pylist()]
    numbers = np.where(
        np.array([bool(name) for name in names], np.bool_), value_hashes(pa.array(names, pa.string())), np.uint64(0)
    )
    numbers = np.append(numbers.astype(np.uint64), np.uint64(0))
    found: Hashes = numbers[pc.fill_null(coded.indices, len(names)).to_numpy(zero_copy_only=False)]
    return found


def signs_of(
    documents: Documents, languages: pa.Array, *, hreflang: bool, url: bool
) -> tuple[dict[str, Numbers], Numbers]:
    """What n documents show, under keys on which versions of one page meet.

    Args:
        documents: the documents.
        languages: what they count as (`spoken_languages`).
        hreflang: whether links between versions count.
        url: whether addresses without the language count.

    Returns:
        Columns of `SIGNS` without `unit`, and the row of each sign.
    """
    rows = len(languages)
    own_tags = documents.declared_language
    neutral = neutral_urls(documents.url, languages, own_tags)
    known = pc.is_valid(neutral.page).to_numpy(zero_copy_only=False)
    text = text_hashes(pc.fill_null(documents.text, ""))
    language = value_hashes(pc.fill_null(languages, ""))
    # a document without an address is a page of its own
    address = np.where(known, value_hashes(pc.fill_null(neutral.page, "")), text[:, 0] ^ text[:, 1])
    node = mixed(address, language)
    spoken, said = families(languages), families(own_tags)
    view = pc.not_equal(neutral.page, _lower(documents.url))
    rank = 2 * ((spoken != said) & (said != 0)) + pc.fill_null(view, False).to_numpy(zero_copy_only=False)
    own = {
        "node": node,
        "language": language,
        "family": spoken,
        "order": mixed(value_hashes(pc.fill_null(documents.url, "")), text[:, 0]),
        "neutral": np.where(known, value_hashes(pc.fill_null(neutral.neutral, "")), address),
        "rank": rank.astype(np.uint8),
        "mark": neutral.mark,
        "size": pc.fill_null(pc.binary_length(documents.text), 0).to_numpy(zero_copy_only=False).astype(np.int32),
    }
    every = np.arange(rows)
    site = value_hashes(pc.fill_null(site_domains(documents.url), ""))
    told = known & (own["size"] > 0)
    parts: list[tuple[int, Numbers, Numbers, Numbers | None]] = [
        (PAGE, address, every, None),
        (TEXT, mixed(mixed(site, text[:, 0]), language), every[told], None),
    ]
    if url:
        parts.append((NEUTRAL, own["neutral"], every[known], None))
    if hreflang:
        parts.append(_targets(documents.hreflang, address))
    columns: dict[str, list[Numbers]] = {name: [] for name in ("key", "kind", *own)}
    for kind, keys, of, tags in parts:
        columns["key"].append(keys if len(keys) == len(of) else keys[of])
        columns["kind"].append(np.full(len(of), kind, np.uint8))
        for name, values in own.items():
            columns[name].append(tags if name == "family" and tags is not None else values[of])
    return {name: np.concatenate(values) for name, values in columns.items()}, np.concatenate(
        [of for _, _, of, _ in parts]
    )


def _lower(urls: pa.Array) -> pa.StringArray:
    """The canonical address as `neutral_urls` spells pages, views kept."""
    return pc.replace_substring_regex(pc.utf8_lower(canonical_urls(urls)), r"[?&;]", "&")


def _targets(hreflang: pa.Array, address: Hashes) -> tuple[int, Hashes, Numbers, Hashes]:
    """Every link from a document to a version of it: the address, the row, the language that the link says."""
    owner = pc.list_parent_indices(hreflang).to_numpy(zero_copy_only=False)
    flat = pc.list_flatten(hreflang)
    url, tag = pc.struct_field(flat, "url"), pc.struct_field(flat, "lang")
    coded = url.dictionary_encode()
    pages = neutral_urls(coded.dictionary).page
    hashes = np.append(value_hashes(pc.fill_null(pages, "")), np.uint64(0))
    target = hashes[pc.fill_null(coded.indices, len(hashes) - 1).to_numpy(zero_copy_only=False)]
    apart = (target != address[owner]) & (target != 0)
    keys, of, tags = target[apart], owner[apart], families(tag)[apart]
    # the same link twice ("en" and "x-default") is one, with the language that it says
    order = np.lexsort((tags == 0, keys, of))
    keys, of, tags = keys[order], of[order], tags[order]
    new = np.append(True, (keys[1:] != keys[:-1]) | (of[1:] != of[:-1])) if len(of) else np.zeros(0, np.bool_)
    return LINK, keys[new], of[new], tags[new]


def mixed(one: Numbers, other: Numbers) -> Hashes:
    """One number of two."""
    state = (one ^ (other * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xD6E8FEB86659FD93)
    spread: Hashes = state ^ (state >> np.uint64(32))
    return spread
