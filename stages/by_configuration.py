"""Class attributes of a stage that depend on its configuration, such as the libraries that it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ByConfiguration:
    """A class attribute of a stage whose value for one stage depends on its configuration.

    Args:
        default: the value of the class.
        of: called with the stage.
    """

    def __init__(self, default: Any, of: Callable[[Any], Any]) -> None:
        self._default, self._of = default, of

    def __get__(self, stage: Any, owner: Any = None) -> Any:
        """The value of a stage, or of the class."""
        return self._default if stage is None else self._of(stage)
