"""An input that takes a few seconds, and what an undisturbed run makes of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faults import REPOSITORY, command, tree

PIPELINE = """
name: chaos
input: {path: crawl, format: warc}
stages:
  - extract: {}
  - language: {model: cld2}
  - heuristics: {preset: fineweb2}
  - exact_dedup: {}
  - minhash_dedup: {buckets: 14, rows: 8, threshold: 0.75}
  - toxicity: {max_density: 0.01}
  - pii: {}
  - export: {layout: per-language}
output: curated
"""


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, bytes]]:
    """A pipeline file, an input cut into eight files, and the undisturbed output."""
    import subprocess

    folder = tmp_path_factory.mktemp("chaos")
    pipeline = folder / "chaos.yaml"
    pipeline.write_text(PIPELINE)
    crawl = folder / "crawl"
    crawl.mkdir()
    # the members of the crawl as they are, damaged ones too
    begin = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
    data = next((REPOSITORY / "pipelines/sample").glob("*.warc.gz")).read_bytes()
    members = [begin + piece for piece in data.split(begin)[1:]]
    for number in range(8):
        (crawl / f"part-{number}.warc.gz").write_bytes(b"".join(members[number::8]))
    whole = folder / "whole"
    subprocess.run(command(pipeline, crawl, whole, "--executor", "local"), check=True, cwd=folder)
    return pipeline, crawl, tree(whole)
