"""Rows of fields: tab-separated lines, and files whose lines belong together."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hexapla.engine.errors import ConfigError

PAIRS = [("Wasser", "νερό"), ("Brot und Salz", "ψωμί και αλάτι"), ("水", "น้ำ"), ("", "κενό")]


def test_fields_by_number(tmp_path: Path, everything: Callable[..., Any]) -> None:
    lines = [f"{score}\t{one}\t{other}" for score, (one, other) in enumerate(PAIRS)]
    (tmp_path / "a.tsv").write_text("\r\n".join(lines) + "\r\n\n", encoding="utf-8")
    given = {"src": "2", "tgt": "3", "score": "1"}
    found = everything(path=str(tmp_path), rows="any", columns=given, types={"score": "float"})
    assert [(row["src"], row["tgt"]) for row in found.rows] == PAIRS
    assert [row["score"] for row in found.rows] == [0.0, 1.0, 2.0, 3.0]
    assert found.columns == ["uid", "id", "url", "date", "dump", "file_path", "src", "tgt", "score"]
    assert found.consumed == {"blank_line": 1} and not found.broken


@pytest.mark.parametrize("target", [7, 40, 1 << 20])
def test_a_header_names_fields_however_the_file_is_cut(
    target: int, tmp_path: Path, everything: Callable[..., Any]
) -> None:
    lines = ["id\tde\tel\tnote"] + [f"{number}\t{one}\t{other}\tx" for number, (one, other) in enumerate(PAIRS * 5)]
    (tmp_path / "a.tsv").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    found = everything(target=target, path=str(tmp_path), rows="any", header=True, columns={"src": "de", "tgt": "el"})
    assert [(row["src"], row["tgt"]) for row in found.rows] == PAIRS * 5
    assert [row["id"] for row in found.rows] == [str(number) for number in range(20)]
    assert {row["note"] for row in found.rows} == {"x"}
    assert found.consumed == {"header": 1}


def test_broken_rows(tmp_path: Path, everything: Callable[..., Any]) -> None:
    (tmp_path / "a.tsv").write_bytes(b"a\tb\t1\na\nb\xff\tc\t2\nc\td\tmany\n")
    given = {"src": "1", "tgt": "2", "score": "3"}
    found = everything(path=str(tmp_path), rows="any", columns=given, types={"score": "integer"})
    assert found.reasons == ["too_few_fields", "invalid_utf8", "wrong_type"]
    assert found.broken[2]["reasons"][0]["rule"] == 'wrong_type: score is not integer: "many"'
    assert [row["score"] for row in found.rows] == [1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"columns": {"text": "0"}}, "no number of a field"),
        ({"columns": {"src": "1"}}, "no field is the column 'text'"),
        ({"header": True, "columns": {"text": "ell"}}, "has no field 'ell'"),
    ],
)
def test_columns_that_are_not_there(
    given: dict[str, Any], message: str, tmp_path: Path, everything: Callable[..., Any]
) -> None:
    (tmp_path / "a.tsv").write_text("el\tde\nνερό\tWasser\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        everything(path=str(tmp_path), **given)


def moses(folder: Path) -> None:
    for name in ("news.de-el", "talks.de-el"):
        (folder / f"{name}.de").write_text("".join(f"{one}\n" for one, _ in PAIRS), encoding="utf-8")
        (folder / f"{name}.el.gz").write_bytes(gzip.compress("".join(f"{other}\n" for _, other in PAIRS).encode()))


def test_files_side_by_side(tmp_path: Path, everything: Callable[..., Any]) -> None:
    moses(tmp_path)
    (tmp_path / "news.de-el.ids").write_text("not asked for")
    given = {"src": "el", "tgt": "de"}
    constants = {"src_lang": "ell_Grek", "tgt_lang": "deu_Latn"}
    found = everything(path=str(tmp_path), format="moses", rows="any", columns=given, constants=constants)
    assert [(row["tgt"], row["src"]) for row in found.rows] == PAIRS * 2
    assert {row["file_path"] for row in found.rows} == {"news.de-el", "talks.de-el"}
    assert {(row["src_lang"], row["tgt_lang"]) for row in found.rows} == {("ell_Grek", "deu_Latn")}
    assert len({row["uid"] for row in found.rows}) == 8


def test_files_of_unequal_length(tmp_path: Path, everything: Callable[..., Any]) -> None:
    (tmp_path / "a.de").write_text("eins\nzwei\ndrei\nvier\n")
    (tmp_path / "a.el").write_text("ένα\n", encoding="utf-8")
    found = everything(path=str(tmp_path), format="moses", rows="any")
    assert [(row["de"], row["el"]) for row in found.rows] == [("eins", "ένα")]
    assert found.reasons == ["unequal_lines"]
    assert found.broken[0]["position"] == 1 and found.broken[0]["reasons"][0]["value"] == 3.0


def test_a_file_alone_is_refused(tmp_path: Path, everything: Callable[..., Any]) -> None:
    moses(tmp_path)
    (tmp_path / "news.de-el.el.gz").unlink()
    with pytest.raises(ConfigError, match=r"no file news\.de-el\.el belongs to news\.de-el\.de"):
        everything(path=str(tmp_path), format="moses", rows="any", columns={"src": "de", "tgt": "el"})


def test_constants_do_not_replace_columns(tmp_path: Path, everything: Callable[..., Any]) -> None:
    (tmp_path / "a.tsv").write_text("νερό\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="has a column 'text' already"):
        everything(path=str(tmp_path), columns={"text": "1"}, constants={"text": "x"})
    found = everything(path=str(tmp_path), columns={"text": "1"}, constants={"source": "wiki"})
    assert found.rows[0]["source"] == "wiki"
