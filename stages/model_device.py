"""What stages with a network share: where it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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
