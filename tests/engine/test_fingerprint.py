"""Fingerprints notice what can change a result, and nothing else."""

from __future__ import annotations

from pathlib import Path

import hexapla
import pytest
from hexapla.engine.fingerprint import (
    _parsed_imports,
    _written_imports,
    code_hash,
    differences,
    imported_modules,
    resource_hash,
    stage_parts,
)
from hexapla.engine.stage import MapStage
from sample_stages import Long


def test_imports_are_found_wherever_they_stand() -> None:
    source = b"from ..kernels import a\ndef f():\n    from .b import c\nimport os, x.y\n"
    names = imported_modules(source, "p.stages")
    assert {"p.kernels", "p.kernels.a", "p.stages.b", "x.y"} <= set(names)


def test_the_quick_search_for_imports_finds_all_that_python_finds_in_every_file_of_ours() -> None:
    package = Path(hexapla.__file__).parent
    rooms = ("kernels", "filters", "stages", "engine", "pipelines", "cli", "workflows")
    files = [path for room in rooms for path in (package / room).rglob("*.py")]
    assert len(files) > 100
    for path in files:
        source = path.read_bytes()
        parsed = {(dots, module, name) for dots, module, names in _parsed_imports(source) for name in names}
        written = {(dots, module, name) for dots, module, names in _written_imports(source) for name in names}
        assert written == parsed, path


def test_the_engine_is_no_part_of_a_stages_code(monkeypatch: pytest.MonkeyPatch) -> None:
    code_hash.cache_clear()
    read: list[str] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: (read.append(str(self)), real(self))[1])
    code_hash("hexapla.stages.export")
    assert any(path.endswith("stages/export.py") for path in read)
    assert not [path for path in read if "/engine/" in path]


def test_what_a_stage_of_others_takes_from_us_is_part_of_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.py").write_text(
        "from hexapla.engine.stage import MapStage\n\ndef f():\n    from hexapla.kernels.hashing import text_hashes\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    code_hash.cache_clear()
    read: list[str] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: (read.append(str(self)), real(self))[1])
    code_hash("theirs")
    assert any(path.endswith("/theirs.py") for path in read)
    assert any(path.endswith("kernels/hashing.py") for path in read)
    assert any(path.endswith("kernels/nfc.py") for path in read)  # what that imports in turn
    assert not [path for path in read if "/engine/" in path]


def test_scoring_does_not_depend_on_thresholds() -> None:
    assert stage_parts(Long(minimum=1), "score") == stage_parts(Long(minimum=2), "score")
    assert stage_parts(Long(minimum=1)) != stage_parts(Long(minimum=2))
    assert stage_parts(Long(unit="letters"), "score") != stage_parts(Long(), "score")


def test_a_resource_counts_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("words")
    (tmp_path / "b").write_text("words")
    assert resource_hash(str(tmp_path / "a")) == resource_hash(str(tmp_path / "b"))
    (tmp_path / "b").write_text("other")
    assert resource_hash(str(tmp_path / "a")) != resource_hash(str(tmp_path / "b"))
    assert resource_hash("owner/model") == "id:owner/model"


def test_differences_name_the_changed_key() -> None:
    old = {"config": {"a": 1, "b": [1]}, "code": "x", "libraries": {"pyarrow": "1"}}
    new = {"config": {"a": 2, "b": [1]}, "code": "y", "libraries": {"pyarrow": "2"}}
    assert differences(old, new) == [
        "code: the code of the stage has changed", "config.a: 1 -> 2", 'libraries.pyarrow: "1" -> "2"',
    ]


def test_two_resources_of_one_name_both_count(tmp_path: Path) -> None:
    class Two(Long):
        def resource_files(self) -> tuple[str, ...]:
            return str(tmp_path / "a/model.bin"), str(tmp_path / "b/model.bin")

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.bin").write_text(folder)
    before = stage_parts(Two(minimum=3))["resources"]
    assert sorted(before) == ["model.bin", "model.bin (2)"]
    (tmp_path / "a/model.bin").write_text("changed")
    assert differences(before, stage_parts(Two(minimum=3))["resources"]) != []


def test_a_step_that_reads_no_files_does_not_depend_on_them(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("one")

    class Listed(MapStage):
        def resource_files(self) -> tuple[str, ...]:
            return (str(words),)

    assert stage_parts(Listed())["resources"] != {}
    assert stage_parts(Listed(), reads_files=False)["resources"] == {}
