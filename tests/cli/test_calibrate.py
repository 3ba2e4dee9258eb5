"""`hexapla calibrate`, from Parquet files to a preset that a pipeline takes."""

import hashlib
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hexapla.engine.errors import ConfigError
from hexapla.filters.calibration_methods import signal_range
from hexapla.filters.rules import load_preset
from hexapla.pipelines.load import load_pipeline
from hexapla.stages.language import Language
from passages import passages

LANGUAGES = ("eng_Latn", "fra_Latn", "rus_Cyrl", "tha_Thai")
HOSTILE = "<script>alert(1)</script>\x1b[31m"


def write(path, count=150, seed=0, repeat=0.0, languages=LANGUAGES, **more):
    rows = [(code, text) for code in languages for text in passages(code, count, seed, repeat)]
    columns = {"text": [text for _, text in rows], "language": [code for code, _ in rows]}
    columns |= {name: [value] * len(rows) for name, value in more.items()}
    pq.write_table(pa.table(columns), path)
    return str(path)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrate")
    write(folder / "wiki-0.parquet", count=230)
    write(folder / "wiki-1.parquet", count=230, seed=1)
    write(folder / "crawl.parquet", count=130, seed=2, repeat=0.2, language_score=0.81)
    return folder


def fails(call, match, *arguments):
    error = call("calibrate", *arguments).exception
    assert isinstance(error, ConfigError), error
    assert re.search(match, str(error)), error
    return str(error)


@pytest.fixture(scope="module")
def written(data, tmp_path_factory):
    from hexapla.cli.main import app
    from typer.testing import CliRunner

    folder = tmp_path_factory.mktemp("written")
    output, report = folder / "thresholds.yaml", folder / "calibration.html"
    # as a shell hands over `wiki-*.parquet`: several paths behind one option
    result = CliRunner().invoke(app, [
        "calibrate", "--reference", str(data / "wiki-0.parquet"), str(data / "wiki-1.parquet"),
        "--crawl", str(data / "crawl.parquet"), "--output", str(output), "--report", str(report),
        "--min-documents", "100",
    ])  # fmt: skip
    assert result.exit_code == 0, result.exception
    return result.stdout, output, report


def test_the_preset_loads_and_no_threshold_is_outside_its_range(written):
    _, output, _ = written
    rules = load_preset(str(output))
    by_name = {rule.name: rule for rule in rules.rules}
    content = yaml.safe_load(output.read_text("utf-8"))
    assert content["extends"] == "fineweb2"
    assert set(content["languages"]) == set(LANGUAGES)
    for values in (*content["languages"].values(), *content["scripts"].values()):
        for name, value in values.items():
            low, high = signal_range(by_name[name].signal)
            assert value is None or low < value < high
    assert content["languages"]["fra_Latn"]["max_mean_word_length"] < 10
    assert {"и", "в"} <= set(content["stop_words"]["rus_Cyrl"].split())


def test_every_threshold_says_what_it_rests_on(written):
    text = written[1].read_text("utf-8")
    lines = [line for line in text.splitlines() if re.match(r"    \w+: ", line)]
    assert len(lines) >= 40
    assert all(re.search(r"# .*[\d,]+ documents of the (reference|crawl)", line) for line in lines)
    assert "at least 100 documents" in text
    assert "1,840 documents" in text


