"""A pipeline file is checked as a whole, and each mistake names file, line, key and what was meant."""

import os
from typing import Literal

import pytest
from hexapla.engine.errors import ConfigError, nearest
from hexapla.engine.stage import MapStage
from hexapla.pipelines import load
from hexapla.pipelines.load import PipelineFileError, load_pipeline
from pydantic import BaseModel, Field, field_validator


class Limits(BaseModel, extra="forbid"):
    """Thresholds of one language."""

    words: int = 50
    share: float = Field(0.3, ge=0, le=1)


class Heuristics(MapStage):
    """Rules."""

    preset: Literal["gopher", "fineweb2", "c4"] = Field("fineweb2", description="which thresholds to start from")
    words: int = Field(50, ge=1, description="fewest words")
    share: float | None = Field(None, description="largest share of symbols")
    strict: bool = False
    languages: list[str] = Field(default_factory=list)
    limits: dict[str, Limits] = Field(default_factory=dict)

    @field_validator("languages")
    @classmethod
    def known(cls, value):
        """Refuse a code."""
        if "xxx" in value:
            raise ValueError("the code 'xxx' names no language")
        return value


class Language(MapStage):
    """Name the language."""

    model: str = "cld2"


class Picky(MapStage):
    """A stage that refuses its configuration by itself."""

    needed: int

    def model_post_init(self, context):
        """Refuse 13."""
        if self.needed == 13:
            raise ConfigError("13 is never right", hint="take 12")


STAGES = {kind.stage_name(): kind for kind in (Heuristics, Language, Picky)}
FILE = """\
name: test
input: {path: data/*.parquet, format: parquet}
stages:
  - language: {model: cld2}
  - heuristics:
      preset: fineweb2
      limits:
        tha_Thai: {words: 20}
output: curated/
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Three stages of our own, an empty working directory and no variables."""

    def find(name):
        if name in STAGES:
            return STAGES[name]
        raise ConfigError(f"there is no stage {name!r}", hint=nearest(name, STAGES))

    monkeypatch.setattr(load, "find_stage", find)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEXAPLA_OUTPUT", raising=False)
    return tmp_path


def write(text, name="p.yaml"):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


def failure(text, **options):
    with pytest.raises(ConfigError) as caught:
        load_pipeline(write(text), **options)
    assert caught.value.exit_code == 2
    return caught.value


def test_a_good_file_is_read_whole():
    pipeline = load_pipeline(write(FILE))
    assert (pipeline.name, pipeline.output, pipeline.removed, pipeline.seed) == ("test", "curated/", "auto", 0)
    assert pipeline.input.format == "parquet"
    first, second = pipeline.stages
    assert (first.position, first.name, first.source, first.line) == (1, "language", "", 4)
    assert second.stage == Heuristics(limits={"tha_Thai": Limits(words=20)})
    assert second.line == 5


def test_short_forms_and_defaults():
    pipeline = load_pipeline(write("input: a.parquet\nstages: [language, {heuristics: }]\noutput: o\n", "tiny.yaml"))
    assert pipeline.name == "tiny"
    assert [entry.name for entry in pipeline.stages] == ["language", "heuristics"]
    assert str(pipeline.input.path) == "a.parquet"


