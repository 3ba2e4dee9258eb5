"""The stage `align_documents`: one page in many languages becomes one document group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage, columns
from ..filters.document_schemas import GROUPED, LINKS, SIGNS
from .row_verdicts import PARTITION, RowVerdicts, annotate, as_array, numbered, optional_column

if TYPE_CHECKING:
    from ..filters.document_signs import Documents

Evidence = Literal["hreflang", "url", "content"]

_CONTENTS = pa.schema(
    [
        *((name, pa.uint64()) for name in ("site", "node", "language", "order")),
        ("size", pa.int32()),
        ("marks", pa.list_(pa.uint64())),
        ("vector", pa.binary()),
    ]
)


class AlignDocuments(StepStage):
    """Find the documents that say the same in different languages, and give them one `doc_key`.

    Evidence, from the surest to the least sure: links between versions (`hreflang`, by mutual links 1.0, by one-sided
    ones 0.9, by a common target that was not crawled 0.8); addresses that differ only in what says the language (`url`:
    0.85, with the default language unmarked 0.75, with a code that the text does not confirm 0.55); with `embedding`,
    vectors that are each other's nearest (their cosine); numbers and names that both have on one site, together with
    their lengths (`content`, up to 0.7). Where two kinds agree, the score is higher.

    The surest link is followed first, and no group gets a language twice: what comes too late stays alone. Of print
    views, second copies and other addresses of one text only the best takes part: the one whose language is the
    declared one, then the plain address; contents, never places in files, break ties.

    In a group `doc_key_score` is that of the surest link to the document, `doc_key_method` says what kind it was, and
    `doc_languages` counts the group's languages. A document without a counterpart has its `uid` as its key, a language
    of 1, and neither score nor method.

    Addresses and links are compared wherever they lie; contents within one registered domain only.
    """

    evidence: tuple[Evidence, ...] = Field(
        ("hreflang", "url", "content"), min_length=1, description="what counts, besides the vectors of `embedding`"
    )
    embedding: str | None = Field(
        None, description="a column of vectors (of the stage embed): nearest vectors within a site count as evidence"
    )
    min_score: Annotated[float, Field(ge=0, le=1)] = Field(0.5, description="links below this score are not followed")
    without_counterpart: Literal["keep", "remove"] = Field(
        "keep", description="what becomes of documents that are in no group, and of second copies of those that are"
    )
    fill_language: bool = Field(
        True,
        description="a document that no detector could name (und_Latn) takes the language that its page declares, if "
        "that is written in the script of the text",
    )

    needs: ClassVar[tuple[str, ...]] = ("uid", "text", "language")
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        doc_key="string", doc_key_score="float32", doc_key_method="string", doc_languages="int32"
    )
    libraries: ClassVar[tuple[str, ...]] = ("tld",)
    reasons: ClassVar[Mapping[str, str]] = {
        "no_counterpart": "no version in another language was found, and `without_counterpart` is remove",
        "language_repeated": "a copy or another view of a document in a group, or one whose language a likelier "
        "version has, and `without_counterpart` is remove",
    }

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.evidence)) < len(self.evidence):
            raise ValueError("a kind of evidence is named twice")
        return self

    def resource_files(self) -> tuple[str, ...]:
        """The table of language codes."""
        from ..filters.language_codes import TABLE

        return (str(TABLE),)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and the group of each document.

        Raises:
            ConfigError: a needed column is missing, or the one of vectors holds none.
        """
        if self.embedding is not None:
            from ..filters.vector_columns import is_vectors

            place = schema.get_field_index(self.embedding)
            if place < 0 or not is_vectors(schema.field(place).type):
                raise ConfigError(
                    f"there is no column {self.embedding!r} of vectors",
                    where="align_documents.embedding",
                    hint=nearest(self.embedding, schema.names),
                )
        return super().output_schema(schema)

    def steps(self) -> tuple[Step, ...]:
        """What documents show, what follows where they meet; their contents, what these say; groups; columns."""
        kinds = ("evidence", "fill_language")
        return (
            Step("signs", "units", self._signs, SIGNS, fields=kinds),
            Step("pages", "partitions", self._pages, SIGNS, ("signs",), fields=(), reads_files=False),
            Step("links", "partitions", self._links, LINKS, ("signs",), fields=(), reads_files=False),
            Step("contents", "units", self._contents, _CONTENTS, fields=(*kinds, "embedding")),
            Step(
                "likeness",
                "partitions",
                self._likeness,
                LINKS,
                ("contents",),
                fields=("evidence", "embedding", "min_score"),
                reads_files=False,
            ),
            Step(
                "groups",
                "all",
                self._groups,
                GROUPED,
                ("pages", "links", "likeness"),
                fields=("min_score",),
                reads_files=False,
            ),
            Step("apply", "units", self._apply, slices=("groups",), fields=("without_counterpart", "fill_language")),
        )

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """What documents show, with four links each; their numbers and names; links and groups at once."""
        found = {"signs of all documents": rows * 7 * 62, "links between them, at once": rows * 6 * 60}
        if "content" in self.evidence:
            found["numbers and names"] = rows * 400
        return found

    def _documents(self, rows: pa.RecordBatch) -> tuple[Documents, pa.Array]:
        """The columns that count, and the language of each document."""
        from ..filters.document_signs import Documents, spoken_languages
        from ..filters.page_columns import HREFLANG

        links = rows.schema.get_field_index("hreflang")
        documents = Documents(
            optional_column(rows, "text"),
            optional_column(rows, "url"),
            optional_column(rows, "language"),
            optional_column(rows, "declared_language"),
            rows.column(links).cast(HREFLANG) if links >= 0 else pa.nulls(rows.num_rows, HREFLANG),
        )
        return documents, spoken_languages(documents, fill=self.fill_language)

    def _signs(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Every document under each of its keys."""
        from ..filters.document_signs import signs_of

        for start, rows in numbered(given.rows):
            documents, languages = self._documents(rows)
            found, of = signs_of(documents, languages, hreflang="hreflang" in self.evidence, url="url" in self.evidence)
            partition = (found["key"] % np.uint64(given.partitions)).astype(np.int32)
            made = found | {"unit": np.full(len(of), given.index, np.int32), "row": (start + of).astype(np.int32)}
            yield pa.RecordBatch.from_pydict(made | {"partition": partition}, schema=SIGNS.append(PARTITION))

    def _pages(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """One row for each document."""
        from ..filters.document_signs import PAGE

        for batch in given.stream("signs"):
            yield _all_at_once(batch.filter(pc.equal(batch.column("kind"), PAGE)), SIGNS)

    def _links(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """What follows where documents meet under one key."""
        from ..filters.document_links import links_of

        for batch in links_of(given.tables["signs"]).to_batches():
            yield _all_at_once(batch, LINKS)

    def _contents(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Numbers, names and vectors of every document, by site."""
        from ..filters.document_likeness import marks_of
        from ..filters.document_signs import PAGE, signs_of
        from ..filters.language_markers import site_domains
        from ..filters.vector_columns import to_bytes, whole_vectors
        from ..kernels.hashing import value_hashes

        if "content" not in self.evidence and self.embedding is None:
            return
        for _, rows in numbered(given.rows):
            documents, languages = self._documents(rows)
            found, _ = signs_of(documents, languages, hreflang=False, url=False)
            one = found["kind"] == PAGE
            site = value_hashes(pc.fill_null(site_domains(documents.url), ""))
            marks: pa.Array = pa.nulls(rows.num_rows, pa.list_(pa.uint64()))
            if "content" in self.evidence:
                marks = marks_of(documents.text, optional_column(rows, "title"))
            vectors: pa.Array = pa.nulls(rows.num_rows, pa.binary())
            if self.embedding is not None:
                matrix, known = whole_vectors(rows.column(self.embedding))
                place = np.full(rows.num_rows, -1, np.int64)
                place[known] = np.arange(len(known))
                vectors = to_bytes(matrix).take(pa.array(place, mask=place < 0))
            made = {name: found[name][one] for name in ("node", "language", "order", "size")}
            made |= {"site": site, "marks": marks, "vector": vectors}
            made["partition"] = (site % np.uint64(given.partitions)).astype(np.int32)
            yield pa.RecordBatch.from_pydict(made, schema=_CONTENTS.append(PARTITION))

    def _likeness(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Documents of one site that look like versions of each other."""
        from ..filters.document_likeness import site_links

        least = round(100 * self.min_score)
        for batch in site_links(given.tables["contents"], least).to_batches():
            yield _all_at_once(batch, LINKS)

    def _groups(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Which documents are one in several languages."""
        from ..filters.document_groups import groups_of

        links = [given.tables[name].select(LINKS.names) for name in ("links", "likeness")]
        found = groups_of(given.tables["pages"], pa.concat_tables(links), self.min_score)
        schema = GROUPED.append(PARTITION)
        yield from found.rename_columns([*GROUPED.names, "partition"]).cast(schema).to_batches()

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """The columns, and removal of what is alone where that is wanted."""
        verdicts = RowVerdicts(given.tables["groups"])
        for start, rows in numbered(given.rows):
            found = verdicts.of(start, rows.num_rows)
            key = as_array(found.column("doc_key"))
            grouped = pc.is_valid(key)
            filled = self._documents(rows)[1]
            before = rows.column("language")
            changed = pc.fill_null(pc.not_equal(filled, before), pc.is_valid(filled))
            place = rows.schema.get_field_index("language")
            named = rows.set_column(place, rows.schema.field(place), filled.cast(rows.schema.field(place).type))
            annotated = annotate(
                named,
                doc_key=pc.coalesce(key, rows.column("uid").cast(pa.string())),
                doc_key_score=found.column("score"),
                doc_key_method=found.column("method"),
                doc_languages=pc.if_else(grouped, as_array(found.column("languages")), pa.scalar(1, pa.int32())),
            )
            repeated = pc.fill_null(as_array(found.column("repeated")), False)
            counters = {
                "grouped": grouped.true_count,
                "language_repeated": repeated.true_count,
                "no_counterpart": rows.num_rows - grouped.true_count - repeated.true_count,
                "language_declared": changed.true_count,
            }
            if self.without_counterpart == "keep":
                yield Outcome.keep(annotated, counters)
                continue
            reason = pc.if_else(repeated, "language_repeated", "no_counterpart")
            yield replace(Outcome.split(annotated, grouped, reason=reason), counters=counters)


def _all_at_once(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Rows for the step over everything."""
    arrays = [batch.column(name) for name in schema.names]
    return pa.RecordBatch.from_arrays(
        [*arrays, pa.array(np.zeros(batch.num_rows, np.int32))], schema=schema.append(PARTITION)
    )
