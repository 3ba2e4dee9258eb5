"""What a run prints while it runs: one line for each group, rewritten in place on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from ..engine.visible import visible_line
from .terminal import cells, number, several, size

EVERY_SECONDS = 15.0


class Progress:
    """Prints the events of a run.

    Args:
        stream: where to; standard error by default.
        clock: seconds that only grow.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream or sys.stderr
        self.clock = clock
        self.live = self.stream.isatty()
        self.width = 0
        self._start("", 0, 0)

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Take one event."""
        kind = event["event"]
        if kind == "run":
            self._line(f"{event['name']}: {several(event['files'], 'file')}, {size(event['bytes'])}")
        elif kind == "group":
            self._finish()
            if event["units"]:
                self._start(event["group"], event["units"], event["reused"])
                self._show(done=event["reused"])
        elif kind == "unit":
            self._unit(event)
        elif kind == "loss":
            self._line(visible_line(event["text"], 300))
        elif kind == "done":
            self._finish()

    def _start(self, group: str, units: int, reused: int) -> None:
        self.group, self.units, self.reused = group, units, reused
        self.rows = self.bytes = 0
        self.stages: dict[str, list[int]] = {}
        self.started = self.shown = self.clock()
        self.last = ""

    def _unit(self, event: Mapping[str, Any]) -> None:
        self.rows += event["rows"]
        self.bytes += event["bytes"]
        for folder, counts in event["stages"].items():
            total = self.stages.setdefault(folder, [0, 0])
            total[0] += counts["in"]
            total[1] += counts["kept"]
        self._show(done=event["done"])

    def _show(self, done: int) -> None:
        """Say how far the group is; on a pipe only now and then."""
        self.last = self._text(done)
        now = self.clock()
        if self.live:
            self._rewrite(self.last)
        elif now - self.shown >= EVERY_SECONDS and done < self.units:
            self.shown = now
            self._line(self.last)

    def _text(self, done: int) -> str:
        seconds = self.clock() - self.started
        parts = [f"{self.group}: {number(done)} of {several(self.units, 'unit')}"]
        ran = done - self.reused
        if ran and done < self.units and seconds > 1:
            parts.append(f"about {duration(seconds / ran * (self.units - done))} left")
        if self.reused:
            parts.append(f"{number(self.reused)} found finished")
        if self.rows:
            rate = f", {self.bytes / 1e6 / seconds:.1f} MB/s" if seconds >= 0.1 else ""
            parts.append(f"{several(self.rows, 'row')}{rate}")
        parts += [f"{folder[3:]} {_share(total, kept)}" for folder, (total, kept) in self.stages.items() if total]
        return "; ".join(parts)

    def _finish(self) -> None:
        if not self.group:
            return
        if self.live:
            self._rewrite("")
        self._line(self.last)
        self.group = ""

    def _rewrite(self, text: str) -> None:
        """Replace the current line of the terminal."""
        import shutil

        text = visible_line(text, max(20, shutil.get_terminal_size().columns - 1))
        self.stream.write("\r" + text + " " * max(0, self.width - cells(text)) + ("\r" if not text else ""))
        self.stream.flush()
        self.width = cells(text)

    def _line(self, text: str) -> None:
        if self.live and self.width:
            self._rewrite("")
        self.stream.write(visible_line(text) + "\n")
        self.stream.flush()


def duration(seconds: float) -> str:
    """A length of time as people say it: `45 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _share(total: int, kept: int) -> str:
    """What a stage left of its rows; a number where it made more rows of them."""
    return f"kept {100 * kept / total:.1f} %" if kept <= total else f"made {number(kept)} of {number(total)}"