@pytest.mark.parametrize(
    ("change", "where", "what", "hint"),
    [
        (("preset: fineweb2", "presett: c4"), "p.yaml:6: stages.heuristics.presett", "unknown key", "mean 'preset'"),
        (
            ("preset: fineweb2", "preset: gofer"),
            "p.yaml:6: stages.heuristics.preset",
            "none of gopher, fineweb2, c4",
            "mean 'gopher'",
        ),
        (
            ("preset: fineweb2", "words: many"),
            "p.yaml:6: stages.heuristics.words",
            "a whole number, got 'many'",
            "fewest words",
        ),
        (
            ("preset: fineweb2", "words: 0"),
            "p.yaml:6: stages.heuristics.words",
            "greater than or equal to 1, got 0",
            "",
        ),
        (("preset: fineweb2", "share: x"), "p.yaml:6: stages.heuristics.share", "expected a number, got 'x'", ""),
        (("preset: fineweb2", "strict: maybe"), "p.yaml:6: stages.heuristics.strict", "true or false, got 'maybe'", ""),
        (
            ("preset: fineweb2", "languages: [fra, 3]"),
            "p.yaml:6: stages.heuristics.languages.1",
            "expected a text, got 3; put it in quotes",
            "",
        ),
        (
            ("preset: fineweb2", "languages: [xxx]"),
            "p.yaml:6: stages.heuristics.languages",
            "the code 'xxx' names no language",
            "",
        ),
        (
            ("{words: 20}", "{word: 20}"),
            "p.yaml:8: stages.heuristics.limits.tha_Thai.word",
            "unknown key 'word'",
            "mean 'words'",
        ),
        (
            ("{words: 20}", "{share: 2}"),
            "p.yaml:8: stages.heuristics.limits.tha_Thai.share",
            "less than or equal to 1",
            "",
        ),
        (
            ("- language:", "- langauge:"),
            "p.yaml:4: stages.langauge",
            "there is no stage 'langauge'",
            "mean 'language'",
        ),
        (("{model: cld2}", "cld2"), "p.yaml:4: stages.language", "expected a mapping", ""),
        (("{model: cld2}", "{model: cld2}\n    heuristics: {}"), "p.yaml:4: stages", "one stage", "indent"),
        (
            ("{model: cld2}", "{model: cld2, from: align.groups}"),
            "p.yaml:4: stages.language.from",
            "names no stage",
            "",
        ),
        (("name: test", "nmae: test"), "p.yaml:1: nmae", "unknown key 'nmae'", "mean 'name'"),
        (("name: test", "seed: -1"), "p.yaml:1: seed", "greater than or equal to 0", ""),
        (("name: test", "removed: some"), "p.yaml:1: removed", "none of auto, all, sample, none", ""),
        (("name: test", "name: 5"), "p.yaml:1: name", "expected a text, got 5; put it in quotes", ""),
        (("output: curated/\n", ""), "p.yaml:1: output", "the key 'output' is missing", "--output"),
        (("format: parquet", "format: parkett"), "p.yaml:2: input.format", "none of", "parquet"),
        (("format: parquet", "frmat: parquet"), "p.yaml:2: input.frmat", "unknown key", "mean 'format'"),
        (("path: data/*.parquet, ", ""), "p.yaml:2: input.path", "the key 'path' is missing", ""),
        (
            ("  - heuristics:", "  - picky: {needed: 13}\n  - heuristics:"),
            "p.yaml:5: stages.picky",
            "13 is never right",
            "take 12",
        ),
        (
            ("  - heuristics:", "  - picky:\n  - heuristics:"),
            "p.yaml:5: stages.picky.needed",
            "'needed' is missing",
            "",
        ),
        (("  - language", "\t- language"), "p.yaml:4", "indented with a tab", "spaces"),
        (("{model: cld2}", "!!python/object/apply:os.mkdir [gone]"), "p.yaml:4", "is refused", "plain data"),
    ],
)
def test_each_mistake_names_file_line_key_and_cure(change, where, what, hint):
    assert change[0] in FILE
    error = failure(FILE.replace(*change))
    assert error.where == where
    assert what in error.what
    assert hint in error.hint
    assert not os.path.exists("gone")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a\n- b\n", "expected keys and values"),
        ("stages", "expected keys and values"),
        ("input: a\nstages:\noutput: o\n", "expected a list, got nothing"),
        ("input: a\nstages: []\noutput: o\n", "at least 1 item"),
        ("input: a\nstages: {language: {}}\noutput: o\n", "expected a list"),
    ],
)
def test_files_that_are_no_pipeline(text, message):
    assert message in str(failure(text))


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file():
    text = FILE.replace("preset:", "presett:").replace("{model: cld2}", "{modle: x}").replace("format: p", "format: q")
    error = failure(text + "sead: 3\n")
    assert isinstance(error, PipelineFileError)
    assert [one.where.split(": ")[0] for one in error.errors] == ["p.yaml:2", "p.yaml:4", "p.yaml:6", "p.yaml:10"]
    assert "4 mistakes in p.yaml" in str(error)
    assert "did you mean 'preset'?" in str(error)


def test_from_names_an_earlier_stage():
    text = FILE.replace("      preset: fineweb2", "      from: language.groups\n      preset: c4")
    assert load_pipeline(write(text)).stages[1].source == "language.groups"


def test_the_command_line_wins_over_the_file_over_the_environment_over_defaults(monkeypatch):
    monkeypatch.setenv("HEXAPLA_OUTPUT", "from-environment")
    assert load_pipeline(write(FILE)).output == "curated/"
    assert load_pipeline(write(FILE.replace("output: curated/", ""))).output == "from-environment"
    assert load_pipeline("p.yaml", output="given").output == "given"
    changes = ["heuristics.words=7", "heuristics.preset=c4", "input.format=jsonl", "output=o2", "seed=5"]
    changes.append("removed=none")
    pipeline = load_pipeline(write(FILE), overrides=changes, input_path="x.jsonl")
    assert (pipeline.stages[1].stage.words, pipeline.stages[1].stage.preset) == (7, "c4")
    assert (pipeline.input.format, str(pipeline.input.path)) == ("jsonl", "x.jsonl")
    assert (pipeline.output, pipeline.seed, pipeline.removed) == ("o2", 5, "none")


