"""Pairs that a user knows: every form of file, either direction, and what cannot be read."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.filters.known_pairs import KNOWN_PAIRS, read_known_pairs

ROWS = [
    {"src_lang": "en", "tgt_lang": "ell_Grek", "src": "house", "tgt": "σπίτι"},
    {"src_lang": "ell", "tgt_lang": "eng_Latn", "src": "νερό", "tgt": "water"},
    {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn", "src": "house", "tgt": "maison"},
    {"src_lang": "eng_Latn", "tgt_lang": "ell_Grek", "src": "", "tgt": "κενό"},
]
WANTED = {"src": ["house", "water"], "tgt": ["σπίτι", "νερό"]}


def test_all_forms_say_the_same(tmp_path):
    lines = ["\t".join(row.values()) for row in ROWS]
    (tmp_path / "plain.tsv").write_text("\n".join(lines), "utf-8")
    (tmp_path / "titled.tsv").write_text("\n".join(["\t".join(ROWS[0]), *lines]), "utf-8")
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row | {"score": 1}) for row in ROWS), "utf-8")
    pq.write_table(pa.Table.from_pylist(ROWS, KNOWN_PAIRS), tmp_path / "rows.parquet")
    for path in sorted(tmp_path.iterdir()):
        assert read_known_pairs(str(path), "eng_Latn", "ell_Grek").to_pydict() == WANTED, path.name
        swapped = read_known_pairs(str(path), "ell_Grek", "eng_Latn").to_pydict()
        assert swapped == {"src": ["νερό", "σπίτι"], "tgt": ["water", "house"]}
        assert read_known_pairs(str(path), "ell_Grek", "fra_Latn").num_rows == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", b"en\tfr\thouse\n", "row 1 has 3 columns"),
        ("a.jsonl", b"{\n", "cannot be read"),
        ("a.tsv", b"\xff\xfe\t\t\t", "cannot be read"),
        ("a.parquet", b"PAR1", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_known_pairs(str(tmp_path / name), "eng_Latn", "fra_Latn")
