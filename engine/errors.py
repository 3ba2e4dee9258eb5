"""The one exception family: each error says what happened, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HexaplaError(Exception):
    """Base of every error that hexapla raises on purpose.

    Args:
        what: what happened, one sentence without a full stop.
        where: file, line, key, unit or column concerned; empty when there is none.
        hint: what the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the keyword arguments when the error crosses a process border."""
        return (_rebuild, (type(self), self.what, self.where, self.hint))


def _rebuild(kind: type[HexaplaError], what: str, where: str, hint: str) -> HexaplaError:
    return kind(what, where=where, hint=hint)


class ConfigError(HexaplaError):
    """A pipeline file, an argument or an input's schema is wrong: exit code 2."""

    exit_code = 2


class RetryableError(HexaplaError):
    """Something outside failed and may work later (store, node, disk space): exit code 75."""

    exit_code = 75


class DamagedFileError(RetryableError):
    """A stored file is not what was written: its bytes do not fit its name, which is their hash.

    Args:
        path: the file, relative to the output folder.
        where: the file for people.
    """

    def __init__(self, path: str, *, where: str = "", hint: str = "") -> None:
        self.path = path
        super().__init__(path, where=where, hint=hint or "the same command makes it again")

    def __str__(self) -> str:
        return f"{self.where or self.path}: a stored file is damaged\n  {self.hint}"


class LedgerError(HexaplaError):
    """Rows in and rows out of a stage do not add up: a bug in a stage, never in the data."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return a sentence that names the valid name closest to `name`, or all of them when none is close."""
    known = sorted(valid)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "valid names: " + ", ".join(known) if known else ""
