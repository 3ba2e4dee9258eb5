"""One other tool's MinHash dedup of some texts, in its own environment: CPU seconds, and which texts end together.

    PEER_PYTHON dedup_peer.py TOOL TEXTS.json REPEATS

Word 5-grams, 112 permutations, 14 bands of 8 everywhere; a text of fewer than five words is one shingle where the tool
takes shingles from its caller. Clusters are the connected groups of what the tool's own index finds. `sketch_seconds`
is the part of `signature_seconds` without the shingles, where they are made by the caller. Prints one JSON object.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

BANDS, ROWS, SHINGLE = 14, 8, 5
SIZE = BANDS * ROWS
Texts = list[str]
Found = dict[str, Any]


def timed(work: Callable[[], Any], repeats: int = 1) -> tuple[Any, float]:
    """The last result, and the median of CPU seconds (all threads)."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return result, statistics.median(seconds)


def shingles(texts: Texts) -> list[list[str]]:
    """Distinct word 5-grams, as the tools' own examples make them."""
    found = []
    for text in texts:
        words = text.lower().split()
        found.append(list({" ".join(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1))}))
    return found


def clusters_of(groups: Iterable[Iterable[int]], count: int) -> list[int]:
    """For each text the first one of its connected group."""
    parent = list(range(count))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for group in groups:
        first, *rest = group
        for other in rest:
            one, two = sorted((find(first), find(other)))
            parent[two] = one
    return [find(node) for node in range(count)]


def rensa(texts: Texts, repeats: int, sketch: str = "digest_matrix_from_token_sets") -> Found:
    """Its compiled matrix of signatures; its index for the clusters."""
    from rensa import RMinHash, RMinHashLSH

    make = getattr(RMinHash, sketch)
    sets, cutting = timed(lambda: shingles(texts), repeats)
    matrix, sketching = timed(lambda: make(sets, SIZE, 1), repeats)
    if sketch != "digest_matrix_from_token_sets":
        return {"signature_seconds": cutting + sketching, "sketch_seconds": sketching}
    hashes = RMinHash.from_token_sets(sets, SIZE, 1)

    def cluster() -> list[int]:
        index = RMinHashLSH(0.75, SIZE, BANDS)
        index.insert_matrix(matrix)
        return clusters_of(((place, *index.query(one)) for place, one in enumerate(hashes)), len(texts))

    clusters, clustering = timed(cluster)
    return {"signature_seconds": cutting + sketching, "sketch_seconds": sketching, "cluster_seconds": clustering,
            "clusters": clusters}  # fmt: skip


def rensa_rho(texts: Texts, repeats: int) -> Found:
    """Its other sketch, of one permutation, signatures only."""
    return rensa(texts, repeats, "digest_matrix_from_token_sets_rho")


def gaoya(texts: Texts, repeats: int) -> Found:
    """Its string index, which cuts words itself; signatures cannot be told from putting them into the index."""
    from gaoya.minhash import MinHashStringIndex

    def fill() -> Any:
        index = MinHashStringIndex(
            hash_size=32, jaccard_threshold=0.75, num_bands=BANDS, band_size=ROWS, num_hashes=SIZE, analyzer="word",
            lowercase=True, ngram_range=(SHINGLE, SHINGLE),
        )  # fmt: skip
        for place, text in enumerate(texts):
            index.insert_document(place, text)
        return index

    index, filling = timed(fill, repeats)
    clusters, clustering = timed(
        lambda: clusters_of(([place, *index.query(text)] for place, text in enumerate(texts)), len(texts))
    )
    return {"signature_seconds": filling, "cluster_seconds": clustering, "clusters": clusters}


def datasketch(texts: Texts, repeats: int) -> Found:
    """`MinHash.bulk` and `MinHashLSH`."""
    from datasketch import MinHash, MinHashLSH

    sets, cutting = timed(lambda: [[one.encode() for one in part] for part in shingles(texts)])
    hashes, sketching = timed(lambda: MinHash.bulk(sets, num_perm=SIZE, seed=1))

    def cluster() -> list[int]:
        index = MinHashLSH(num_perm=SIZE, params=(BANDS, ROWS))
        for place, one in enumerate(hashes):
            index.insert(place, one, check_duplication=False)
        return clusters_of(([place, *index.query(one)] for place, one in enumerate(hashes)), len(texts))

    clusters, clustering = timed(cluster)
    return {"signature_seconds": cutting + sketching, "sketch_seconds": sketching, "cluster_seconds": clustering,
            "clusters": clusters}  # fmt: skip


