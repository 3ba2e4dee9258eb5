"""Rules on sentence pairs against OpusFilter and bicleaner-hardrules: equal verdicts, and speed in CPU seconds.

    python benchmarks/pair_rules.py --pairs NTREX.parquet --peer-python PYTHON [--rows 20000] [--seed 1]
        [--fails OUT.json]

The peers' environment needs `opusfilter==3.3.1`, `pyarrow`, and `bicleaner-hardrules` (`--no-deps`; its language
identification is left out, and with it what it needs a compiler for). Rows are real translations, about half of them
damaged in ways that rules look for. OpusFilter's rules take the scripts of a table of their own rows: it knows one pair
of scripts at a time, so CharacterScoreFilter is asked for each. Prints a table: rule, share of rows that it drops,
verdicts that are equal, and pairs per second on both sides.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hexapla.filters.pair_rule_kinds_hard import HARD_RULES
from hexapla.stages.pair_filter import PairFilter
from pair_damage import as_table, damaged, real_pairs

PEER = Path(__file__).with_name("peer_pairs.py")
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "LengthFilter": ("LengthFilter", {}),
    "LengthFilter.char": ("LengthFilter", {"unit": "char", "min_length": 10, "max_length": 300}),
    "LengthRatioFilter.char": ("LengthRatioFilter", {"unit": "char", "threshold": 2}),
    "LengthRatioFilter.word": ("LengthRatioFilter", {"unit": "word", "threshold": 1.5}),
    "LongWordFilter": ("LongWordFilter", {"threshold": 20}),
    "AverageWordLengthFilter": ("AverageWordLengthFilter", {"min_length": 4, "max_length": 7}),
    "HtmlTagFilter": ("HtmlTagFilter", {}),
    "RegExpFilter": ("RegExpFilter", {"regexps": r"(?<=\d)\p{Lu}|[<>]|\bthe\b"}),
    "AlphabetRatioFilter": ("AlphabetRatioFilter", {"threshold": 0.8}),
    "AlphabetRatioFilter.dense": ("AlphabetRatioFilter", {"threshold": 0.95, "exclude_whitespace": True}),
    "CharacterScoreFilter": ("CharacterScoreFilter", {"scripts": ["Latin", "Latin"]}),
    "TerminalPunctuationFilter": ("TerminalPunctuationFilter", {"threshold": -1}),
    "NonZeroNumeralsFilter": ("NonZeroNumeralsFilter", {"threshold": 0.9}),
    "LongestCommonSubstringFilter": ("LongestCommonSubstringFilter", {"threshold": 0.2}),
    "SimilarityFilter": ("SimilarityFilter", {"threshold": 0.3}),
    "SimilarityFilter.words": ("SimilarityFilter", {"threshold": 0.1, "unit": "word", "lowercase": True}),
    "RepetitionFilter": ("RepetitionFilter", {"threshold": 1, "min_length": 3}),
    "RepetitionFilter.default": ("RepetitionFilter", {}),
}
"""Each with thresholds at which about half of these rows fail."""
USUAL = {
    "LengthFilter": {}, "LengthRatioFilter": {"unit": "char"}, "LongWordFilter": {}, "HtmlTagFilter": {},
    "AverageWordLengthFilter": {}, "CharacterScoreFilter": {"scripts": ["Latin", "Latin"]},
    "TerminalPunctuationFilter": {}, "NonZeroNumeralsFilter": {}, "LongestCommonSubstringFilter": {},
    "RepetitionFilter": {},
}  # fmt: skip
"""The usual ten with OpusFilter's defaults, in the order in which its generator and manual give them."""
HARD = [name for name in HARD_RULES if name != "no_wrong_language"]
CODES = dict(
    pair.split(":")
    for pair in [
        "afr:af",
        "ces:cs",
        "deu:de",
        "eng:en",
        "fra:fr",
        "jpn:ja",
        "kor:ko",
        "por:pt",
        "zho:zh",
        "cmn:zh",
        "isl:is",
        "fin:fi",
        "spa:es",
        "ita:it",
        "vie:vi",
        "tur:tr",
        "ron:ro",
        "pol:pl",
        "nld:nl",
        "lav:lv",
        "lvs:lv",
        "est:et",
        "ekk:et",
        "bul:bg",
        "hrv:hr",
        "dan:da",
        "hun:hu",
        "gle:ga",
        "eus:eu",
        "glg:gl",
        "slv:sl",
        "swe:sv",
        "mlt:mt",
        "slk:sk",
        "lit:lt",
        "nob:nb",
        "nno:nn",
        "urd:ur",
        "swa:sw",
        "swh:sw",
        "mya:my",
        "som:so",
        "ben:bn",
        "fas:fa",
        "pes:fa",
        "guj:gu",
        "aze:az",
        "azj:az",
        "cym:cy",
        "bod:bo",
        "yue:yue",
    ]
)
"""bicleaner-hardrules' codes."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--damage", type=float, default=0.6)
    parser.add_argument("--script", default="", help="only pairs of languages in this script, such as Latn")
    parser.add_argument("--fails", help="write the rows that differ, by rule, to this file")
    given = parser.parse_args()
    pairs = real_pairs(given.pairs, given.rows, given.seed, given.script)
    rows = as_table(damaged(pairs, given.damage, given.seed))
    theirs = peer(rows, given.peer_python)
    ours, seconds = own(rows)
    differing = {}
    print(f"{rows.num_rows} pairs, {size(rows):.0f} characters a pair\n")
    print("| rule | drops | equal | theirs, pairs/s | ours, pairs/s | times |\n|---|---|---|---|---|---|")
    for name in (*RULES, *(f"usual.{name}" for name in USUAL), *HARD):
        verdict = np.frombuffer(theirs["verdicts"][name].encode(), np.uint8) == ord("1")
        wrong = np.flatnonzero(verdict != ours[name])
        differing[name] = [
            {**row, "theirs": bool(verdict[at])}
            for at, row in zip(wrong[:50], rows.take(wrong[:50]).to_pylist(), strict=True)
        ]
        print(
            line(
                name,
                verdict.mean(),
                1 - len(wrong) / rows.num_rows,
                theirs["seconds"][name],
                seconds[name],
                rows.num_rows,
            )
        )
    together = np.any([ours[f"usual.{name}"] for name in USUAL], axis=0)
    dropped = 1 - theirs["passed"] / rows.num_rows
    equal = 1 - abs(together.sum() - (rows.num_rows - theirs["passed"])) / rows.num_rows
    print(line("the usual ten, one run", dropped, equal, theirs["chain_seconds"], seconds["usual"], rows.num_rows))
    if given.fails:
        Path(given.fails).write_text(json.dumps(differing, ensure_ascii=False, indent=1), "utf-8")


def line(name: str, drops: float, equal: float, theirs: float, ours: float, rows: int) -> str:
    """One row of the table."""
    return f"| {name} | {drops:.1%} | {equal:.3%} | {rows / theirs:,.0f} | {rows / ours:,.0f} | {theirs / ours:.0f} |"


def size(rows: pa.RecordBatch) -> float:
    """Characters of a pair."""
    import pyarrow.compute as pc

    return sum(pc.sum(pc.utf8_length(rows.column(name))).as_py() for name in ("src", "tgt")) / rows.num_rows


def peer(rows: pa.RecordBatch, python: str) -> dict[str, Any]:
    """What the peers say of the rows."""
    asked = {
        "rules": {**RULES, **{f"usual.{name}": [name, parameters] for name, parameters in USUAL.items()}},
        "chain": [f"usual.{name}" for name in USUAL],
        "hard": HARD,
    }
    coded = rows
    for side in ("src", "tgt"):
        codes = [CODES.get(code[:3], code[:3]) for code in rows.column(f"{side}_lang").to_pylist()]
        coded = coded.append_column(f"{side}_code", pa.array(codes))
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("rows.parquet", "rules.json", "out.json")]
        pq.write_table(pa.Table.from_batches([coded]), paths[0])
        Path(paths[1]).write_text(json.dumps(asked), "utf-8")
        subprocess.run([python, str(PEER), *paths], check=True)
        found: dict[str, Any] = json.loads(Path(paths[2]).read_text("utf-8"))
    return found


def own(rows: pa.RecordBatch) -> tuple[dict[str, Any], dict[str, float]]:
    """What we say, and CPU seconds: of each rule alone, and of the usual ten in one stage."""
    asked: dict[str, dict[str, Any]] = {name: {name: parameters} for name, (_, parameters) in RULES.items()}
    asked |= {f"usual.{name}": {name: parameters} for name, parameters in USUAL.items()}
    asked |= {name: {name: HARD_RULES[name].defaults[name]} for name in HARD}
    asked["usual"] = USUAL
    verdicts, seconds = {}, {}
    for name, rules in asked.items():
        stage = PairFilter(preset="", rules=rules)
        stage.map_shard(rows.slice(0, 10))
        start = time.process_time()
        for _ in range(3):
            found = stage.map_shard(rows)
        seconds[name] = (time.process_time() - start) / 3
        verdicts[name] = broken(stage, rows)
        del found
    return verdicts, seconds


def broken(stage: PairFilter, rows: pa.RecordBatch) -> Any:
    """Which rows the stage removes."""
    numbered = rows.append_column("number", pa.array(np.arange(rows.num_rows)))
    kept = stage.map_shard(numbered).kept.column("number").to_numpy()
    return ~np.isin(np.arange(rows.num_rows), kept)


if __name__ == "__main__":
    main()
