"""`hexapla import`: pipeline files from the configurations of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..engine.errors import ConfigError

imports = typer.Typer(
    help="Make a pipeline file from another tool's configuration, and say what it cannot hold.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@imports.callback()
def group() -> None:
    """Make a pipeline file from another tool's configuration, and say what it cannot hold."""


@imports.command("opusfilter")
def opusfilter(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The OpusFilter configuration.")],
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help="Write the pipeline file here, not to the terminal.")
    ] = None,
) -> None:
    """Turn an OpusFilter configuration into a pipeline file; what is not carried over is said, and noted in it."""
    from ..pipelines.opusfilter import as_pipeline, convert

    try:
        text = Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=file) from error
    found = convert(text)
    made = as_pipeline(found, file)
    for note in found.lost:
        typer.echo(f"not carried over: {note}", err=True)
    if output is None:
        typer.echo(made, nl=False)
        return
    Path(output).write_text(made, "utf-8")
    typer.echo(f"written: {output}; check it with `hexapla validate {output}`", err=True)
