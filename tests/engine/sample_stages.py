"""Small stages of every form, for tests of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from hexapla.engine.outcome import Outcome
from hexapla.engine.stage import MapStage, ScoreStage, Step, StepInput, StepStage, columns


class Tag(MapStage):
    """Takes the language from the first two characters."""

    adds: ClassVar = columns(language="string")

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        return Outcome.keep(rows.append_column("language", pc.utf8_slice_codeunits(rows["text"], 0, 2)))


class Long(ScoreStage):
    """Keeps texts of some length."""

    adds: ClassVar = columns(length="int32")
    selection_fields: ClassVar = ("minimum",)
    minimum: int = 6
    unit: str = "characters"

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        return rows.append_column("length", pc.utf8_length(rows["text"]))

    def select(self, rows: pa.RecordBatch) -> Outcome:
        return Outcome.split(rows, pc.greater_equal(rows["length"], self.minimum), reason="too_short")


class Once(StepStage):
    """Keeps the first of equal texts; the home of each text is a partition by its length."""

    def steps(self) -> tuple[Step, ...]:
        keys = pa.schema([("text", pa.string()), ("unit", pa.int32()), ("row", pa.int32())])
        places = pa.schema([("row", pa.int32())])
        return (
            Step("keys", "units", self._keys, keys),
            Step("losers", "partitions", self._losers, places, slices=("keys",)),
            Step("apply", "units", self._apply, None, slices=("losers",)),
        )

    def _keys(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        start = 0
        for rows in given.rows:
            count = rows.num_rows
            where = [len(text) % given.partitions for text in rows["text"].to_pylist()]
            yield pa.RecordBatch.from_arrays(
                [
                    rows["text"],
                    pa.array([given.index] * count, pa.int32()),
                    pa.array(range(start, start + count), pa.int32()),
                    pa.array(where, pa.int32()),
                ],
                names=["text", "unit", "row", "partition"],
            )
            start += count

    def _losers(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        seen: set[str] = set()
        lost = []
        for entry in given.tables["keys"].to_pylist():
            if entry["text"] in seen:
                lost.append(entry)
            seen.add(entry["text"])
        yield pa.RecordBatch.from_arrays(
            [pa.array([e["row"] for e in lost], pa.int32()), pa.array([e["unit"] for e in lost], pa.int32())],
            names=["row", "partition"],
        )

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        lost = set(given.tables["losers"]["row"].to_pylist())
        start = 0
        for rows in given.rows:
            keep = pa.array([start + number not in lost for number in range(rows.num_rows)], pa.bool_())
            start += rows.num_rows
            yield Outcome.split(rows, keep, reason="repeated")


class Told(Once):
    """As `Once`, with the texts that went as an output of their own."""

    def steps(self) -> tuple[Step, ...]:
        keys, losers, apply = super().steps()
        losers = Step("losers", "partitions", self._losers_with_texts, keys.schema, slices=("keys",))
        lost = Step("lost", "all", self._lost, pa.schema([("text", pa.string())]), whole=("losers",), output="lost")
        return keys, losers, lost, apply

    def sizes(self, rows: int, size: int) -> dict[str, int]:
        return {"keys": size + 8 * rows}

    def _losers_with_texts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        table = given.tables["keys"]
        seen: set[str] = set()
        lost = [entry["text"] in seen or bool(seen.add(entry["text"])) for entry in table.to_pylist()]
        gone = table.filter(pa.array(lost, pa.bool_()))
        gone = gone.set_column(gone.schema.get_field_index("partition"), "partition", gone["unit"])
        yield from gone.combine_chunks().to_batches()

    def _lost(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        for rows in given.stream("losers"):
            yield rows.select(["text"])


class Loser(MapStage):
    """Loses a row without saying so."""

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        return Outcome.keep(rows.slice(1))
