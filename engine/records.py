"""What is written about data: parts, unit records, manifests. Only what a record lists exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import HexaplaError
from .store import Store


@dataclass(frozen=True)
class Part:
    """One Parquet file of a data set.

    Attributes:
        path: relative to the output folder.
        rows, bytes: number of rows, size of the file.
        content: hash of the logical rows.
        slices: for a file of an exchange: partition -> [hash of its rows, number of rows, row groups ...].
    """

    path: str
    rows: int
    bytes: int
    content: str
    slices: Mapping[str, list[Any]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass
class StageCounts:
    """Rows of one unit in one stage, by language.

    Attributes:
        rows_in, kept, consumed, created: language -> rows.
        removed: language -> reason -> rows.
        counters: the stage's own counters.
    """

    rows_in: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    removed: dict[str, dict[str, int]] = field(default_factory=dict)
    consumed: dict[str, int] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)


@dataclass
class UnitRecord:
    """What a finished task left: written last, keyed by the task's fingerprint.

    Attributes:
        fingerprint: hash of everything that the result depends on.
        unit: number of the unit or partition within its group or step.
        parts: files by output name ("data", "scored", a step's name ...), in order.
        removed: stage folder -> file of removed rows.
        stages: stage folder -> counts.
        cpu_seconds, wall_seconds, peak_memory, rows, bytes: measurements, not part of any comparison.
    """

    fingerprint: str
    unit: int
    parts: dict[str, list[Part]] = field(default_factory=dict)
    removed: dict[str, Part] = field(default_factory=dict)
    stages: dict[str, StageCounts] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory: int = 0
    rows: int = 0
    bytes: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **{key: value for key, value in vars(self).items() if key not in ("parts", "removed", "stages")},
            "parts": {name: [part.as_dict() for part in parts] for name, parts in self.parts.items()},
            "removed": {name: part.as_dict() for name, part in self.removed.items()},
            "stages": {name: asdict(counts) for name, counts in self.stages.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> UnitRecord:
        """From JSON."""
        return cls(
            **{key: item for key, item in value.items() if key not in ("parts", "removed", "stages")},
            parts={name: [Part(**part) for part in parts] for name, parts in value["parts"].items()},
            removed={name: Part(**part) for name, part in value["removed"].items()},
            stages={name: StageCounts(**counts) for name, counts in value["stages"].items()},
        )

    def files(self) -> list[Part]:
        """All files that the record vouches for."""
        return [part for parts in self.parts.values() for part in parts] + list(self.removed.values())


def rows_of(record: UnitRecord) -> list[Part]:
    """The rows that a record leaves for the next group."""
    for name in ("data", "scored"):
        if name in record.parts:
            return record.parts[name]
    raise HexaplaError(f"a record without rows: {sorted(record.parts)}")


def record_name(folder: str, fingerprint: str) -> str:
    """Where the record of a task lies."""
    return f"stages/{folder}/units/{fingerprint}.json"


def load_record(store: Store, folder: str, fingerprint: str) -> UnitRecord | None:
    """The record of a finished task whose files are all there with their sizes; None when it has to run."""
    value = store.get_json(record_name(folder, fingerprint))
    if value is None:
        return None
    try:
        record = UnitRecord.from_dict(value)
    except (KeyError, TypeError, AttributeError):
        return None
    if any(store.size(part.path) != part.bytes for part in record.files()):
        return None
    return record


def save_record(store: Store, folder: str, record: UnitRecord) -> None:
    """Commit a task: from now on its files exist."""
    store.put_json(record.as_dict(), record_name(folder, record.fingerprint))
