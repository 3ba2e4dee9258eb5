"""The stage on batches: bounds, trimming, columns; and a run with it."""

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.outcome import REASON_COLUMNS
from hexapla.engine.stage import Backing
from hexapla.filters.ngram_tokens import Words
from hexapla.filters.ngram_training import Collector, Recipe
from hexapla.stages.perplexity import Perplexity
from pydantic import ValidationError

SENTENCES = [
    "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "Tout individu a droit à la vie, à la liberté et à la sûreté de sa personne.",
    "Nul ne sera tenu en esclavage ni en servitude.",
]
NOISE = "qsd jklm aze %% uiop"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    collector = Collector(Recipe(Words(), order=3))
    collector.add(pa.array(SENTENCES * 2 + [f"{a}\n{b}" for a in SENTENCES for b in SENTENCES]), pa.array(["fra_Latn"] * 15))
    for language, model in collector.train():
        model.save(folder / f"{language}.npz")
    return str(folder)


def rows(texts, languages=None):
    return pa.record_batch(
        {
            "uid": [f"{number:032x}" for number in range(len(texts))],
            "text": pa.array(texts, pa.string()),
            "language": pa.array(languages or ["fra_Latn"] * len(texts), pa.string()),
        }
    )


def run(stage, batch):
    scored = stage.score(batch)
    assert scored.schema.equals(stage.scored_schema(batch.schema))
    outcome = stage.select(scored)
    assert outcome.kept.schema.equals(stage.output_schema(batch.schema))
    if outcome.removed is not None:
        names = [name for name, _ in REASON_COLUMNS if name != "removed_by"]
        assert outcome.removed.schema.names == [*stage.removed_schema(batch.schema).names, *names]
    return outcome


def test_a_document_without_a_model_is_kept_and_counted(models):
    batch = rows([SENTENCES[0], NOISE, SENTENCES[0], ""], ["fra_Latn", "fra_Latn", "ewe_Latn", "fra_Latn"])
    outcome = run(Perplexity(model=models), batch)
    found = outcome.kept["perplexity"].to_pylist()
    assert found[0] < 10 and found[1] > 50 and found[2:] == [None, None]
    assert outcome.counters["not_screened"] == 2
    bounded = run(Perplexity(model=models, min_perplexity=1e-3, max_perplexity=20), batch)
    assert bounded.kept["uid"].to_pylist() == [batch["uid"][place].as_py() for place in (0, 2, 3)]
    (row,) = bounded.removed.to_pylist()
    assert (row["reason"], row["reasons"][0]["value"]) == ("max_perplexity", pytest.approx(found[1]))


def test_bounds_by_language(models):
    batch = rows([SENTENCES[0]])
    low = run(Perplexity(model=models, min_perplexity={"fra_Latn": 1000.0}), batch)
    assert low.removed["reason"].to_pylist() == ["min_perplexity"]
    assert run(Perplexity(model=models, min_perplexity={"deu_Latn": 1000.0}), batch).removed is None
    default = Perplexity(model=models, max_perplexity={"default": 1.01, "de": 900.0})
    assert run(default, batch).removed["reason"].to_pylist() == ["max_perplexity"]


def test_unlikely_lines_are_taken_out(models):
    text = f"{SENTENCES[0]}\n\n{NOISE}\n\n{SENTENCES[1]}\n"
    stage = Perplexity(model=models, max_line_perplexity=30, lines=True)
    outcome = run(stage, rows([text, SENTENCES[2], f"{NOISE}\n{NOISE}\n{SENTENCES[2]}"], None))
    assert outcome.kept["text"].to_pylist()[:2] == [f"{SENTENCES[0]}\n\n{SENTENCES[1]}\n", SENTENCES[2]]
    clean = run(Perplexity(model=models, lines=True), rows([f"{SENTENCES[0]}\n\n{SENTENCES[1]}\n"])).kept
    assert outcome.kept["perplexity"][0].as_py() == pytest.approx(clean["perplexity"][0].as_py(), rel=1e-6)
    assert outcome.kept["line_perplexity"][0].as_py() == clean["line_perplexity"][0].as_py()
    assert [value is None for value in clean["line_perplexity"][0].as_py()] == [False, True, False, True]
    assert outcome.counters == {
        "not_screened": 0, "trimmed_documents": 2, "trimmed_lines": 3, "trimmed_characters": 3 * len(NOISE),
    }  # fmt: skip


