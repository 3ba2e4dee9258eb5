"""Runs a pipeline: group after group, unit after unit, skipping what is already there."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .errors import ConfigError, DamagedFileError
from .exchange import SliceTables, all_groups, sliced_schema, suggested_partitions
from .executors import Executor, LocalExecutor, Needs, RayExecutor
from .filepieces import published_files
from .fingerprint import digest, library_version
from .groups import MAIN_OUTPUT, READ, Group, stage_folder
from .ledger import Ledger, check_flow, stage_ledger
from .prepare import Prepared, RunRequest
from .readers.read import SourceRange
from .records import Part, UnitRecord, load_record, rows_of
from .runlog import LOG as RUN_LOG
from .runlog import RunLog
from .stage import PublishStage, Stage
from .store import SPOOL
from .stored import is_damaged
from .tasks import MapTask, SliceInput, StepTask, Task
from .tidy import tidy

MOST_DAMAGED = 16
"""How many damaged files a run makes again before it gives up with exit code 75: more are a failing disk."""

MOST_CHECKED_BYTES = 4 << 30
"""So much of what steps have stored is compared with its hash before it is used again, in bytes."""

Event = Mapping[str, Any]
Unit = SourceRange | Part


@dataclass(frozen=True)
class RunResult:
    """What a run did.

    Attributes:
        output: the output folder.
        totals: rows in, out and removed over the whole pipeline.
        ran, reused: tasks that ran, and finished ones that were found.
    """

    output: str
    totals: Mapping[str, int]
    ran: int
    reused: int


def run_pipeline(request: RunRequest, on_event: Callable[[Event], None] = lambda event: None) -> RunResult:
    """Run what is stale and leave the output folder as the contract has it.

    Args:
        request: what to run.
        on_event: called with progress events ("run", "group", "unit", "loss", "done").

    Raises:
        ConfigError: the request is wrong; nothing was written.
        RetryableError: something outside failed, or another run is at work; the same command resumes.
        LedgerError: rows do not add up.
    """
    prepared = Prepared(request)
    return _Run(prepared, on_event).finish()


class _Run:
    def __init__(self, prepared: Prepared, on_event: Callable[[Event], None]) -> None:
        self.prepared, self.request, self.store = prepared, prepared.request, prepared.store
        self.log = RunLog(self.store, on_event)
        self.executor: Executor | None = None
        self.records: dict[int, list[UnitRecord]] = {}
        self.step_records: dict[int, dict[str, list[UnitRecord]]] = {}
        self.published: dict[str, str] = {}
        self.spooled: list[UnitRecord] = []
        self.ledgers: dict[str, Ledger] = {}
        self.ran = self.reused = self.checked_bytes = 0

    def finish(self) -> RunResult:
        self._claim()
        with self.store.held(RUN_LOG):
            return self._work()

    def _work(self) -> RunResult:
        started = time.time()
        self.log.say(
            "run",
            name=self.request.name,
            files=len(self.prepared.files),
            bytes=self.prepared.input_bytes,
            groups=[group.title for group in self.prepared.groups],
        )
        described = self._run_groups()
        totals = self._totals()
        self.store.put_json(self._about(totals, described), "run.json")
        tidy(self.store, self.prepared.groups, self._all_records())
        from .report import build_report

        build_report(self.request.output)
        self.log.say("done", totals=totals, ran=self.ran, reused=self.reused, seconds=round(time.time() - started, 1))
        self.log.close()
        return RunResult(self.request.output, totals, self.ran, self.reused)

    def _run_groups(self) -> dict[str, Any]:
        """Run all groups; when a stored file turns out to be damaged, make it again and go on from there."""
        described: dict[str, Any] = {"executor": self.request.executor, "workers": self.request.workers}
        for attempt in range(MOST_DAMAGED + 1):
            try:
                for group in self.prepared.groups:
                    self._run_group(group)
                break
            except DamagedFileError as error:
                if attempt == MOST_DAMAGED:
                    raise
                self.store.delete(error.path)  # whoever looks for its record now finds a task that has to run
                self.log.say("loss", text=f"{error.path} is damaged and is made again")
            finally:
                if self.executor is not None:
                    described = self.executor.describe()
                    self.executor.close()
                    self.executor = None
        return described

    def _claim(self) -> None:
        """Mark the folder as an output of ours before anything in it may be replaced or deleted.

        Raises:
            ConfigError: the folder holds something else.
        """
        if self.store.get_json("run.json") is None:
            others = [name for name in self.store.top_names() if name not in (SPOOL, "run.log.jsonl")]
            if others:
                raise ConfigError(
                    f"the output folder holds other things ({', '.join(sorted(others)[:3])} ...)",
                    where=self.request.output,
                    hint="name a new folder: a run deletes what it does not know below its output",
                )
            self.store.put_json({"name": self.request.name, "state": "running"}, "run.json")

    # groups

    def _run_group(self, group: Group) -> None:
        units = self._read_units(group) if group.number == 0 else list(self._given(group))
        if group.steps is not None:
            self._run_steps(group, [unit for unit in units if isinstance(unit, Part)])
        else:
            self._run_chain(group, units)
        self._write_stage_files(group)

    def _given(self, group: Group) -> Iterator[Part]:
        """The files that a group reads: the rows of its source, or another output of it."""
        if not group.source_output:
            yield from (part for record in self.records[group.source] for part in rows_of(record))
            return
        for records in self.step_records[group.source].values():
            yield from (part for record in records for part in record.parts.get(group.source_output, []))

    def _read_units(self, group: Group) -> list[Unit]:
        tasks = self.prepared.spool_tasks()
        self.spooled = self._execute("read", tasks, Needs())
        return self.prepared.first_units(self.spooled)

    def _run_chain(self, group: Group, units: Sequence[Unit]) -> None:
        tasks = self.prepared.map_tasks(group, units)
        if not group.links:
            # a group that only reads takes spooled files as they are
            direct = [task for task in tasks if not isinstance(task.source, Part)]
            done = dict(zip((task.unit for task in direct), self._execute(group.title, direct, Needs()), strict=True))
            self.records[group.number] = [done[task.unit] if task.unit in done else _as_is(task) for task in tasks]
            return
        self.records[group.number] = self._execute(group.title, tasks, _needs(group))

    def _run_steps(self, group: Group, units: Sequence[Part]) -> None:
        stage = group.steps
        assert stage is not None
        records: dict[str, list[UnitRecord]] = {}
        previous = self.store.get_json(_state_name(group)) or {}
        for step in stage.steps():
            tasks = self.prepared.step_tasks(group, step, units, records, previous)
            records[step.name] = self._execute(f"{group.title}.{step.name}", tasks, _needs(group))
            if step.name == "layout":
                layout_task = tasks[0]
            last = step
        self.step_records[group.number] = records
        self.records[group.number] = records[last.name]
        if isinstance(stage, PublishStage):
            self._publish(group, stage, layout_task, [task.unit for task in tasks])

    def _publish(self, group: Group, stage: PublishStage, layout_task: StepTask, indexes: list[int]) -> None:
        records = self.step_records[group.number]
        files = tuple((part.path, all_groups(part)) for record in records["layout"] for part in record.parts["layout"])
        schema = sliced_schema(next(step for step in stage.steps() if step.name == "layout"), group.schema)
        layout = SliceTables(self.store, (SliceInput("layout", files),), {"layout": schema})["layout"]
        old = self.store.get_json(_state_name(group)) or {}
        made = self.records[group.number]
        if stage.writes_files():
            places = {name: part.path for record in made for name, part in published_files(record).items()}
        else:
            paths = stage.destinations(layout)
            places = {
                paths[index]: record.parts["data"][0].path for index, record in zip(indexes, made, strict=True)
            }
        wanted = set(places)
        self._refuse_two_publishers(group, wanted)
        # what is about to be published is written down first, so that a killed run leaves nothing that nobody knows
        stale = set(old.get("published", ())) - wanted
        self.store.put_json(old | {"published": sorted(stale | wanted)}, _state_name(group))
        for name, source in places.items():
            self.store.link(source, name)
        for name in sorted(stale):
            self.store.delete(name)
        self.store.prune_empty("data")
        state = {
            "state": stage.layout_state(layout),
            "made_from": layout_task.key,
            "previous": dict(layout_task.previous),
            "published": sorted(wanted),
        }
        self.store.put_json(state, _state_name(group))

    def _refuse_two_publishers(self, group: Group, names: set[str]) -> None:
        """A file has one stage that publishes it, or the later one would replace what the earlier one wrote."""
        if twice := sorted(names & set(self.published)):
            raise ConfigError(
                f"{twice[0]} is published by two stages, {self.published[twice[0]]} and {group.folder}",
                where=f"stages.{group.folder[3:]}",
                hint="give them formats or layouts whose files have different names, or an output of their own",
            )
        self.published |= dict.fromkeys(names, group.folder)

    # tasks

    def _execute(self, title: str, tasks: Sequence[Task], needs: Needs) -> list[UnitRecord]:
        done: dict[int, UnitRecord] = {}
        missing: dict[str, list[int]] = {}
        for number, task in enumerate(tasks):
            record = load_record(self.store, task.folder, task.fingerprint)
            if record is not None and isinstance(task, StepTask) and not self._is_sound(record):
                record = None
            if record is not None:
                done[number] = record
            else:
                missing.setdefault(task.fingerprint, []).append(number)
        self.reused += len(done)
        self.log.say("group", group=title, units=len(tasks), reused=len(done))
        todo = [tasks[numbers[0]] for numbers in missing.values()]
        for task, record in self._run_tasks(todo, needs):
            for number in missing[task.fingerprint]:
                done[number] = record
            self.ran += 1
            self.log.unit(title, task, record, len(done), len(tasks))
        return [done[number] for number in range(len(tasks))]

    def _is_sound(self, record: UnitRecord) -> bool:
        """Whether what a step stored is still what it wrote; beyond `MOST_CHECKED_BYTES` only reading it tells."""
        for part in record.files():
            self.checked_bytes += part.bytes
            if self.store.is_local and self.checked_bytes <= MOST_CHECKED_BYTES and is_damaged(self.store, part.path):
                self.log.say("loss", text=f"{part.path} is damaged and is made again")
                self.store.delete(part.path)
                return False
        return True

    def _run_tasks(self, tasks: Sequence[Task], needs: Needs) -> Iterator[tuple[Task, UnitRecord]]:
        if not tasks:
            return
        if self.executor is None:
            self.executor = self._start()
        yield from self.executor.run(tasks, needs)

    def _start(self) -> Executor:
        if self.request.executor == "local":
            return LocalExecutor()
        return RayExecutor(self.request.address, self.request.workers, lambda text: self.log.say("loss", text=text))

    # what is written about a run

    def _all_records(self) -> list[UnitRecord]:
        groups = [record for records in self.records.values() for record in records]
        steps = [r for steps in self.step_records.values() for records in steps.values() for r in records]
        return [*self.spooled, *groups, *steps]

    def _write_stage_files(self, group: Group) -> None:
        records = self.records[group.number]
        folders = [link.folder for link in group.links]
        if group.number == 0:
            folders.insert(0, READ)
        for folder in folders:
            seen = [*self.spooled, *records] if folder == READ else records
            link = next((link for link in group.links if link.folder == folder), None)
            half = link.half if link else ""
            if half != "score":
                ledger = stage_ledger(folder, seen)
                self._check_flow(folder, ledger)
                self.ledgers[folder] = ledger
                if link is not None:
                    ledger["backing"] = _backing(link.stage, ledger)
                self.store.put_json(ledger, f"stages/{folder}/ledger.json")
            self._write_manifest(group, folder, half, seen)
            self._write_timings(group, folder, half, seen)

    def _check_flow(self, folder: str, ledger: Ledger) -> None:
        if folder == READ:
            return
        position = int(folder[:2])
        source, _, output = self.request.stages[position - 1][2].partition(".")
        if output not in ("", MAIN_OUTPUT):
            return  # what a stage leaves beside its rows is in no ledger
        before = READ
        for number, (name, _, _) in enumerate(self.request.stages[: position - 1], start=1):
            if name == source or not source:
                before = stage_folder(number, name)
        check_flow(self.ledgers[before], ledger)

    def _write_manifest(self, group: Group, folder: str, half: str, records: list[UnitRecord]) -> None:
        name = f"stages/{folder}/manifest.json"
        manifest = self.store.get_json(name) if half == "select" else None
        manifest = manifest or {"outputs": {}, "fingerprint": {}}
        link = next((link for link in group.links if link.folder == folder), None)
        fingerprint = self.prepared.link_parts(link) if link else self.prepared.read_parts() | self._input_digest()
        manifest["stage"], manifest["position"] = folder[3:], int(folder[:2])
        manifest["fingerprint"][half or "all"] = fingerprint
        prefix = f"stages/{folder}/"
        rows = [part for record in records for part in rows_of(record)]
        parts = [_entry(part, prefix) for part in rows if part.path.startswith(prefix)]
        if half == "score":
            manifest["outputs"] = {"scored": parts}
            parts = []
        schema = link.schema if link else self.prepared.schema
        manifest["scored_schema" if half == "score" else "schema"] = [[field.name, str(field.type)] for field in schema]
        manifest["parts"] = parts
        manifest["rows"] = sum(part["rows"] for part in parts)
        if group.steps is not None and not isinstance(group.steps, PublishStage):
            manifest |= self._step_entries(group, prefix)
        files = {name: _entry(part, prefix) for record in records for name, part in published_files(record).items()}
        if files:
            manifest["files"] = files
        manifest["removed"] = [_entry(r.removed[folder], prefix) for r in records if folder in r.removed]
        self.store.put_json(manifest, name)

    def _step_entries(self, group: Group, prefix: str) -> dict[str, Any]:
        """What a stage of steps read and what its steps left: enough to go on from it in another run."""
        steps: dict[str, Any] = {}
        outputs: dict[str, Any] = {}
        for step in group.steps.steps() if group.steps is not None else ():
            records = self.step_records[group.number][step.name]
            if step.output:
                outputs[step.output] = [_entry(part, prefix) for r in records for part in r.parts[step.output]]
            else:
                steps[step.name] = [record.fingerprint for record in records]
        given = list(self._given(group))
        partitions = suggested_partitions(sum(part.bytes for part in given))
        read = [_entry(part, "stages/") for part in given]
        return {"outputs": outputs, "steps": steps, "input": read, "partitions": partitions}

    def _input_digest(self) -> dict[str, Any]:
        listing = {file.relative: file.identity for file in self.prepared.files}
        self.store.put_json(listing, f"stages/{READ}/inputs.json")
        return {"files": digest(listing)}

    def _write_timings(self, group: Group, folder: str, half: str, records: list[UnitRecord]) -> None:
        name = f"stages/{folder}/timings.json"
        everything = list(records)
        for step in self.step_records.get(group.number, {}).values():
            everything += [record for record in step if record not in records]
        shares = [record.stage_seconds.get(folder, 0.0) for record in everything]
        alone = group.steps is not None
        timings = {
            "cpu_seconds": round(sum(r.cpu_seconds for r in everything) if alone else sum(shares), 3),
            "wall_seconds": round(sum(record.wall_seconds for record in everything), 3),
            "peak_memory_bytes": max((record.peak_memory for record in everything), default=0),
            "rows": sum(record.rows for record in records),
            "bytes": sum(record.bytes for record in records),
            "units": len(records),
            "group": group.title,
        }
        if half == "select":
            before = self.store.get_json(name) or {}
            timings["cpu_seconds"] = round(timings["cpu_seconds"] + before.get("cpu_seconds", 0.0), 3)
        self.store.put_json(timings, name)

    def _totals(self) -> dict[str, int]:
        last = self.ledgers[list(self.ledgers)[-1]]
        return {
            "in": self.ledgers[READ]["totals"]["in"],
            "out": last["totals"]["out"],
            "removed": sum(ledger["totals"]["removed"] for ledger in self.ledgers.values()),
        }

    def _about(self, totals: dict[str, int], executor: dict[str, Any]) -> dict[str, Any]:
        libraries = {name for _, stage, _ in self.request.stages for name in stage.libraries} | {"pyarrow", "numba"}
        return {
            "name": self.request.name,
            "hexapla": library_version("hexapla"),
            "python": platform.python_version(),
            "libraries": {name: library_version(name) for name in sorted(libraries)},
            "input": self.request.input.model_dump(mode="json", exclude={"storage_options"}),
            "stages": [
                {
                    "position": position,
                    "name": name,
                    "from": source,
                    "config": stage.model_dump(mode="json"),
                    "code": self._code(position, name),
                }
                for position, (name, stage, source) in enumerate(self.request.stages, start=1)
            ],
            "removed": self.request.removed,
            "seed": self.request.seed,
            "limit": self.request.limit,
            "totals": totals,
            "executor": executor,
        }

    def _code(self, position: int, name: str) -> str:
        folder = stage_folder(position, name)
        links = [link for group in self.prepared.groups for link in group.links if link.folder == folder]
        return str(self.prepared.link_parts(links[-1])["code"])


def _as_is(task: MapTask) -> UnitRecord:
    assert isinstance(task.source, Part)
    return UnitRecord(task.fingerprint, task.unit, parts={"data": [task.source]})


def _entry(part: Part, prefix: str) -> dict[str, Any]:
    return {"path": part.path.removeprefix(prefix), "rows": part.rows, "bytes": part.bytes, "hash": part.content}


def _backing(stage: Stage, ledger: Ledger) -> dict[str, dict[str, str]]:
    """What the stage rests on in each language that it saw; empty when languages make no difference to it."""
    found = ((language, stage.backing(language)) for language in ledger["languages"] if language != "und")
    return {language: asdict(backing) for language, backing in found if backing is not None}


def _needs(group: Group) -> Needs:
    stages = [link.stage for link in group.links]
    return Needs(
        num_cpus=max((stage.num_cpus for stage in stages), default=1.0),
        memory=max((stage.memory for stage in stages), default=0),
        num_gpus=max((stage.gpus() for stage in stages), default=0.0),
        holds_model=group.holds_model,
    )


def _state_name(group: Group) -> str:
    return f"stages/{group.folder}/layout.json"