def test_least_scores_are_tied_to_the_model_that_made_them(data, call, tmp_path):
    """A score of one model says nothing about another's."""
    run = tmp_path / "curated"
    crawl = run / "stages" / "02-language" / "data" / "x.parquet"
    crawl.parent.mkdir(parents=True)
    write(crawl, count=130, seed=2, language_score=0.81)
    model = tmp_path / "lid.bin"
    model.write_bytes(b"a model")
    digest = hashlib.sha256(b"a model").hexdigest()

    def fitted(*more, path=crawl):
        output = tmp_path / "t.yaml"
        arguments = ["--reference", str(data / "wiki-0.parquet"), "--crawl", str(path), "--output", str(output)]
        result = call("calibrate", *arguments, "--min-documents", "100", *more)
        assert result.exit_code == 0, result.exception
        part = yaml.safe_load(output.with_name("t.pipeline.yaml").read_text("utf-8"))
        return {key: value for key, value in part["stages"][0]["language"].items() if key != "min_score"}

    for config, expected in (
        ({"model": "cld2"}, {"model": "cld2", "min_score_model": "cld2"}),
        ({"model": str(model)}, {"model": str(model), "min_score_model": digest[:16]}),
        ({"model": str(tmp_path / "gone.bin")}, {}),
    ):
        (run / "run.json").write_text(json.dumps({"stages": [{"name": "language", "config": config}]}))
        assert fitted() == expected
    assert fitted("--score-model", "cld2") == {"model": "cld2", "min_score_model": "cld2"}
    assert fitted("--score-model", digest) == {"min_score_model": digest}
    assert fitted(path=data / "crawl.parquet") == {}
    fails(call, "--score-model: .*neither a file", "--reference", str(data / "wiki-0.parquet"), "--score-model", "no.bin")
    stage = Language(model=str(model), min_score={"fra_Latn": 0.81}, min_score_model=digest[:16])
    assert str(model) in stage.resource_files()


def test_the_part_of_a_pipeline_is_one(written, tmp_path):
    _, output, _ = written
    part = yaml.safe_load(output.with_name("thresholds.pipeline.yaml").read_text("utf-8"))
    names = [next(iter(stage)) for stage in part["stages"]]
    assert names == ["language", "heuristics"]
    assert part["stages"][0]["language"]["min_score"]["fra_Latn"] == 0.81
    path = tmp_path / "p.yaml"
    path.write_text(
        yaml.safe_dump({"name": "p", "input": {"path": "x.parquet"}, **part, "output": "out"}, allow_unicode=True),
        "utf-8",
    )
    pipeline = load_pipeline(str(path))
    heuristics = next(entry.stage for entry in pipeline.stages if entry.name == "heuristics")
    assert heuristics.preset == heuristics.stop_words == str(output)


def test_the_summary_has_a_line_for_each_language(written):
    stdout, output, report = written
    for code in LANGUAGES:
        assert re.search(rf"^{code} +460 +130 ", stdout, re.MULTILINE)
    assert stdout.splitlines()[-3:] == [str(output), str(output.with_name("thresholds.pipeline.yaml")), str(report)]


