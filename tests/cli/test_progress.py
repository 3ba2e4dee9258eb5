"""What a run prints while it runs."""

import io

from hexapla.cli.progress import Progress, duration


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Yes."""
        return True


EVENTS = [
    {"event": "run", "name": "test", "files": 3, "bytes": 1_500_000, "groups": []},
    {"event": "group", "group": "read + extract", "units": 4, "reused": 1},
    *(
        {
            "event": "unit",
            "group": "read + extract",
            "rows": 1000,
            "bytes": 5_000_000,
            "done": done,
            "units": 4,
            "stages": {"00-read": {"in": 1100, "kept": 1100}, "01-extract": {"in": 1100, "kept": 1000}},
        }
        for done in (2, 3, 4)
    ),
    {"event": "loss", "text": "a worker was lost\x1b[2J"},
    {"event": "group", "group": "exact_dedup.count", "units": 2, "reused": 2},
    {"event": "done", "totals": {}, "ran": 3, "reused": 3, "seconds": 9},
]


def played(stream):
    seconds = iter(range(0, 1000, 10))
    progress = Progress(stream, clock=lambda: next(seconds))
    for event in EVENTS:
        progress(event)
    return stream.getvalue()


def test_on_a_pipe_there_is_a_line_for_each_group_with_rows_speed_and_kept_share():
    text = played(io.StringIO())
    assert "\r" not in text
    assert "test: 3 files, 1.5 MB\n" in text
    last = [line for line in text.splitlines() if line.startswith("read + extract")][-1]
    assert "4 of 4 units; 1 found finished; 3,000 rows" in last
    assert "MB/s" in last
    assert "extract kept 90.9 %" in last
    assert "left" not in last
    assert "exact_dedup.count: 2 of 2 units; 2 found finished\n" in text


def test_on_a_terminal_the_line_is_rewritten_and_says_how_long_it_takes():
    text = played(Terminal())
    assert text.count("\r") > 4
    assert "about " in text
    assert text.endswith("\n")


def test_messages_of_workers_cannot_drive_the_terminal():
    assert "\x1b" not in played(Terminal())


def test_durations():
    assert [duration(seconds) for seconds in (3, 89, 600, 12_000)] == ["3 s", "89 s", "10 min", "3 h 20 min"]


def test_a_stage_that_makes_more_rows_than_it_took_keeps_no_share():
    unit = {"rows": 8, "bytes": 5, "done": 1, "units": 1, "stages": {"01-align": {"in": 8, "kept": 55_739}}}
    stream = io.StringIO()
    progress = Progress(stream, clock=iter(range(0, 1000, 10)).__next__)
    for event in ({"event": "group", "group": "align", "units": 1, "reused": 0},
                  {"event": "unit", "group": "align", **unit},
                  {"event": "done", "totals": {}, "ran": 1, "reused": 0, "seconds": 9}):  # fmt: skip
        progress(event)
    assert "align made 55,739 of 8" in stream.getvalue()
    assert "%" not in stream.getvalue()
