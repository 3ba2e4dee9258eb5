"""What a run would do, and why: nothing is computed, no body of an input is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .fingerprint import differences, digest
from .groups import READ, Group
from .prepare import Prepared, RunRequest
from .readers.read import SourceRange
from .records import Part, UnitRecord, load_record, rows_of
from .stage import PublishStage
from .tasks import Task

GUESSED_GROWTH = 3
"""How many times as large rows are in memory as their compressed input, where nothing is known yet."""
GUESSED_ROW_BYTES = 3000


@dataclass(frozen=True)
class PlannedGroup:
    """What would become of one group.

    Attributes:
        title: the stages of the group.
        boundary: the folder that the group reads, where a run would start again: written rows, or the input.
        units: units or calls known beforehand; None when they depend on rows that have to be made first.
        reused: how many of them are finished.
        reasons: why the others are stale; empty when nothing is.
        sizes: about how many bytes a stage of steps leaves or holds at once, by what they are; of rows that are not
            there yet, guessed from the input's size.
        waits: the group itself is unchanged and waits for a stale group before it: it runs only for units whose rows
            come out different.
    """

    title: str
    boundary: str
    units: int | None
    reused: int
    reasons: tuple[str, ...]
    waits: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunPlan:
    """What a run would do.

    Attributes:
        groups: in order.
        files, bytes: of the input.
        ranges: units of the input; `streams` of them can only be read by one reader each.
        streams: see above.
    """

    groups: tuple[PlannedGroup, ...]
    files: int
    bytes: int
    ranges: int
    streams: int

    @property
    def stale(self) -> bool:
        """Whether a run would run anything."""
        return any(group.reasons or group.waits for group in self.groups)


def plan_pipeline(request: RunRequest) -> RunPlan:
    """Plan a run.

    Raises:
        ConfigError: the request is wrong.
    """
    planner = _Planner(Prepared(request))
    groups = tuple(planner.sized(group, planner.plan(group)) for group in planner.prepared.groups)
    prepared = planner.prepared
    streams = sum(pack[0].kind == "stream" for pack in prepared.packs)
    return RunPlan(groups, len(prepared.files), prepared.input_bytes, len(prepared.packs), streams)


class _Planner:
    def __init__(self, prepared: Prepared) -> None:
        self.prepared, self.store = prepared, prepared.store
        self.records: dict[int, list[UnitRecord] | None] = {}
        self.step_records: dict[int, dict[str, list[UnitRecord]]] = {}

    def plan(self, group: Group) -> PlannedGroup:
        units = self._units(group)
        boundary = self._boundary(group)
        own = self._own_reasons(group)
        if units is None:
            self.records[group.number] = None
            reasons = tuple(own) if own else ()
            return PlannedGroup(group.title, boundary, None, 0, reasons, waits=not own)
        found, total, reused = self._look(group, units)
        self.records[group.number] = found
        if found is not None:
            return PlannedGroup(group.title, boundary, total, reused, ())
        reasons = tuple(own) or self._input_reasons(group, total, reused)
        return PlannedGroup(group.title, boundary, total, reused, reasons)

    def sized(self, group: Group, planned: PlannedGroup) -> PlannedGroup:
        """The plan of a group with the sizes of what it will leave, when it has anything to do."""
        if group.steps is None or not (planned.reasons or planned.waits):
            return planned
        before = self.records[group.source]
        if before is None:
            size = self.prepared.input_bytes * GUESSED_GROWTH
            return replace(planned, sizes=group.steps.sizes(size // GUESSED_ROW_BYTES, size))
        rows = sum(part.rows for record in before for part in rows_of(record))
        return replace(planned, sizes=group.steps.sizes(rows, sum(record.bytes for record in before)))

    def _units(self, group: Group) -> list[SourceRange | Part] | None:
        if group.number:
            before = self.records[group.source]
            if before is None:
                return None
            if group.source_output:
                beside = self.step_records[group.source].values()
                return [part for records in beside for r in records for part in r.parts.get(group.source_output, [])]
            return [part for record in before for part in record.parts.get("data", record.parts.get("scored", []))]
        spooled = self._found(self.prepared.spool_tasks())
        if None in spooled:
            return None
        return self.prepared.first_units([record for record in spooled if record is not None])

    def _look(self, group: Group, units: list[SourceRange | Part]) -> tuple[list[UnitRecord] | None, int, int]:
        """Records of all units when they are all there, how many calls are known, how many are finished."""
        if group.steps is not None:
            return self._look_at_steps(group, [unit for unit in units if isinstance(unit, Part)])
        tasks = self.prepared.map_tasks(group, units)
        found = self._found(tasks)
        if not group.links:
            found = [
                UnitRecord(task.fingerprint, task.unit, parts={"data": [task.source]})
                if isinstance(task.source, Part)
                else record
                for task, record in zip(tasks, found, strict=True)
            ]
        whole = [record for record in found if record is not None]
        return (whole if len(whole) == len(tasks) else None), len(tasks), len(whole)

    def _look_at_steps(self, group: Group, units: list[Part]) -> tuple[list[UnitRecord] | None, int, int]:
        stage = group.steps
        assert stage is not None
        records = self.step_records[group.number] = {}
        state = self.store.get_json(f"stages/{group.folder}/layout.json") if isinstance(stage, PublishStage) else None
        total = reused = 0
        last: list[UnitRecord] = []
        for step in stage.steps():
            tasks = self.prepared.step_tasks(group, step, units, records, state or {})
            found = [record for record in self._found(tasks) if record is not None]
            total, reused = total + len(tasks), reused + len(found)
            if len(found) < len(tasks):
                return None, total, reused
            records[step.name] = last = found
        return last, total, reused

    def _found(self, tasks: Sequence[Task]) -> list[UnitRecord | None]:
        return [load_record(self.store, task.folder, task.fingerprint) for task in tasks]

    def _boundary(self, group: Group) -> str:
        if group.source < 0:
            return "the input"
        source = self.prepared.groups[group.source]
        return f"stages/{source.folder}/{group.source_output or source.output}"

    def _own_reasons(self, group: Group) -> list[str]:
        """What of the group itself differs from what the last run wrote down."""
        reasons = []
        for link in group.links:
            manifest = self.store.get_json(f"stages/{link.folder}/manifest.json")
            if manifest is None:
                reasons.append(f"{link.folder}: never ran to its end here")
                continue
            old = manifest.get("fingerprint", {}).get(link.half or "all", {})
            changed = differences(old, dict(self.prepared.link_parts(link)))
            reasons += [f"{link.folder[3:]}: {line}" for line in changed]
        if group.source < 0:
            reasons += self._read_reasons()
        return reasons

    def _read_reasons(self) -> list[str]:
        manifest = self.store.get_json(f"stages/{READ}/manifest.json")
        if manifest is None:
            return [f"{READ}: never ran to its end here"]
        old = dict(manifest.get("fingerprint", {}).get("all", {}))
        listing = {file.relative: file.identity for file in self.prepared.files}
        files = old.pop("files", None)
        reasons = [f"read: {line}" for line in differences(old, self.prepared.read_parts())]
        if files != digest(listing):
            before = self.store.get_json(f"stages/{READ}/inputs.json") or {}
            changed = differences(before, listing)
            reasons += [f"read: input {line}" for line in changed[:5]]
            if len(changed) > 5:
                reasons.append(f"read: {len(changed) - 5} more inputs changed")
        return reasons

    def _input_reasons(self, group: Group, total: int, reused: int) -> tuple[str, ...]:
        missing = total - reused
        units = "1 unit has" if missing == 1 else f"{missing} units have"
        what = f" for the rows in {self._boundary(group)}" if group.source >= 0 else ""
        return (f"{units} no finished result{what}",)
