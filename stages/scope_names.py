"""How a stage is told within what rows are compared: one of a few names, or a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

NAMED = re.compile(r"column:\s*(\S.*)")


def as_text(value: Any) -> Any:
    """`{column: NAME}`, as YAML reads `column: NAME` where a value stands, is the text `column: NAME`."""
    if isinstance(value, dict) and set(value) == {"column"}:
        return f"column: {value['column']}"
    return value


def one_of(names: Collection[str], said: str) -> Callable[[str], str]:
    """A check of a configuration: `global`, one of the names, or `column: NAME`.

    Args:
        names: those that are known.
        said: all of them in words, for the error.
    """

    def check(value: str) -> str:
        found = NAMED.fullmatch(value.strip())
        if found:
            return f"column: {found[1].strip()}"
        if value != "global" and value not in names:
            raise ValueError(f"{value!r} is none of {said}")
        return value

    return check
