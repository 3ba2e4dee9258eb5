"""What languages are called, in the languages themselves and in each other.

`language_names.tsv.gz` is made by `language_names_generate.py` from CLDR 47 (Unicode License v3): 77,000 names, in 332
languages and scripts. A name that CLDR does not have is the English one (CLDR's, else that of the IANA registry); a
language that no table knows is called by its code.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from . import language_codes

TABLE: Final = Path(__file__).with_name("language_names.tsv.gz")
"""Lines: the label of the language that the name is in, the code of the language that is named, the name."""

ENGLISH: Final = "eng_Latn"


@lru_cache(maxsize=1)
def _names() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in gzip.decompress(TABLE.read_bytes()).decode().splitlines():
        inside, code, called = line.split("\t")
        found.setdefault(inside, {})[code] = called
    return found


def languages_with_names() -> list[str]:
    """Labels of the languages in which the table has names, sorted."""
    return sorted(_names())


@lru_cache(maxsize=65_536)
def name(label: str, inside: str = ENGLISH) -> str:
    """What a language is called.

    Args:
        label: the language that is named, in canonical form: "deu_Latn".
        inside: the language that the name is in: "fra_Latn" for "allemand"; the label itself for its own name.

    Returns:
        The name as CLDR writes it within a sentence; in English where there is none; the code where there is none.
    """
    entry = language_codes.language(label)
    code = entry.code if entry else language_codes.split(label)[0]
    for table in (inside, ENGLISH):
        found = _names().get(table, {}).get(code)
        if found:
            return found
    return entry.name if entry else label


def capitalised(called: str) -> str:
    """A name with its first letter in upper case, the others in lower case (as Python's `capitalize` has it)."""
    return called.capitalize()


def names(labels: pa.Array, inside: pa.Array | str | Literal["own"] = ENGLISH) -> pa.StringArray:
    """The names of n languages, see `name`.

    Args:
        labels: n labels.
        inside: one label for all, n labels, or "own" for each language's own name.
    """
    if isinstance(inside, str):
        coded = pc.dictionary_encode(labels)
        called = [name(label, label if inside == "own" else inside) for label in coded.dictionary.to_pylist()]
        return pa.array(called, pa.string()).take(coded.indices)
    both = pc.dictionary_encode(pc.binary_join_element_wise(labels, inside, "\t"))
    called = [name(*pair.split("\t")) for pair in both.dictionary.to_pylist()]
    return pa.array(called, pa.string()).take(both.indices)
