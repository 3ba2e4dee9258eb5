"""The engine end to end on small stages: same bytes, nothing redone, every row accounted for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine import worker
from hexapla.engine.errors import ConfigError, LedgerError, RetryableError
from hexapla.engine.plan import plan_pipeline
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import RunRequest, RunResult, run_pipeline
from hexapla.engine.stage import Stage
from hexapla.engine.store import Store
from hexapla.stages.export import Export
from sample_inputs import make_input, tree
from sample_stages import Long, Loser, Neighbours, Once, Paired, Tag, Told, Written


def request(crawl: Path, output: Path, *stages: Stage, **options: object) -> RunRequest:
    chosen = stages or (Tag(), Long(), Once(), Export(shard_bytes=1024))
    named = tuple((stage.stage_name(), stage, "") for stage in chosen)
    return RunRequest("test", named, InputConfig(path=str(crawl), format="jsonl"), str(output), "local", **options)


def run(crawl: Path, output: Path, *stages: Stage, **options: object) -> RunResult:
    return run_pipeline(request(crawl, output, *stages, **options))


def published(output: Path) -> list[dict]:
    files = sorted((output / "data").rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_rows_are_kept_removed_and_counted(crawl: Path, tmp_path: Path) -> None:
    result = run(crawl, tmp_path / "out")
    assert result.totals["in"] == 60
    assert result.totals["in"] == result.totals["out"] + result.totals["removed"]
    rows = published(tmp_path / "out")
    assert len(rows) == result.totals["out"]
    assert len({row["text"] for row in rows}) == len(rows)
    ledger = json.loads((tmp_path / "out/stages/02-long/ledger.json").read_text())
    removed = pq.read_table(tmp_path / "out/stages/02-long/removed").to_pylist()
    assert ledger["totals"]["removed"] == len(removed) > 0
    assert all(len(row["text"]) < 6 and row["reason"] == "too_short" and row["removed_by"] == "long" for row in removed)
    assert ledger["languages"]["hi"]["reasons"] == {"too_short": ledger["languages"]["hi"]["removed"]}
    assert json.loads(rows[0]["extra"])["extra_key"] >= 0


def test_published_files_have_bounded_shards_by_language(tmp_path: Path) -> None:
    run(make_input(tmp_path / "crawl", rows=300), tmp_path / "out", Tag(), Export(shard_bytes=1024))
    names = sorted(str(path.relative_to(tmp_path / "out/data")) for path in (tmp_path / "out/data").rglob("*.parquet"))
    counts = {int(name.split("-of-")[1].removesuffix(".parquet")) for name in names}
    assert max(counts) > 1
    assert all(number & (number - 1) == 0 for number in counts)
    for row in published(tmp_path / "out"):
        assert row["language"] == row["text"][:2]
    assert len(published(tmp_path / "out")) == 300


def test_second_run_does_nothing_and_changes_nothing(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    before = tree(tmp_path / "out")
    assert not plan_pipeline(request(crawl, tmp_path / "out")).stale
    again = run(crawl, tmp_path / "out")
    assert again.ran == 0
    assert tree(tmp_path / "out") == before


def test_a_threshold_runs_again_from_the_scored_rows(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out", Tag(), Long(), Once(), Export())
    changed = request(crawl, tmp_path / "out", Tag(), Long(minimum=7), Once(), Export())
    plan = plan_pipeline(changed)
    first, second = plan.groups[0], plan.groups[1]
    assert first.title == "read + tag + long.score"
    assert (first.reused, first.reasons) == (3, ())
    assert second.boundary == "stages/02-long/scored"
    assert second.reasons == ("long: config.minimum: 6 -> 7",)
    log_before = (tmp_path / "out/run.log.jsonl").read_text().count("\n")
    run_pipeline(changed)
    events = [json.loads(line) for line in (tmp_path / "out/run.log.jsonl").read_text().splitlines()[log_before:]]
    assert not [event for event in events if event["event"] == "unit" and "score" in event["group"]]
    run(crawl, tmp_path / "fresh", Tag(), Long(minimum=7), Once(), Export())
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_the_plan_names_the_policy_on_removed_text(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    assert plan_pipeline(request(crawl, tmp_path / "out", removed="none")).groups[0].reasons == (
        'read: removed: "all" -> "none"',
    )


def test_the_plan_of_a_run_that_stopped_says_so(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    next((tmp_path / "out/stages/02-long/units").glob("*.json")).unlink()
    reasons = [group.reasons for group in plan_pipeline(request(crawl, tmp_path / "out")).groups if group.reasons]
    assert len(reasons) == 1
    assert reasons[0][0].startswith("1 unit has no finished result")


def test_early_cut_off_stops_where_the_rows_are_the_same(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    # three units are scored and selected again, with the same rows: nothing after them runs
    result = run(crawl, tmp_path / "out", Tag(), Long(unit="letters"), Once(), Export(shard_bytes=1024))
    assert result.ran == 6


def test_a_changed_file_runs_its_units_only(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    path = crawl / "part-1.jsonl"
    path.write_text(path.read_text() + json.dumps({"text": "bonjour encore", "id": "new"}) + "\n")
    plan = plan_pipeline(request(crawl, tmp_path / "out"))
    assert (plan.groups[0].units, plan.groups[0].reused) == (3, 2)
    assert any("part-1.jsonl" in reason for reason in plan.groups[0].reasons)
    run(crawl, tmp_path / "out")
    run(crawl, tmp_path / "fresh")
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


@pytest.mark.parametrize("files", [1, 2, 7])
def test_the_same_records_in_other_files_keep_the_same_rows(tmp_path: Path, files: int) -> None:
    kept = []
    for number in (3, files):
        crawl = make_input(tmp_path / f"crawl{number}", files=number)
        run(crawl, tmp_path / f"out{number}")
        kept.append(sorted((row["id"], row["text"]) for row in published(tmp_path / f"out{number}")))
    assert kept[0] == kept[1]


@pytest.mark.parametrize("dies_at", range(0, 30, 4))
def test_a_run_that_dies_anywhere_resumes_to_the_same_bytes(
    crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    run(crawl, tmp_path / "whole")
    calls = {"n": 0}
    real = worker.save_record

    def dying(*arguments: object) -> None:
        calls["n"] += 1
        if calls["n"] > dies_at:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(worker, "save_record", dying)
    try:
        run(crawl, tmp_path / "out")
        died = False
    except KeyboardInterrupt:
        died = True
    monkeypatch.setattr(worker, "save_record", real)
    result = run(crawl, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    if died:
        assert result.reused == dies_at


def test_a_damaged_or_missing_file_is_made_again(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    before = tree(tmp_path / "out")
    victims = sorted((tmp_path / "out/stages").rglob("data/*.parquet"))
    victims[0].unlink()
    victims[-1].write_bytes(victims[-1].read_bytes()[:-10])
    run(crawl, tmp_path / "out")
    assert tree(tmp_path / "out") == before


def test_a_stage_that_loses_rows_fails_the_run(crawl: Path, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="20 rows went in, 19 are accounted for"):
        run(crawl, tmp_path / "out", Tag(), Loser())


def test_a_missing_column_is_told_before_anything_runs(crawl: Path, tmp_path: Path) -> None:
    class Wants(Tag):
        needs = ("textt",)

    with pytest.raises(ConfigError, match="did you mean 'text'"):
        run(crawl, tmp_path / "out", Wants())
    assert not (tmp_path / "out").exists()


def test_a_limit_reads_the_first_records(crawl: Path, tmp_path: Path) -> None:
    result = run(crawl, tmp_path / "out", Tag(), Export(), limit=25)
    assert result.totals["in"] == 25
    assert {row["id"] for row in published(tmp_path / "out")} == {f"r{n}" for n in range(25)}


@pytest.mark.parametrize(("policy", "kept"), [("none", False), ("all", True), ("auto", True)])
def test_text_of_removed_rows_is_kept_as_asked(crawl: Path, tmp_path: Path, policy: str, kept: bool) -> None:
    run(crawl, tmp_path / "out", removed=policy)
    table = pq.read_table(tmp_path / "out/stages/02-long/removed")
    assert (table["text"].null_count == 0) is kept
    assert table["id"].null_count == 0


def test_nothing_is_left_that_the_run_does_not_vouch_for(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    stray = tmp_path / "out/stages/02-long/data/0123.parquet"
    pq.write_table(pa.table({"text": ["stray"]}), stray)
    run(crawl, tmp_path / "out")
    assert not stray.exists()
    assert not (tmp_path / "out/.spool").exists()


def test_a_folder_with_other_things_is_left_alone(crawl: Path, tmp_path: Path) -> None:
    output = tmp_path / "home"
    (output / "stages").mkdir(parents=True)
    (output / "stages/mine.py").write_text("precious")
    with pytest.raises(ConfigError, match="holds other things"):
        run(crawl, output)
    assert (output / "stages/mine.py").read_text() == "precious"


def test_an_output_around_the_input_is_refused(crawl: Path) -> None:
    with pytest.raises(ConfigError, match="inside the output folder"):
        run(crawl, crawl.parent)


def test_two_runs_do_not_work_on_one_output(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    before = tree(tmp_path / "out")
    with (
        Store(str(tmp_path / "out")).held("run.log.jsonl"),
        pytest.raises(RetryableError, match="another run is at work"),
    ):
        run(crawl, tmp_path / "out", Tag(), Export())
    assert tree(tmp_path / "out") == before
    assert run(crawl, tmp_path / "out").ran == 0


def test_an_output_within_the_input_folder_is_no_input(crawl: Path) -> None:
    output = crawl / "more" / "out"
    first = run(crawl, output)
    again = run(crawl, output)
    assert dict(again.totals) == dict(first.totals)
    assert again.ran == 0


def test_files_of_the_output_that_are_named_are_refused(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    for named in (tmp_path / "out/run.json", tmp_path / "out/stages/00-read", tmp_path / "out"):
        with pytest.raises(ConfigError, match="inside the output folder"):
            run(named, tmp_path / "out")


def test_only_published_files_are_replaced(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out")
    (tmp_path / "out/data/notes.txt").write_text("mine")
    run(crawl, tmp_path / "out", Tag(), Long(minimum=100), Once(), Export(layout="single"))
    left = sorted(str(path.relative_to(tmp_path / "out/data")) for path in (tmp_path / "out/data").rglob("*.*"))
    assert left == ["notes.txt"]


def test_another_output_of_a_stage_is_written_and_read_by_name(tmp_path: Path) -> None:
    crawl = make_input(tmp_path / "crawl", rows=200)

    def asked(once: Stage) -> RunRequest:
        plain = request(crawl, tmp_path / "out", Tag(), Told(), once)
        stages = (plain.stages[0], plain.stages[1], ("long", once, "told.lost"))
        return replace(plain, stages=stages)

    result = run_pipeline(asked(Long(minimum=0)))
    told = json.loads((tmp_path / "out/stages/02-told/ledger.json").read_text())
    manifest = json.loads((tmp_path / "out/stages/02-told/manifest.json").read_text())
    lost = [pq.read_table(tmp_path / "out/stages/02-told" / part["path"]) for part in manifest["outputs"]["lost"]]
    assert pa.concat_tables(lost).schema.names == ["text"]
    assert result.totals["out"] == sum(table.num_rows for table in lost) == told["totals"]["removed"] > 0
    assert manifest["input"] and manifest["steps"]["keys"]
    assert not plan_pipeline(asked(Long(minimum=0))).stale
    assert plan_pipeline(asked(Long(minimum=1))).stale
    assert run_pipeline(asked(Long(minimum=0))).ran == 0


@pytest.mark.parametrize("damaged", ["00-read/data", "02-long/scored", "03-once/steps", "03-once/data"])
@pytest.mark.parametrize("place", [0.3, 0.999])
def test_a_damaged_stored_file_is_noticed_and_made_again(
    crawl: Path, tmp_path: Path, damaged: str, place: float
) -> None:
    stages = (Tag(), Long(), Once(), Export())
    run(crawl, tmp_path / "whole", *stages, limit=40)
    run(crawl, tmp_path / "out", *stages, limit=40)
    folder, _, output = damaged.partition("/")
    files = sorted((tmp_path / "out/stages" / damaged).rglob("*.parquet"))
    assert files
    for path in files:
        body = bytearray(path.read_bytes())
        at = int(place * (len(body) - 4))
        body[at : at + 4] = bytes(byte ^ 0x55 for byte in body[at : at + 4])
        path.write_bytes(bytes(body))
    for record in (tmp_path / "out/stages").glob("*/units/*.json"):
        reads_it = record.parts[-3] > folder or (output in ("steps", "scored") and '"data"' in record.read_text())
        if reads_it:
            record.unlink()
    run(crawl, tmp_path / "out", *stages, limit=40)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    events = [json.loads(line) for line in (tmp_path / "out/run.log.jsonl").read_text().splitlines()]
    assert any("damaged" in event.get("text", "") for event in events if event["event"] == "loss")


def test_a_plan_says_how_large_the_steps_will_be(tmp_path: Path) -> None:
    crawl = make_input(tmp_path / "crawl", rows=200)
    plan = plan_pipeline(request(crawl, tmp_path / "out", Tag(), Told()))
    assert plan.groups[-1].sizes["keys"] > sum(path.stat().st_size for path in crawl.iterdir())
    run(crawl, tmp_path / "out", Tag(), Once())
    known = plan_pipeline(request(crawl, tmp_path / "out", Tag(), Told()))
    assert known.groups[-1].sizes["keys"] > 8 * 200
    run(crawl, tmp_path / "out", Tag(), Told())
    assert plan_pipeline(request(crawl, tmp_path / "out", Tag(), Told())).groups[-1].sizes == {}


def test_a_step_reads_other_partitions_than_its_own(tmp_path: Path) -> None:
    crawl = make_input(tmp_path / "crawl", rows=90)
    run(crawl, tmp_path / "out", Tag(), Neighbours(), Export(layout="single"))
    rows = published(tmp_path / "out")
    lengths = [len(row["text"]) for row in rows]
    assert [row["longer"] for row in rows] == [lengths.count(length + 1) for length in lengths]
    assert len(rows) == 90 and len(set(lengths)) > 3


def test_a_call_runs_again_only_when_what_it_reads_has_changed(tmp_path: Path) -> None:
    crawl = make_input(tmp_path / "crawl", rows=90)
    run(crawl, tmp_path / "out", Tag(), Neighbours())
    lengths = {len(json.loads(line)["text"]) for path in crawl.iterdir() for line in path.read_text().splitlines()}
    # sorts before all others, and has one text of a length that nobody has
    (crawl / "00.jsonl").write_text(json.dumps({"text": "fr" + "x" * 500}) + "\n")
    assert 502 not in lengths
    result = run(crawl, tmp_path / "out", Tag(), Neighbours())
    events = [json.loads(line) for line in (tmp_path / "out/run.log.jsonl").read_text().splitlines()]
    calls = [event for event in events if event["event"] == "group" and event["group"].endswith("neighbours.texts")]
    assert calls[-1]["units"] == 4
    assert result.ran > 0
    fresh = run(crawl, tmp_path / "fresh", Tag(), Neighbours())
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")
    assert fresh.totals["out"] == 91


def test_files_of_another_kind_are_published_and_replaced(crawl: Path, tmp_path: Path) -> None:
    result = run(crawl, tmp_path / "out", Tag(), Written())
    files = {path.name: path.read_text() for path in (tmp_path / "out/data").rglob("*.txt")}
    assert len(files) == 2 * len({name[:2] for name in files})
    lines = [line for name, text in files.items() if "sizes" not in name for line in text.splitlines()]
    assert len(lines) == result.totals["in"] == 60
    for name, text in files.items():
        if "sizes" not in name:
            assert [len(line) for line in text.splitlines()] == [
                int(line) for line in files[f"{name[:2]}.sizes.txt"].split()
            ]
    manifest = json.loads((tmp_path / "out/stages/02-written/manifest.json").read_text())
    assert len(manifest["files"]) == len(files)
    before = tree(tmp_path / "out")
    assert run(crawl, tmp_path / "out", Tag(), Written()).ran == 0
    assert tree(tmp_path / "out") == before
    run(crawl, tmp_path / "out", Tag(), Long(minimum=1000), Written())
    assert not list((tmp_path / "out/data").rglob("*.txt"))


def test_links_are_counted_by_their_two_languages(crawl: Path, tmp_path: Path) -> None:
    run(crawl, tmp_path / "out", Tag(), Paired())
    tagged = json.loads((tmp_path / "out/stages/01-tag/ledger.json").read_text())
    ledger = json.loads((tmp_path / "out/stages/02-paired/ledger.json").read_text())
    assert ledger["totals"]["consumed"] == ledger["totals"]["created"] == 60
    for language, entry in tagged["languages"].items():
        assert ledger["languages"][language]["consumed"] == entry["out"]
        assert ledger["languages"][f"{language}-xx"]["created"] == entry["out"]
