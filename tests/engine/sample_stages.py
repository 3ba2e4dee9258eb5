"""Small stages of every form, for tests of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from hexapla.engine.outcome import Outcome
from hexapla.engine.stage import (
    FilePiece,
    MapStage,
    PublishStage,
    ScoreStage,
    Step,
    StepInput,
    StepStage,
    columns,
)


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


class Neighbours(StepStage):
    """Says how many other texts are one character longer; each length is a partition, with a number beyond 32 bits."""

    adds: ClassVar = columns(longer="int64")
    far: ClassVar[int] = 1 << 40

    def steps(self) -> tuple[Step, ...]:
        texts = pa.schema([("text", pa.string())])
        homes = pa.schema([("text", pa.string()), ("unit", pa.int32())])
        found = pa.schema([("text", pa.string()), ("longer", pa.int64())])
        return (
            Step("texts", "units", self._texts, texts, wide=True, fields=()),
            Step("homes", "units", self._homes, homes, wide=True),
            Step(
                "longer",
                "partitions",
                self._longer,
                found,
                slices=("homes",),
                reads={"texts": lambda index, there: [number for number in there if number == index + 1]},
            ),
            Step("apply", "units", self._apply, slices=("longer",)),
        )

    def _texts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        for rows in given.rows:
            where = pc.add(pc.utf8_length(rows["text"]).cast(pa.int64()), self.far)
            yield pa.RecordBatch.from_arrays([rows["text"], where], names=["text", "partition"])

    def _homes(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        for rows in self._texts(given):
            units = pa.array([given.index] * rows.num_rows, pa.int32())
            yield pa.RecordBatch.from_arrays([rows["text"], units, rows["partition"]], names=["text", "unit", "partition"])

    def _longer(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        homes, texts = given.tables["homes"], given.tables["texts"]
        assert set(pc.utf8_length(homes["text"]).to_pylist()) == {given.index - self.far}
        assert set(pc.utf8_length(texts["text"]).to_pylist()) <= {given.index - self.far + 1}
        counts = pa.array([texts.num_rows] * homes.num_rows, pa.int64())
        for batch in homes.append_column("longer", counts).select(["text", "longer", "unit"]).to_batches():
            yield batch.rename_columns(["text", "longer", "partition"])

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        longer = dict(zip(*(given.tables["longer"][name].to_pylist() for name in ("text", "longer")), strict=True))
        for rows in given.rows:
            column = pa.array([longer[text] for text in rows["text"].to_pylist()], pa.int64())
            yield Outcome.keep(rows.append_column("longer", column))


class Written(PublishStage):
    """Publishes the texts of each language as lines, and their lengths in a file beside them."""

    def writes_files(self) -> bool:
        return True

    def steps(self) -> tuple[Step, ...]:
        languages = pa.schema([("name", pa.string())])
        return (
            Step("names", "units", self._names, languages),
            Step("layout", "all", self._layout, languages, whole=("names",)),
            Step("scatter", "units", self._scatter, "input rows", whole=("layout",)),
            Step("publish", "partitions", self._publish, "input rows", slices=("scatter",), publishes=True),
        )

    def layout_state(self, layout: pa.Table) -> dict[str, int]:
        return {}

    def _names(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        names = sorted({name for rows in given.rows for name in rows["language"].to_pylist()})
        yield pa.RecordBatch.from_pydict({"name": names, "partition": pa.array([0] * len(names), pa.int32())})

    def _layout(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        names = sorted(set(given.tables["names"]["name"].to_pylist()))
        yield pa.RecordBatch.from_pydict({"name": names, "partition": pa.array([0] * len(names), pa.int32())})

    def _scatter(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        names = given.tables["layout"]["name"].to_pylist()
        for rows in given.rows:
            where = pa.array([names.index(name) for name in rows["language"].to_pylist()], pa.int32())
            yield rows.append_column("partition", where)

    def _publish(self, given: StepInput) -> Iterator[pa.RecordBatch | FilePiece]:
        for rows in given.stream("scatter"):
            for name, text in zip(rows["language"].to_pylist(), rows["text"].to_pylist(), strict=True):
                yield FilePiece(f"data/{name}.txt", f"{text}\n".encode())
                yield FilePiece(f"data/{name}.sizes.txt", f"{len(text)}\n".encode())
            yield rows.drop_columns(["partition"])


class Paired(StepStage):
    """Turns every document into a link to nowhere."""

    adds: ClassVar = columns(src_lang="string", tgt_lang="string")

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([("uid", pa.string()), *self.adds.items()])

    def steps(self) -> tuple[Step, ...]:
        return (Step("apply", "units", self._apply),)

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        for rows in given.rows:
            other = pa.array(["xx"] * rows.num_rows, pa.string())
            made = pa.RecordBatch.from_arrays(
                [rows["uid"], rows["language"], other], names=["uid", "src_lang", "tgt_lang"]
            )
            counts = {
                entry["values"]: entry["counts"] for entry in pc.value_counts(rows["language"]).to_pylist()
            }
            yield Outcome(made, None, consumed=counts, created=rows.num_rows)
