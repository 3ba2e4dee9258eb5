"""`hexapla review`: pairs out, verdicts in."""

import json
import math
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_parallel_run import write_parallel_run
from hexapla.filters.parallel_tables import BEADS, PAIRS


@pytest.fixture(scope="module")
def parallel(tmp_path_factory):
    """(Output folder, beads)."""
    folder = tmp_path_factory.mktemp("parallel") / "run"
    beads, _ = write_parallel_run(folder, documents=30)
    return folder, beads


def done(result):
    assert result.exit_code == 0, result.exception or result.output
    return result.stdout


def refused(result):
    assert result.exit_code != 0
    return str(result.exception)


def table(path):
    head, *lines = path.read_text(encoding="utf-8").split("\n")
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines if line]


def judge(path, target, verdict):
    """Fill a table in; `verdict` tells a verdict from a row."""
    rows = table(path)
    for row in rows:
        row["verdict"] = verdict(row)
    target.write_text("\n".join(["\t".join(rows[0]), *("\t".join(row.values()) for row in rows), ""]), encoding="utf-8")
    return rows


def test_two_hundred_pairs_of_every_kind_whose_weights_stand_for_all(call, parallel, tmp_path):
    folder, beads = parallel
    done(call("review", str(folder), "--output", str(tmp_path)))
    rows = table(tmp_path / "review.tsv")
    by_uid = {bead["uid"]: bead for bead in beads if bead["src"] and bead["tgt"]}
    assert list(rows[0]) == ["uid", "src_lang", "tgt_lang", "src", "tgt", "score", "stratum", "weight", "verdict"]
    assert len(rows) == len({row["uid"] for row in rows}) == 200
    assert {row["uid"] for row in rows} <= set(by_uid)
    assert math.fsum(float(row["weight"]) for row in rows) == pytest.approx(len(by_uid), rel=0.05)
    assert {row["stratum"].split(", ")[2] for row in rows} == {"1-1", "1-2"}
    assert len({row["stratum"].split(", ")[0] for row in rows}) == 10
    assert len({row["stratum"].split(", ")[1] for row in rows}) == 5
    assert all(row["verdict"] == "" for row in rows)


def test_the_same_seed_draws_the_same_pairs_however_they_lie_in_files(call, parallel, tmp_path):
    folder, _ = parallel
    other = tmp_path / "recut"
    shutil.copytree(folder, other)
    data = other / "stages" / "01-align" / "data"
    manifest = json.loads((data.parent / "manifest.json").read_text())
    rows = pq.read_table(data).to_pylist()
    random.Random(1).shuffle(rows)
    shutil.rmtree(data)
    data.mkdir()
    import pyarrow as pa

    pq.write_table(pa.Table.from_pylist(rows, schema=BEADS), data / "all.parquet", row_group_size=77)
    manifest["parts"] = [{"path": "data/all.parquet", "rows": len(rows), "bytes": 1, "hash": "x"}]
    (data.parent / "manifest.json").write_text(json.dumps(manifest))
    for name, run, seed in (("a", folder, "0"), ("b", other, "0"), ("c", folder, "1")):
        done(call("review", str(run), "--seed", seed, "--output", str(tmp_path / name)))
    texts = {name: (tmp_path / name / "review.tsv").read_bytes() for name in "abc"}
    pages = {name: (tmp_path / name / "review.html").read_bytes() for name in "abc"}
    assert texts["a"] == texts["b"] != texts["c"]
    assert pages["a"] == pages["b"] != pages["c"]


