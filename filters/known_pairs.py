"""Pairs of texts that a user knows to be translations: sentences to train with, or the words of a dictionary."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .language_codes import canonical

KNOWN_PAIRS = pa.schema(
    [("src_lang", pa.string()), ("tgt_lang", pa.string()), ("src", pa.string()), ("tgt", pa.string())]
)


def read_known_pairs(path: str, source: str, target: str) -> pa.Table:
    """The pairs of a file between two languages, whichever of them is the source there.

    A TSV file has four columns, in this order or under a header that says it: `src_lang, tgt_lang, src, tgt`. JSONL and
    Parquet files (pairs that another run has left, for example) have columns of these names. Languages are written in
    any usual way (`en`, `eng`, `eng_Latn`).

    Args:
        path: the file.
        source: a canonical language.
        target: another one.

    Returns:
        Columns `src` and `tgt`, in file order.

    Raises:
        ValueError: the file cannot be read as any of these.
    """
    table = _read(path, Path(path).stat().st_mtime_ns)
    forth = _between(table, source, target)
    back = _between(table, target, source).rename_columns(["tgt", "src"]).select(["src", "tgt"])
    return pa.concat_tables([forth, back]).combine_chunks()


def _between(table: pa.Table, source: str, target: str) -> pa.Table:
    wanted = pc.and_(pc.equal(table.column("src_lang"), source), pc.equal(table.column("tgt_lang"), target))
    return table.filter(wanted).select(["src", "tgt"])


@lru_cache(maxsize=4)
def _read(path: str, modified: int) -> pa.Table:
    """The whole file with canonical languages; rows without text on a side are left out."""
    try:
        table = _table_of(path)
    except (pa.ArrowException, UnicodeDecodeError, json.JSONDecodeError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read as Parquet, JSONL or TSV: {error}") from error
    missing = [name for name in KNOWN_PAIRS.names if name not in table.column_names]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}; src_lang, tgt_lang, src and tgt are needed")
    table = table.select(KNOWN_PAIRS.names).cast(KNOWN_PAIRS).drop_null()
    for place, name in enumerate(("src_lang", "tgt_lang")):
        encoded = table.column(name).combine_chunks().dictionary_encode()
        names = pa.array([canonical(code) for code in encoded.dictionary.to_pylist()], pa.string())
        table = table.set_column(place, name, names.take(encoded.indices))
    filled = [pc.greater(pc.binary_length(table.column(name)), 0) for name in ("src", "tgt")]
    return table.filter(pc.and_(*filled))


def _table_of(path: str) -> pa.Table:
    if path.endswith(".parquet"):
        import pyarrow.parquet as pq

        return pq.read_table(path)
    # a text may hold what else ends a line, such as U+2028
    lines = [line.removesuffix("\r") for line in Path(path).read_text("utf-8-sig").split("\n")]
    if path.endswith((".jsonl", ".ndjson", ".json")):
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines if line.strip()]
        return pa.table({name: [row.get(name) for row in rows] for name in KNOWN_PAIRS.names}, schema=KNOWN_PAIRS)
    cells = [line.split("\t") for line in lines if line.strip()]
    names = KNOWN_PAIRS.names
    if cells and set(names) <= set(cells[0]):
        names, cells = cells[0], cells[1:]
    for number, row in enumerate(cells, start=1):
        if len(row) < len(names):
            raise ValueError(f"{path}: row {number} has {len(row)} columns instead of {len(names)}")
    return pa.table({name: [row[place] for row in cells] for place, name in enumerate(names)})
