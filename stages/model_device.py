"""What stages with a network share: where it computes, and class attributes that depend on the configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

_DRIVER = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"))


def device_of_run(device: str) -> str:
    """"cpu" or "cuda": for "auto", cuda where this machine has a driver for it.

    Decided once, where the run starts, and part of what a result depends on: the two do not give the same bits.
    """
    if device != "auto":
        return device
    return "cuda" if any(path.exists() for path in _DRIVER) else "cpu"


Device = Annotated[Literal["auto", "cpu", "cuda"], AfterValidator(device_of_run)]
"""The type of a key that says where a network computes; its field says `validate_default=True`."""


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
