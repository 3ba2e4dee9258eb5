"""Near-duplicate removal by MinHash, where every removal is checked against the text of the document that stays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BeforeValidator, Field, model_validator

from ..engine.outcome import Outcome
from ..engine.stage import Backing, Step, StepInput, StepStage, columns
from .by_configuration import ByConfiguration
from .dedup_scope import (
    PROTECTED,
    Scope,
    check_scope,
    protect_field,
    protections,
    scope_column,
    scope_field,
    scope_libraries,
    scoped,
)
from .minhash_columns import matrix, nodes, rows_as_lists
from .minhash_verdicts import VERDICTS, Rules, first_of_each, verdict_rows
from .row_verdicts import PARTITION, RowVerdicts, annotate, as_array, numbered, split_duplicates, with_columns
from .spooled_lists import SpooledLists
from .survivor import Survivor, check_survivor, survivor_columns, survivor_field, survivor_fields

if TYPE_CHECKING:
    from ..kernels.minhash import Scheme
    from .dedup_index import DedupIndex

DEFAULT_THRESHOLD = 0.75

_MEASURED = frozenset({
    "cat_Latn", "cmn_Hani", "deu_Latn", "eng_Latn", "ind_Latn", "jpn_Jpan", "nld_Latn", "ron_Latn", "spa_Latn",
    "vie_Latn",
})  # fmt: skip
_PLACE = [("unit", pa.int32()), ("row", pa.int32())]
_SIGNATURES = pa.schema([("band_key", pa.uint64()), *_PLACE])
_CANDIDATES = pa.schema([*_PLACE, ("hub_unit", pa.int32()), ("hub_row", pa.int32())])
_COMPONENTS = pa.schema([("row", pa.int32()), ("component", pa.int64())])
_RANKED = pa.schema([("component", pa.int64()), *_PLACE, PROTECTED])
_SKETCHES = pa.schema([*_PLACE, ("band_keys", pa.list_(pa.uint64())), ("minima", pa.list_(pa.uint32()))])
_TEXTS = pa.schema([*_PLACE, ("band_keys", pa.list_(pa.uint64())), ("shingles", pa.list_(pa.uint64()))])
_SCREENED = VERDICTS.append(pa.field("component", pa.int64()))
"""Verdicts by signature; where `component` is not null the texts have to be compared, and the verdict is void."""


def _paths(given: Any) -> Any:
    """One path or several, local ones from the root on: where a run is started from does not matter."""
    paths = (given,) if isinstance(given, str) else given
    if not isinstance(paths, list | tuple):
        return given
    return tuple(os.path.abspath(path) if isinstance(path, str) and "://" not in path else path for path in paths)


class MinhashDedup(StepStage):
    """Keep one of all documents that are nearly the same.

    Candidates come from MinHash signatures of word 5-grams (character 5-grams in scripts without spaces; decided by the
    characters, see `kernels/minhash.py`): `buckets` bands of `rows` minima, two documents are candidates when one band
    is equal. Then the documents of each group of candidates are taken in survivor order: one that shares a band with a
    document that stays (or with a duplicate of it) and whose Jaccard similarity to it, counted on the shingles
    themselves, reaches `threshold` is removed as its duplicate; any other stays. So every removed row has been compared
    with its own `duplicate_of`, and nothing is removed through a chain. A document with too few words for a shingle can
    only be a duplicate of an equal text.

    With `verify: fast` pairs whose signatures leave no doubt are decided by them (a pair at the threshold looks so once
    in 30,000 times), and `similarity` is an estimate there; the texts of a group of candidates are compared as soon as
    one of its pairs is in doubt. With `verify: off` one of each connected group of candidates stays, unchecked, as in
    datatrove.

    Pages of one template (20 or more in one cluster) are told from duplicates: a page at least a tenth of which nearly
    no other page has, and whose own part is unlike that of the page that stays, is no duplicate unless their similarity
    is .85 or more. All pages of such a cluster get `template_id`, the uid of the first of them.

    Of duplicates the longest stays unless `survivor` says otherwise. Kept rows get `cluster_id` (their own uid),
    `minhash_cluster_size` (1 when alone) and `is_canonical` (true); removed ones (reason `minhash_duplicate`)
    `cluster_id`, `duplicate_of` and `similarity`.
    """

    buckets: int = Field(
        14, ge=1, le=512, description="number of bands (b): one equal band makes two documents candidates"
    )
    rows: int = Field(8, ge=1, le=64, description="minima per band (r); more of them find only more similar documents")
    shingle: int = Field(5, ge=1, le=64, description="words per shingle; letters in scripts without spaces")
    shingles: Literal["auto", "words", "characters"] = Field(
        "auto",
        description="what a shingle is made of: auto: words, and letters in scripts without spaces; words: what stands "
        "between white space and punctuation, in all scripts; characters: letters, in all scripts",
    )
    verify: Literal["exact", "fast", "off"] = Field(
        "exact",
        description="exact: every duplicate is compared with the document that stays; fast: only where the signatures "
        "leave a doubt; off: never, one of each connected group of candidates stays. A number is the threshold",
    )
    threshold: float = Field(
        DEFAULT_THRESHOLD,
        gt=0,
        le=1,
        description="similarity that a duplicate must have to the document that stays, counted on shingles",
    )
    measure: Literal["jaccard", "containment"] = Field(
        "jaccard",
        description="jaccard: common shingles / all; containment: common shingles / those of the smaller document, "
        "which finds excerpts, as far as the bands make them candidates",
    )
    survivor: Survivor = survivor_field("longest")
    scope: Scope = scope_field()
    protect: str | None = protect_field()
    templates: bool = Field(
        True, description="pages of one template with contents of their own are no duplicates below a similarity of .85"
    )
    against: Annotated[tuple[str, ...], BeforeValidator(_paths)] = Field(
        (),
        description="output folders of earlier runs with the same settings: their rows are compared with and stay as "
        "they are; the output `retractions` lists those that one run over everything would not keep",
    )
    signature_version: Literal[1] = Field(
        1, description="how signatures are made; a stored index of another version is refused"
    )
    seed: int = Field(1, ge=0, description="chooses the permutations of the signatures")
    max_leaders: int = Field(
        64,
        ge=1,
        description="documents that are remembered per band for comparison, the first in survivor order: bounds the "
        "work in huge groups; what it costs is duplicates that stay",
    )

    needs: ClassVar[tuple[str, ...]] = ("uid", "text")
    libraries: ClassVar[Any] = ByConfiguration((), scope_libraries)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        cluster_id="string", minhash_cluster_size="int32", is_canonical="bool", template_id="string"
    )
    reasons: ClassVar[Mapping[str, str]] = {
        "minhash_duplicate": "a near-duplicate of `duplicate_of`; `similarity` is their similarity",
    }

    @model_validator(mode="before")
    @classmethod
    def _a_number_is_the_threshold(cls, given: Any) -> Any:
        """`verify: 0.8` is `verify: exact` with `threshold: 0.8`; YAML reads `off` as false."""
        verify = given.get("verify") if isinstance(given, dict) else None
        if verify is False:
            return given | {"verify": "off"}
        if not isinstance(verify, int | float) or isinstance(verify, bool):
            return given
        if "threshold" in given:
            raise ValueError(f"verify: {verify} is a threshold, and there is another one in `threshold`")
        return given | {"verify": "exact", "threshold": verify}

    @model_validator(mode="after")
    def _signatures_estimate_jaccard(self) -> Self:
        if self.verify == "fast" and self.measure != "jaccard":
            raise ValueError("signatures estimate Jaccard similarity only: verify: fast needs measure: jaccard")
        return self

    def backing(self, language: str) -> Backing:
        """Words or letters by the script; measured on the editions of a guide (see docs/thresholds.md)."""
        from ..kernels.unicode_build import UNSPACED_SCRIPTS

        unspaced = language.rpartition("_")[2] in {*UNSPACED_SCRIPTS, "Jpan"}
        unit = {"words": "word", "characters": "letter", "auto": "letter" if unspaced else "word"}[self.shingles]
        by = f"{unit} {self.shingle}-grams"
        if language not in _MEASURED or self.shingles != "auto":
            return Backing("proxy", by)
        return Backing("measured", f"{by}; recall of 25,715 pairs in ten languages")

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and the clusters.

        Raises:
            ConfigError: a column is missing, or the index of `against` cannot be used.
        """
        check_survivor(self.survivor, schema, "minhash_dedup")
        check_scope(self.scope, self.protect, schema, "minhash_dedup")
        if self.against:
            self._index()
        return super().output_schema(schema)

    def resource_files(self) -> tuple[str, ...]:
        """What says what the index holds."""
        return self._index().manifests() if self.against else ()

    def _index(self) -> DedupIndex:
        """The earlier runs.

        Raises:
            ConfigError: a folder holds no such run, or it had other settings.
        """
        from .dedup_index import DedupIndex

        return DedupIndex(self.against, self.model_dump(mode="json"))

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """As the kept rows, with the document that stayed and the similarity to it (null when not verified)."""
        return with_columns(self.output_schema(schema), duplicate_of=pa.string(), similarity=pa.float32())

    def steps(self) -> tuple[Step, ...]:
        """Signatures, candidates, components, survivor order; what is compared, as `verify` says; removal."""
        if not self.against:
            return self._steps()
        from .minhash_joint import joint_steps

        return joint_steps(self._steps(), self._index(), self._retract)

    def _steps(self) -> tuple[Step, ...]:
        """The steps of a run that stands alone."""
        column = scope_column(self.scope)
        read = ("text",) if column in (None, "text") else ("text", column)
        drawn = ("buckets", "rows", "shingle", "shingles", "seed", "scope")
        found = (
            Step("signatures", "units", self._signatures, _SIGNATURES, fields=drawn, columns=read, reads_files=False),
            Step("candidates", "partitions", self._candidates, _CANDIDATES, slices=("signatures",), fields=()),
            Step("components", "all", self._components, _COMPONENTS, slices=("candidates",), fields=()),
            Step("ranks", "units", self._ranks, self._ranked(), slices=("components",), fields=("survivor", "protect")),
        )
        if self.verify == "off":
            verify = Step("verify", "partitions", self._unchecked, VERDICTS, slices=("ranks",), fields=("survivor",))
            return (*found, verify, Step("apply", "units", self._apply, slices=("verify",), fields=()))
        judged = ("threshold", "measure", "max_leaders", "survivor", "templates")
        if self.verify == "exact":
            return (
                *found,
                Step("texts", "units", self._texts, _TEXTS, slices=("components",), fields=drawn, columns=read),
                Step("verify", "partitions", self._verify, VERDICTS, slices=("ranks", "texts"), fields=judged),
                Step("apply", "units", self._apply, slices=("verify",), fields=()),
            )
        return (
            *found,
            Step("sketches", "units", self._sketches, _SKETCHES, slices=("components",), fields=drawn, columns=read),
            Step("screen", "partitions", self._screen, _SCREENED, slices=("ranks", "sketches"), fields=judged),
            Step("texts", "units", self._texts, _TEXTS, slices=("screen",), fields=drawn, columns=read),
            Step("verify", "partitions", self._verify, VERDICTS, slices=("ranks", "texts"), fields=judged),
            Step("apply", "units", self._apply, slices=("screen", "verify"), fields=()),
        )

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """Keys of all rows; what is compared of the candidates, at most all rows."""
        sizes = {"keys of all rows": rows * self.buckets * 16, "rows that are read again at most": size}
        if self.verify == "fast":
            sizes["signatures of candidates at most"] = rows * self.buckets * (4 * self.rows + 8)
        if self.verify != "off":
            # a shingle, eight bytes, for every word of about six bytes
            sizes["shingles of what is compared at most"] = size * 8 // 6 + rows * self.buckets * 8
        return sizes

    def scheme(self) -> Scheme:
        """What makes signatures comparable."""
        from ..kernels.minhash import Scheme

        return Scheme(self.buckets, self.rows, self.shingle, self.seed, self.shingles)

    def _ranked(self) -> pa.Schema:
        """The schema of the step `ranks`."""
        return pa.schema([*_RANKED, *survivor_fields(self.survivor)])

    def _rules(self) -> Rules:
        return Rules(self.threshold, self.measure, self.max_leaders, self.survivor, self.templates)

    def _signatures(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Band keys of every document; a text without a shingle has one key, the hash of the text."""
        from ..kernels.minhash import signatures

        for start, rows in numbered(given.rows):
            found = signatures(rows.column("text"), self.scheme())
            used = np.ones(found.keys.shape, bool)
            used[found.shingles == 0, 1:] = False
            row, _ = np.nonzero(used)
            keys = scoped(found.keys, rows, self.scope)[used]
            yield pa.RecordBatch.from_pydict(
                {
                    "band_key": keys,
                    "unit": np.full(len(keys), given.index, np.int32),
                    "row": (row + start).astype(np.int32),
                    "partition": (keys % np.uint64(given.partitions)).astype(np.int32),
                },
                schema=_SIGNATURES.append(PARTITION),
            )

    def _candidates(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Edges that connect the documents with a common key: a spanning forest, never all pairs."""
        from ..kernels.unionfind import spanning_forest

        table = given.tables["signatures"]
        keys, places = table.column("band_key").to_numpy(), nodes(table, "unit", "row")
        if self.against:
            from .minhash_joint import indexed_edges

            more_keys, more_places = indexed_edges(self._index(), keys, given.index, given.partitions)
            keys, places = np.concatenate([keys, more_keys]), np.concatenate([places, more_places])
        node, hub = spanning_forest(keys, places)
        yield pa.RecordBatch.from_pydict(
            {
                "unit": (node >> 32).astype(np.int32),
                "row": (node & 0xFFFFFFFF).astype(np.int32),
                "hub_unit": (hub >> 32).astype(np.int32),
                "hub_row": (hub & 0xFFFFFFFF).astype(np.int32),
                "partition": np.zeros(len(node), np.int32),
            },
            schema=_CANDIDATES.append(PARTITION),
        )

    def _components(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The connected groups of candidates, numbered from 0; the edges of all partitions are never held at once."""
        from ..kernels.unionfind import SpanningForest, components_of

        forest = SpanningForest()
        for batch in given.stream("candidates"):
            forest.add(nodes(batch, "unit", "row"), nodes(batch, "hub_unit", "hub_row"))
        first, second = forest.edges()
        if self.against:
            from .minhash_joint import touched_components

            ends, component = touched_components(first, second, self._index())
        else:
            ends, component, _ = components_of(first, second)
        yield pa.RecordBatch.from_pydict(
            {
                "row": (ends & 0xFFFFFFFF).astype(np.int32),
                "component": component,
                "partition": (ends >> 32).astype(np.int32),
            },
            schema=_COMPONENTS.append(PARTITION),
        )

    def _ranks(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """What decides the order of the candidates."""
        schema = self._ranked().append(PARTITION)
        partitions = given.partitions
        if self.verify == "off":  # no texts follow: ranks need fewer partitions, and pieces of files cost time each
            partitions = min(partitions, max(4, partitions // 16))
        for rows, numbers, component in self._candidates_of(given, "components"):
            found = {
                "component": component,
                "unit": np.full(rows.num_rows, given.index, np.int32),
                "row": numbers,
                "protected": protections(rows, self.protect),
                "partition": (component % partitions).astype(np.int32),
            }
            yield pa.RecordBatch.from_pydict(found | survivor_columns(rows, self.survivor), schema=schema)

    def _sketches(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Band keys and signatures of the candidates."""
        from ..kernels.minhash import signatures

        for rows, numbers, component in self._candidates_of(given, "components"):
            found = signatures(rows.column("text"), self.scheme())
            yield pa.RecordBatch.from_pydict(
                {
                    "unit": np.full(rows.num_rows, given.index, np.int32),
                    "row": numbers,
                    "band_keys": rows_as_lists(scoped(found.keys, rows, self.scope)),
                    "minima": rows_as_lists(found.minima),
                    "partition": (component % given.partitions).astype(np.int32),
                },
                schema=_SKETCHES.append(PARTITION),
            )

    def _texts(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Band keys and shingle sets of the documents whose texts are compared."""
        from ..kernels.minhash import shingle_sets, signatures

        (before,) = given.tables
        for rows, numbers, component in self._candidates_of(given, before):
            texts = rows.column("text")
            found = signatures(texts, self.scheme())
            values, borders = shingle_sets(texts, self.scheme(), found.shingles)
            yield pa.RecordBatch.from_pydict(
                {
                    "unit": np.full(rows.num_rows, given.index, np.int32),
                    "row": numbers,
                    "band_keys": rows_as_lists(scoped(found.keys, rows, self.scope)),
                    "shingles": pa.ListArray.from_arrays(borders.astype(np.int32), values),
                    "partition": (component % given.partitions).astype(np.int32),
                },
                schema=_TEXTS.append(PARTITION),
            )

    def _unchecked(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """One of each component stays."""
        ranks = given.tables["ranks"]
        yield verdict_rows(ranks, first_of_each(ranks, self.survivor))

    def _screen(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Verdicts by signature, and which components they are not enough for."""
        from ..kernels.clusters import SharedKeys

        ranks, sketches = given.tables["ranks"], given.tables["sketches"]
        keys, minima = matrix(sketches, "band_keys", self.buckets), matrix(sketches, "minima", self.buckets * self.rows)
        judgement, unclear = self._rules().screen(ranks, minima, SharedKeys.of_bands(keys))
        found = verdict_rows(ranks, judgement)
        component = pa.array(ranks.column("component").to_numpy(), mask=~unclear)
        fields = _SCREENED.append(PARTITION)
        arrays = {name: found.column(name) for name in found.schema.names} | {"component": component}
        yield pa.RecordBatch.from_arrays([arrays[name] for name in fields.names], schema=fields)

    def _verify(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Verdicts by the texts themselves, which are read once and kept in a file when there are many."""
        from ..kernels.clusters import Sets, SharedKeys

        lists, places = SpooledLists(given.scratch), [np.zeros(0, np.int64)]
        keys = [np.zeros((0, self.buckets), np.uint64)]
        for batch in given.stream("texts"):
            places.append(nodes(batch, "unit", "row"))
            keys.append(matrix(batch, "band_keys", self.buckets))
            shingles = as_array(batch.column("shingles"))
            lists.append(shingles.flatten().to_numpy(), pc.list_value_length(shingles).to_numpy().astype(np.int64))
        ranks = given.tables["ranks"]
        ranks = ranks.filter(pa.array(np.isin(nodes(ranks, "unit", "row"), np.concatenate(places))))
        sets = Sets(lists.values(), lists.offsets(), lists.release)
        judgement = self._rules().compare(ranks, sets, SharedKeys.of_bands(np.concatenate(keys)))
        yield verdict_rows(ranks, judgement)

    def _candidates_of(
        self, given: StepInput, name: str
    ) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int32], npt.NDArray[np.int64]]]:
        """The unit's rows that have a component in what the step `name` left, their numbers, and their components."""
        if given.index < 0:
            table = given.tables[name]
            table = table.filter(pc.is_valid(table.column("component"))).sort_by("row")
            wanted, component = (table.column(part).to_numpy() for part in ("row", "component"))
            done = 0
            for chosen, rows in self._index().rows(given.index, wanted.astype(np.int64), given.input_schema):
                yield rows, chosen.astype(np.int32), component[done : done + len(chosen)]
                done += len(chosen)
            return
        components = RowVerdicts(given.tables[name])
        for start, batch in numbered(given.rows):
            found = as_array(components.of(start, batch.num_rows).column("component"))
            known = pc.is_valid(found)
            if known.true_count:
                numbers = (start + np.flatnonzero(known.to_numpy(zero_copy_only=False))).astype(np.int32)
                yield batch.filter(known), numbers, found.filter(known).to_numpy()

    def _retract(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The rows of the index that one run over everything would not keep."""
        from .minhash_joint import retracted

        yield from retracted(clear_verdicts(given), self._index(), given.index)

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Remove the duplicates; the first unit gets the restored rows of the index, too."""
        verdicts = clear_verdicts(given)
        if self.against:
            from .minhash_joint import restored

            for rows, found in restored(verdicts, self._index(), given.input_schema) if given.index == 0 else ():
                kept = _annotated(rows, found)
                yield Outcome(kept, counters={"restored_from_the_index": kept.num_rows}, created=kept.num_rows)
            verdicts = verdicts.filter(pc.greater_equal(verdicts.column("unit"), 0))
        decided = RowVerdicts(verdicts)
        for start, rows in numbered(given.rows):
            found = decided.of(start, rows.num_rows)
            outcome = split_duplicates(
                _annotated(rows, found),
                "minhash_duplicate",
                duplicate_of=found.column("duplicate_of"),
                similarity=found.column("similarity"),
            )
            yield replace(outcome, counters=_template_counts(outcome))


def clear_verdicts(given: StepInput) -> pa.Table:
    """The verdicts that count: those of `verify`, and of `screen` where it was sure."""
    verdicts = given.tables["verify"]
    if "screen" not in given.tables:
        return verdicts
    screened = given.tables["screen"]
    clear = screened.filter(pc.is_null(screened.column("component")))
    return pa.concat_tables([clear.select(verdicts.column_names), verdicts])


def _annotated(rows: pa.RecordBatch, found: pa.Table) -> pa.RecordBatch:
    """Rows with what was found about them; a row without a verdict is alone."""
    return annotate(
        rows,
        cluster_id=pc.coalesce(as_array(found.column("cluster_id")), rows.column("uid")),
        minhash_cluster_size=pc.fill_null(found.column("minhash_cluster_size"), pa.scalar(1, pa.int32())),
        is_canonical=pc.is_null(found.column("duplicate_of")),
        template_id=found.column("template_id"),
    )


def _template_counts(outcome: Outcome) -> dict[str, int]:
    """How many rows are pages of a template, and how many of them stay."""
    kept = len(outcome.kept) - outcome.kept.column("template_id").null_count
    removed = 0
    if outcome.removed is not None:
        removed = len(outcome.removed) - outcome.removed.column("template_id").null_count
    return {"template_pages": kept + removed, "template_pages_kept": kept} if kept + removed else {}
