"""Pipelines that pages show are valid ones."""

import re

import pytest
from hexapla.pipelines.load import load_pipeline
from tracked_files import tracked_files

THEIRS = ("block_hosts", "host_cap")
"""Stages of a package that only `test_extend.py` installs."""


def shown(repository):
    """(page, content) of every fenced pipeline."""
    for name in tracked_files(repository):
        if name.suffix == ".md":
            text = (repository / name).read_text(encoding="utf-8")
            for block in re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
                if "stages:" in block and not any(stage in block for stage in THEIRS):
                    yield str(name), block


PLACEHOLDERS = {
    "quality-model/quality.json": b"{}",
    "models/fra_Latn.npz": b"",
    "ngrams/fra_Latn.npz": b"",
    "models/ru-toxic.bin": (793712314).to_bytes(4, "little"),
    "flores/eng_Latn.devtest": b"",
}
"""What stands for the models that pages name: they have to be there, and are not opened."""


def test_pipelines_are_valid(repository, tmp_path, monkeypatch):
    for name, content in PLACEHOLDERS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    found = list(shown(repository))
    assert {"README.md", "docs/tutorial.md", "docs/pipeline-file.md", "docs/extend.md"} <= {name for name, _ in found}
    for number, (name, block) in enumerate(found):
        is_part = not re.search("^input:", block, flags=re.MULTILINE)
        path = tmp_path / f"{number}.yaml"
        path.write_text(f"input: {{path: any.parquet}}\noutput: any\n{block}" if is_part else block, encoding="utf-8")
        try:
            load_pipeline(str(path))
        except Exception as error:
            pytest.fail(f"{name}: {error}")
