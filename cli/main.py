"""The program `hexapla`: its commands, and what becomes of errors.

Exit codes: 0 done, 2 bad configuration or arguments, 75 worth retrying (told to end by SIGTERM, too), 1 anything
else, 130 interrupted.
"""

from __future__ import annotations

import io
import signal
import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from ..engine.errors import HexaplaError, RetryableError
from ..engine.startup import collect_rarely
from ..engine.visible import visible
from . import calibrate, explain, languages, plan, report, review, run, sample, stages, validate, view
from .imports import imports
from .train import train

INTERRUPTED = 130


class CommandInterruptedError(Exception):
    """The user pressed Ctrl-C; its text is the command that was running."""


class Commands(TyperGroup):
    """The group of all commands; an interrupt leaves it as an error of ours, before typer makes an exit of it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise CommandInterruptedError(ctx.invoked_subcommand or "") from stop


app = typer.Typer(
    name="hexapla",
    cls=Commands,
    help="Raw multilingual web data in; pretraining, SFT and bitext datasets out; every row accounted for.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.command("run")(run.run)
app.command("plan")(plan.plan)
app.command("validate")(validate.validate)
app.command("stages")(stages.stages)
app.command("explain")(explain.explain)
app.command("sample")(sample.sample)
app.command("report")(report.report)
app.command("calibrate", cls=calibrate.ManyPaths)(calibrate.calibrate)
app.command("review")(review.review)
app.command("view")(view.view)
app.command("languages")(languages.languages)
app.add_typer(train, name="train")
app.add_typer(imports, name="import")


def _print_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"hexapla {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: bool = typer.Option(
        False, "--version", help="Print the version and leave.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Take options that stand before the command."""


def run_command_line() -> NoReturn:
    """Run the command line and exit: an error that the user can act on is one message, not a traceback."""
    collect_rarely()
    terminated: list[int] = []

    def terminate(number: int, frame: object) -> NoReturn:
        """Leave as after Ctrl-C, which is all that Ray lets through; a second signal ends the process at once."""
        signal.signal(number, signal.SIG_DFL)
        terminated.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, terminate)
    for stream in (sys.stdout, sys.stderr):
        # a terminal or pipe that cannot show a letter gets its code instead of a crash
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="hexapla")
    except HexaplaError as error:
        _say(f"error: {error}")
        sys.exit(error.exit_code)
    except (CommandInterruptedError, KeyboardInterrupt) as stop:
        if terminated:
            _say("terminated; the same command resumes")
            sys.exit(RetryableError.exit_code)
        again = str(stop) == "run"
        _say("interrupted; the same command resumes the run where it stopped" if again else "interrupted")
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _say(text: str) -> None:
    print(visible(text), file=sys.stderr, flush=True)
