"""Tables of a user by language (models, limits): which entry serves a document.

A table's keys are codes in any form, "fra" for a language in all its scripts, and "default" for the languages that have
no entry of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

import pyarrow as pa

from .language_codes import canonical

DEFAULT: Final = "default"
"""The key for languages that have none of their own."""

Value = TypeVar("Value")


def model_for(models: Mapping[str, Value], language: str) -> Value | None:
    """What a table says of a language: its own entry ("fra_Latn", "fra"), the default, or None."""
    keys = (language, language.split("_", maxsplit=1)[0], DEFAULT)
    return next((models[key] for key in keys if key in models), None)


def by_language(table: Mapping[str, Value]) -> dict[str, Value]:
    """A user's table with canonical keys: "fra_Latn" for a language in a script, "fra" for all its scripts."""
    found = {}
    for key, value in table.items():
        name = key if key == DEFAULT else canonical(key)
        found[name if "_" in key or key == DEFAULT else name.split("_", maxsplit=1)[0]] = value
    return found


def canonical_languages(languages: pa.Array) -> list[str]:
    """The canonical codes of n languages; "" for null."""
    coded = languages.fill_null("").dictionary_encode()
    names = [language and canonical(language) for language in coded.dictionary.to_pylist()]
    return [names[number] for number in coded.indices.to_pylist()]
