"""Sets of addresses in files: Bloom filters that a crawl leaves and the next one asks.

A filter file is Parquet, one row for each segment of each layer, ordered by segment:

| column | type | what it holds |
|---|---|---|
| `segment` | int32 | 0 to 1023: the first ten bits of an address's key |
| `layer` | int32 | number of the layer in this file |
| `header` | string | of the layer: the fields of `Layer` as JSON with sorted keys |
| `bits` | binary | `8 * words` bytes: the segment's Bloom filter, little-endian words |
| `check` | string | xxh3_128 of `header`, a line feed, the segment's number, a line feed, and `bits`, in hexadecimal |

A key is the 128-bit hash of the canonical address (`filters/urls.py`, `kernels/hashing.py`); bits as in
`kernels/bloom.py`. A layer is a filter of its own size (Almeida et al. 2007, Scalable Bloom filters): an address has
been seen when any layer has it. `canonicalisation` is a hash of the keys of a few addresses that try every rule, so a
filter made by other rules is noticed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from ..kernels.bloom import shape_for
from ..kernels.hashing import text_hashes
from .urls import canonical_urls

FORMAT = 1
SEGMENT_BITS = 10
SEGMENTS = 1 << SEGMENT_BITS

SCHEMA = pa.schema(
    [
        ("segment", pa.int32()),
        ("layer", pa.int32()),
        ("header", pa.string()),
        ("bits", pa.binary()),
        ("check", pa.string()),
    ]
)

_PROBES = (
    "https://www.Example.org:443/Path/?utm_source=a&b=1&fbclid=x#part", "http://user:word@example.org./a//",
    "urn:isbn:1", "//example.org:8080/?a=1&&b=2&", "https://example.org/#!/route", "https://example.org/#/route?gclid=1",
    " example ",
    "https://пример.рф/путь?q=%D0%B0", "https://例え.jp/ア%E3%82%A2", "https://example.org/?A=1&a=2;c#", "mailto:a@b.c",
    "https://www.www.example.org/e\u0301\u200b",
)  # fmt: skip

Keys = npt.NDArray[np.uint64]


def url_keys(urls: pa.Array) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """Keys of addresses.

    Args:
        urls: n strings, possibly null.

    Returns:
        m x 2 uint64 of the rows that have an address, and n booleans that say which these are.
    """
    canonical = canonical_urls(urls)
    known = pc.is_valid(canonical)
    return text_hashes(canonical.filter(known)), known.to_numpy(zero_copy_only=False)


@cache
def canonicalisation() -> str:
    """What the keys of addresses depend on, as 16 hex digits."""
    keys, _ = url_keys(pa.array(_PROBES))
    return xxhash.xxh3_64(keys.astype("<u8").tobytes()).hexdigest()


def segments_of(keys: Keys) -> npt.NDArray[np.int64]:
    """The segment of each key."""
    return (keys[:, 0] >> np.uint64(64 - SEGMENT_BITS)).astype(np.int64)


@dataclass(frozen=True)
class Layer:
    """One filter of a file: its header.

    Attributes:
        words: 64-bit words of each segment.
        hashes: bits per address.
        urls: addresses in it, counted when they were put in.
        capacity: how many it can hold at its rate.
        rate: the largest share of false positives at `capacity`.
        canonicalisation: see `canonicalisation`.
        format: see `FORMAT`.
    """

    words: int
    hashes: int
    urls: int
    capacity: int
    rate: float
    canonicalisation: str
    format: int = FORMAT

    @classmethod
    def sized(cls, urls: int, capacity: int, rate: float) -> Layer:
        """An empty layer that will hold `urls` addresses, with room for `capacity`.

        Raises:
            ValueError: there are too many.
        """
        # segments fill unevenly: three standard deviations more than the mean
        mean = max(urls, capacity) / SEGMENTS
        words, hashes = shape_for(mean + 3 * math.sqrt(mean), rate)
        return cls(words, hashes, urls, max(urls, capacity), rate, canonicalisation())

    def header(self) -> str:
        """The header as it is stored."""
        return json.dumps(asdict(self), sort_keys=True)

    def takes(self, other: Layer) -> bool:
        """Whether the other layer's addresses fit into this one, bit by bit."""
        same = (self.words, self.hashes, self.rate) == (other.words, other.hashes, other.rate)
        return same and self.urls + other.urls <= self.capacity


def merged(layers: Sequence[tuple[str, Layer]]) -> list[tuple[Layer, list[str]]]:
    """Which layers become one, so that filters with a stated capacity do not grow in number.

    Args:
        layers: an identity and a header each; those of one identity are the same filter.

    Returns:
        Headers of the result, each with the identities of the layers that it is the union of.
    """
    found: list[tuple[Layer, list[str]]] = []
    for name, layer in sorted(dict(layers).items(), key=lambda pair: (-pair[1].urls, pair[0])):
        for place, (whole, names) in enumerate(found):
            if whole.takes(layer):
                both = Layer(**{**asdict(whole), "urls": whole.urls + layer.urls})
                found[place] = (both, [*names, name])
                break
        else:
            found.append((layer, [name]))
    return found


