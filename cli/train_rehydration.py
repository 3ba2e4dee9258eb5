"""`hexapla train rehydration`: weights by cluster size and language, from what the filters of a run removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..engine.errors import ConfigError
from .terminal import say, several

if TYPE_CHECKING:
    import pyarrow as pa

    from ..engine.results import Results

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="Output folder of a run with minhash_dedup before its filters.")
]
Output = Annotated[Path, typer.Option("--output", metavar="FILE", help="Gets the weights, as JSON.")]
Most = Annotated[int, typer.Option("--max-repetitions", min=2, metavar="N", help="Of what filters remove least.")]
Least = Annotated[
    int,
    typer.Option("--min-documents", min=1, metavar="N", help="Cluster sizes with fewer are pooled with larger ones."),
]
Sizes = Annotated[str, typer.Option("--sizes", metavar="NAME", help="Column of cluster sizes.")]


def rehydration(
    run: Run,
    output: Output,
    max_repetitions: Most = 10,
    min_documents: Least = 100,
    sizes: Sizes = "minhash_cluster_size",
) -> None:
    """Fit weights for the stage `rehydrate`: clusters that the filters liked are repeated, as FineWeb-2 does it.

    Filters must come after `minhash_dedup` in the run, so that what they remove has a cluster size.
    """
    from ..engine.results import Results
    from ..filters.rehydration import RemovalCounts

    results, counts = Results(run), RemovalCounts()
    with_sizes = [stage for stage in results.stages if sizes in stage.schema]
    if not with_sizes or results.last_kept is None:
        raise ConfigError(f"no stage of the run has the column {sizes!r}", where=run, hint="run minhash_dedup first")
    first = min(stage.position for stage in with_sizes)
    later = [stage for stage in results.stages if stage.position > first]
    for removed, files in (
        (True, [file for stage in later for file in stage.removed]),
        (False, results.last_kept.kept),
    ):
        for rows in _batches(results, files, sizes):
            languages = rows.column("language") if "language" in rows.schema.names else [None] * rows.num_rows
            counts.add(languages, rows.column(sizes), removed=removed)
    gone = sum(pair[0] for by_size in counts.counts.values() for pair in by_size.values())
    if not gone:
        hint = "put minhash_dedup before heuristics and other filters: then what they remove has a cluster size"
        raise ConfigError(f"no stage after {with_sizes[0].name} removed anything", where=run, hint=hint)
    weights = counts.fit(max_repetitions, min_documents)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    repeated = sum(max(table.values()) > 1 for table in weights.values())
    say(f"{several(len(weights), 'language')}, {repeated} with something to repeat: {output}")
    say(f"use it with: rehydrate: {{weights: {output}}}")


def _batches(results: Results, files: list[str], sizes: str) -> Iterator[pa.RecordBatch]:
    """Languages and cluster sizes in the files of a run."""
    import pyarrow.parquet as pq

    for file in files:
        with results.store.open(file) as handle:
            parquet = pq.ParquetFile(handle, pre_buffer=False)
            have = [name for name in ("language", sizes) if name in parquet.schema_arrow.names]
            if sizes in have:
                yield from parquet.iter_batches(columns=have, use_threads=False)
