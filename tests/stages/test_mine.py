"""Mining bitext, step by step in memory and in whole runs: planted translations among distractors in many languages."""

import json
import random
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.cli.main import app
from hexapla.engine.errors import ConfigError
from hexapla.stages.mine import Mine
from passages import passages
from pydantic import ValidationError
from stages.step_runner import cut, run_steps
from typer.testing import CliRunner

LANGUAGES = ("eng_Latn", "tha_Thai", "cmn_Hani", "rus_Cyrl", "jpn_Jpan", "fra_Latn")
SIZE = 64


def meaning(number, language, noise=0.35):
    """A vector of what is said, moved a little by the language that says it; all have much in common, as encoders' do."""
    said = np.random.default_rng(number).normal(size=SIZE) + 1.2 * np.random.default_rng(0).normal(size=SIZE)
    return said + noise * np.random.default_rng(zlib.crc32(f"{number} {language}".encode())).normal(size=SIZE)


def sentence(language, number):
    return f"{passages(language, 1, seed=number)[0][:60]} {number}"


SCHEMA = pa.schema(
    [
        ("uid", pa.string()), ("text", pa.string()), ("language", pa.string()), ("url", pa.string()),
        ("answer", pa.string()), ("embedding", pa.list_(pa.float32())),
    ]
)  # fmt: skip


def row(number, language, said, host="https://a.example"):
    return {
        "uid": f"{number:06}",
        "text": sentence(language, number),
        "language": language,
        "url": f"{host}/{language}/{number}",
        "answer": f"answer {number}",
        "embedding": None if said is None else meaning(said, language).tolist(),
    }


def corpus(said=80, alone=40, seed=1):
    """Each of `said` meanings in two to six languages, and rows in every language whose meaning nobody else has."""
    chance = random.Random(seed)
    rows = []
    for number in range(said):
        rows += [(language, number) for language in chance.sample(LANGUAGES, chance.randint(2, 6))]
    rows += [(language, 100_000 + place * alone + number) for place, language in enumerate(LANGUAGES) for number in range(alone)]
    chance.shuffle(rows)
    made = [row(number, language, 1 + meant) for number, (language, meant) in enumerate(rows)]
    truth = {
        (one["uid"], other["uid"])
        for one, (language, meant) in zip(made, rows, strict=True)
        for other, (second, also) in zip(made, rows, strict=True)
        if meant == also and language < second
    }
    return made, truth


def table(rows):
    return pa.Table.from_pylist(rows, SCHEMA)


def found(result):
    return {(pair["src_uid"], pair["tgt_uid"]) for pair in result.kept.to_pylist()}


ROWS, TRUTH = corpus()


@pytest.mark.parametrize("match", ["max", "intersect"])
@pytest.mark.parametrize("margin", ["ratio", "distance", "absolute"])
def test_planted_translations_are_found_and_little_else(margin, match):
    threshold = {"ratio": 1.25, "distance": 0.15, "absolute": 0.85}[margin]
    result = run_steps(Mine(margin=margin, match=match, threshold=threshold), cut(table(ROWS), 70))
    pairs = found(result)
    assert len(pairs & TRUTH) / len(pairs) > 0.98
    assert len(pairs & TRUTH) / len(TRUTH) > 0.98
    texts = {one["uid"]: one for one in ROWS}
    for pair in result.kept.to_pylist():
        source, target = texts[pair["src_uid"]], texts[pair["tgt_uid"]]
        assert (pair["src"], pair["tgt"]) == (source["text"], target["text"])
        assert (pair["src_lang"], pair["tgt_lang"]) == (source["language"], target["language"])
        assert pair["src_lang"] < pair["tgt_lang"]
        assert 0 <= pair["score"] <= 1
        assert pair["doc_key"] is None and pair["method"] == margin
    used = {uid for pair in pairs for uid in pair}
    assert sorted(result.removed.column("uid").to_pylist()) == sorted(set(texts) - used)
    assert set(result.removed.column("reason").to_pylist()) <= {"no_counterpart", "below_threshold"}


