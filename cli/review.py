"""`hexapla review`: pairs for people to judge, and what their verdicts say about all pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..engine.errors import ConfigError
from .terminal import columns, number, say, several

if TYPE_CHECKING:
    from ..engine.store import Store
    from .parallel_rows import ParallelTable
    from .review_files import Judgement

PAGE, TABLE = "review.html", "review.tsv"
REVIEWED, BLOCKED, FIGURES = "reviewed.parquet", "blocked.tsv", "precision.json"
WIDE = 0.3
MOST_JUDGED = 5000

Run = Annotated[str, typer.Argument(metavar="RUN", envvar="HEXAPLA_OUTPUT", help="The output folder of a run.")]
StageName = Annotated[
    str | None,
    typer.Option("--stage", metavar="NAME", help="A stage, or an output of one: align.groups; else the last one."),
]
Rows = Annotated[int, typer.Option("--rows", min=1, max=20_000, metavar="N", help="How many pairs to judge.")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Another seed draws other pairs.")]
Pairs = Annotated[
    list[str] | None, typer.Option("--pair", metavar="SRC-TGT", help="Only this pair of languages; repeatable.")
]
Folder = Annotated[
    str | None, typer.Option("--output", metavar="FOLDER", help="Write here instead of RUN/review.")
]
Judged = Annotated[
    list[str] | None, typer.Option("--judged", metavar="FILE", help="A judged TSV; once for each judge.")
]
Target = Annotated[
    float | None,
    typer.Option(
        "--target-precision", min=0.01, max=0.9999, metavar="SHARE", help="With --judged: the least score for it."
    ),
]
Partial = Annotated[
    bool, typer.Option("--partial-is-good/--partial-is-bad", help="With --judged: what partial pairs count as.")
]
Json = Annotated[bool, typer.Option("--json", help="With --judged: one JSON object.")]


def review(  # noqa: PLR0913, PLR0917
    run: Run = "curated",
    stage: StageName = None,
    rows: Rows = 200,
    seed: Seed = 0,
    pairs: Pairs = None,
    output: Folder = None,
    judged: Judged = None,
    target_precision: Target = None,
    partial_is_good: Partial = False,
    json_: Json = False,
) -> None:
    """Draw pairs to judge; or tell how good all are (--judged)."""
    from ..engine.results import Results
    from ..engine.store import Store
    from .parallel_rows import find_table, parse_directions

    results = Results(run)
    folder = Store(output if output is not None else f"{run.rstrip('/')}/review")
    if judged:
        _take_back(results, stage, folder, judged, target_precision, partial_is_good, json_)
        return
    if target_precision is not None or partial_is_good or json_:
        raise ConfigError("--target-precision, --partial-is-good and --json go with --judged", where="review")
    table = find_table(results, stage)
    _draw(table, folder, rows, seed, parse_directions(pairs or []))


def _draw(table: ParallelTable, folder: Store, rows: int, seed: int, directions: Any) -> None:
    from .review_files import tsv_text
    from .review_page import review_page
    from .review_sample import draw

    sample = draw(table, rows, seed, directions)
    folder.put_bytes(tsv_text(sample.rows).encode("utf-8"), TABLE)
    folder.put_bytes(review_page(sample, table).encode("utf-8", "replace"), PAGE)
    strata = f"{len({row['stratum'] for row in sample.rows})} of {number(len(sample.counts))} strata"
    say(
        f"{several(len(sample.rows), 'pair')} of the {number(sum(sample.counts.values()))} of {table.name},"
        f" from {strata}"
    )
    if len(sample.rows) < rows:
        say("  that is all there are")
    say(f"  {folder.full(PAGE)}\n  {folder.full(TABLE)}")
    say(f"judge them in the page or in the table, then: hexapla review {table.results.output} --judged FILE")


def _take_back(
    results: Any, stage: str | None, folder: Store, judged: list[str], target: float | None, lenient: bool, json_: bool
) -> None:
    from ..filters.judgements import threshold
    from .review_results import fixed_files, gather

    files = {name: _read(name) for name in judged}
    review_ = gather(results, stage, files)
    if not review_.verdicts:
        raise ConfigError("no pair has a verdict", where=", ".join(judged), hint="good, bad, partial or skip")
    figures = review_.figures(lenient)
    if target is not None:
        good, weight, score = review_.arrays(lenient)
        figures["target"] = {
            "precision": target,
            "estimated": _as_object(threshold(good, weight, score, target)),
            "sure": _as_object(threshold(good, weight, score, target, sure=True)),
        }
    kept, blocked = fixed_files(review_)
    folder.put_bytes(kept, REVIEWED)
    folder.put_bytes(blocked, BLOCKED)
    folder.put_json(figures, FIGURES)
    if json_:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    _print(figures, lenient, target)
    counts = figures["verdicts"]
    say(f"\n{folder.full(REVIEWED)}: {several(counts['good'], 'good pair')}, as beads of the method `reviewed`")
    say(f"{folder.full(BLOCKED)}: {several(counts['bad'], 'bad pair')} by uid")


def _read(name: str) -> list[Judgement]:
    from .review_files import read_judgements

    try:
        text = Path(name).read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", where=name) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the file is no UTF-8: {error.reason} at byte {error.start}", where=name, hint="save it as UTF-8 text"
        ) from error
    return read_judgements(name, text)


def _as_object(found: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    from .review_results import precision_object

    return {"score": found.score, "kept": found.kept, **precision_object(found.precision)}


def _print(figures: dict[str, Any], lenient: bool, target: float | None) -> None:
    counts = figures["verdicts"]
    say(
        f"{several(figures['judged'], 'pair')} judged: {counts['good']} good, {counts['partial']} partial,"
        f" {counts['bad']} bad; {number(figures['not_judged'])} skipped or not judged"
    )
    overall = figures["overall"]
    other = figures["overall_other"]
    word = "bad" if lenient else "good"
    say(f"precision {_share(overall)}; {other['precision']:.3f} if partial ones counted as {word}\n")
    lines = [["", "judged", "precision", "95 % interval", ""]]
    for title in ("pairs", "bands"):
        for name, entry in figures[title].items():
            lines.append([name, number(entry["judged"]), *_cells(entry)])
    say("\n".join(columns(lines, indent="  ", right=frozenset({1, 2}))))
    _print_agreement(figures)
    if target is not None:
        say("\n" + "\n".join(_target_lines(figures["target"], overall)))


def _share(entry: dict[str, Any]) -> str:
    return f"{entry['precision']:.3f} (95 %: {entry['low']:.3f} to {entry['high']:.3f})"


def _cells(entry: dict[str, Any]) -> list[str]:
    if not entry["judged"]:
        return ["-", "", ""]
    few = entry["high"] - entry["low"] > WIDE
    return [f"{entry['precision']:.3f}", f"{entry['low']:.3f} to {entry['high']:.3f}", "too few" if few else ""]


def _print_agreement(figures: dict[str, Any]) -> None:
    if figures["agreement"]:
        say("\nagreement of judges")
    for entry in figures["agreement"]:
        said = "no pair in common"
        if entry["pairs"]:
            beyond = "not defined" if entry["kappa"] is None else f"{entry['kappa']:.2f}"
            said = f"{several(entry['pairs'], 'pair')}, {100 * entry['same']:.0f} % alike, kappa {beyond}"
        say(f"  {' and '.join(entry['judges'])}: {said}")


def _target_lines(target: dict[str, Any], overall: dict[str, Any]) -> list[str]:
    """What to do for a precision, and how sure it is."""
    from ..filters.judgements import judgements_needed

    wanted, estimated, sure = target["precision"], target["estimated"], target["sure"]
    if estimated is None:
        few = overall["judged"] < judgements_needed(wanted)
        why = "too few judgements to tell" if few else "no score is high enough for it"
        return [f"precision {wanted:g}: {why}"]
    lines = [
        f"precision {wanted:g}: score {estimated['score']:.4g} or more, which keeps {100 * estimated['kept']:.1f} % of"
        f" the pairs at {_share(estimated)}"
    ]
    if sure is None:
        # unequal weights make each judgement say less
        least = judgements_needed(wanted, estimated["precision"]) * estimated["judged"] / estimated["effective"]
        more = f"about {number(round(least, -1))} pairs above it" if least < MOST_JUDGED else "more pairs"
        lines.append(
            f"  an estimate from {several(estimated['judged'], 'judged pair')}; at no score is the whole interval above"
            f" the target: judge {more}"
        )
    elif sure["score"] == estimated["score"]:
        lines.append("  the whole interval is above the target")
    else:
        lines.append(
            f"  to be sure (the whole interval above it): score {sure['score']:.4g} or more, which keeps"
            f" {100 * sure['kept']:.1f} % at {_share(sure)}"
        )
    return lines
