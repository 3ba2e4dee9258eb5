"""The stage `url_seen`: addresses that an earlier crawl had are removed, by Bloom filters that each run leaves."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.results import Results
from ..engine.stage import Step, StepInput, StepStage, columns
from ..engine.store import Store
from .row_verdicts import PARTITION, RowVerdicts, annotate, as_array, numbered, one_chunk

if TYPE_CHECKING:
    from ..filters.seen_urls import FilterFile, Layer

NEW = "new"
"""The identity of this run's own layer while layers are merged."""

_KEYS = pa.schema([("key", pa.uint64()), ("key_rest", pa.uint64()), ("unit", pa.int32()), ("row", pa.int32())])
_NEW = pa.schema([("key", pa.uint64()), ("key_rest", pa.uint64())])
_COUNTS = pa.schema([("urls", pa.int64())])
_BITS = pa.schema([("segment", pa.int32()), ("bits", pa.binary())])
_FILTER = pa.schema(
    [
        ("segment", pa.int32()),
        ("layer", pa.int32()),
        ("header", pa.string()),
        ("bits", pa.binary()),
        ("check", pa.string()),
    ]
)
_SEEN = pa.schema([("row", pa.int32())])

Keys = npt.NDArray[np.uint64]


class UrlSeen(StepStage):
    """Remove documents whose address an earlier run has seen.

    `against` names earlier runs by their output folders. Each run leaves a filter of all addresses that went into this
    stage, together with those of the filters that it was given, in `stages/NN-url_seen/seen/`; so the next run names
    the last one only. The file may be copied, renamed and named itself.

    A filter is a Bloom filter: an address that was seen is always found; one that was not is taken for seen with the
    probability `false_positive_rate` (for each layer of the filter). A run adds a layer of the size that its new
    addresses need; with the same `capacity` in every run, runs share one layer until it is full.

    Addresses are compared in their canonical form (as in `exact_dedup: {key: url}`); a filter that was made with other
    rules is refused. Repeats within the run are not looked for: that is `exact_dedup: {key: url}`. A document without
    an address stays, and its `url_seen` is null.
    """

    against: tuple[str, ...] = Field(
        (), description="output folders of earlier runs that had this stage, or filter files; none: only leave a filter"
    )
    false_positive_rate: float = Field(
        1e-6, ge=1e-12, le=0.1, description="the share of new addresses that are taken for seen, per layer of a filter"
    )
    capacity: Literal["auto"] | Annotated[int, Field(ge=1, le=50_000_000_000)] = Field(
        "auto", description="addresses that this run's layer has room for; auto: as many as the run has new ones"
    )
    on_seen: Literal["remove", "mark"] = Field("remove", description="mark keeps all rows and only adds `url_seen`")

    needs: ClassVar[tuple[str, ...]] = ("url",)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(url_seen="bool")
    reasons: ClassVar[Mapping[str, str]] = {"url_seen": "an earlier run has seen the address"}

    def resource_files(self) -> tuple[str, ...]:
        """The filters that are asked."""
        return tuple(path for place in self.against for path in filters_at(place))

    def steps(self) -> tuple[Step, ...]:
        """Keys, those that are new, how many, their bits; verdicts, the filter for the next run, removal."""
        sizes = ("false_positive_rate", "capacity")
        return (
            Step("keys", "units", self._keys, _KEYS, fields=(), reads_files=False),
            Step("new", "partitions", self._new, _NEW, ("keys",), fields=("against",)),
            Step("counts", "partitions", self._counts, _COUNTS, ("new",), fields=(), reads_files=False),
            Step("bits", "partitions", self._bits, _BITS, ("new",), ("counts",), fields=sizes, reads_files=False),
            Step("seen", "partitions", self._seen, _SEEN, ("keys", "new"), fields=(), reads_files=False),
            Step(
                "filter",
                "all",
                self._filter,
                _FILTER,
                ("bits",),
                ("counts",),
                fields=("against", *sizes),
                output="seen",
            ),
            Step("apply", "units", self._apply, slices=("seen",)),
        )

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """A key and a place for every address; the filter that is left, without the layers of `against`."""
        room = rows if self.capacity == "auto" else max(rows, self.capacity)
        bits = room * -math.log(self.false_positive_rate) / math.log(2) ** 2
        return {"keys of all addresses": rows * 40, "filter for the next run": int(bits) // 8}

    def _keys(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Every address goes to the partition that holds its segment."""
        from ..filters.seen_urls import SEGMENTS, segments_of, url_keys

        for start, batch in numbered(given.rows):
            keys, known = url_keys(batch.column("url").cast(pa.string()))
            found = {
                "key": keys[:, 0],
                "key_rest": keys[:, 1],
                "unit": np.full(len(keys), given.index, np.int32),
                "row": (start + np.flatnonzero(known)).astype(np.int32),
                "partition": (segments_of(keys) * min(given.partitions, SEGMENTS) // SEGMENTS).astype(np.int32),
            }
            yield pa.RecordBatch.from_pydict(found, schema=_KEYS.append(PARTITION))

    def _new(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The different addresses of this partition that no filter has."""
        from ..filters.seen_urls import segments_of
        from ..kernels.bloom import contains

        keys = np.unique(_keys_of(given.tables["keys"]), axis=0)
        segments, found = segments_of(keys), np.zeros(len(keys), np.bool_)
        if len(keys):
            for segment, _, layer, words in self._segments(int(segments[0]), int(segments[-1]) + 1):
                first, stop = np.searchsorted(segments, [segment, segment + 1])
                found[first:stop] |= contains(keys[first:stop], words, layer.hashes)
        fresh = keys[~found]
        made = {"key": fresh[:, 0], "key_rest": fresh[:, 1], "partition": np.full(len(fresh), given.index, np.int32)}
        yield pa.RecordBatch.from_pydict(made, schema=_NEW.append(PARTITION))

    def _segments(self, first: int, stop: int) -> Iterator[tuple[int, str, Layer, Keys]]:
        """Segments of all filters, one file after the other."""
        with ExitStack() as stack:
            for file in self._files(stack):
                try:
                    yield from file.segments(first, stop)
                except ValueError as error:
                    raise _bad_filter(error) from error

    def _files(self, stack: ExitStack) -> list[FilterFile]:
        """The filters that are asked, open until the stack is closed."""
        from ..filters.seen_urls import FilterFile

        found = []
        for path in dict.fromkeys(self.resource_files()):
            folder, name = os.path.split(path)
            handle = stack.enter_context(Store(folder or ".").open(name))
            try:
                found.append(FilterFile(handle, path))
            except ValueError as error:
                raise _bad_filter(error) from error
        return found

    def _counts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """How many new addresses this partition has."""
        count = sum(batch.num_rows for batch in given.stream("new"))
        yield pa.RecordBatch.from_pydict({"urls": [count], "partition": [0]}, schema=_COUNTS.append(PARTITION))

    def _layer(self, counts: pa.Table) -> Layer:
        """The layer of this run."""
        from ..filters.seen_urls import Layer

        urls = int(one_chunk(counts, "urls").to_numpy().sum())
        try:
            return Layer.sized(urls, urls if self.capacity == "auto" else self.capacity, self.false_positive_rate)
        except ValueError as error:
            raise ConfigError(str(error), where="url_seen.capacity") from error

    def _bits(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The segments of this run's layer that have an address."""
        from ..filters.seen_urls import segments_of
        from ..kernels.bloom import add

        layer, keys = self._layer(given.tables["counts"]), _keys_of(given.tables["new"])
        segments = segments_of(keys)
        for segment in np.unique(segments).tolist():
            words = np.zeros(layer.words, np.uint64)
            add(keys[segments == segment], words, layer.hashes)
            made = {"segment": [segment], "bits": [words.astype("<u8").tobytes()], "partition": [0]}
            yield pa.RecordBatch.from_pydict(made, schema=_BITS.append(PARTITION))

    def _seen(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The rows whose address is not new."""
        from ..kernels.unionfind import first_with_key

        table, fresh = given.tables["keys"], _keys_of(given.tables["new"])
        keys = np.concatenate([fresh, _keys_of(table)])
        # equal halves of two different addresses: one in 2^64
        seen = first_with_key(keys[:, 0] ^ (keys[:, 1] << np.uint64(1)))[len(fresh) :] >= len(fresh)
        made = [one_chunk(table, "row"), one_chunk(table, "unit")]
        yield pa.RecordBatch.from_arrays(made, schema=_SEEN.append(PARTITION)).filter(pa.array(seen))

    def _filter(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """This run's layer and all those of `against`, segment by segment."""
        from ..filters.seen_urls import SEGMENTS, merged, rows_of

        own = self._layer(given.tables["counts"])
        with ExitStack() as stack:
            files = self._files(stack)
            layers = [entry for file in files for entry in file.layers.values()]
            union = merged([*layers, *([(NEW, own)] if own.urls or not layers else [])])
            walks = [_by_segment(file.segments(0, SEGMENTS)) for file in files]
            bits = ((row["segment"], row["bits"]) for batch in given.stream("bits") for row in batch.to_pylist())
            waiting = next(bits, None)
            for segment in range(SEGMENTS):
                words: dict[str, Keys] = {}
                try:
                    for walk in walks:
                        words |= next(walk)
                except ValueError as error:
                    raise _bad_filter(error) from error
                words[NEW] = np.zeros(own.words, np.uint64)
                if waiting is not None and waiting[0] == segment:
                    words[NEW], waiting = np.frombuffer(waiting[1], "<u8").astype(np.uint64), next(bits, None)
                yield rows_of(
                    segment, [(layer, np.bitwise_or.reduce([words[name] for name in names])) for layer, names in union]
                )

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Remove, or only mark, what was seen."""
        from ..filters.urls import canonical_urls

        verdicts = RowVerdicts(given.tables["seen"])
        for start, rows in numbered(given.rows):
            seen = pc.is_valid(as_array(verdicts.of(start, rows.num_rows).column("row")))
            known = pc.is_valid(canonical_urls(rows.column("url").cast(pa.string())))
            marked = annotate(rows, url_seen=pc.if_else(known, seen, pa.scalar(None, pa.bool_())))
            counters = {"url_missing": rows.num_rows - known.true_count, "url_seen": seen.true_count}
            if self.on_seen == "mark":
                yield Outcome.keep(marked, counters)
            else:
                yield replace(Outcome.split(marked, pc.invert(seen), reason="url_seen"), counters=counters)


def filters_at(place: str) -> tuple[str, ...]:
    """The filter files that a run's output folder or a path names.

    Raises:
        ConfigError: nothing is there, or the run had no such stage.
    """
    folder, name = os.path.split(place.rstrip("/"))
    store = Store(folder or ".")
    if store.filesystem.isfile(store.full(name)):
        return (place,)
    results = Results(place)
    stages = [stage for stage in results.stages if stage.name == UrlSeen.stage_name()]
    parts = [
        f"{place.rstrip('/')}/stages/{stage.folder}/{part['path']}"
        for stage in stages
        for part in stage.manifest.get("outputs", {}).get("seen", ())
    ]
    if not parts:
        hint = "name a run whose pipeline has `url_seen`, or a filter file"
        raise ConfigError("that run has left no filter of addresses", where=f"url_seen.against: {place}", hint=hint)
    return tuple(parts)


def _bad_filter(error: ValueError) -> ConfigError:
    return ConfigError(str(error), where="url_seen.against", hint="restore the file, or leave it out")


def _keys_of(table: pa.Table) -> Keys:
    """Keys of a table, n x 2."""
    halves = [one_chunk(table, name).to_numpy() for name in ("key", "key_rest")]
    return np.ascontiguousarray(np.stack(halves, axis=1))


def _by_segment(segments: Iterator[tuple[int, str, Layer, Keys]]) -> Iterator[dict[str, Keys]]:
    """The words of all layers of a file, by identity, for one segment after the other."""
    current, found = 0, dict[str, Keys]()
    for segment, name, _, words in segments:
        if segment != current:
            yield found
            current, found = segment, {}
        found[name] = words
    yield found
