"""Near-duplicate removal by vectors: documents that say the same in other words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage, columns
from .by_configuration import ByConfiguration
from .dedup_scope import (
    PROTECTED,
    Scope,
    check_scope,
    protect_field,
    protections,
    scope_field,
    scope_hashes,
    scope_libraries,
)
from .minhash_columns import nodes as nodes_of
from .row_verdicts import (
    PARTITION,
    RowVerdicts,
    annotate,
    as_array,
    numbered,
    one_chunk,
    split_duplicates,
    with_columns,
)
from .spooled_vectors import spooled_vectors
from .survivor import (
    Survivor,
    check_survivor,
    survivor_columns,
    survivor_field,
    survivor_fields,
    survivor_order,
)

Whole = npt.NDArray[np.int16]

MOST_CENTROIDS = 16_384
SMALL = 4096
"""Up to so many vectors are one cell: all are compared with all."""

SAMPLE_BYTES = 256 << 20
PER_CENTROID = 64
"""Vectors in the sample for each centroid; faiss takes 39 to 256."""

_PLACE = [("unit", pa.int32()), ("row", pa.int32())]
_VECTORS = pa.schema([("row", pa.int32()), ("vector", pa.binary()), ("digest", pa.uint64())])
_COUNTS = pa.schema([("rows", pa.int64()), ("dimensions", pa.int32())])
_SAMPLE = pa.schema([("digest", pa.uint64()), ("vector", pa.binary())])
_CENTROIDS = pa.schema([("vector", pa.binary())])
_CELLS = pa.schema([("row", pa.int32()), ("cell", pa.int32())])
_HUB = [("hub_unit", pa.int32()), ("hub_row", pa.int32()), ("similarity", pa.float64())]
_VERDICTS = pa.schema(
    [
        ("row", pa.int32()),
        ("cluster_id", pa.string()),
        ("duplicate_of", pa.string()),
        ("similarity", pa.float32()),
        ("embedding_cluster_size", pa.int32()),
    ]
)


class EmbeddingDedup(StepStage):
    """Keep one of all documents whose vectors are nearly the same (after SemDeDup, Abbas et al. 2023).

    The vectors are those of the stage `embed`, or any column of lists of numbers. They are divided into cells by
    k-means centroids, which a sample gives; each goes to its `probes` nearest cells, and within a cell is compared
    with those that stay. Then, in survivor order, a document that is similar to one that stays is removed as its
    duplicate: every removed row has been compared with its own `duplicate_of`, and nothing is removed through a chain.

    Vectors are scaled and rounded to whole numbers, so that every cosine is exact and the same on all machines (within
    about 1e-5 of the cosine of the stored values). A document without a vector (null, empty, zeros, not finite) is not
    screened: it stays and is counted. Where a column `<column>_by` says what made a vector, only vectors of one maker
    are compared.

    What is similar depends on the encoder: look at pairs near the threshold before you trust one. Reason:
    `embedding_duplicate`. What it finds and misses: `docs/dedup.md`.
    """

    column: str = Field("embedding", description="the column of vectors: lists of numbers, all of one length")
    threshold: float = Field(
        0.95, gt=0, le=1, description="cosine from which two documents are duplicates; for most encoders lower values "
        "join texts on one topic"
    )  # fmt: skip
    clusters: Literal["auto"] | Annotated[int, Field(ge=1, le=MOST_CENTROIDS)] = Field(
        "auto",
        description="number of centroids; auto: about the square root of the number of vectors, one up to "
        f"{SMALL} vectors (all are compared)",
    )
    probes: int = Field(
        4, ge=1, le=64, description="cells that a vector is compared in, the nearest ones: more find more and cost more"
    )
    survivor: Survivor = survivor_field("longest")
    scope: Scope = scope_field()
    protect: str | None = protect_field()
    max_compared: int = Field(
        65_536,
        ge=1,
        description="vectors of a cell that are remembered for comparison, the first in survivor order: bounds work "
        "and memory where one centroid attracts everything; what it costs is duplicates that stay",
    )

    needs: ClassVar[tuple[str, ...]] = ("uid", "text")
    libraries: ClassVar[Any] = ByConfiguration((), scope_libraries)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        cluster_id="string", embedding_cluster_size="int32", is_canonical="bool"
    )
    reasons: ClassVar[Mapping[str, str]] = {
        "embedding_duplicate": "its vector is nearly that of another document; `duplicate_of` is the uid of that one, "
        "which stayed, `similarity` their cosine",
    }

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and the cluster.

        Raises:
            ConfigError: a column is missing, or holds no vectors.
        """
        from ..filters.vector_columns import is_vectors

        place = schema.get_field_index(self.column)
        if place < 0:
            hint = f"put a stage `embed` before it, or name a column of yours; {nearest(self.column, schema.names)}"
            what = f"there is no column {self.column!r} of vectors"
            raise ConfigError(what, where="embedding_dedup.column", hint=hint)
        if not is_vectors(schema.field(place).type):
            what = f"{self.column!r} holds {schema.field(place).type}, not lists of numbers"
            raise ConfigError(what, where="embedding_dedup.column")
        check_survivor(self.survivor, schema, "embedding_dedup")
        check_scope(self.scope, self.protect, schema, "embedding_dedup")
        return super().output_schema(schema)

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """As the kept rows, with the document that stayed and how similar they are."""
        return with_columns(self.output_schema(schema), duplicate_of=pa.string(), similarity=pa.float32())

    def steps(self) -> tuple[Step, ...]:
        """Whole numbers, a sample, centroids, cells; pairs per cell, who follows whom, removal."""
        of_rows = ("column", "survivor", "scope", "protect")
        return (
            Step("vectors", "units", self._vectors, _VECTORS, fields=("column",)),
            Step("counts", "units", self._counts, _COUNTS, slices=("vectors",), fields=()),
            Step("sample", "units", self._sample, _SAMPLE, ("vectors",), ("counts",), fields=("clusters",)),
            Step("centroids", "all", self._centroids, _CENTROIDS, ("sample",), ("counts",), fields=("clusters",)),
            Step("cells", "units", self._cells, _CELLS, ("vectors",), ("centroids",), fields=("probes",)),
            Step("members", "units", self._members, self._member_schema(), ("vectors", "cells"), fields=of_rows),
            Step(
                "pairs", "partitions", self._pairs, self._pair_schema(), ("members",),
                fields=("survivor", "threshold", "max_compared"),
            ),
            Step("leaders", "all", self._leaders, _VERDICTS, ("pairs",), fields=("survivor", "threshold")),
            Step("apply", "units", self._apply, slices=("leaders", "vectors")),
        )  # fmt: skip

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """Vectors as whole numbers of two bytes, which are half of what is stored in four, once and for every cell."""
        vectors = size // 2
        return {"vectors as whole numbers at most": vectors, "vectors in their cells at most": vectors * self.probes}

    def _member_schema(self) -> pa.Schema:
        fields = [*_PLACE, ("cell", pa.int32()), ("scope", pa.uint64()), ("vector", pa.binary()), PROTECTED]
        return pa.schema([*fields, *survivor_fields(self.survivor)])

    def _pair_schema(self) -> pa.Schema:
        fields = [*_PLACE, *_HUB, ("vector", pa.binary()), PROTECTED]
        return pa.schema([*fields, *survivor_fields(self.survivor)])

    def _vectors(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The vectors of this unit as whole numbers, for its later steps."""
        from ..filters.vector_columns import to_bytes, whole_vectors
        from ..kernels.hashing import value_hashes

        for start, batch in numbered(given.rows):
            try:
                vectors, rows = whole_vectors(batch.column(self.column))
            except ValueError as error:
                raise self._uneven(str(error)) from error
            packed = to_bytes(vectors)
            yield pa.RecordBatch.from_pydict(
                {
                    "row": (start + rows).astype(np.int32),
                    "vector": packed,
                    "digest": value_hashes(packed),
                    "partition": np.full(len(rows), given.index, np.int32),
                },
                schema=_VECTORS.append(PARTITION),
            )

    def _uneven(self, what: str) -> ConfigError:
        return ConfigError(
            f"{self.column!r} has {what}", where="embedding_dedup.column", hint="all must come from one encoder"
        )

    def _counts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """How many vectors this unit has, by their length."""
        found: dict[int, int] = {}
        for batch in given.stream("vectors"):
            lengths = pc.binary_length(batch.column("vector")).to_numpy()
            for size, count in zip(*np.unique(lengths, return_counts=True), strict=True):
                found[int(size) // 2] = found.get(int(size) // 2, 0) + int(count)
        made = {"rows": list(found.values()), "dimensions": list(found), "partition": [0] * len(found)}
        yield pa.RecordBatch.from_pydict(made, schema=_COUNTS.append(PARTITION))

    def _sizes(self, counts: pa.Table) -> tuple[int, int, int]:
        """How many vectors there are, of how many numbers, and how many centroids they get."""
        dimensions = np.unique(one_chunk(counts, "dimensions").to_numpy())
        if len(dimensions) > 1:
            raise self._uneven(f"vectors of {dimensions[0]} and of {dimensions[1]} numbers")
        rows, size = int(one_chunk(counts, "rows").to_numpy().sum()), int(dimensions[0]) if len(dimensions) else 1
        if self.clusters != "auto":
            return rows, size, self.clusters
        most = min(MOST_CENTROIDS, max(1, SAMPLE_BYTES // (2 * size * 16)))
        # the power of two nearest to the square root, without a logarithm: its last bit is not the same everywhere
        return rows, size, 1 if rows <= SMALL else min(most, 1 << rows.bit_length() // 2)

    def _sample(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The vectors with the smallest hashes: the same whatever unit they lie in."""
        rows, size, clusters = self._sizes(given.tables["counts"])
        wanted = min(PER_CENTROID * clusters, SAMPLE_BYTES // (2 * size))
        last = (1 << 64) - 1 if rows <= wanted else (wanted << 64) // rows
        for batch in given.stream("vectors"):
            found = batch.filter(pc.less_equal(batch.column("digest"), pa.scalar(last, pa.uint64())))
            # of a vector that half of all rows have, one is enough
            _, first = np.unique(found.column("digest").to_numpy(), return_index=True)
            found = found.take(pa.array(first))
            columns = [found.column("digest"), found.column("vector"), pa.array(np.zeros(found.num_rows, np.int32))]
            yield pa.RecordBatch.from_arrays(columns, schema=_SAMPLE.append(PARTITION))

    def _centroids(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Centroids of the sample, by k-means from its first vectors."""
        from ..filters.vector_columns import from_bytes, to_bytes
        from ..kernels.vectors import centroids_of

        _, _, clusters = self._sizes(given.tables["counts"])
        table = given.tables["sample"]
        order = pc.sort_indices(table, [("digest", "ascending"), ("vector", "ascending")]).to_numpy()
        digest = one_chunk(table, "digest").to_numpy()[order]
        first = np.append(True, digest[1:] != digest[:-1]) if len(order) else np.zeros(0, bool)
        sample = from_bytes(table.column("vector"))[order[first]]
        found = to_bytes(centroids_of(np.ascontiguousarray(sample), clusters))
        zeros = pa.array(np.zeros(len(found), np.int32))
        yield pa.RecordBatch.from_arrays([found, zeros], schema=_CENTROIDS.append(PARTITION))

    def _cells(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The cells that each vector of this unit belongs to."""
        from ..filters.vector_columns import from_bytes
        from ..kernels.vectors import nearest as nearest_centroids

        centroids = from_bytes(given.tables["centroids"].column("vector"))
        probes = min(self.probes, len(centroids))
        for batch in given.stream("vectors"):
            cells = nearest_centroids(from_bytes(batch.column("vector")), centroids, probes)
            found = {
                "row": np.repeat(batch.column("row").to_numpy(), probes),
                "cell": cells.ravel(),
                "partition": np.full(cells.size, given.index, np.int32),
            }
            yield pa.RecordBatch.from_pydict(found, schema=_CELLS.append(PARTITION))

    def _members(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Each vector to its cells, with what decides who stays."""
        vectors, cells = RowVerdicts(given.tables["vectors"]), given.tables["cells"]
        probes = cells.num_rows // max(1, given.tables["vectors"].num_rows)
        number = one_chunk(cells, "cell").to_numpy().reshape(-1, max(1, probes))
        schema = self._member_schema().append(PARTITION)
        done = 0
        for start, batch in numbered(given.rows):
            found = vectors.of(start, batch.num_rows)
            known = as_array(pc.is_valid(found.column("vector")))
            rows, found = batch.filter(known), found.filter(known)
            made = {
                "unit": pa.array(np.full(rows.num_rows, given.index, np.int32)),
                "row": as_array(found.column("row")),
                "scope": pa.array(self._scopes(rows)),
                "vector": as_array(found.column("vector")),
                PROTECTED.name: protections(rows, self.protect),
            } | survivor_columns(rows.drop_columns([self.column]), self.survivor)
            for probe in range(probes):
                cell = number[done : done + rows.num_rows, probe]
                more = {"cell": pa.array(cell), "partition": pa.array(cell % np.int32(given.partitions))}
                yield pa.RecordBatch.from_pydict(made | more, schema=schema)
            done += rows.num_rows

    def _scopes(self, rows: pa.RecordBatch) -> npt.NDArray[np.uint64]:
        """Hashes of what must be equal for two vectors to be compared."""
        from ..kernels.hashing import combine_hashes, value_hashes

        scope, by = scope_hashes(rows, self.scope), f"{self.column}_by"
        parts = [] if scope is None else [scope]
        if by in rows.schema.names:
            parts.append(value_hashes(rows.column(by)))
        return combine_hashes(parts, rows.num_rows)

    def _pairs(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Pairs within each cell; every row of one also with itself, so that what decides its order is known."""
        from ..filters.vector_columns import to_bytes
        from ..kernels.vector_clusters import similar_pairs
        from ..kernels.vectors import squared_lengths

        with tempfile.TemporaryFile(dir=given.scratch or None) as spool:
            table, vectors = spooled_vectors(given.stream("members"), spool, _without_vectors(self._member_schema()))
            squares = np.concatenate(
                [squared_lengths(vectors[start : start + 4096]) for start in range(0, len(vectors), 4096)]
                or [np.zeros(0, np.int64)]
            )
            guards = pc.fill_null(one_chunk(table, PROTECTED.name), 0).to_numpy()
            order = survivor_order(table, self.survivor, groups=("cell", "scope"))
            for group in _groups(table, order):
                found = similar_pairs(vectors, group, squares, guards, self.threshold, self.max_compared)
                if len(found.row):
                    ends = np.unique(np.concatenate([found.row, found.hub]))
                    for begin in range(0, len(ends), 4096):
                        some = ends[begin : begin + 4096]
                        yield self._pair_rows(table, some, some, np.ones(len(some)), to_bytes(vectors[some]))
                    yield self._pair_rows(table, found.row, found.hub, found.similarity)

    def _pair_rows(
        self,
        table: pa.Table,
        rows: npt.NDArray[np.int64],
        hubs: npt.NDArray[np.int64],
        cosine: npt.NDArray[np.float64],
        vectors: pa.Array | None = None,
    ) -> pa.RecordBatch:
        """Pairs as a batch; of rows with themselves: with their vectors and what decides their order."""
        places = table.select(["unit", "row"])
        hub = places.take(pa.array(hubs)).rename_columns(["hub_unit", "hub_row"])
        found = {name: one_chunk(hub, name) for name in hub.column_names}
        found |= {"similarity": pa.array(cosine), "partition": pa.array(np.zeros(len(rows), np.int32))}
        for field in self._pair_schema():
            if field.name in ("unit", "row") or (vectors is not None and field.name in table.column_names):
                found[field.name] = one_chunk(table.select([field.name]).take(pa.array(rows)), field.name)
            elif field.name not in found:
                found[field.name] = pa.nulls(len(rows), field.type) if vectors is None else vectors
        return pa.RecordBatch.from_pydict(found, schema=self._pair_schema().append(PARTITION))

    def _leaders(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """In survivor order over all cells: who stays, and whom the others follow."""
        from ..kernels.vector_clusters import Pairs, settled

        schema = _without_vectors(self._pair_schema())
        table = pa.Table.from_batches([batch.select(schema.names) for batch in given.stream("pairs")], schema)
        later, earlier = nodes_of(table, "unit", "row"), nodes_of(table, "hub_unit", "hub_row")
        alone = np.flatnonzero(later == earlier)
        _, first = np.unique(later[alone], return_index=True)
        known = table.take(pa.array(alone[first]))
        known = known.take(pa.array(survivor_order(known, self.survivor)))
        nodes = nodes_of(known, "unit", "row")
        by_node = np.argsort(nodes)
        pair = np.flatnonzero(later != earlier)
        rows, hubs = (by_node[np.searchsorted(nodes, ends[pair], sorter=by_node)] for ends in (later, earlier))
        pairs = Pairs(rows, hubs, one_chunk(table, "similarity").to_numpy()[pair])
        guards = pc.fill_null(one_chunk(known, PROTECTED.name), 0).to_numpy()
        leader, cosine = settled(pairs, guards, self.threshold, lambda ranks: _vectors_of(given, nodes[ranks]))
        follows = leader != np.arange(len(nodes))
        uid = one_chunk(known, "uid").take(pa.array(leader))
        yield pa.RecordBatch.from_pydict(
            {
                "row": one_chunk(known, "row"),
                "cluster_id": uid,
                "duplicate_of": pc.if_else(pa.array(follows), uid, pa.scalar(None, pa.string())),
                "similarity": pa.array(cosine.astype(np.float32), mask=~follows),
                "embedding_cluster_size": np.bincount(leader, minlength=len(leader))[leader].astype(np.int32),
                "partition": one_chunk(known, "unit"),
            },
            schema=_VERDICTS.append(PARTITION),
        )

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Remove the duplicates."""
        verdicts = RowVerdicts(given.tables["leaders"])
        known = [batch.column("row").to_numpy() for batch in given.stream("vectors")]
        screened = np.sort(np.concatenate([*known, np.zeros(0, np.int32)]))
        for start, rows in numbered(given.rows):
            found = verdicts.of(start, rows.num_rows)
            original = as_array(found.column("duplicate_of"))
            annotated = annotate(
                rows,
                cluster_id=pc.coalesce(as_array(found.column("cluster_id")), rows.column("uid")),
                embedding_cluster_size=pc.fill_null(found.column("embedding_cluster_size"), pa.scalar(1, pa.int32())),
                is_canonical=pc.is_null(original),
            )
            outcome = split_duplicates(
                annotated, "embedding_duplicate", duplicate_of=original, similarity=found.column("similarity")
            )
            first, stop = np.searchsorted(screened, [start, start + rows.num_rows])
            yield replace(outcome, counters={"not_screened": rows.num_rows - int(stop - first)})


def _without_vectors(schema: pa.Schema) -> pa.Schema:
    return schema.remove(schema.get_field_index("vector"))


def _groups(table: pa.Table, order: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    """The rows of one cell and scope after the other, in order, those alone left out."""
    cell, scope = (one_chunk(table, name).to_numpy()[order] for name in ("cell", "scope"))
    new = (cell[1:] != cell[:-1]) | (scope[1:] != scope[:-1])
    borders = [0, *(np.flatnonzero(new) + 1).tolist(), len(order)]
    for start, stop in pairwise(borders):
        if stop - start > 1:
            yield order[start:stop]


def _vectors_of(given: StepInput, nodes: npt.NDArray[np.int64]) -> Whole:
    """The vectors of some documents, from what the step `pairs` left."""
    from ..filters.vector_columns import from_bytes

    order = np.argsort(nodes)
    found: Whole | None = None
    for batch in given.stream("pairs"):
        rows = batch.filter(pc.is_valid(batch.column("vector")))
        place = np.searchsorted(nodes, nodes_of(rows, "unit", "row"), sorter=order)
        place = order[np.minimum(place, len(nodes) - 1)]
        here = nodes[place] == nodes_of(rows, "unit", "row")
        vectors = from_bytes(rows.column("vector").filter(pa.array(here)))
        if len(vectors):
            found = np.zeros((len(nodes), vectors.shape[1]), np.int16) if found is None else found
            found[place[here]] = vectors
    return np.zeros((0, 1), np.int16) if found is None else found
