"""Document groups against gold: precision and recall of pairs of documents, by kind of evidence.

    python benchmarks/document_alignment.py CRAWL.warc.gz GOLD.parquet
    python benchmarks/document_alignment.py pipelines/sample/crawl.warc.gz pipelines/sample/key.jsonl

GOLD has a row for each page: `uri`, `lang`, and what is the same in all languages (`article`), null for no document; or
the key of the sample crawl. A pair of two pages in different languages is right when what they say is the same. Of
several pages in one language that say the same (copies, print views) one is wanted. Evidence: everything; links only;
addresses only; contents only, with addresses that say nothing but the site.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from child import run
from pipeline_speed import our_command

KINDS: dict[str, tuple[str, ...]] = {
    "all": ("hreflang", "url", "content"),
    "hreflang": ("hreflang",),
    "url": ("url",),
    "content": ("content",),
}
DOCUMENTS = """name: documents
input: {path: CRAWL, format: warc}
stages: [extract: {}, language: {}]
output: out/
"""
GROUPS = """name: groups
input: {path: documents.parquet, format: parquet}
stages:
  - align_documents: {evidence: [EVIDENCE]}
output: out/
"""

Truth = dict[str, tuple[Any, str]]


def truth_of(path: Path) -> tuple[Truth, str]:
    """What each page says and in which language, and the column of documents by which it is found."""
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return {row["id"]: (row["document"], row["languages"][0]) for row in rows if row.get("document")}, "id"
    rows = pq.read_table(path, columns=["uri", "article", "lang"]).to_pylist()
    return {row["uri"]: (row["article"], row["lang"]) for row in rows if row["lang"]}, "url"


def documents_of(crawl: Path, folder: Path) -> pa.Table:
    """The documents of a crawl, with their languages as hexapla finds them."""
    folder.mkdir()
    (folder / "documents.yaml").write_text(DOCUMENTS.replace("CRAWL", str(crawl.resolve())))
    run(our_command(folder / "documents.yaml", folder / "out", "--executor", "local"), folder=folder)
    return pq.read_table(sorted((folder / "out" / "stages" / "02-language" / "data").glob("*.parquet")))


def with_opaque_addresses(documents: pa.Table) -> pa.Table:
    """The same documents on one site, at addresses that say nothing."""
    urls = [
        f"https://site.example/{hashlib.sha256(url.encode()).hexdigest()}"
        for url in documents.column("url").to_pylist()
    ]
    return documents.set_column(documents.schema.get_field_index("url"), "url", pa.array(urls))


def groups_of(documents: pa.Table, evidence: tuple[str, ...], folder: Path) -> tuple[list[dict[str, Any]], float]:
    """The rows that the stage leaves, and its CPU seconds."""
    folder.mkdir()
    pq.write_table(documents, folder / "documents.parquet")
    (folder / "groups.yaml").write_text(GROUPS.replace("EVIDENCE", ", ".join(evidence)))
    used = run(our_command(folder / "groups.yaml", folder / "out", "--executor", "local"), folder=folder)
    files = sorted((folder / "out" / "stages" / "01-align_documents" / "data").glob("*.parquet"))
    return pq.read_table(files).to_pylist(), used.cpu_seconds


def measure(rows: list[dict[str, Any]], names: list[str], truth: Truth) -> dict[str, Any]:
    """Pairs of languages within groups against those of the gold.

    Args:
        rows: the documents with their groups, in the order of `names`.
        names: how the gold calls each.
        truth: see `truth_of`.
    """
    wanted, groups = defaultdict(set), defaultdict(list)
    for name in names:
        if name in truth:
            wanted[truth[name][0]].add(truth[name][1])
    for row, name in zip(rows, names, strict=True):
        if row["doc_languages"] > 1:
            groups[row["doc_key"]].append(truth.get(name))
    found = right = 0
    reached = defaultdict(set)
    for pages in groups.values():
        for place, one in enumerate(pages):
            for other in pages[:place]:
                found += 1
                if one and other and one[0] == other[0] and one[1] != other[1]:
                    right += 1
                    reached[one[0]].add(frozenset((one[1], other[1])))
    pairs = sum(len(languages) * (len(languages) - 1) // 2 for languages in wanted.values())
    return {
        "groups": len(groups),
        "precision": round(right / max(1, found), 4),
        "recall": round(sum(map(len, reached.values())) / max(1, pairs), 4),
        "pairs": pairs,
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crawl", type=Path)
    parser.add_argument("gold", type=Path)
    given = parser.parse_args()
    truth, label = truth_of(given.gold)
    with tempfile.TemporaryDirectory() as folder:
        documents = documents_of(given.crawl, Path(folder) / "documents")
        result: dict[str, Any] = {"documents": documents.num_rows}
        for kind, evidence in KINDS.items():
            rows = documents if kind != "content" else with_opaque_addresses(documents)
            found, seconds = groups_of(rows, evidence, Path(folder) / kind)
            by_id = dict(zip(documents.column("id").to_pylist(), documents.column(label).to_pylist(), strict=True))
            names = [by_id[row["id"]] for row in found]
            result[kind] = measure(found, names, truth) | {"cpu_seconds": round(seconds, 2)}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