def text_dedup(texts: Texts, repeats: int) -> Found:
    """Its `embed_func`, and its loop over hash tables, which stands in its command and is repeated here."""
    import numpy as np
    from text_dedup.minhash import embed_func
    from text_dedup.utils import UnionFind, sha1_hash

    prime, most = np.uint64((1 << 61) - 1), np.uint32((1 << 32) - 1)
    chance = np.random.RandomState(42)
    options = {
        "num_perm": SIZE, "ngram_size": SHINGLE, "min_length": 0, "dtype": np.uint64, "max_hash": most,
        "modulo_prime": prime, "hashranges": [(band * ROWS, (band + 1) * ROWS) for band in range(BANDS)],
        "permutations": (chance.randint(1, prime, size=(SIZE,), dtype=np.uint64),
                         chance.randint(0, prime, size=(SIZE,), dtype=np.uint64)),
        "hash_func": lambda data: sha1_hash(data, d=32),
    }  # fmt: skip
    signatures, hashing = timed(
        lambda: [embed_func(text, place, **options)["__signatures__"] for place, text in enumerate(texts)]
    )

    def cluster() -> list[int]:
        tables: list[dict[bytes, set[int]]] = [defaultdict(set) for _ in range(BANDS)]
        for place, bands in enumerate(signatures):
            for band, key in enumerate(bands):
                tables[band][key].add(place)
        joined = UnionFind()
        for table in tables:
            for members in table.values():
                if len(members) > 1:
                    first = min(members)
                    for member in members:
                        joined.union(member, first)
        return [joined.find(place) for place in range(len(texts))]

    clusters, clustering = timed(cluster)
    return {"signature_seconds": hashing, "cluster_seconds": clustering, "clusters": [int(one) for one in clusters]}


def datatrove(texts: Texts, repeats: int) -> Found:
    """Its three blocks, with their files; English words, as it tokenizes unless it is told a language."""
    import numpy as np
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupSignature,
    )
    from datatrove.utils.hashing import HashConfig

    config = MinhashConfig(
        n_grams=SHINGLE, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(precision=64)
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stage = MinhashDedupSignature(output_folder=str(folder / "signatures"), config=config)
        stage.get_shingles(texts[0])  # loads the tokenizer
        documents = (Document(text=text, id=str(place)) for place, text in enumerate(texts))
        _, hashing = timed(lambda: stage.run(documents))

        def cluster() -> None:
            for band in range(BANDS):
                buckets = MinhashDedupBuckets(str(folder / "signatures"), str(folder / "buckets"), config=config)
                buckets.run(rank=band, world_size=BANDS)
            removed = str(folder / "removed")
            MinhashDedupCluster(str(folder / "buckets"), removed, config=config, save_cluster_id=True).run(None, 0, 1)

        _, clustering = timed(cluster)
        members: dict[int, list[int]] = defaultdict(list)
        for document, number in np.fromfile(folder / "removed" / "000000.clusters", "<u4").reshape(-1, 2).tolist():
            members[number].append(document)
    return {"signature_seconds": hashing, "cluster_seconds": clustering,
            "clusters": clusters_of(members.values(), len(texts))}  # fmt: skip


TOOLS: dict[str, Callable[[Texts, int], Found]] = {
    "datatrove": datatrove, "rensa": rensa, "rensa rho": rensa_rho, "gaoya": gaoya, "datasketch": datasketch,
    "text-dedup": text_dedup,
}  # fmt: skip


def main() -> None:
    """Run one tool."""
    tool, path, repeats = sys.argv[1:]
    texts = json.loads(Path(path).read_text("utf-8"))
    found = TOOLS[tool](texts, int(repeats))
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    print(json.dumps(found | {"peak_memory_mb": round(peak / 1e6, 1), "version": version(tool.partition(" ")[0])}))


if __name__ == "__main__":
    main()