def checksum(header: str, segment: int, bits: bytes) -> str:
    """What `check` must be."""
    return str(xxhash.xxh3_128(f"{header}\n{segment}\n".encode() + bits).hexdigest())


def rows_of(segment: int, layers: Iterable[tuple[Layer, npt.NDArray[np.uint64]]]) -> pa.RecordBatch:
    """The rows of one segment of all layers."""
    made = []
    for number, (layer, words) in enumerate(layers):
        header, bits = layer.header(), words.astype("<u8").tobytes()
        made.append((segment, number, header, bits, checksum(header, segment, bits)))
    columns = [list(column) for column in zip(*made, strict=True)] if made else [[] for _ in SCHEMA]
    return pa.RecordBatch.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


class FilterFile:
    """A filter file that is open for reading.

    Args:
        handle: an open file that can be read at any position.
        name: the file, for errors.

    Raises:
        ValueError: it is no filter file, is damaged, or was made by other rules for addresses; names the file.
    """

    def __init__(self, handle: Any, name: str) -> None:
        self.name = name
        try:
            self._file = pq.ParquetFile(handle, pre_buffer=False)
            if self._file.schema_arrow.names != SCHEMA.names:
                raise self._wrong(f"it has the columns {', '.join(self._file.schema_arrow.names)}")
            light = self._file.read(columns=["segment", "layer", "header", "check"], use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise self._wrong(str(error)) from error
        self.layers = self._layers(light)

    def _wrong(self, why: str) -> ValueError:
        return ValueError(f"{self.name}: no filter of addresses, or a damaged one: {why}")

    def _layers(self, light: pa.Table) -> dict[int, tuple[str, Layer]]:
        """The identity (a hash of all its checks) and the header of each layer."""
        found = {}
        for number in sorted(set(light.column("layer").to_pylist())):
            rows = light.filter(pc.equal(light.column("layer"), number))
            if rows.column("segment").to_pylist() != list(range(SEGMENTS)):
                raise self._wrong(f"layer {number} has not all of its {SEGMENTS} segments")
            headers = set(rows.column("header").to_pylist())
            if len(headers) > 1:
                raise self._wrong(f"layer {number} has more than one header")
            layer = self._layer(headers.pop())
            checks = "".join(map(str, rows.column("check").to_pylist()))
            found[number] = (xxhash.xxh3_128(checks.encode()).hexdigest(), layer)
        if not found:
            raise self._wrong("it has no layer")
        return found

    def _layer(self, header: str) -> Layer:
        try:
            values: Mapping[str, Any] = json.loads(header)
            layer = Layer(**values)
            numbers = (layer.words, layer.hashes, layer.urls, layer.capacity)
            if layer.format != FORMAT or not all(isinstance(number, int) for number in numbers) or layer.words < 1:
                raise self._wrong(f"format {values.get('format')} is not {FORMAT}")
        except (TypeError, ValueError) as error:
            raise error if str(error).startswith(self.name) else self._wrong(f"the header {header[:80]!r}") from error
        if layer.canonicalisation != canonicalisation():
            raise ValueError(
                f"{self.name}: made with other rules for what is one address ({layer.canonicalisation}; here "
                f"{canonicalisation()}): make it again with this version"
            )
        return layer

    def segments(self, first: int, stop: int) -> Iterator[tuple[int, str, Layer, npt.NDArray[np.uint64]]]:
        """Segments `first` to `stop - 1`, in order: number, the layer's identity and header, the words.

        Raises:
            ValueError: a segment is not what its check says.
        """
        for group in range(self._file.num_row_groups):
            try:
                numbers = self._file.read_row_group(group, columns=["segment"], use_threads=False).column(0).to_numpy()
                if not len(numbers) or numbers[-1] < first or numbers[0] >= stop:
                    continue
                rows = self._file.read_row_group(group, use_threads=False)
            except (pa.ArrowException, OSError) as error:
                raise self._wrong(str(error)) from error
            for row in range(rows.num_rows):
                if first <= numbers[row] < stop:
                    yield self._segment(rows.slice(row, 1).to_pylist()[0])

    def _segment(self, row: Mapping[str, Any]) -> tuple[int, str, Layer, npt.NDArray[np.uint64]]:
        name, layer = self.layers[row["layer"]]
        bits = row["bits"]
        if len(bits) != 8 * layer.words or checksum(row["header"], row["segment"], bits) != row["check"]:
            raise self._wrong(f"segment {row['segment']} of layer {row['layer']} is not what its checksum says")
        return row["segment"], name, layer, np.frombuffer(bits, "<u8").astype(np.uint64)