def test_what_judges_say_is_what_is_estimated(call, parallel, tmp_path):
    """Judged by a known rule, the estimate lies near the truth over all beads; drawn ten times, also on average."""
    folder, beads = parallel
    both = [bead for bead in beads if bead["src"] and bead["tgt"]]

    def is_good(bead):
        return float(bead["score"]) >= 0.6 and bead["src_lang"] != "cmn_Hani"

    truth = sum(map(is_good, both)) / len(both)
    shares = []
    for seed in range(10):
        done(call("review", str(folder), "--seed", str(seed), "--rows", "80", "--output", str(tmp_path)))
        judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: "good" if is_good(row) else "bad")
        found = json.loads(done(call("review", str(folder), "--judged", str(tmp_path / "j.tsv"), "--json")))
        overall = found["overall"]
        assert overall["judged"] == 80
        assert overall["low"] < truth < overall["high"]
        shares.append(overall["precision"])
    assert sum(shares) / 10 == pytest.approx(truth, abs=0.03)


def test_a_threshold_for_a_precision_and_how_sure_it_is(call, parallel, tmp_path):
    folder, _ = parallel
    done(call("review", str(folder), "--rows", "600", "--output", str(tmp_path)))
    judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: "good" if float(row["score"]) >= 0.7 else "bad")
    options = ("review", str(folder), "--judged", str(tmp_path / "j.tsv"), "--target-precision")
    found = json.loads(done(call(*options, "0.95", "--json")))["target"]
    assert 0.6 < found["estimated"]["score"] <= 0.7
    assert found["estimated"]["precision"] >= 0.95 > found["estimated"]["low"]
    assert found["sure"]["score"] >= found["estimated"]["score"] and found["sure"]["low"] >= 0.95
    assert "to be sure" in done(call(*options, "0.95"))
    assert "above the target: judge more pairs" in done(call(*options, "0.9999"))


def test_too_few_judgements_are_said(call, parallel, tmp_path):
    folder, _ = parallel
    done(call("review", str(folder), "--rows", "12", "--output", str(tmp_path)))
    judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: "good")
    said = done(call("review", str(folder), "--judged", str(tmp_path / "j.tsv"), "--target-precision", "0.95"))
    assert "too few" in said
    assert "precision 0.95: too few judgements to tell" in said
    judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: "skip")
    assert "no pair has a verdict" in refused(call("review", str(folder), "--judged", str(tmp_path / "j.tsv")))


def test_judged_pairs_become_fixed_beads_and_a_block_list(call, parallel, tmp_path):
    folder, beads = parallel
    done(call("review", str(folder), "--output", str(tmp_path)))
    said = iter(["good", "bad", "partial", "skip", ""] * 40)
    rows = judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: next(said))
    done(call("review", str(folder), "--judged", str(tmp_path / "j.tsv"), "--output", str(tmp_path)))
    fixed = pq.read_table(tmp_path / "reviewed.parquet")
    by_uid = {bead["uid"]: bead for bead in beads}
    assert fixed.schema.equals(BEADS)
    assert {row["uid"] for row in fixed.to_pylist()} == {row["uid"] for row in rows if row["verdict"] == "good"}
    for row in fixed.to_pylist():
        assert row == {**by_uid[row["uid"]], "method": "reviewed", "score": 1.0}
    blocked = table(tmp_path / "blocked.tsv")
    assert {row["uid"] for row in blocked} == {row["uid"] for row in rows if row["verdict"] == "bad"}


def test_groups_are_judged_as_pairs_of_some_languages(call, parallel, tmp_path):
    folder, _ = parallel
    options = ("--stage", "align.groups", "--pair", "heb_Hebr-eng_Latn", "--rows", "30", "--output", str(tmp_path))
    done(call("review", str(folder), *options))
    rows = judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: "good")
    assert {(row["src_lang"], row["tgt_lang"]) for row in rows} == {("heb_Hebr", "eng_Latn")}
    assert len(rows) == 30
    done(call("review", str(folder), "--judged", str(tmp_path / "j.tsv"), "--output", str(tmp_path)))
    assert pq.read_schema(tmp_path / "reviewed.parquet").equals(PAIRS)


