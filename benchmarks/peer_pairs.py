"""The peers' side of `pair_rules.py`; runs in the peers' environment.

    python peer_pairs.py ROWS.parquet RULES.json OUT.json

ROWS has src, tgt, src_lang, tgt_lang. RULES is {"rules": {name: [class, parameters]}, "chain": [names], "hard":
[names]}. OUT gets, by rule, "1" for every row that it drops and "0" for the others; the CPU seconds of each rule alone;
those of the chain as OpusFilter runs it (a row goes to the next filter when it passes), and of all decisions of the
chain's filters.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import types
from typing import Any

import pyarrow.parquet as pq

logging.disable(logging.CRITICAL)


def main(rows_path: str, rules_path: str, out_path: str) -> None:
    """Ask every rule of every row."""
    from opusfilter.pipeline import FilterPipeline

    table = pq.read_table(rows_path)
    pairs = list(zip(table["src"].to_pylist(), table["tgt"].to_pylist(), strict=True))
    with open(rules_path, encoding="utf-8") as file:
        asked = json.load(file)
    verdicts, seconds = {}, {}
    for name, (kind, parameters) in asked["rules"].items():
        (rule,) = FilterPipeline.from_config([{kind: dict(parameters)}]).filters
        start = time.process_time()
        verdicts[name] = "".join("0" if kept else "1" for kept in rule.decisions(pairs))
        seconds[name] = time.process_time() - start
    chain = FilterPipeline.from_config(
        [{kind: dict(given)} for kind, given in (asked["rules"][name] for name in asked["chain"])]
    )
    start = time.process_time()
    passed = sum(1 for _ in chain.filter(iter(pairs)))
    chained = time.process_time() - start
    hard, hard_seconds = hard_verdicts(table, asked["hard"]) if asked["hard"] else ({}, {})
    with open(out_path, "w", encoding="utf-8") as file:
        json.dump(
            {
                "verdicts": verdicts | hard,
                "seconds": seconds | hard_seconds,
                "chain_seconds": chained,
                "passed": passed,
            },
            file,
        )


def hard_verdicts(table: Any, names: list[str]) -> tuple[dict[str, str], dict[str, float]]:
    """bicleaner-hardrules' rules; its language identification and language models are left out."""
    for missing in ("fastspell", "hardrules.lm", "hardrules.tokenizer"):
        sys.modules[missing] = types.ModuleType(missing)
    sys.modules["fastspell"].FastSpell = None  # type: ignore[attr-defined]
    sys.modules["hardrules.lm"].load_lm_filter = None  # type: ignore[attr-defined]
    sys.modules["hardrules.tokenizer"].Tokenizer = None  # type: ignore[attr-defined]
    from hardrules.hardrules import Hardrules

    rows = table.to_pylist()
    instances: dict[tuple[str, str], Any] = {}
    verdicts, seconds = {}, {}
    for name in names:
        start = time.process_time()
        found = []
        for row in rows:
            key = (row["src_code"], row["tgt_code"])
            if key not in instances:
                instances[key] = Hardrules(
                    types.SimpleNamespace(
                        disable_lm_filter=True, lm_threshold=0.5, disable_porn_removal=True, disable_lang_ident=True,
                        source_lang=key[0], target_lang=key[1], run_all_rules=False, disable_minimal_length=False,
                        rules_config=None,
                    )
                )  # fmt: skip
            found.append("0" if _kept(instances[key], name, row["src"], row["tgt"]) else "1")
        verdicts[name], seconds[name] = "".join(found), time.process_time() - start
    return verdicts, seconds


def _kept(rules: Any, name: str, source: str, target: str) -> bool:
    """Whether one rule lets a pair pass; a rule that divides by an empty side does not."""
    rule = rules.rules[f"c_{name}"]
    try:
        if rule.__code__.co_varnames[1] == "sentence":
            return bool(rule(source, "left") and rule(target, "right"))
        return bool(rule(source, target))
    except ZeroDivisionError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:4])
