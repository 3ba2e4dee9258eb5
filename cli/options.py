"""Options that several commands share, and the request that they add up to."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..engine.prepare import RunRequest
    from ..pipelines.load import Pipeline


class ExecutorName(enum.StrEnum):
    """Who runs the work."""

    ray = "ray"
    local = "local"


File = Annotated[str, typer.Argument(metavar="FILE", help="The pipeline file, or the name of one that is shipped.")]
Input = Annotated[
    str | None, typer.Option("--input", metavar="PATH", help="Read this instead of the file's input.path.")
]
Output = Annotated[
    str | None, typer.Option("--output", metavar="PATH", help="Write here instead of the file's output.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="STAGE.KEY=VALUE", help="Change one value of the file; repeatable."),
]
Executor = Annotated[
    ExecutorName, typer.Option(envvar="HEXAPLA_EXECUTOR", help="Ray, or this process alone.", show_envvar=True)
]
Address = Annotated[
    str | None,
    typer.Option(envvar="HEXAPLA_ADDRESS", metavar="ADDRESS", help="A running Ray cluster; else one is started here."),
]
Workers = Annotated[
    int | None,
    typer.Option(envvar="HEXAPLA_WORKERS", min=1, metavar="N", help="Most tasks at the same time; else all cores."),
]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Read at most so many records.")]
Results = Annotated[
    str, typer.Option("--output", envvar="HEXAPLA_OUTPUT", metavar="PATH", help="The output folder of a run.")
]


def make_request(
    pipeline: Pipeline, executor: ExecutorName, address: str | None, workers: int | None, limit: int | None
) -> RunRequest:
    """What the engine is asked for: a pipeline and how it is to be run."""
    from ..engine.prepare import RunRequest

    return RunRequest(
        name=pipeline.name,
        stages=tuple((entry.name, entry.stage, entry.source) for entry in pipeline.stages),
        input=pipeline.input,
        output=pipeline.output,
        executor=executor.value,
        workers=workers,
        address=address,
        limit=limit,
        removed=pipeline.removed,
        seed=pipeline.seed,
        pipeline_file=pipeline.path,
        input_place=pipeline.input_place,
        places=tuple(f"{pipeline.path}:{entry.line}" if entry.line else pipeline.path for entry in pipeline.stages),
    )
