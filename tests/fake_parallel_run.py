"""A finished run with parallel text, written without the engine: beads and groups of documents in some languages."""

import itertools
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
from fake_run import ARTICLE_1, HOSTILE
from hexapla.filters.parallel_tables import BEADS, GROUPS, bead_uids, group_uids, joiner

LANGUAGES = ("arb_Arab", "cmn_Hani", "deu_Latn", "eng_Latn", "heb_Hebr")


def write_parallel_run(folder, documents=12, segments=10, seed=1, languages=LANGUAGES, groups=True):
    """Write an output folder: reading, and a stage `align` with beads and groups.

    A segment has one of three fates: all languages have it (most), one language lacks it, or one language says it in
    two segments. Every 13th bead links a segment to the wrong one, with a low score.

    Args:
        folder: where to, a path that does not exist.
        documents: how many.
        segments: how many things each document says.
        seed: of fates and scores.
        languages: of every document.
        groups: whether the stage leaves groups, too.

    Returns:
        The beads and the groups as lists of dictionaries.
    """
    beads, grouped = [], []
    for number in range(documents):
        one = _document(f"doc/{number}", segments, random.Random(f"{seed} {number}"), sorted(languages))
        beads += one[0]
        grouped += one[1]
    bead_rows = pa.Table.from_pylist(beads, schema=BEADS).combine_chunks()
    names = ("doc_key", "src_lang", "tgt_lang", "src_index", "tgt_index")
    uids = bead_uids(*(bead_rows.column(name).chunk(0) for name in names))
    bead_rows = bead_rows.set_column(0, "uid", uids)
    group_rows = pa.Table.from_pylist(grouped, schema=GROUPS).combine_chunks()
    group_rows = group_rows.set_column(
        0, "uid", group_uids(group_rows.column("doc_key").chunk(0), group_rows.column("segments").chunk(0))
    )
    read = [
        {"uid": f"{number:031x}{place:x}", "id": f"doc/{number}/{language}", "doc_key": f"doc/{number}", "language": language}
        for number in range(documents)
        for place, language in enumerate(sorted(languages))
    ]
    _write(folder, bead_rows, group_rows if groups else None, pa.Table.from_pylist(read))
    return bead_rows.to_pylist(), group_rows.to_pylist()


def _document(key, count, dice, languages):
    places = dict.fromkeys(languages, 0)
    beads, groups = [], []
    for number in range(count):
        fate, victim = dice.choices(("whole", "lacks", "two"), (8, 1, 1))[0], dice.choice(languages)
        said = {}
        for language in languages:
            if fate == "lacks" and language == victim:
                continue
            pieces = 2 if fate == "two" and language == victim else 1
            index = list(range(places[language], places[language] + pieces))
            places[language] += pieces
            text = joiner(language).join(f"{at}. {ARTICLE_1.get(language, HOSTILE)}" for at in index)
            said[language] = (index, HOSTILE + text if number == 3 else text)
        if len(said) > 1:
            groups.append(_group(key, said, dice))
        for left, right in itertools.combinations(languages, 2):
            beads += _links(key, left, right, said, places, dice)
    return beads, groups


def _group(key, said, dice):
    segments = [{"lang": language, "text": text, "index": index} for language, (index, text) in sorted(said.items())]
    agreement = dice.choice((1.0, 1.0, 0.75))
    return {"doc_key": key, "segments": segments, "parallelism": len(said), "agreement": agreement}


def _links(key, left, right, said, places, dice):
    """One bead; two where one side is missing, or where it is linked to nothing by mistake."""
    if left not in said and right not in said:
        return []
    if left not in said or right not in said:
        there = left if left in said else right
        return [_bead(key, left, right, {there: said[there]}, 0.5)]
    if dice.randrange(13) == 0:
        return [_bead(key, left, right, {side: said[side]}, round(dice.random() * 0.3, 3)) for side in (left, right)]
    return [_bead(key, left, right, said, round(0.3 + 0.7 * dice.random() ** 0.3, 3))]


def _bead(key, left, right, said, score):
    nothing = ([], "")
    return {
        "doc_key": key,
        "src_lang": left,
        "tgt_lang": right,
        "src_index": said.get(left, nothing)[0],
        "tgt_index": said.get(right, nothing)[0],
        "src": said.get(left, nothing)[1],
        "tgt": said.get(right, nothing)[1],
        "score": score,
        "method": "lexical",
    }


def _write(folder, beads, groups, read):
    counts, documents = {}, read.num_rows
    for left, right in zip(beads["src_lang"].to_pylist(), beads["tgt_lang"].to_pylist(), strict=True):
        counts[f"{left}-{right}"] = counts.get(f"{left}-{right}", 0) + 1
    _stage(folder, 0, "read", {"und": {**_empty(), "in": documents, "kept": documents, "out": documents}}, read, {})
    made = {name: {**_empty(), "created": count, "out": count} for name, count in counts.items()}
    outputs = {"groups": groups} if groups is not None else {}
    _stage(folder, 1, "align", {"und": {**_empty(), "in": documents, "consumed": documents}, **made}, beads, outputs)
    run = {
        "name": "bitext",
        "hexapla": "0.1.0",
        "python": "3.11.2",
        "libraries": {},
        "input": {"path": "pages", "format": "parquet"},
        "stages": [{"position": 1, "name": "align", "from": "", "config": {}, "code": "0" * 16}],
        "removed": "auto",
        "seed": 0,
        "limit": None,
        "totals": {"in": documents, "out": beads.num_rows, "removed": 0},
        "executor": {"executor": "local", "workers": 1},
    }
    (folder / "run.json").write_text(json.dumps(run))


def _empty():
    return {"in": 0, "kept": 0, "removed": 0, "consumed": 0, "created": 0, "out": 0, "reasons": {}}


def _stage(root, position, name, languages, table, outputs):
    folder = root / "stages" / f"{position:02d}-{name}"
    folder.mkdir(parents=True)
    totals = _empty()
    for entry in languages.values():
        for key in ("in", "kept", "removed", "consumed", "created", "out"):
            totals[key] += entry[key]
    manifest = {
        "stage": name,
        "position": position,
        "schema": [[field.name, str(field.type)] for field in table.schema],
        "parts": _parts(folder, "data", table),
        "removed": [],
        "outputs": {output: _parts(folder, output, rows) for output, rows in outputs.items()},
        "fingerprint": {"all": {}},
    }
    ledger = {"stage": name, "position": position, "languages": languages, "totals": totals, "counters": {}}
    timings = {"cpu_seconds": 1.0, "wall_seconds": 1.0, "peak_memory_bytes": 1e8, "rows": 1, "bytes": 1, "units": 1}
    for file, value in (("manifest", manifest), ("ledger", ledger), ("timings", timings)):
        (folder / f"{file}.json").write_text(json.dumps(value))


def _parts(folder, kind, table, rows_per_file=300):
    parts = []
    for start in range(0, table.num_rows, rows_per_file):
        (folder / kind).mkdir(exist_ok=True)
        path = folder / kind / f"{start:08d}.parquet"
        pq.write_table(table.slice(start, rows_per_file), path, row_group_size=128)
        rows = min(rows_per_file, table.num_rows - start)
        parts.append({"path": f"{kind}/{path.name}", "rows": rows, "bytes": path.stat().st_size, "hash": path.stem})
    return parts
