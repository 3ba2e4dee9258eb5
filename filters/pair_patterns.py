"""Regular expressions of users on whole columns."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_SAME_EVERYWHERE = re.compile(r"(?:[^\\()\[\]{}*+?.^$|]|\\[\\()\[\]{}*+?.^$|/\-\"']|[|])*")
"""Patterns that mean the same to every engine: plain characters, escaped ones, alternatives."""


def matches(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    """Whether a pattern of the library `regex` is found in each of n texts.

    Plain patterns are searched as whole columns; what engines read differently (classes, word borders) is left
    to the library, text by text.
    """
    import regex  # type: ignore[import-untyped, unused-ignore]

    if _SAME_EVERYWHERE.fullmatch(pattern):
        found = pc.match_substring_regex(texts, pattern)
        return pc.fill_null(found, False).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    search = regex.compile(pattern).search
    return np.fromiter((bool(search(text or "")) for text in texts.to_pylist()), np.bool_, len(texts))
