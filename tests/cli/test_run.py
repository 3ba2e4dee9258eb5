"""What `hexapla run` says at the end."""

import json
from types import SimpleNamespace

import pytest
from hexapla.cli.run import funnel
from hexapla.engine.results import StageResult


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "Alle Menschen sind frei und gleich."}) + "\n")
    (tmp_path / "p.yaml").write_text("input: in.jsonl\nstages: [language]\noutput: out\n")


@pytest.mark.usefixtures("pipeline")
def test_the_funnel_is_shown_and_where_the_report_is(program):
    done = program("run", "p.yaml", "--executor", "local")
    assert done.returncode == 0, done.stderr
    assert "01-language   1        0    1" in done.stdout
    assert done.stdout.endswith("report: out/report.html\n")
    assert "note:" not in done.stdout


@pytest.mark.usefixtures("pipeline")
def test_a_run_that_leaves_nothing_says_so_and_where_to_look(program):
    done = program("run", "p.yaml", "--executor", "local", "--set", "input.columns.text=content")
    assert done.returncode == 0, done.stderr
    assert "note: no row is left after 00-read; do input.format and input.columns fit the input?" in done.stdout
    command = next(line for line in done.stdout.splitlines() if line.startswith("  hexapla sample"))
    shown = program(*command.split(" shows")[0].split()[1:])
    assert shown.returncode == 0, shown.stderr
    assert "missing_text" in shown.stdout
    kept = program("sample", "--output", "out")
    assert (kept.returncode, kept.stdout) == (0, "no such rows\n"), kept.stderr


@pytest.mark.usefixtures("pipeline")
def test_what_only_the_input_shows_to_be_wrong_has_its_place_in_the_file(program, tmp_path):
    text = "name: a\ninput: {path: PATH}\nstages:\n  - language: {}\n  - join: {keys: [talk]}\noutput: out\n"
    for path, said in (("in.jsonl", "p.yaml:5: stages.join.keys: the input has no column 'talk'"),
                       ("no.jsonl", "p.yaml:2: input.path: no input files")):  # fmt: skip
        (tmp_path / "p.yaml").write_text(text.replace("PATH", path))
        done = program("run", "p.yaml", "--executor", "local")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "out").exists()


def test_rows_that_are_used_up_have_a_column_of_their_own():
    read = StageResult("00-read", "read", 0, {"totals": {"in": 7, "removed": 2, "consumed": 1, "out": 4, "reasons": {"bad_json": 2}}})
    keep = StageResult("01-language", "language", 1, {"totals": {"in": 4, "removed": 0, "out": 4}})
    lines = funnel(SimpleNamespace(stages=(read, keep)))
    assert [line.split() for line in lines] == [
        ["stage", "in", "removed", "used", "up", "out", "most", "frequent", "reasons"],
        ["00-read", "7", "2", "1", "4", "bad_json", "2"],
        ["01-language", "4", "0", "0", "4"],
    ]
    assert "used up" not in "".join(funnel(SimpleNamespace(stages=(keep,))))
