"""Pairs that a user knows to be translations, from files of every form."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.filters.known_pairs import KNOWN_PAIRS, read_known_pairs

# U+2028 and U+0085 end a line for Python's `splitlines`, not in these files
ROWS = [
    ("en", "fra_Latn", "A cat\u2028sleeps", "Un chat dort"),
    ("fra_Latn", "eng_Latn", "Le chien\u0085aboie", "The dog barks"),
    ("en", "deu", "A cat", "Eine Katze"),
    ("en", "fr", "", "Rien"),
]


def written(path, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([dict(zip(KNOWN_PAIRS.names, row, strict=True)) for row in rows], KNOWN_PAIRS), path)
    elif path.suffix == ".jsonl":
        lines = [json.dumps(dict(zip(KNOWN_PAIRS.names, row, strict=True)), ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", "utf-8")
    else:
        lines = ["\t".join(row) for row in [tuple(KNOWN_PAIRS.names), *rows]]
        path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    return str(path)


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.jsonl", "pairs.parquet"])
def test_both_directions_are_read(tmp_path, name):
    found = read_known_pairs(written(tmp_path / name, ROWS), "eng_Latn", "fra_Latn")
    assert found.to_pylist() == [
        {"src": "A cat\u2028sleeps", "tgt": "Un chat dort"}, {"src": "The dog barks", "tgt": "Le chien\u0085aboie"},
    ]  # fmt: skip
    assert read_known_pairs(str(tmp_path / name), "eng_Latn", "jpn_Jpan").num_rows == 0


@pytest.mark.parametrize("content", ["en\tfr\tonly three", '{"src": "a"', "[1, 2]\n", '{"src_lang": 1, "src": {"a": 2}}'])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / ("pairs.jsonl" if content[0] in "{[" else "pairs.tsv")
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=str(path)):
        read_known_pairs(str(path), "eng_Latn", "fra_Latn")