def test_a_document_with_little_left_is_removed_or_left_as_it_was(models):
    text = f"{NOISE} {NOISE}\n{NOISE} {NOISE}\n{SENTENCES[2]}"
    removed = run(Perplexity(model=models, max_line_perplexity=30, min_remaining=0.6), rows([text]))
    (row,) = removed.removed.to_pylist()
    share = len(SENTENCES[2]) / (len(text) - 2)
    assert (row["reason"], row["text"]) == ("little_left", text)
    assert row["reasons"][0]["value"] == pytest.approx(share)
    assert removed.counters["trimmed_lines"] == 0
    left = run(Perplexity(model=models, max_line_perplexity=30, min_remaining=0.6, below_remaining="leave"), rows([text]))
    whole = run(Perplexity(model=models), rows([text]))
    assert left.kept.to_pylist() == whole.kept.to_pylist()


def test_batches_make_no_difference(models):
    texts = [f"{SENTENCES[number % 3]}\n{NOISE if number % 4 == 1 else ''}\n{SENTENCES[(number + 1) % 3]}" for number in range(12)]
    batch = rows(texts, ["fra_Latn", "fra_Latn", "ewe_Latn"] * 4)
    stage = Perplexity(model=models, max_perplexity=100, max_line_perplexity=30, lines=True)
    whole = run(stage, batch)
    parts = [run(stage, batch.slice(at, 5)) for at in range(0, 12, 5)]
    assert pa.Table.from_batches([part.kept for part in parts]).combine_chunks().equals(
        pa.Table.from_batches([whole.kept]).combine_chunks()
    )
    empty = run(stage, batch.slice(0, 0))
    assert empty.kept.num_rows == 0


@pytest.mark.parametrize(
    "text", ["", "a", "a" * 5_000_000, "人" * 400_000, "\n" * 300_000, "a " * 300_000, "\ufffd\ufffd", "\x00", "\u0301" * 9]
)
def test_odd_texts(models, text):
    batch = rows([text, SENTENCES[0]])
    outcome = run(Perplexity(model=models, max_line_perplexity=30, min_remaining=0, lines=True), batch)
    assert outcome.kept.num_rows == 2
    assert outcome.kept["perplexity"][1].as_py() < 10
    unknown = rows([SENTENCES[0]] * 3000, [f"q{number:05d}_Zzzz" for number in range(3000)])
    assert run(Perplexity(model=models), unknown).counters["not_screened"] == 3000


def test_only_the_models_are_scored_with():
    assert set(Perplexity.model_fields) - set(Perplexity.selection_fields) == {"model"}


def test_what_it_rests_on(models, tmp_path):
    stage = Perplexity(model=models)
    assert stage.backing("ewe_Latn") == Backing("none", "no model")
    assert stage.backing("fra_Latn") == Backing("proxy", "fra_Latn.npz, without figures on held-out text")
    collector = Collector(Recipe(Words(), order=2, held_out=0.4))
    collector.add(pa.array([f"{text} {number}" for number in range(9) for text in SENTENCES]), pa.array(["fra_Latn"] * 27))
    ((_, model),) = collector.train()
    model.save(tmp_path / "fra_Latn.npz")
    found = Perplexity(model=str(tmp_path)).backing("fra_Latn")
    assert found.level == "measured" and "held-out tokens" in found.by
    assert sorted(Perplexity(model=models).resource_files()) == [f"{models}/fra_Latn.npz"]


def test_what_is_wrong_with_the_models_is_said(tmp_path):
    with pytest.raises(ValidationError, match="there is no file or folder"):
        Perplexity(model=str(tmp_path / "none"))
    (tmp_path / "fra_Latn.npz").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="not an n-gram model"):
        Perplexity(model=str(tmp_path)).score(rows(["a"]))


def test_codes_and_bounds_are_checked(models):
    with pytest.raises(ValidationError, match="'french' is no language code"):
        Perplexity(model=models, max_perplexity={"french": 100, "default": 1000})
    with pytest.raises(ValidationError, match="'default' is no language code"):  # no model serves the others
        Perplexity(model={"default": f"{models}/fra_Latn.npz"})
    with pytest.raises(ValidationError, match="100 is above max_perplexity 10"):
        Perplexity(model=models, min_perplexity=100, max_perplexity=10)
