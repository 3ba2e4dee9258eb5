"""The stage `mine`: bitext from rows in many languages that nobody has aligned, by their vectors."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator, model_validator

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import INPUT_ROWS, Step, StepInput, StepStage
from .by_configuration import ByConfiguration
from .mine_rows import (
    MINED,
    OWN,
    REASONS,
    TARGET,
    VERDICTS,
    candidate_rows,
    end_rows,
    fates,
    holds,
    margins_by_languages,
    outcome,
    pair_batch,
    repeated_rows,
)
from .mine_scope import MiningScope, scope_column, scope_values
from .model_device import Device
from .named_files import EncoderName, FileName
from .row_verdicts import PARTITION, numbered, one_chunk
from .spooled_vectors import spooled_vectors

if TYPE_CHECKING:
    from ..filters.mining import MiningPlan

PRESETS: dict[str, dict[str, Any]] = {
    "stopes": {"scope": "global", "margin": "ratio", "neighbours": 16, "match": "union", "threshold": 1.06},
    "webfaq": {
        "scope": "origin", "margin": "absolute", "match": "intersect", "least_cosine": 0.8, "threshold": 0.9,
        "least_pairs": 4000,
    },
}  # fmt: skip
"""The keys that a preset sets where the user does not."""

_BITS = 24
_MASK = (1 << _BITS) - 1
_WIDE = pa.field("partition", pa.int64())
_LANGUAGES = pa.schema([("language", pa.string())])
_TASKS = pa.schema([("source", pa.string()), ("target", pa.string())])
_MEMBERS = pa.schema(
    [
        ("unit", pa.int32()), ("row", pa.int32()), ("reason", pa.string()), ("uid", pa.string()),
        ("language", pa.string()), ("scope", pa.string()), ("digest", pa.uint64()), ("made_by", pa.string()),
        ("vector", pa.binary()),
    ]
)  # fmt: skip
_LIGHT = _MEMBERS.remove(_MEMBERS.get_field_index("vector"))


class Mine(StepStage):
    """Find translations among rows that nobody has aligned: sentences, questions, documents of many languages.

    Every two languages are compared within a scope (everything, a host, a domain, the value of a column) by the vectors
    of the stage `embed` or any other column of vectors, or by an `encoder`. Of equal texts in one language and scope
    one is compared. For each row the neighbour with the largest margin is a candidate: `ratio` divides the cosine by
    the mean cosine with the `neighbours` nearest of both sides, `distance` subtracts that (Artetxe and Schwenk 2019),
    `absolute` is the cosine. `match` says which candidates become pairs, and those below `threshold` are none.

    The presets: `stopes` (Meta's pipeline for NLLB: ratio of 16 neighbours from 1.06 on) and `webfaq` (same scheme and
    host, mutual best, cosine from 0.9 on, languages with at least 4,000 pairs). With `target_precision` the threshold
    is the lowest that keeps it on judged pairs: run once with a low one, judge pairs by `hexapla review`, name the file
    as `labels`, run again.

    Rows of a pair are consumed, pairs are created: `src` and `tgt` are the texts, `score` is the margin brought into
    [0, 1], `doc_key` the scope. All other rows are removed, with the reason. Products are whole numbers and ties go to
    the smaller uid, so that results are the same on all machines. How well and how fast: `docs/mining.md`.
    """

    preset: Literal["stopes", "webfaq"] | None = Field(
        None, description="stopes or webfaq: sets scope, margin, match and thresholds; keys of yours win"
    )
    column: str = Field("embedding", description="the column of vectors: lists of numbers, all of one length")
    encoder: EncoderName | None = Field(
        None, description="make the vectors here, from `text`: a folder of transformers, or a hub id"
    )
    pooling: Literal["mean", "first", "pooler"] = Field("mean", description="of the encoder: as in the stage `embed`")
    window: int = Field(512, ge=8, description="of the encoder: tokens of a window")
    device: Device = Field("auto", validate_default=True, description="where the encoder computes: auto, cpu or cuda")
    text: str = Field("text", description="the column that becomes `src` and `tgt`, such as question")
    carry: tuple[str, ...] = Field((), description="columns that come along, as `src_NAME` and `tgt_NAME`")
    scope: MiningScope = Field(
        "global",
        description="only rows of one scope are compared: global, host, origin (scheme and host), domain (the "
        "registered one) of `url`, or {column: NAME}; a row without a value is not compared",
    )
    pairs: Literal["all"] | tuple[tuple[str, str], ...] = Field(
        "all", description="languages: all, or a list of [source, target]; all have the source first in the alphabet"
    )
    margin: Literal["ratio", "distance", "absolute"] = Field(
        "ratio", description="what is held against the threshold: ratio, distance, or absolute (the cosine)"
    )
    neighbours: int = Field(16, ge=1, le=1024, description="nearest neighbours on each side that the margin counts")
    match: Literal["max", "intersect", "union", "forward", "backward"] = Field(
        "max",
        description="max: from the surest down, each row once; intersect: mutual best; union: best of either side; "
        "forward, backward: best of each source, of each target",
    )
    least_cosine: float = Field(-1.0, ge=-1, le=1, description="pairs with a lower cosine are no candidates")
    threshold: float | None = Field(
        None, description="the least margin; null: 1.06 for ratio, 0.06 for distance, 0.8 for absolute"
    )
    target_precision: float | None = Field(
        None, gt=0, lt=1, description="the share of pairs that shall be right: sets the threshold by `labels`"
    )
    labels: FileName | None = Field(
        None, description="judged pairs of an earlier run: the file of `hexapla review`, or a TSV with uid and label"
    )
    partial_is_good: bool = Field(False, description="what pairs count as that `labels` call partial")
    least_pairs: int = Field(0, ge=0, description="two languages with fewer pairs give none")
    search: Literal["auto", "exact", "cells", "faiss"] = Field(
        "auto",
        description="exact compares all; cells and faiss what lies in the `probes` nearest cells (faiss has to be "
        "installed); auto: exact up to 4e9 comparisons of two languages in a scope, then cells",
    )
    probes: int = Field(32, ge=1, le=4096, description="cells that a row is compared in: more find more and cost more")

    needs: ClassVar[Any] = ByConfiguration(
        ("uid", "language", "text"), lambda stage: ("uid", "language", stage.text, *stage.carry)
    )
    libraries: ClassVar[Any] = ByConfiguration((), lambda stage: stage._libraries())
    memory: ClassVar[int] = 4 << 30
    reasons: ClassVar[Mapping[str, str]] = REASONS

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        preset = values.get("preset") if isinstance(values, Mapping) else None
        return {**PRESETS[preset], **values} if preset in PRESETS else values

    @field_validator("pairs")
    @classmethod
    def _different(cls, pairs: Any) -> Any:
        for pair in () if pairs == "all" else pairs:
            if pair[0] == pair[1]:
                raise ValueError(f"{pair[0]} cannot be a translation of itself")
            if tuple(reversed(pair)) in pairs:
                raise ValueError(f"{pair[0]} and {pair[1]} are there in both orders: each pair is mined once")
        return pairs

    @model_validator(mode="after")
    def _labelled(self) -> Mine:
        if (self.target_precision is None) != (self.labels is None):
            raise ValueError("target_precision and labels go together: give both or neither")
        return self

    def _libraries(self) -> tuple[str, ...]:
        found: tuple[str, ...] = ("torch", "transformers", "tokenizers") if self.encoder else ()
        found += ("tld",) if self.scope == "domain" else ()
        return found + (("faiss-cpu",) if self.search == "faiss" else ())

    def gpus(self) -> float:
        """One for a worker whose encoder is on cuda."""
        return 1.0 if self.encoder and self.device == "cuda" else 0.0

    def holds_model(self) -> bool:
        """With an encoder."""
        return self.encoder is not None

    def resource_files(self) -> tuple[str, ...]:
        """The encoder's folder (fetched from the hub if need be) and the judged pairs."""
        from ..filters.embeddings import encoder_folder

        found = () if self.labels is None else (self.labels,)
        try:
            return found if self.encoder is None else (*found, encoder_folder(self.encoder))
        except ValueError as error:
            raise ConfigError(str(error), where="mine.encoder") from error

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Pairs, and what comes along.

        Raises:
            ConfigError: a column is missing, or holds no vectors.
        """
        from ..filters.parallel_tables import PAIRS
        from ..filters.vector_columns import is_vectors

        super().output_schema(schema)
        wanted = [("scope", scope_column(self.scope)), ("column", None if self.encoder else self.column)]
        for key, name in wanted:
            if name is not None and schema.get_field_index(name) < 0:
                hint = nearest(name, schema.names)
                hint = f"put a stage `embed` before it, or give an encoder; {hint}" if key == "column" else hint
                raise ConfigError(f"there is no column {name!r}, which {key!r} needs", where=f"mine.{key}", hint=hint)
        if self.encoder is None and not is_vectors(schema.field(self.column).type):
            what = f"{self.column!r} holds {schema.field(self.column).type}, not lists of numbers"
            raise ConfigError(what, where="mine.column")
        if not pa.types.is_string(schema.field(self.text).type):
            raise ConfigError(f"{self.text!r} holds {schema.field(self.text).type}, not text", where="mine.text")
        carried = [(f"{end}_{name}", schema.field(name).type) for name in self.carry for end in ("src", "tgt")]
        taken = {name for name, _ in OWN} & {name for name, _ in carried}
        if taken:
            raise ConfigError(f"{min(taken)!r} is there already: it need not be carried", where="mine.carry")
        return pa.schema([*PAIRS, *OWN, *carried])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The columns of the input."""
        return schema

    def steps(self) -> tuple[Step, ...]:
        """Vectors to their scope or language; pairs within; thresholds; texts to the other end; rows."""
        how = ("scope", "pairs", "margin", "neighbours", "match", "least_cosine", "search", "probes")
        of_rows = ("column", "encoder", "pooling", "window", "device", "text", "scope")
        vectors = Step("vectors", "units", self._vectors, _MEMBERS, fields=of_rows)
        first: tuple[Step, ...]
        if self.scope == "global":
            first = (
                vectors,
                Step("languages", "units", self._languages, _LANGUAGES, fields=(), columns=("language",)),
                Step("tasks", "all", self._tasks, _TASKS, whole=("languages",), fields=("pairs",), wide=True),
                Step(
                    "mined", "partitions", self._mined, MINED, ("tasks",),
                    reads={"vectors": _both}, fields=how, reads_files=False,
                ),
            )  # fmt: skip
        else:
            mined = Step(
                "mined", "partitions", self._mined, MINED, ("vectors",), fields=how, reads_files=False,
                where=lambda index: index >= 0,
            )  # fmt: skip
            first = (vectors, mined)
        return (
            *first,
            Step(
                "verdicts", "all", self._verdicts, VERDICTS, whole=("mined",),
                fields=("margin", "threshold", "target_precision", "labels", "partial_is_good", "least_pairs"),
            ),
            Step(
                "texts", "units", self._texts, INPUT_ROWS, ("mined",), ("verdicts",), reads_files=False,
                fields=("text", "carry"),
            ),
            Step(
                "apply", "units", self._apply, slices=("mined", "texts"), whole=("verdicts",), reads={"vectors": _odd},
                fields=("text", "carry", "margin"), reads_files=False,
            ),
        )  # fmt: skip

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """The vectors as whole numbers, by whatever two languages are searched at a time."""
        return {"vectors as whole numbers at most": size // 2}

    def _vectors(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The vectors of this unit as whole numbers; rows without one to the unit's own partition below 0."""
        from ..filters.vector_columns import to_bytes
        from ..kernels.hashing import value_hashes

        for start, rows in numbered(given.rows):
            language, scope = rows.column("language"), scope_values(rows, self.scope)
            vectors, known = self._whole(rows)
            seen = np.zeros(rows.num_rows, np.bool_)
            seen[known] = True
            reason = pc.if_else(pa.array(seen), pa.scalar(None, pa.string()), "no_vector")
            reason = pc.if_else(pc.is_null(scope), "no_scope", reason)
            reason = pc.if_else(pc.is_null(language), "no_language", reason)
            packed = pa.nulls(rows.num_rows, pa.binary())
            if len(known):
                packed = pc.replace_with_mask(packed, pa.array(seen), to_bytes(vectors))
            by = f"{self.column}_by"
            has_maker = self.encoder is None and by in rows.schema.names
            place = value_hashes(language if self.scope == "global" else scope)
            partition = place & _MASK if self.scope == "global" else place % np.uint64(given.partitions)
            fine = pc.is_null(reason)
            yield pa.record_batch(
                [
                    pa.array(np.full(rows.num_rows, given.index, np.int32)),
                    pa.array(np.arange(start, start + rows.num_rows, dtype=np.int32)),
                    reason, rows.column("uid"), language, scope,
                    pa.array(value_hashes(_plain(rows.column(self.text)))),
                    rows.column(by).cast(pa.string()) if has_maker else pa.nulls(rows.num_rows, pa.string()),
                    pc.if_else(fine, packed, pa.scalar(None, pa.binary())),
                    pc.if_else(fine, pa.array(partition.astype(np.int32)), pa.scalar(-1 - given.index, pa.int32())),
                ],
                schema=_MEMBERS.append(PARTITION),
            )  # fmt: skip

    def _whole(self, rows: pa.RecordBatch) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
        """The vectors of a batch that have a direction, and their rows."""
        from ..filters.vector_columns import whole_vectors

        try:
            if self.encoder is None:
                return whole_vectors(rows.column(self.column))
            from ..filters.embeddings import EncoderPlan, as_column, load_encoder
            from ..filters.windows import WindowPlan

            plan = EncoderPlan(self.encoder, self.pooling, WindowPlan(self.window))
            vectors = load_encoder(plan, self.device).embed(rows.column(self.text))
            there = pc.fill_null(pc.greater(pc.binary_length(rows.column(self.text)), 0), False)
            return whole_vectors(pc.if_else(there, as_column(vectors, pa.float32()), None))
        except ValueError as error:
            where = "mine.column" if self.encoder is None else "mine.encoder"
            raise ConfigError(str(error), where=where, hint="all vectors must come from one encoder") from error

    def _languages(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The languages of this unit."""
        found: set[str] = set()
        for batch in given.rows:
            found.update(pc.unique(batch.column("language")).drop_null().to_pylist())
        zeros = np.zeros(len(found), np.int32)
        yield pa.RecordBatch.from_pydict(
            {"language": sorted(found), "partition": zeros}, schema=_LANGUAGES.append(PARTITION)
        )

    def _tasks(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Every two languages that are compared; the number of their partition says where the vectors of both lie."""
        from ..filters.mining import directions_among
        from ..kernels.hashing import value_hashes

        languages = pc.unique(given.tables["languages"].column("language")).to_pylist()
        found = directions_among(languages, self.pairs)
        sides = [pa.array([pair[end] for pair in found], pa.string()) for end in (0, 1)]
        places = [(value_hashes(side) & _MASK).astype(np.int64) for side in sides]
        yield pa.record_batch([*sides, pa.array(places[0] << _BITS | places[1])], schema=_TASKS.append(_WIDE))

    def _mined(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Pairs within the scopes, or between the two languages, of this partition."""
        from ..filters.mining import MiningPlan

        directions: Any = self.pairs
        if self.scope == "global":
            directions = [(row["source"], row["target"]) for row in given.tables["tasks"].to_pylist()]
        plan = MiningPlan(
            self.margin, self.neighbours, self.match, None if self.search == "auto" else self.search, self.probes,
            self.least_cosine, directions,
        )  # fmt: skip
        with tempfile.TemporaryFile(dir=given.scratch or None) as spool:
            members, vectors = spooled_vectors(self._comparable(given.stream("vectors")), spool, _LIGHT)
            yield from self._found(members, vectors, plan)

    def _found(
        self, members: pa.Table, vectors: npt.NDArray[np.int16], plan: MiningPlan
    ) -> Iterator[pa.RecordBatch]:
        """Rows of `MINED` for the rows of a partition."""
        from ..filters.mining import first_of_each, mine

        scope, language = (one_chunk(members, name).dictionary_encode() for name in ("scope", "language"))
        numbers = [side.indices.to_numpy().astype(np.int64) for side in (scope, language)]
        digest, uid = one_chunk(members, "digest").to_numpy(), one_chunk(members, "uid")
        chosen = first_of_each(numbers[0], numbers[1], digest, uid)
        again = np.setdiff1d(np.arange(len(members)), chosen)
        if len(again):
            yield repeated_rows(members, again)
        members = members.take(pa.array(chosen)).combine_chunks()
        vectors = vectors[chosen]
        for found in mine(vectors, numbers[0][chosen], numbers[1][chosen], language.dictionary.to_pylist(), plan):
            yield end_rows(members, found.pairs, found.src_lang, found.tgt_lang)

    def _comparable(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches, whose vectors are seen to be of one encoder."""
        sizes: set[Any] = set()
        makers: set[Any] = set()
        for batch in batches:
            sizes.update(pc.unique(pc.binary_length(batch.column("vector"))).to_pylist())
            makers.update(pc.unique(batch.column("made_by")).to_pylist())
            for found, made in ((sizes, "{} and of {} bytes"), (makers, "{} and of {}")):
                if len(found) > 1:
                    what = made.format(*sorted(found, key=str)[:2])
                    raise ConfigError(
                        f"the column {self.column!r} has vectors of {what}, which cannot be compared",
                        where="mine.column", hint="all must come from one encoder",
                    )  # fmt: skip
            if batch.num_rows:
                yield batch

    def _verdicts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The threshold of every two languages, and whether enough pairs reach it."""
        from ..filters.margin import DEFAULT_THRESHOLDS

        least = DEFAULT_THRESHOLDS[self.margin] if self.threshold is None else self.threshold
        limits: dict[tuple[str, str], float] = {}
        if self.labels is not None:
            least, limits = self._by_labels(given)
        counts: dict[tuple[str, str], int] = {}
        for batch in given.stream("mined"):
            found = candidate_rows(batch)
            for source, target, margin in margins_by_languages(found):
                limit = limits.get((source, target), least)
                counts[source, target] = counts.get((source, target), 0) + int((margin >= limit).sum())
        names = sorted(counts)
        yield pa.RecordBatch.from_pydict(
            {
                "src_lang": [name[0] for name in names],
                "tgt_lang": [name[1] for name in names],
                "threshold": np.array([limits.get(name, least) for name in names], np.float64),
                "published": [counts[name] >= self.least_pairs for name in names],
                "partition": np.zeros(len(names), np.int32),
            },
            schema=VERDICTS.append(PARTITION),
        )

    def _by_labels(self, given: StepInput) -> tuple[float, dict[tuple[str, str], float]]:
        """Thresholds that keep the precision on the judged pairs: of all together, and by languages."""
        from ..filters.mining import precision_thresholds
        from ..filters.pair_labels import read_labels

        try:
            labels = read_labels(str(self.labels), self.partial_is_good)
            wanted = pa.array(list(labels), pa.string())
            judged = []
            for batch in given.stream("mined"):
                found = candidate_rows(batch)
                found = found.filter(pc.is_in(found.column("uid"), wanted))
                judged += found.select(["uid", "src_lang", "tgt_lang", "margin"]).to_pylist()
            return precision_thresholds(judged, labels, self.target_precision or 0.0)
        except ValueError as error:
            raise ConfigError(str(error), where="mine.labels") from error

    def _texts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Rows of this unit to the units where their pairs begin; only the columns that are needed."""
        mined = given.tables["mined"]
        sure, published = holds(mined, given.tables["verdicts"])
        kept = pc.and_(pc.equal(mined.column("role"), TARGET), pc.invert(pc.fill_null(mined.column("is_copy"), False)))
        ends = mined.filter(pc.and_(kept, pa.array(sure & published))).select(["row", "other"])
        keys = one_chunk(ends, "row").to_numpy().astype(np.int64) << 32 | one_chunk(ends, "other").to_numpy()
        keys = np.unique(keys)
        wanted = {"uid", self.text, *self.carry}
        for start, rows in numbered(given.rows):
            first, stop = np.searchsorted(keys, np.array([start, start + rows.num_rows], np.int64) << 32)
            if first == stop:
                continue
            some = rows.take(pa.array((keys[first:stop] >> 32) - start))
            columns = [
                some.column(field.name) if field.name in wanted else pa.nulls(len(some), field.type)
                for field in rows.schema
            ]
            other = pa.array((keys[first:stop] & 0xFFFFFFFF).astype(np.int32))
            yield pa.record_batch([*columns, other], schema=rows.schema.append(PARTITION))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """The pairs that begin here, and what becomes of the rows."""
        from ..filters.margin import confidence

        schema = self.output_schema(given.input_schema)
        found = fates(given.tables["mined"], given.tables["verdicts"], given.tables["vectors"])
        texts = given.tables["texts"].combine_chunks()
        place = pc.index_in(one_chunk(found.pairs, "tgt_uid"), one_chunk(texts, "uid"))
        number = one_chunk(found.pairs, "row").to_numpy()
        score = confidence(one_chunk(found.pairs, "margin").to_numpy(), self.margin)
        names = (self.text, *self.carry)
        for start, rows in numbered(given.rows):
            first, stop = np.searchsorted(number, [start, start + rows.num_rows])
            here, there = pa.array(number[first:stop] - start), place.slice(first, stop - first)
            sources = {name: rows.column(name).take(here) for name in names}
            targets = {name: one_chunk(texts, name).take(there) for name in names}
            some = found.pairs.slice(first, stop - first)
            made = pair_batch(some, sources, targets, self.text, self.carry, score[first:stop], self.margin, schema)
            yield outcome(made, rows, start, found)


def _both(index: int, there: Sequence[int]) -> Iterable[int]:
    """The partitions of the two languages of a task."""
    return sorted({index >> _BITS, index & _MASK} & set(there))


def _odd(index: int, there: Sequence[int]) -> Iterable[int]:
    """The partition of a unit's rows that are not compared."""
    return (-1 - index,)


def _plain(texts: pa.Array) -> pa.Array:
    """Texts as they are compared for being copies: in lower case, runs of white space as one space."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(texts), r"\s+", " "))
