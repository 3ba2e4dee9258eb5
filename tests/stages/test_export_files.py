"""Exchange formats through the engine: paths, equal line counts, the same bytes from any cut of the input."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import RunRequest, run_pipeline
from hexapla.filters.parallel_tables import BEADS, GROUPS
from hexapla.stages.export import Export
from hexapla.stages.export_files import FileFormat, ShardFiles
from hexapla.stages.pair_dedup import PairDedup
from lxml import etree

HOSTILE = "a\tb\nc\x00\x1f<&>\"\u2028é\r]]>"
BEAD_FORMATS: tuple[FileFormat, ...] = (
    "moses", "tsv", "bitextor", "translation", "flores", "tmx", "xces", "vecalign", "jsonl",
)  # fmt: skip


def bead_rows(count: int) -> list[dict]:
    return [
        {"uid": f"{n * 0x9E3779B97F4A7C15:032x}", "doc_key": f"d{n // 10}", "src_lang": "eng_Latn" if n % 3 else "deu_Latn",
         "tgt_lang": "fra_Latn", "src_index": [n], "tgt_index": [n], "src": HOSTILE if n % 7 == 0 else f"line {n}",
         "tgt": f"ligne {n}", "score": n / 100, "method": "key"} for n in range(count)
    ]  # fmt: skip


def published(folder: Path, rows: list[dict], schema: pa.Schema, files: int, **keys) -> dict[str, bytes]:
    folder.mkdir()
    size = -(-len(rows) // files)
    for number in range(files):
        table = pa.Table.from_pylist(rows[number * size : (number + 1) * size], schema=schema)
        pq.write_table(table, folder / f"in-{number}.parquet")
    config = InputConfig(path=str(folder / "in-*.parquet"), rows="any")
    output = folder / "out"
    run_pipeline(RunRequest("test", (("export", Export(**keys), ""),), config, str(output), "local"))
    data = output / "data"
    return {str(path.relative_to(data)): path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}


def written(style: FileFormat, rows: list[dict], size: int) -> dict[str, bytes]:
    files, found = ShardFiles(style, "data/x", "", compress=True), {}
    for start in range(0, len(rows), size):
        for piece in files.add(pa.RecordBatch.from_pylist(rows[start : start + size], schema=BEADS)):
            found[piece.path] = found.get(piece.path, b"") + piece.data
    for piece in files.finish():
        found[piece.path] += piece.data
    return found


@pytest.mark.parametrize("style", BEAD_FORMATS)
def test_the_same_bytes_from_any_batches(style):
    rows = [row for row in bead_rows(60) if row["src_lang"] == "eng_Latn"]
    whole = written(style, rows, 60)
    assert written(style, rows, 1) == written(style, rows, 7) == whole
    assert all(gzip.decompress(data) for data in whole.values())


@pytest.mark.parametrize("style", ["moses", "tmx", "jsonl"])
def test_a_second_run_makes_the_same_files(tmp_path, style):
    found = [published(tmp_path / name, bead_rows(60), BEADS, 3, format=style) for name in ("one", "two")]
    assert found[0] == found[1] and all(found[0].values())


def test_moses_files_have_as_many_lines(tmp_path):
    found = published(tmp_path / "in", bead_rows(60), BEADS, 2, format="moses")
    assert set(found) == {
        f"{config}/corpus.{name}.gz"
        for config in ("deu_Latn-fra_Latn", "eng_Latn-fra_Latn")
        for name in (config.split("-")[0], "fra_Latn", "scores", "ids")
    }
    for config, count in (("deu_Latn-fra_Latn", 20), ("eng_Latn-fra_Latn", 40)):
        files = [gzip.decompress(data).decode() for name, data in found.items() if name.startswith(config)]
        assert [len(text.splitlines()) for text in files] == [count] * 4
    sides = [gzip.decompress(found[f"eng_Latn-fra_Latn/corpus.{name}_Latn.gz"]) for name in ("eng", "fra")]
    for src, tgt in zip(*(side.decode().splitlines() for side in sides), strict=True):
        assert src == tgt.replace("ligne", "line") or int(tgt.split()[1]) % 7 == 0


def test_pairs_are_configurations_of_their_own(tmp_path):
    found = published(tmp_path / "in", bead_rows(30), BEADS, 1, layout="per-pair")
    assert list(found) == [f"{lang}-fra_Latn/train-00000-of-00001.parquet" for lang in ("deu_Latn", "eng_Latn")]
    compressed = published(tmp_path / "gz", bead_rows(30), BEADS, 1, layout="per-pair", format="jsonl", compress=True)
    assert list(compressed) == [f"{lang}-fra_Latn/train.jsonl.gz" for lang in ("deu_Latn", "eng_Latn")]
    rows = gzip.decompress(compressed["eng_Latn-fra_Latn/train.jsonl.gz"]).splitlines()
    assert json.loads(rows[0])["tgt_lang"] == "fra_Latn"


def test_links_and_tokens_have_a_line_for_each_pair(tmp_path):
    rows = [{"uid": f"{n * 0x9E3779B97F4A7C15:032x}", "word_links": None if n % 3 else "0-0", "src_tokens": f"a {n}",
             "tgt_tokens": None if n % 5 == 0 else f"b {n}"} for n in range(40)]  # fmt: skip
    schema = pa.schema([(name, pa.string()) for name in ("uid", "word_links", "src_tokens", "tgt_tokens")])
    found = published(tmp_path / "a", rows, schema, 3, layout="single", format="pharaoh")
    links, tokens = (found[f"default/train.{name}"].decode().split("\n") for name in ("pharaoh", "tokens"))
    by_tokens = {f"{row['src_tokens']} ||| {row['tgt_tokens'] or ''}": row["word_links"] or "" for row in rows}
    assert dict(zip(tokens[:-1], links[:-1], strict=True)) == by_tokens
    assert len(links) == len(tokens) == 41


def test_xml_is_well_formed(tmp_path):
    for style, tag, count in (("tmx", "tu", 40), ("xces", "link", 40)):
        found = published(tmp_path / style, bead_rows(60), BEADS, 2, format=style, layout="per-pair")
        (data,) = [data for name, data in found.items() if name.startswith("eng_Latn")]
        assert len(list(etree.fromstring(data).iter(tag))) == count


def test_groups_have_a_file_for_each_language_that_any_of_them_has(tmp_path):
    def group(number: int) -> dict:
        langs = ("eng_Latn", "fra_Latn") if number % 2 else ("eng_Latn", "jpn_Jpan")
        segments = [{"lang": lang, "text": f"{lang} {number}", "index": [number]} for lang in langs]
        return {"uid": f"{number * 0x9E3779B97F4A7C15:032x}", "doc_key": "d", "segments": segments, "parallelism": 2}

    found = published(tmp_path / "in", [group(n) for n in range(20)], GROUPS, 4, format="flores")
    assert set(found) == {f"default/{name}" for name in ("eng_Latn", "fra_Latn", "jpn_Jpan", "ids")}
    assert {data.count(b"\n") for data in found.values()} == {20}
    pairs = zip(found["default/fra_Latn"].splitlines(), found["default/jpn_Jpan"].splitlines(), strict=True)
    assert all(bool(french) != bool(japanese) for french, japanese in pairs)


@pytest.mark.parametrize("style", ["moses", "flores"])
def test_languages_of_any_form_are_names_of_files(tmp_path, style):
    rows = [{**row, "src_lang": ("../en/x", None, "und")[n % 3]} for n, row in enumerate(bead_rows(12))]
    found = published(tmp_path / "in", rows, BEADS, 2, format=style, compress=False)
    names = {Path(name).name.removeprefix("corpus.") for name in found} - {"ids", "scores", "fra_Latn"}
    assert len(names) == 2
    assert "und" in names
    assert all(len(Path(name).parts) == 2 for name in found)
    assert sum(data.count(b"\n") for name, data in found.items() if name.endswith("ids")) == 12


@pytest.mark.parametrize(
    ("schema", "keys", "said"),
    [
        (GROUPS, {"format": "moses"}, "without the columns src, tgt"),
        (BEADS, {"format": "text"}, "without the columns text"),
        (pa.schema([("uid", pa.string())]), {"format": "tmx"}, "without the columns src, tgt"),
        (BEADS, {"format": "jsonl", "columns": ["sorce"]}, "there is no column 'sorce'"),
    ],
)
def test_rows_that_cannot_be_written_so(schema: pa.Schema, keys: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        Export(**keys).output_schema(schema)


def test_two_exports_do_not_write_one_file(tmp_path):
    pq.write_table(pa.Table.from_pylist(bead_rows(20), schema=BEADS), tmp_path / "in.parquet")
    config = InputConfig(path=str(tmp_path / "in.parquet"), rows="any")

    def run(*styles: FileFormat) -> set[str]:
        exports = tuple(("export", Export(layout="per-pair", format=style), "pair_dedup") for style in styles)
        stages = (("pair_dedup", PairDedup(), ""), *exports)
        run_pipeline(RunRequest("test", stages, config, str(tmp_path / "out"), "local"))
        return {path.name for path in (tmp_path / "out" / "data").rglob("*") if path.is_file()}

    with pytest.raises(ConfigError, match=r"train\.tsv is published by two stages, 02-export and 03-export"):
        run("tsv", "bitextor")
    assert run("tsv", "tmx") == run("tsv", "tmx") == {"train.tsv", "train.tmx"}
