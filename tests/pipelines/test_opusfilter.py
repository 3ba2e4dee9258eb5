"""OpusFilter configurations as pipeline files."""

import pytest
import yaml
from hexapla.cli.main import app
from hexapla.engine.errors import ConfigError
from hexapla.pipelines.load import load_pipeline
from hexapla.pipelines.opusfilter import as_pipeline, convert
from typer.testing import CliRunner

CONFIGURATION = """
common:
  output_directory: work
  constants: {src: en, tgt: et}
steps:
  - type: opus_read
    parameters:
      corpus_name: !varstr "{corpus}"
      source_language: !var src
      target_language: !var tgt
      release: latest
      preprocessing: raw
      src_output: !varstr "{corpus}.{src}.gz"
      tgt_output: !varstr "{corpus}.{tgt}.gz"
    variables: {corpus: [ParaCrawl, Europarl]}
  - type: concatenate
    parameters: {inputs: [ParaCrawl.en.gz, Europarl.en.gz], output: all.en}
  - type: concatenate
    parameters: {inputs: [ParaCrawl.et.gz, Europarl.et.gz], output: all.et}
  - type: remove_duplicates
    parameters: {inputs: [all.en, all.et], outputs: [dedup.en, dedup.et], compare: [0], lowercase: true, hash: xxh64}
  - type: filter
    parameters:
      inputs: [dedup.en, dedup.et]
      outputs: [out.en, out.et]
      limit: 1000
      filters:
        - LengthFilter: {unit: word, min_length: [1, 2], max_length: 100}
        - LengthFilter: {name: char, unit: char, max_length: 1000}
        - LengthFilter: {unit: char, min_length: 10, max_length: 900}
        - CharacterScoreFilter: {scripts: [Latin, Latin], thresholds: [1, 0.9]}
        - LanguageIDFilter: {languages: [en, et], id_method: cld2, thresholds: [0, 0.2], cld2_options: {bestEffort: true}}
        - LinguaFilter: {languages: [en, et]}
        - CrossEntropyFilter: {lm_params: []}
        - RepetitionFilter: {threshold: 0}
        - AlphabetRatioFilter: {threshold: 0.5, unknown: 1}
        - OurFilter: {}
          module: ours
  - type: score
    parameters: {inputs: [out.en, out.et], output: scores.jsonl.gz, filters: []}
"""


def test_what_can_be_carried_over_is():
    made = yaml.safe_load(as_pipeline(convert(CONFIGURATION), "Estonian config.yaml"))
    assert made["name"] == "estonian-config"
    assert made["input"] == {
        "path": ["work/ParaCrawl.en.gz", "work/ParaCrawl.et.gz", "work/Europarl.en.gz", "work/Europarl.et.gz"],
        "format": "files",
    }
    assert made["stages"][0] == {"parse": {"format": "lines", "language": "{document}.{language}.gz"}}
    assert made["stages"][1]["join"]["pairs"] == [["eng_Latn", "ekk_Latn"]]
    assert made["stages"][2] == {"pair_dedup": {"from": "join.beads", "compare": "src", "lowercase": True}}
    rules = made["stages"][3]["pair_filter"]["rules"]
    assert list(rules) == [
        "LengthFilter", "LengthFilter.char", "LengthFilter.2", "CharacterScoreFilter", "LanguageIDFilter",
        "LanguageIDFilter.2", "AlphabetRatioFilter",
    ]  # fmt: skip
    assert rules["LengthFilter"]["min_length"] == [1, 2]
    assert rules["LanguageIDFilter"] == {"id_method": "cld2", "thresholds": [0, 0.2]}
    assert rules["AlphabetRatioFilter"] == {"threshold": 0.5}


@pytest.mark.parametrize(
    "said",
    ["ParaCrawl (latest)", "Europarl (latest)", "limit", "cld2_options", "lingua is not here", "perplexity", "RepetitionFilter",
     "AlphabetRatioFilter: unknown", "OurFilter of the module ours", "score: "],
)  # fmt: skip
def test_what_cannot_be_carried_over_is_said(said):
    found = convert(CONFIGURATION)
    assert any(said in note for note in found.lost), found.lost
    assert any(
        said in line for line in as_pipeline(found, "x.yaml").splitlines() if line.startswith("# Not carried over")
    )


def test_the_command_writes_a_file_that_is_valid(tmp_path):
    source, target = tmp_path / "opus.yaml", tmp_path / "hexapla.yaml"
    source.write_text(CONFIGURATION, "utf-8")
    done = CliRunner().invoke(app, ["import", "opusfilter", str(source), "--output", str(target)])
    assert done.exit_code == 0, done.output
    assert [entry.name for entry in load_pipeline(str(target)).stages] == [
        "parse",
        "join",
        "pair_dedup",
        "pair_filter",
        "export",
    ]
    shown = CliRunner().invoke(app, ["import", "opusfilter", str(source)])
    assert target.read_text("utf-8") in shown.output


@pytest.mark.parametrize(
    "text",
    [
        "steps: 3",
        "- 1",
        "steps: [",
        "steps: [{type: head, parameters: {}}]",
        "steps: [{type: filter, parameters: {inputs: [!var nothing]}}]",
    ],
)
def test_other_files_are_refused(text):
    with pytest.raises(ConfigError):
        convert(text)


def test_names_with_line_breaks_stay_in_their_comment():
    found = convert(CONFIGURATION)
    found.lose("opus_read: ours\noutput: /elsewhere is not downloaded")
    made = as_pipeline(found, "x\ny.yaml")
    assert "ours output: /elsewhere is not downloaded" in made
    assert yaml.safe_load(made)["output"] == yaml.safe_load(as_pipeline(convert(CONFIGURATION), "x.yaml"))["output"]
