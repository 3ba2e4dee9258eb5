"""Files as they are: one row per file with its bytes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_every_file_is_a_row_whatever_its_name(tmp_path: Path, everything: Callable[..., Any]) -> None:
    (tmp_path / "po").mkdir()
    (tmp_path / "po/fr.po").write_bytes("msgid \"a\"\nmsgstr \"à\"\n".encode())
    (tmp_path / "el.mo").write_bytes(bytes(range(256)))
    (tmp_path / "film.srt.gz").write_bytes(gzip.compress("1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n".encode()))
    (tmp_path / "empty.xlf").write_bytes(b"")
    found = everything(path=str(tmp_path), format="files")
    assert found.columns == ["uid", "id", "file_path", "content"]
    contents = {row["file_path"]: row["content"] for row in found.rows}
    assert set(contents) == {"po/fr.po", "el.mo", "film.srt.gz"}
    assert contents["el.mo"] == bytes(range(256))
    assert "नमस्ते" in contents["film.srt.gz"].decode()
    assert found.consumed == {"empty_file": 1}
    assert len({row["uid"] for row in found.rows}) == 3


def test_broken_files_are_told(tmp_path: Path, everything: Callable[..., Any]) -> None:
    (tmp_path / "large.tmx").write_bytes(b"x" * 5000)
    (tmp_path / "cut.po.gz").write_bytes(gzip.compress(b"msgid" * 4000)[:40])
    (tmp_path / "good.po").write_bytes(b"x")
    found = everything(path=str(tmp_path), format="files", max_record_bytes=4096)
    assert [row["file_path"] for row in found.rows] == ["good.po"]
    assert {row["file_path"]: row["reason"] for row in found.broken}["large.tmx"] == "record_too_large"
    assert {row["file_path"] for row in found.broken} == {"large.tmx", "cut.po.gz"}
