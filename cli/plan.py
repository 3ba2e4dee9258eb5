"""`hexapla plan`: what a run would do, and why."""

from __future__ import annotations

from .options import Address, Executor, ExecutorName, File, Input, Limit, Output, Set, Workers, make_request
from .terminal import number, say, several, size


def plan(
    file: File,
    input: Input = None,
    output: Output = None,
    set_: Set = None,
    executor: Executor = ExecutorName.ray,
    address: Address = None,
    workers: Workers = None,
    limit: Limit = None,
) -> None:
    """Say what a run would do, and why; nothing is done."""
    from ..engine.plan import plan_pipeline
    from ..pipelines.load import load_pipeline

    pipeline = load_pipeline(file, overrides=set_ or (), input_path=input, output=output)
    found = plan_pipeline(make_request(pipeline, executor, address, workers, limit))
    say(f"{pipeline.name}: {several(found.files, 'file')}, {size(found.bytes)}, {several(found.ranges, 'unit')}")
    if found.streams:
        say(f"  {number(found.streams)} of them can only be read from start to end, by one worker each")
    for group in found.groups:
        units = "units known later" if group.units is None else several(group.units, "unit")
        if group.reasons:
            state = f"runs from {group.boundary}"
        elif group.waits:
            state = f"waits: runs for what comes out different in {group.boundary}"
        else:
            state = "finished"
        done = f", {number(group.reused)} finished" if group.units and group.reused else ""
        say(f"{group.title}: {state} ({units}{done})")
        for reason in group.reasons:
            say(f"  because {reason}")
        for what, bytes_ in group.sizes.items():
            say(f"  {what}: about {size(bytes_)}")
    if not found.stale:
        say("nothing to do: everything is finished")
