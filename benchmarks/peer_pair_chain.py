"""The peer's side of `pair_chain.py`; runs in the peer's environment.

    python peer_pair_chain.py ROWS.parquet RULES.json OUT.json

ROWS has set, src, tgt, src_script, tgt_script (ISO 15924). RULES is {name: parameters}, in order; the parameter
`scripts` is taken from the rows, one instance of the filters for each pair of scripts. OUT gets for each set "1" for
every row that is dropped and "0" for the others: by each rule alone, and by the chain as OpusFilter runs it (a pair
goes to the next filter when it passes); and the CPU seconds of the chain.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import defaultdict
from importlib.metadata import version
from typing import Any

import pyarrow.parquet as pq

logging.disable(logging.CRITICAL)


def main(rows_path: str, rules_path: str, out_path: str) -> None:
    """Ask the chain, and every rule alone."""
    from opusfilter.pipeline import FilterPipeline

    with open(rules_path, encoding="utf-8") as file:
        rules: dict[str, dict[str, Any]] = json.load(file)
    sets: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in pq.read_table(rows_path).to_pylist():
        sets[row["set"]].append(row)
    found = {}
    for name, rows in sets.items():
        verdicts = {rule: ["1"] * len(rows) for rule in (*rules, "chain")}
        seconds = 0.0
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            places[row["src_script"], row["tgt_script"]].append(place)
        for scripts, own in places.items():
            pairs = [(rows[place]["src"], rows[place]["tgt"]) for place in own]
            given = [{rule: {**rules[rule], **_scripts(rule, scripts)}} for rule in rules]
            chain = FilterPipeline.from_config(given)
            start = time.process_time()
            passed = list(chain.filter(iter(pairs)))
            seconds += time.process_time() - start
            kept = {id(pair) for pair in passed}
            for place, pair in zip(own, pairs, strict=True):
                if id(pair) in kept:
                    verdicts["chain"][place] = "0"
            for rule, single in zip(rules, chain.filters, strict=True):
                for place, keep in zip(own, single.decisions(pairs), strict=True):
                    verdicts[rule][place] = "0" if keep else "1"
        found[name] = {"verdicts": {rule: "".join(flags) for rule, flags in verdicts.items()}, "seconds": seconds}
    with open(out_path, "w", encoding="utf-8") as out:
        json.dump({"sets": found, "version": version("opusfilter")}, out)


def _scripts(rule: str, scripts: tuple[str, str]) -> dict[str, Any]:
    return {"scripts": list(scripts)} if rule == "CharacterScoreFilter" else {}


if __name__ == "__main__":
    main(*sys.argv[1:4])