def test_several_judges_and_how_far_they_agree(call, parallel, tmp_path):
    folder, _ = parallel
    done(call("review", str(folder), "--rows", "60", "--output", str(tmp_path)))
    files = []
    for place, name in enumerate(("anna", "ben", "cem")):
        dice = random.Random(place)
        files += ["--judged", str(tmp_path / f"{name}.tsv")]
        judge(tmp_path / "review.tsv", tmp_path / files[-1], lambda row, dice=dice: dice.choice(("good", "bad")))
    found = json.loads(done(call("review", str(folder), *files, "--json")))
    assert [entry["pairs"] for entry in found["agreement"]] == [60, 60, 60]
    assert all(-0.5 < entry["kappa"] < 0.5 for entry in found["agreement"])
    assert found["judged"] == 60
    assert "kappa" in done(call("review", str(folder), *files))


def test_faults_name_file_line_and_key(call, parallel, tmp_path):
    folder, _ = parallel
    done(call("review", str(folder), "--output", str(tmp_path)))
    rows = judge(tmp_path / "review.tsv", tmp_path / "j.tsv", lambda row: "good")
    text = (tmp_path / "j.tsv").read_text(encoding="utf-8")
    path = tmp_path / "broken.tsv"

    def said(changed):
        path.write_text(changed, encoding="utf-8")
        return refused(call("review", str(folder), "--judged", str(path)))

    assert f"{path}:4: uid: align has no pair 'x" in said(text.replace(rows[2]["uid"], "x" * 32))
    assert f"{path}:2: src" in said(text.replace(rows[0]["src"], "something else", 1))
    path.write_bytes("uid\tvérdict".encode("latin-1"))
    assert "no UTF-8" in refused(call("review", str(folder), "--judged", str(path)))
    assert "cannot be read" in refused(call("review", str(folder), "--judged", str(tmp_path / "none.tsv")))
    path.write_text(text.replace(rows[0]["weight"], "1", 1), encoding="utf-8")
    both = ("--judged", str(tmp_path / "j.tsv"), "--judged", str(path))
    assert f"{path}:2: weight" in refused(call("review", str(folder), *both))


def test_runs_and_stages_without_parallel_text(call, fake_run, parallel):
    output, _ = fake_run
    assert "left no parallel text" in refused(call("review", output))
    assert "these have: none" in refused(call("review", output, "--stage", "minhash_dedup"))
    folder, _ = parallel
    assert "these have: align, align.groups" in refused(call("review", str(folder), "--stage", "align.beads"))
    assert "no stage 'allign'" in refused(call("review", str(folder), "--stage", "allign"))
    assert "'eng_Latn' is no pair" in refused(call("review", str(folder), "--pair", "eng_Latn"))
    assert "no pair with text" in refused(call("review", str(folder), "--pair", "eng_Latn-xho_Latn"))
    assert "go with --judged" in refused(call("review", str(folder), "--target-precision", "0.9"))


JUDGING = """
<script>onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const press = key => page.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  for (const key of "gbp4kkg") press(key);
  const said = [...page.querySelectorAll("#pairs > li")].slice(0, 5).map(card => card.dataset.verdict || "-").join(",");
  const wide = page.documentElement.scrollWidth;
  document.body.append(`said ${said} far ${page.getElementById("far").textContent} wide ${wide}`);
}</script>
"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_judged_by_keys_and_fits_the_window(call, parallel, tmp_path, width):
    folder, _ = parallel
    done(call("review", str(folder), "--output", str(tmp_path)))
    frame = f'<iframe src="review.html" style="width:{width}px;height:2000px;border:0"></iframe>{JUDGING}'
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><body>{frame}", encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
               "--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files",
               f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{tmp_path / 'frame.html'}"]  # fmt: skip
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    # 4 is skip, and after it the key k goes back twice: the third pair gets another verdict
    found = re.search(r"said (\S+) far (\d+) of 200 wide (\d+)</body>", dumped)
    assert found, dumped[-500:]
    assert (found[1], found[2]) == ("good,bad,good,skip,-", "4")
    assert int(found[3]) <= width
