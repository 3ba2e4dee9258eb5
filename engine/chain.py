"""Runs a fused chain of map stages over batches and counts every row on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .canonical import compact
from .errors import HexaplaError, LedgerError
from .exchange import count_by
from .groups import Link
from .outcome import Outcome
from .readers.read import ReadBatch
from .records import StageCounts
from .stage import MapStage, ScoreStage


@dataclass(frozen=True)
class Piece:
    """Rows that leave a chain: at its end (`link` None), or removed by the link of that number."""

    rows: pa.RecordBatch
    link: int | None


def languages(rows: pa.RecordBatch) -> dict[str, int]:
    """Rows by language; all under "und" when the language is not known yet."""
    column = language_column(rows)
    if column is None:
        return {"und": rows.num_rows} if rows.num_rows else {}
    return count_by(column) if rows.num_rows else {}


def language_column(rows: pa.RecordBatch) -> pa.Array | None:
    """What rows are counted by: their language; of links between two languages "fra_Latn-ell_Grek"; "mul" of groups."""
    kinds = {field.name: field.type for field in rows.schema}

    def is_text(name: str) -> bool:
        return name in kinds and pa.types.is_string(kinds[name])

    if is_text("src_lang") and is_text("tgt_lang"):
        source, target = (pc.fill_null(rows.column(name), "und") for name in ("src_lang", "tgt_lang"))
        return pc.binary_join_element_wise(source, target, "-")
    if "segments" in kinds and "parallelism" in kinds:
        return pa.array(["mul"] * rows.num_rows, pa.string())
    return rows.column("language") if is_text("language") else None


def add_up(target: dict[str, int], more: Mapping[str, int]) -> None:
    """Add counts to counts."""
    for key, number in more.items():
        target[key] = target.get(key, 0) + number


class CountedRows:
    """Counts what reading finds."""

    def __init__(self) -> None:
        self._counts = StageCounts()
        self.seconds = 0.0

    def read(self, batch: ReadBatch) -> None:
        """Take one batch of the reader."""
        counts = self._counts
        add_up(counts.kept, languages(batch.rows))
        broken = 0 if batch.broken is None else batch.broken.num_rows
        if batch.broken is not None and broken:
            add_up(counts.removed.setdefault("und", {}), count_by(batch.broken.column("reason")))
        consumed = sum(batch.consumed.values())
        if consumed:
            add_up(counts.consumed, {"und": consumed})
            add_up(counts.counters, {f"consumed_{kind}": number for kind, number in batch.consumed.items()})
        counts.rows_in += batch.rows.num_rows + broken + consumed

    def finish(self) -> StageCounts:
        """The counts so far."""
        return self._counts


class LinkCounts:
    """Counts what one link makes of its rows, and gives its rows the declared schemas."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.rows_in = 0
        self.seconds = 0.0
        self._counts = StageCounts()

    def take(self, outcome: Outcome) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
        """Count an outcome; return its kept and removed rows as they are written."""
        counts, link = self._counts, self.link
        kept = _declared(outcome.kept, link.schema, link)
        add_up(counts.kept, languages(kept))
        add_up(counts.counters, outcome.counters)
        consumed = {"und": outcome.consumed} if isinstance(outcome.consumed, int) else outcome.consumed
        add_up(counts.consumed, {language: number for language, number in consumed.items() if number})
        created = outcome.created
        if isinstance(created, int):
            created = languages(kept) if created == kept.num_rows else {"und": created}
        add_up(counts.created, {language: number for language, number in created.items() if number})
        if outcome.removed is None or not outcome.removed.num_rows:
            return kept, None
        by = pa.array([link.folder[3:]] * outcome.removed.num_rows, pa.string())
        removed = _declared(outcome.removed.append_column("removed_by", by), link.removed_schema, link)
        for language, rows in _by_language(removed):
            add_up(counts.removed.setdefault(language, {}), count_by(rows.column("reason")))
        return kept, removed

    def finish(self) -> StageCounts:
        """The counts so far.

        Raises:
            LedgerError: rows went in that did not come out, or came out without going in.
        """
        counts = self._counts
        counts.rows_in = self.rows_in
        gone = sum(number for reasons in counts.removed.values() for number in reasons.values())
        out = sum(counts.kept.values()) + gone + sum(counts.consumed.values()) - sum(counts.created.values())
        if out != counts.rows_in:
            raise LedgerError(
                f"{counts.rows_in} rows went in, {out} are accounted for", where=self.link.folder,
                hint="this is a fault of the stage: please report it",
            )
        return counts


def _by_language(rows: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    found = languages(rows)
    if len(found) <= 1:
        yield from ((language, rows) for language in found)
        return
    column = pc.fill_null(language_column(rows), "und")
    for language in found:
        yield language, rows.filter(pc.equal(column, language))


def _declared(rows: pa.RecordBatch, schema: pa.Schema, link: Link) -> pa.RecordBatch:
    if set(rows.schema.names) != set(schema.names):
        odd = sorted(set(rows.schema.names) ^ set(schema.names))
        raise HexaplaError(
            f"the stage does not return the columns that it declares: {', '.join(odd)}", where=link.folder
        )
    return compact(rows, schema)


class Chain:
    """A fused chain of map stages."""

    def __init__(self, links: tuple[Link, ...]) -> None:
        self._links = [(link, LinkCounts(link)) for link in links]

    def run(self, rows: pa.RecordBatch) -> Iterator[Piece]:
        """Send one batch through the chain; removed rows leave at their link, the others at the end."""
        yield from self._send(0, rows)

    def _send(self, number: int, rows: pa.RecordBatch) -> Iterator[Piece]:
        """Send rows through the links from `number` on."""
        if not rows.num_rows:
            return
        if number == len(self._links):
            yield Piece(rows, None)
            return
        link, counts = self._links[number]
        for piece in link.stage.pieces(rows) if isinstance(link.stage, MapStage) else (rows,):
            started = time.process_time()
            counts.rows_in += piece.num_rows
            kept, removed = counts.take(_apply(link, piece))
            counts.seconds += time.process_time() - started
            if removed is not None:
                yield Piece(removed, number)
            yield from self._send(number + 1, kept)

    def counts(self) -> dict[str, StageCounts]:
        """Counts by stage folder; the scoring half of a stage counts nothing, because its selecting half does."""
        return {link.folder: counts.finish() for link, counts in self._links if link.half != "score"}

    def seconds(self) -> dict[str, float]:
        """CPU seconds by stage folder."""
        return {link.folder: round(counts.seconds, 4) for link, counts in self._links}


def _apply(link: Link, rows: pa.RecordBatch) -> Outcome:
    stage = link.stage
    if link.half == "score" and isinstance(stage, ScoreStage):
        return Outcome.keep(stage.score(rows))
    if link.half == "select" and isinstance(stage, ScoreStage):
        return stage.select(rows)
    if isinstance(stage, MapStage):
        return stage.map_shard(rows)
    raise HexaplaError("not a map stage", where=link.folder)
