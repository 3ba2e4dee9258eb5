"""The section on parallel text."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from fake_parallel_run import write_parallel_run
from hexapla.engine.report import build_report
from hexapla.engine.report.parallel import parallel_figures
from hexapla.engine.results import Results


@pytest.fixture(scope="module")
def parallel(tmp_path_factory):
    """(Output folder, beads, groups)."""
    folder = tmp_path_factory.mktemp("parallel") / "run"
    return (folder, *write_parallel_run(folder, documents=20, segments=30))


def section(folder):
    page = Path(build_report(str(folder))).read_text(encoding="utf-8")
    return page.partition('<section id="parallel">')[2].partition("</section>")[0]


def test_figures_are_those_of_the_rows(parallel):
    folder, beads, groups = parallel
    (figures,) = parallel_figures(Results(str(folder)))
    assert (figures.name, figures.beads, figures.looked_at, len(figures.pairs)) == ("align", len(beads), len(beads), 10)
    for pair in figures.pairs:
        own = [bead for bead in beads if f"{bead['src_lang']}-{bead['tgt_lang']}" == pair.name]
        sizes = [(len(bead["src_index"]), len(bead["tgt_index"])) for bead in own]
        both = [bead for bead in own if bead["src"] and bead["tgt"]]
        one_sided = [size for size in sizes if 0 in size]
        assert (pair.beads, pair.documents) == (len(own), 20)
        assert pair.kinds[0] == pytest.approx(sum(size == (1, 1) for size in sizes) / len(own))
        assert pair.kinds[1] == pytest.approx(sum(sorted(size) == [1, 2] for size in sizes) / len(own))
        assert pair.kinds[3] == pytest.approx(len(one_sided) / len(own))
        assert pair.deleted == pytest.approx(sum(map(sum, one_sided)) / sum(map(sum, sizes)))
        assert pair.score == pytest.approx(sum(bead["score"] for bead in both) / len(both))
        assert sum(pair.shares) == pytest.approx(1)
        assert pair.few == (len(both) < 150)
    degrees = dict(figures.groups.degrees)
    for count in {group["parallelism"] for group in groups}:
        share = sum(group["parallelism"] == count for group in groups) / len(groups)
        assert degrees[count] == pytest.approx(share)
    means = {}
    for bead in beads:
        means.setdefault((bead["doc_key"], f"{bead['src_lang']}-{bead['tgt_lang']}"), []).append(bead["score"])
    worst = min(means.items(), key=lambda item: sum(item[1]) / len(item[1]))
    assert (figures.worst[0].doc_key, figures.worst[0].pair) == worst[0]
    assert [entry.score for entry in figures.worst] == sorted(entry.score for entry in figures.worst)


def test_the_page_says_it_and_is_honest_about_too_little_text(parallel, tmp_path):
    folder, beads, _ = parallel
    text = section(folder)
    assert f"align: {len(beads):,} beads in 10 pairs of languages" in text
    assert "align.groups" in text and "5 languages" in text
    assert text.count("<svg") > 10
    few = [pair for pair in parallel_figures(Results(str(folder)))[0].pairs if pair.few]
    assert ("Too little text to learn from" in text) == bool(few)
    write_parallel_run(tmp_path / "small", documents=2)
    assert "Too little text to learn from" in section(tmp_path / "small")
    run = json.loads((tmp_path / "small" / "run.json").read_text())
    run["stages"][0]["config"] = {"encoder": "labse"}
    (tmp_path / "small" / "run.json").write_text(json.dumps(run))
    assert "Too little text to learn from" not in section(tmp_path / "small")


def test_beads_that_went_straight_into_a_later_stage_are_shown_from_there(parallel, tmp_path):
    folder, beads, _ = parallel
    shutil.copytree(folder, tmp_path / "run")
    first, second = tmp_path / "run" / "stages" / "01-align", tmp_path / "run" / "stages" / "02-pair_filter"
    shutil.copytree(first, second)
    shutil.rmtree(first / "data")
    manifest = json.loads((first / "manifest.json").read_text())
    (first / "manifest.json").write_text(json.dumps({**manifest, "parts": []}))
    (second / "manifest.json").write_text(json.dumps({**manifest, "outputs": {}}))
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    run["stages"].append({**run["stages"][0], "position": 2, "name": "pair_filter"})
    (tmp_path / "run" / "run.json").write_text(json.dumps(run))
    (figures,) = parallel_figures(Results(str(tmp_path / "run")))
    assert (figures.name, figures.beads, figures.groups.name) == ("pair_filter", len(beads), "align.groups")


def test_a_run_without_parallel_text_has_no_such_section(reported):
    _, _, page = reported
    assert "Parallel text" not in page and 'id="parallel"' not in page


def test_hostile_names_of_documents_and_languages_cannot_act(tmp_path):
    write_parallel_run(tmp_path / "run", documents=2, languages=("eng_Latn", "<b>\u202e_Arab", "deu_Latn"))
    text = section(tmp_path / "run")
    assert "<b>\u202e" not in text and "\u202e" not in text and "&lt;b&gt;" in text