def test_units_order_and_batches_make_no_difference():
    whole = run_steps(Mine(), [table(ROWS)])
    mixed = list(ROWS)
    random.Random(3).shuffle(mixed)
    parts = run_steps(Mine(), cut(table(mixed), 33), partitions=7, batch=9)
    order = [("uid", "ascending")]
    assert whole.kept.sort_by(order).equals(parts.kept.sort_by(order))
    assert whole.removed.sort_by(order).equals(parts.removed.sort_by(order))


def test_only_the_languages_that_are_wanted_in_the_direction_that_is_wanted():
    result = run_steps(Mine(pairs=(("tha_Thai", "eng_Latn"), ("eng_Latn", "fra_Latn"))), [table(ROWS)])
    kinds = {(pair["src_lang"], pair["tgt_lang"]) for pair in result.kept.to_pylist()}
    assert kinds == {("tha_Thai", "eng_Latn"), ("eng_Latn", "fra_Latn")}


def webfaq_rows():
    """Two hosts with the same questions in three languages, one host over http, copies, and a question without url."""
    rows = []
    for host in ("https://a.example", "https://b.example", "http://a.example"):
        for said in range(12):
            for language in ("eng_Latn", "fra_Latn", "rus_Cyrl"):
                rows.append(row(len(rows), language, said, host))
    rows.append(row(len(rows), "eng_Latn", 500) | {"text": "Same  text?"})
    rows.append(row(len(rows), "fra_Latn", 500) | {"text": "same text?"})
    rows.append(row(len(rows), "eng_Latn", 0) | {"url": None})
    rows.append(row(len(rows), "fra_Latn", None))
    rows.append(row(len(rows), "fra_Latn", 3) | {"language": None})
    rows.append(dict(rows[0], uid="z"))
    return rows


def test_webfaq_pairs_lie_on_one_origin_and_copies_go():
    rows = webfaq_rows()
    stage = Mine(preset="webfaq", least_pairs=30, threshold=0.8, carry=("answer", "url"))
    result = run_steps(stage, cut(table(rows), 13))
    pairs = result.kept.to_pylist()
    assert len(pairs) == 3 * 3 * 12
    by_uid = {one["uid"]: one for one in rows}
    for pair in pairs:
        source, target = by_uid[pair["src_uid"]], by_uid[pair["tgt_uid"]]
        assert source["url"].startswith(pair["doc_key"] + "/") and target["url"].startswith(pair["doc_key"] + "/")
        assert (pair["src_answer"], pair["tgt_url"]) == (source["answer"], target["url"])
    reasons = {gone["uid"]: gone["reason"] for gone in result.removed.to_pylist()}
    names = ["copy", "copy", "no_scope", "no_vector", "no_language", "repeated"]
    assert [reasons[one["uid"]] for one in rows[108:]] == names
    small = run_steps(Mine(preset="webfaq", least_pairs=37, threshold=0.8), cut(table(rows), 13))
    assert small.kept.num_rows == 0
    assert set(small.removed.column("reason").to_pylist()) == {*names, "language_pair_too_small"}


@pytest.mark.parametrize("scope, joined", [("domain", True), ("host", False), ("origin", False)])
def test_scopes(scope, joined):
    rows = [row(0, "eng_Latn", 1, "https://en.site.example.co.uk"), row(1, "fra_Latn", 1, "https://fr.site.example.co.uk")]
    result = run_steps(Mine(scope=scope, margin="absolute", threshold=0.6), [table(rows)])
    assert result.kept.num_rows == int(joined)
    rows[1]["url"] = "http://EN.site.example.co.uk./x"
    assert run_steps(Mine(scope="host", margin="absolute", threshold=0.6), [table(rows)]).kept.num_rows == 1