def test_overrides_reach_nested_keys_lists_and_repeated_stages():
    text = FILE + "  \n"
    text = text.replace("output:", "  - heuristics: {languages: [fra, deu]}\noutput:")
    changes = [
        "heuristics#1.limits.tha_Thai.words=3",
        "stages.heuristics#1.limits.lao_Laoo={words: 4}",
        "heuristics#2.languages.1=ita",
        "language.model=a: b=*c",
    ]
    stages = [entry.stage for entry in load_pipeline(write(text), overrides=changes).stages]
    assert {code: limit.words for code, limit in stages[1].limits.items()} == {"tha_Thai": 3, "lao_Laoo": 4}
    assert stages[2].languages == ["fra", "ita"]
    assert stages[0].model == "a: b=*c"


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ("heuristics.wrds=3", "--set heuristics.wrds=3: stages.heuristics.wrds", "did you mean 'words'?"),
        ("heuristic.words=3", "--set heuristic.words=3", "did you mean 'heuristics'?"),
        ("heuristics.words=x", "--set heuristics.words=x: stages.heuristics.words", "a whole number"),
        ("heuristics.words", "--set heuristics.words", "expected stage.key=value"),
        ("heuristics=3", "--set heuristics=3", "say which of its keys"),
        ("heuristics#2.words=3", "--set heuristics#2.words=3", "occurs 1 times only"),
        ("heuristics.languages=[a", "--set heuristics.languages:1", "it is not YAML"),
        ("language.model.x=3", "--set language.model.x=3", "not within a mapping"),
        ("input.format=x", "--set input.format=x: input.format", "none of"),
        ("seed=x", "--set seed=x: seed", "a whole number"),
    ],
)
def test_wrong_overrides_are_named_as_they_were_given(change, where, message):
    error = failure(FILE, overrides=[change])
    assert error.where == where
    assert message in str(error)


def test_a_repeated_stage_must_be_numbered():
    text = FILE.replace("output:", "  - heuristics: {wrds: 3}\noutput:")
    assert failure(text).where == "p.yaml:9: stages.heuristics#2.wrds"
    error = failure(text.replace("wrds", "words"), overrides=["heuristics.words=3"])
    assert "occurs 2 times" in str(error)


def test_a_relative_input_is_looked_for_here_and_then_beside_the_file(place):
    (place / "folder" / "data").mkdir(parents=True)
    path = write(FILE, "folder/p.yaml")
    assert str(load_pipeline(path).input.path) == "data/*.parquet"
    (place / "folder" / "data" / "a.parquet").touch()
    assert str(load_pipeline(path).input.path) == "folder/data/*.parquet"
    assert str(load_pipeline(path, input_path="data/*.parquet").input.path) == "data/*.parquet"
    assert str(load_pipeline(path, overrides=["input.path=data/*.parquet"]).input.path) == "data/*.parquet"
    (place / "data").mkdir()
    (place / "data" / "b.parquet").touch()
    assert str(load_pipeline(path).input.path) == "data/*.parquet"


def test_urls_stay_as_they_are():
    path = write(FILE.replace("data/*.parquet", "s3://bucket/data/*.parquet"))
    assert str(load_pipeline(path).input.path) == "s3://bucket/data/*.parquet"


def test_a_missing_file_gets_the_nearest_name():
    write(FILE, "pretrain.yaml")
    with pytest.raises(ConfigError) as caught:
        load_pipeline("pretrian.yaml")
    assert "no such pipeline file" in str(caught.value)
    assert "pretrain.yaml" in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_pipeline(".")


def test_shipped_pipelines_are_valid_and_found_by_name(monkeypatch):
    monkeypatch.undo()
    for name in load.shipped_pipelines():
        assert load_pipeline(name, output="o").stages


def test_languages_of_constants_are_written_as_stages_write_them(tmp_path):
    text = "name: a\ninput:\n  path: x.en\n  format: moses\n  rows: any\n  constants: {src_lang: en, tgt_lang: TARGET, site: en}\n"
    (tmp_path / "p.yaml").write_text(text.replace("TARGET", "ckb") + "stages: [language]\noutput: out\n")
    constants = load_pipeline(str(tmp_path / "p.yaml")).input.constants
    assert constants == {"src_lang": "eng_Latn", "tgt_lang": "ckb_Arab", "site": "en"}
    (tmp_path / "p.yaml").write_text(text.replace("TARGET", "englisch") + "stages: [language]\noutput: out\n")
    with pytest.raises(ConfigError, match="'englisch' is no language code") as caught:
        load_pipeline(str(tmp_path / "p.yaml"))
    assert caught.value.where.endswith("p.yaml:6: input.constants.tgt_lang")


def test_a_folder_with_the_name_of_a_recipe_does_not_stand_in_for_it(monkeypatch, tmp_path):
    (tmp_path / "bitext").mkdir()  # what the recipe has written
    monkeypatch.chdir(tmp_path)
    assert load.pipeline_file("bitext").endswith("pipelines/bitext.yaml")
