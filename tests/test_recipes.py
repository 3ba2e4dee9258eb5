"""The recipes for parallel text, from their sample files to what is published."""

import json
import zlib
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hexapla.cli.main import app
from typer.testing import CliRunner

SAMPLE = Path(__file__).parents[1] / "pipelines" / "sample"
LANGUAGES = {"eng_Latn", "fra_Latn", "tha_Thai", "deu_Latn"}


def published(recipe, output, *more):
    """The rows of each configuration that a recipe publishes."""
    arguments = ["run", f"pipelines/{recipe}.yaml", "--executor", "local", "--output", str(output), *more]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    files = sorted((output / "data").rglob("*.parquet"))
    return {file.parent.name: pq.read_table(file).to_pylist() for file in files}


def members(path):
    """The gzip members of a file: one WARC record each; what is damaged is left out."""
    data, place = path.read_bytes(), 0
    while place >= 0:
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            whole = reader.decompress(data[place:], 1 << 20)
        except zlib.error:
            whole = b""
        if reader.eof:
            stop = len(data) - len(reader.unused_data)
            yield whole, data[place:stop]
        place = data.find(b"\x1f\x8b\x08", stop if reader.eof else place + 3)


@pytest.fixture(scope="module")
def key():
    lines = (SAMPLE / "key.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def bitext(tmp_path_factory, key):
    folder = tmp_path_factory.mktemp("bitext")
    wanted = {row["id"].encode() for row in key.values() if row.get("document") and LANGUAGES & set(row["languages"])}
    parts = [
        packed
        for whole, packed in members(SAMPLE / "crawl.warc.gz")
        if any(line.partition(b": ")[2] in wanted for line in whole[:2000].split(b"\r\n"))
    ]
    (folder / "crawl.warc.gz").write_bytes(b"".join(parts))
    return folder, published("bitext", folder / "out", "--input", str(folder / "crawl.warc.gz"))


def test_pages_become_documents_in_many_languages(bitext, key):
    folder, _ = bitext
    files = sorted((folder / "out" / "stages").glob("*-align_documents/data/*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    groups = {}
    for row in rows:
        groups.setdefault(row["doc_key"], []).append(key[row["id"]])
    for pages in groups.values():
        assert len({one["document"] for one in pages}) == 1
        assert len({tuple(one["languages"]) for one in pages}) == len(pages)
    # the copies on another site are a group of their own
    assert Counter(len(pages) for pages in groups.values()) == {4: 6, 3: 1}


def test_documents_become_pairs_of_sentences(bitext):
    _, pairs = bitext
    assert set(pairs) == {"deu_Latn-eng_Latn", "eng_Latn-fra_Latn", "eng_Latn-tha_Thai"}
    french = {row["src"]: row["tgt"] for row in pairs["eng_Latn-fra_Latn"]}
    assert (
        french["No one shall be arbitrarily deprived of his property."]
        == "Nul ne peut être arbitrairement privé de sa propriété."
    )
    assert len(french) > 40
    for rows in pairs.values():
        assert all(row["src"] and row["tgt"] and row["score"] >= 0.5 for row in rows)


def test_manuals(tmp_path):
    rows = published("manuals", tmp_path / "out")["default"]
    assert sorted(row["parallelism"] for row in rows) == [2, 3, 3, 3, 3, 3]
    said = [{one["lang"]: one["text"] for one in row["segments"]} for row in rows]
    assert {"deu_Latn": "Den Garten gießen", "eng_Latn": "Watering the garden", "fra_Latn": "Arroser le jardin"} in said
    # one block was not translated
    assert "fra_Latn" not in next(one for one in said if one["eng_Latn"].startswith("Seedlings"))


def test_bible(tmp_path):
    rows = published("bible", tmp_path / "out")["default"]
    assert len(rows) == 4
    assert all(row["parallelism"] == 3 for row in rows)
    joined = next(row for row in rows if any("Tag" in one["text"] for one in row["segments"]))
    english = next(one for one in joined["segments"] if one["lang"] == "eng_Latn")
    assert english["text"].startswith("And God saw the light") and english["text"].endswith("the first day.")
    assert english["index"] == [3, 4]
    assert {row["agreement"] for row in rows if row is not joined} == {1.0}


def test_flores(tmp_path):
    rows = published("flores", tmp_path / "out")["default"]
    assert len(rows) == 30
    names = ["arb_Arab", "cmn_Hani", "eng_Latn", "fra_Latn", "hin_Deva", "swh_Latn"]
    assert all([one["lang"] for one in row["segments"]] == names for row in rows)
    assert all(len({tuple(one["index"]) for one in row["segments"]}) == 1 for row in rows)