def test_the_page_loads_nothing_and_shows_every_fitted_rule(written):
    page = written[2].read_text("utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    for code in LANGUAGES:
        assert f'<section id="{code}">' in page
    assert page.count('<svg class="distribution"') >= 40
    assert "of the crawl" in page and "max_duplicate_5_grams" in page
    assert "nan" not in page.lower().replace("finance", "")


def test_the_same_texts_give_the_same_files(data, call, tmp_path):
    made = []
    for name in ("one", "two"):
        output = tmp_path / name / "thresholds.yaml"
        arguments = ["--output", str(output), "--report", str(output.with_suffix(".html")), "--min-documents", "60"]
        assert call("calibrate", "--reference", str(data / "wiki-0.parquet"), *arguments).exit_code == 0
        made.append([output.read_bytes(), output.with_suffix(".html").read_bytes()])
    assert made[0] == made[1]


def test_one_language_for_all_texts_and_another_method(data, call, tmp_path):
    path = write(tmp_path / "plain.parquet", languages=("fra_Latn",), count=120)
    table = pq.read_table(path).drop_columns(["language"]).rename_columns(["body"])
    pq.write_table(table, path)
    output = tmp_path / "t.yaml"
    result = call(
        "calibrate", "--reference", path, "--language", "fr", "--text-column", "body", "--method", "tail", "--tail", "0.05",
        "--rule", "max_newlines", "--min-documents", "100", "--output", str(output),
    )  # fmt: skip
    assert result.exit_code == 0, result.exception
    assert set(yaml.safe_load(output.read_text("utf-8"))["languages"]["fra_Latn"]) == {"max_newlines"}


def test_jsonl_and_text_are_read_as_well(call, tmp_path):
    import json

    lines = [json.dumps({"text": text, "language": "fr"}) for text in passages("fra_Latn", 60)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "b.txt").write_text("\n\n".join(passages("fra_Latn", 60)), "utf-8")
    for more in (["a.jsonl"], ["b.txt", "--document", "blank-line", "--language", "fra_Latn"]):
        output = tmp_path / "t.yaml"
        arguments = [str(tmp_path / more[0]), *more[1:], "--min-documents", "50", "--output", str(output)]
        result = call("calibrate", "--reference", *arguments)
        assert result.exit_code == 0, result.exception
        assert "60 documents" in output.read_text("utf-8")


def test_a_preset_in_which_nothing_was_fitted_is_still_one(data, call, tmp_path):
    output = tmp_path / "t.yaml"
    result = call("calibrate", "--reference", str(data / "wiki-0.parquet"), "--output", str(output))
    assert result.exit_code == 0, result.exception
    assert "keep thresholds of the preset: fewer than 2,000 documents" in result.stdout
    assert "230 documents in the reference, fewer than 2,000; the preset's thresholds stay" in output.read_text("utf-8")
    assert load_preset(str(output)) == load_preset("fineweb2")


def test_hostile_names_stay_text(call, tmp_path):
    folder = tmp_path / "<b>x"
    folder.mkdir()
    path = write(folder / "a.parquet", languages=("fra_Latn",), count=60)
    output, report = tmp_path / "t.yaml", tmp_path / "r.html"
    result = call(
        "calibrate", "--reference", path, "--output", str(output), "--report", str(report), "--min-documents", "50"
    )
    assert result.exit_code == 0, result.exception
    assert "<b>x" not in report.read_text("utf-8")
    assert "&lt;b&gt;x" in report.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ([], "no reference is given"),
        (["--reference", "WIKI", "--output", "thresholds.txt"], "a preset is a .yaml file"),
        (
            ["--reference", "WIKI", "--language-column", "lang"],
            r"no column 'lang'\n  --language-column NAME, or --language",
        ),
        (["--reference", "WIKI", "--text-column", "body"], "body"),
        (["--reference", "WIKI", "--language", "klingon"], "there is no language 'klingon'"),
        (["--reference", "WIKI", "--pivot", "english"], "--pivot: there is no language 'english'"),
        (["--reference", "WIKI", "--preset", "finweb2"], "did you mean 'fineweb2'"),
        (["--reference", "WIKI", "--rule", "max_newline"], "did you mean 'max_newlines'"),
        (["--reference", "nowhere/*.parquet"], "nowhere"),
        (["--reference", "WIKI", "--set", "heuristics.rules={}"], "go with --what-if"),
        (["--reference", "WIKI", "--format", "excel"], "--format"),
    ],
)
def test_wrong_arguments_are_named(call, data, arguments, match, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fails(call, match, *[str(data / "wiki-0.parquet") if one == "WIKI" else one for one in arguments])


def test_empty_and_unusable_inputs_are_named(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    empty = write(tmp_path / "empty.parquet", count=0)
    fails(call, "there are no documents", "--reference", empty)
    named = write(tmp_path / "named.parquet", languages=("fra_Latn",), count=3)
    table = pq.read_table(named)
    pq.write_table(table.set_column(1, "language", pa.array(["French"] * 3)), named)
    fails(call, "no document has a known language .*French", "--reference", named)
    pq.write_table(table.set_column(1, "language", pa.array([1, 2, 3])), named)
    fails(call, "the column 'language' holds no strings but int64", "--reference", named)
    russian = write(tmp_path / "russian.parquet", languages=("rus_Cyrl",), count=3)
    fails(call, "3 documents in another script", "--reference", russian, "--language", "fra_Latn")
