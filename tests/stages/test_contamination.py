"""The stage `contamination`."""

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.language_contamination import HEADER
from hexapla.stages.contamination import Contamination
from pydantic import ValidationError


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text(f"{HEADER}\nbar_Latn\t9\t9\ti da minga\ndeu_Latn\t9\t9\tich der\n", encoding="utf-8")
    return str(path)


def rows():
    return pa.record_batch(
        {
            "uid": list("abcdef"),
            "text": ["I bin da Sepp", "ich bin der Josef", "Josef", "ich bin der Josef", "bonjour", "i ich der"],
            "language": ["bar_Latn", "bar_Latn", "bar_Latn", "bar_Latn", "fra_Latn", "bar_Latn"],
            "url": [None, "https://a.de/x", "https://a.de/barn", "https://a.de/bar/x", None, None],
        }
    )


def test_documents_without_words_of_their_language_are_removed(table):
    stage = Contamination(words=table)
    outcome = stage.map_shard(rows())
    assert outcome.kept["uid"].to_pylist() == ["a", "d", "e", "f"]  # d: its URL names the language
    assert outcome.kept.schema == stage.output_schema(rows().schema)
    assert outcome.removed["reason"].to_pylist() == ["language_contaminated"] * 2
    assert outcome.removed["reasons"].to_pylist() == [[{"rule": "language_contaminated", "value": 0.0}]] * 2
    assert outcome.kept["language_words"].to_pylist() == [2, 0, None, 1]
    assert outcome.kept["other_language"].to_pylist() == [None, "deu_Latn", None, "deu_Latn"]
    assert outcome.counters == {"language_contaminated": 2, "language_without_list": 1}


def test_thresholds_can_be_chosen(table):
    assert Contamination(words=table, min_words=0).map_shard(rows()).removed is None
    removed = Contamination(words=table, remove_dominated=True, trust_url=False).map_shard(rows()).removed
    assert removed["uid"].to_pylist() == ["b", "c", "d", "f"]
    assert Contamination(words=table, languages=("deu_Latn",)).map_shard(rows()).removed is None
    without_url = rows().drop_columns(["url"])
    assert Contamination(words=table).map_shard(without_url).removed["uid"].to_pylist() == ["b", "c", "d"]


def test_batches_may_be_cut_anywhere(table):
    stage = Contamination(words=table)
    whole = stage.score(rows())
    parts = pa.Table.from_batches([stage.score(rows().slice(i, 1)) for i in range(6)])
    assert parts.combine_chunks().equals(pa.Table.from_batches([whole]))
    assert stage.map_shard(rows().slice(0, 0)).kept.num_rows == 0


def test_mistakes_are_named(table, tmp_path):
    assert Contamination(words=table).resource_files() == (table,)
    with pytest.raises(ConfigError, match="no words for 'bav_Latn'"):
        Contamination(words=table, languages=("bav_Latn",)).resource_files()
    with pytest.raises(ValidationError, match="there is no file"):
        Contamination(words=str(tmp_path / "none.tsv"))


def test_backing_is_a_list(table):
    assert Contamination(words=table).backing("bar_Latn").level == "proxy"
    assert Contamination(words=table).backing("fra_Latn").level == "none"