def test_a_threshold_for_a_precision(tmp_path):
    low = run_steps(Mine(margin="absolute", threshold=0.0, match="forward"), cut(table(ROWS), 70))
    pairs = low.kept.to_pylist()
    wrong = sum((pair["src_uid"], pair["tgt_uid"]) not in TRUTH for pair in pairs)
    assert wrong > 50
    chosen = random.Random(2).sample(pairs, 250)
    lines = ["uid\tsrc\tverdict"]
    lines += [f"{pair['uid']}\tx\t{'good' if (pair['src_uid'], pair['tgt_uid']) in TRUTH else 'bad'}" for pair in chosen]
    (tmp_path / "judged.tsv").write_text("\n".join([*lines, "unknown\tx\tgood"]))
    stage = Mine(margin="absolute", match="forward", target_precision=0.97, labels=str(tmp_path / "judged.tsv"))
    kept = found(run_steps(stage, cut(table(ROWS), 70)))
    assert len(kept & TRUTH) / len(kept) > 0.94
    assert len(kept & TRUTH) / len(TRUTH) > 0.9
    assert len(kept) < len(pairs)


def test_labels_that_show_nothing(tmp_path):
    (tmp_path / "few.tsv").write_text("uid\tlabel\nx\t1\n")
    stage = Mine(target_precision=0.9, labels=str(tmp_path / "few.tsv"))
    with pytest.raises(ConfigError, match="0 judged pairs that are among those found"):
        run_steps(stage, [table(ROWS)])


def test_vectors_of_two_encoders_are_not_compared():
    rows = table(ROWS[:20]).append_column("embedding_by", pa.array(["one", "two"] * 10))
    with pytest.raises(ConfigError, match="which cannot be compared"):
        run_steps(Mine(), [rows])
    uneven = [row(0, "eng_Latn", 1), row(1, "fra_Latn", 1) | {"embedding": [1.0, 2.0]}]
    with pytest.raises(ConfigError, match="vectors of"):
        run_steps(Mine(), [table(uneven)])


@pytest.mark.parametrize(
    "keys",
    [
        {"scope": "page"}, {"pairs": (("eng_Latn", "eng_Latn"),)}, {"target_precision": 0.9}, {"neighbours": 0},
        {"pairs": (("eng_Latn", "fra_Latn"), ("fra_Latn", "eng_Latn"))}, {"preset": "laser"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(keys):
    with pytest.raises(ValidationError):
        Mine(**keys)


def test_what_the_rows_lack_is_said():
    rows = table(ROWS[:2])
    for stage, said in (
        (Mine(column="vector"), "put a stage `embed` before it"),
        (Mine(column="answer"), "not lists of numbers"),
        (Mine(scope="column: site"), "which 'scope' needs"),
        (Mine(text="embedding"), "not text"),
        (Mine(carry=("uid",)), "is there already"),
    ):
        with pytest.raises(ConfigError) as error:
            stage.output_schema(rows.schema)
        assert said in f"{error.value} {error.value.hint}"


def test_nothing_and_one_language():
    assert run_steps(Mine(), [table([])]).kept.num_rows == 0
    alone = run_steps(Mine(), [table([row(0, "eng_Latn", 1), row(1, "eng_Latn", 1)])])
    assert alone.removed.column("reason").to_pylist() == ["no_counterpart"] * 2


def test_presets_give_way():
    assert Mine(preset="webfaq").threshold == 0.9
    assert Mine(preset="webfaq", threshold=0.95, scope="domain").scope == "domain"
    assert (Mine(preset="stopes").match, Mine(preset="stopes").neighbours) == ("union", 16)


def test_a_run_keeps_the_ledger(tmp_path):
    (tmp_path / "in").mkdir()
    for place in range(3):
        pq.write_table(table(ROWS[place::3]).drop_columns(["uid"]), tmp_path / "in" / f"{place}.parquet")
    (tmp_path / "p.yaml").write_text(
        "name: m\ninput: {path: in/*.parquet}\nstages:\n  - mine: {threshold: 1.25}\n  - export: {}\noutput: out\n"
    )
    done = CliRunner().invoke(app, ["run", str(tmp_path / "p.yaml"), "--executor", "local", "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    ledger = json.loads((tmp_path / "out" / "stages" / "01-mine" / "ledger.json").read_text())
    totals = ledger["totals"]
    assert totals["in"] == len(ROWS) == totals["consumed"] + totals["removed"]
    assert totals["out"] == totals["created"] >= 0.97 * len(TRUTH)
    assert ledger["languages"]["eng_Latn-fra_Latn"]["created"] > 10
    assert ledger["languages"]["tha_Thai"]["consumed"] > 10
