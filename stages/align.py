"""The stage `align`: sentences of the same documents in any number of languages, as pairwise beads and as groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator, model_validator

from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage
from ..filters.parallel_tables import GROUPS
from .align_schemas import (
    ALONE,
    BEAD_ROWS,
    CONSENSUS,
    EMPTY,
    MODELS,
    NO_KEY,
    NO_LANGUAGE,
    PAIRWISE,
    PLACES,
    REMOVALS,
    REPEATED,
    SEGMENTS,
    WORK,
    Directions,
)
from .by_configuration import ByConfiguration
from .model_device import Device
from .named_files import EncoderName, FileName
from .row_verdicts import RowVerdicts, as_array, numbered

if TYPE_CHECKING:
    from .align_pairs import Aligner
    from .align_rows import Chosen, Cutting


class Align(StepStage):
    """Align the segments of documents that say the same in different languages: pair by pair, and all together.

    Rows with the same value of `group_by` are one document. Every pair of its languages is aligned directly, without
    any model given: a table of words that translate each other is trained on the documents of that pair themselves
    (better with `seed` or `lexicon`, better still with an `encoder`). The main output is the beads: links between
    segments of two languages, with an empty list on one side for a deletion or an insertion. The second,
    `align.groups`, is the same segments in all languages at once, some of which may be missing.

    Groups are what the pairs of a document agree on: a segment goes where most of its links in all languages lead,
    weighted by how sure each is, and keeps its order. With three or more languages that repairs the beads, too:
    those that differ from the pair's own have the method `consensus`; `beads: direct` leaves them as they were.

    Of several documents with the same key and language the one with the most segments is aligned. Beads carry the score
    of their two documents, and a reason not to trust it (`unrelated`, `too_short`, `few_documents`): the ledger counts
    both. A new language, or new documents, align only what they change.
    """

    group_by: str = Field("doc_key", description="the column whose equal values make one document in many languages")
    segments: Literal["lines", "sentences"] = Field(
        "lines", description="lines: every line of the text is a segment, counted from 0; sentences: found by rules"
    )
    pairs: Directions = Field(
        "all",
        description="which languages are aligned with each other: all; one language (eng_Latn), with which all others "
        "are; or pairs as [[eng_Latn, fra_Latn], ...], whose first one is the source",
    )
    beads: Literal["consensus", "direct"] = Field(
        "consensus",
        description="consensus: beads as all languages of the document agree on them; direct: as each pair has them",
    )
    min_languages: int = Field(
        2, ge=1, description="groups with fewer languages are left out; 1 also lists segments without a counterpart"
    )
    encoder: EncoderName | None = Field(
        None, description="an encoder of sentences in many languages (LaBSE, SONAR, e5): a folder, or a hub id"
    )
    pooling: Literal["mean", "first"] = Field(
        "mean", description="a segment's vector: the mean of its tokens, or its first token (CLS)"
    )
    device: Device = Field("auto", validate_default=True, description="where the encoder computes: auto, cpu or cuda")
    seed: FileName | None = Field(
        None,
        description="pairs that are known to be translations, to train with: a TSV, JSONL or Parquet file with "
        "`src_lang, tgt_lang, src, tgt`",
    )
    lexicon: FileName | None = Field(
        None, description="a list of words and their translations, in a file of the same form as `seed`"
    )
    reviewed: FileName | None = Field(
        None,
        description="beads that judges found right, as `hexapla review` writes them (reviewed.parquet): they stay as "
        "they are, with score 1 and the method `reviewed`, as long as their texts are there",
    )
    rejected: FileName | None = Field(
        None,
        description="beads that judges found wrong (blocked.tsv): where they are found again they have score 0 and the "
        "method `rejected`",
    )

    needs: ClassVar[tuple[str, ...]] = ("uid", "language", "text")
    libraries: ClassVar[Any] = ByConfiguration(
        (), lambda stage: ("torch", "transformers", "tokenizers") if stage.encoder else ()
    )
    memory: ClassVar[int] = 2 << 30
    reasons: ClassVar[Mapping[str, str]] = {
        NO_KEY: "it has no value in the column `group_by`",
        NO_LANGUAGE: "its language is not known",
        EMPTY: "there is nothing in it that could be aligned",
        REPEATED: "the same document is there in that language with more segments, or as often",
        ALONE: "the document is there in no other language, or in none that `pairs` wants",
    }

    @field_validator("pairs")
    @classmethod
    def _languages_are_canonical(cls, given: Directions) -> Directions:
        """Languages as the stage `language` writes them: `en` is `eng_Latn`."""
        from ..filters.language_codes import canonical, check

        check([given] if isinstance(given, str) else [code for pair in given for code in pair], also=("all",))
        if isinstance(given, str):
            return given if given == "all" else canonical(given)
        pairs = tuple((canonical(source), canonical(target)) for source, target in given)
        for source, target in pairs:
            if source == target:
                raise ValueError(f"{source} is on both sides of a pair")
        return pairs

    @model_validator(mode="after")
    def _the_language_is_no_key(self) -> Self:
        if self.group_by in ("language", "text"):
            raise ValueError(f"documents in different languages do not have the same {self.group_by}")
        return self

    def gpus(self) -> float:
        """One for a worker whose encoder is on cuda."""
        return 1.0 if self.encoder and self.device == "cuda" else 0.0

    def resource_files(self) -> tuple[str, ...]:
        """Seed pairs, the lexicon, and the encoder."""
        from ..engine.errors import ConfigError
        from ..filters.embeddings import encoder_folder

        files = (self.seed, self.lexicon, self.reviewed, self.rejected)
        named = [path for path in files if path is not None]
        try:
            return (*named, *([encoder_folder(self.encoder)] if self.encoder else []))
        except ValueError as error:
            raise ConfigError(str(error), where="align.encoder") from error

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Beads.

        Raises:
            ConfigError: a column is missing.
        """
        from ..engine.errors import ConfigError, nearest

        super().output_schema(schema)
        if schema.get_field_index(self.group_by) < 0:
            raise ConfigError(
                f"the stage 'align' groups documents by {self.group_by!r}, which its input does not have",
                hint=f"{nearest(self.group_by, schema.names)}; `align_documents` makes `doc_key`",
            )
        return BEAD_ROWS

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The documents as they came."""
        return schema

    def steps(self) -> tuple[Step, ...]:
        """Segments, pairs of documents, a model for each pair of languages, beads of each, consensus, texts."""
        from . import align_index as index

        cut = ("group_by", "segments")
        read = ("uid", "language", "text", self.group_by)
        trained = ("encoder", "pooling", "device", "seed", "lexicon")
        whole_pair = {"work": index.every_share, "segments": index.both_languages_everywhere}
        pair = {"segments": index.both_languages, "models": index.pair_as_whole}
        return (
            Step(
                "segments", "units", self._segments, SEGMENTS, fields=cut, columns=read[1:], reads_files=False,
                wide=True,
            ),
            Step("places", "units", self._places, PLACES, fields=cut, columns=read, reads_files=False),
            Step("work", "partitions", self._work, WORK, ("places",), fields=("pairs",), reads_files=False, wide=True),
            Step("removals", "partitions", self._removals, REMOVALS, ("places",), fields=("pairs",), reads_files=False),
            Step(
                "models", "partitions", self._models, MODELS, ("work",), reads=whole_pair, fields=trained,
                where=index.is_below_zero, wide=True,
            ),
            Step(
                "pairwise", "partitions", self._pairwise, PAIRWISE, ("work",), reads=pair,
                fields=(*trained, "reviewed"), where=index.is_pair, wide=True,
            ),
            Step(
                "consensus", "partitions", self._consensus, CONSENSUS, ("places",),
                reads={"pairwise": index.all_pairs}, fields=(), reads_files=False, wide=True,
            ),
            Step(
                "groups", "partitions", self._groups, GROUPS, ("consensus",), reads={"segments": index.all_languages},
                fields=("min_languages",), reads_files=False, where=index.is_below_zero, output="groups",
            ),
            Step(
                "beads", "partitions", self._beads, BEAD_ROWS, ("consensus", "pairwise"),
                reads={"segments": index.both_languages}, fields=("beads", "reviewed", "rejected"),
                reads_files=self.reviewed is not None or self.rejected is not None, where=index.is_pair,
            ),
            Step("apply", "units", self._apply, slices=("removals", "beads"), fields=("group_by",), reads_files=False),
        )  # fmt: skip

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """The text once more as segments, and in the beads once for each other language (three are assumed)."""
        return {"segments": size, "beads of four languages": 3 * size}

    def _aligner(self) -> Aligner:
        from .align_pairs import Aligner

        return Aligner(self.encoder, self.pooling, self.device, self.seed, self.lexicon, self.reviewed)

    def _cutting(self) -> Cutting:
        from .align_rows import Cutting

        return Cutting(self.group_by, self.segments)

    def _segments(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Documents as lists of segments, wherever they lie."""
        from .align_index import document_shares

        yield from self._cutting().segment_rows(given.rows, document_shares(given.partitions))

    def _places(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Where documents lie."""
        from .align_index import document_shares

        yield from self._cutting().place_rows(given.rows, given.index, document_shares(given.partitions))

    def _chosen(self, given: StepInput) -> Chosen:
        from .align_rows import choose

        return choose(given.tables["places"], self.pairs)

    def _work(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Which documents are aligned with which."""
        from .align_rows import work_rows

        yield from work_rows(self._chosen(given), given.index)

    def _removals(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Which documents are aligned with none."""
        from .align_rows import removal_rows

        yield removal_rows(self._chosen(given))

    def _models(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """What is learnt about a pair of languages from its documents."""
        from .align_pairs import model_rows, training_rows

        training = training_rows(given.tables["work"], given.stream("segments"))
        yield from model_rows(training, given.index, self._aligner())

    def _pairwise(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The beads of the documents of a pair of languages."""
        from .align_pairs import pairwise_rows

        work, segments, models = (given.tables[name] for name in ("work", "segments", "models"))
        yield from pairwise_rows(work, segments, models, given.index, self._aligner())

    def _consensus(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """What the languages of each document agree on."""
        from .align_groups import consensus_rows

        yield from consensus_rows(given.tables["pairwise"], given.index, given.tables["places"])

    def _groups(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The groups with their texts."""
        from .align_groups import group_rows

        for groups in group_rows(given.tables["consensus"], given.tables["segments"]):
            yield groups.filter(pc.greater_equal(groups.column("parallelism"), self.min_languages))

    def _beads(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The beads with their texts, for the units in which their documents begin."""
        from .align_groups import bead_rows

        consensus, pairwise, segments = (given.tables[name] for name in ("consensus", "pairwise", "segments"))
        direct = self.beads == "direct"
        for rows in bead_rows(consensus, pairwise, segments, direct=direct, reviewed=self.reviewed):
            yield rows if self.rejected is None else self._without_rejected(rows)

    def _without_rejected(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        from .align_reviewed import marked_rows

        assert self.rejected is not None
        return marked_rows(rows, self.rejected)

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Documents go, beads come."""
        nothing = pa.RecordBatch.from_pylist([], BEAD_ROWS)
        removals, cutting = RowVerdicts(given.tables["removals"]), self._cutting()
        for start, rows in numbered(given.rows):
            missing = cutting.missing(rows)
            reason = pc.coalesce(missing, as_array(removals.of(start, rows.num_rows).column("reason")))
            found = Outcome.split(rows, pc.is_null(reason), reason=reason)
            languages = pc.value_counts(found.kept.column("language").cast(pa.string())).to_pylist()
            consumed = {str(entry["values"]): int(entry["counts"]) for entry in languages}
            yield Outcome(nothing, found.removed, consumed=consumed)
        counts = _Reasons()
        for batch in given.stream("beads"):
            beads = batch.select(BEAD_ROWS.names)
            yield Outcome(beads, None, counts.take(beads), created=beads.num_rows)


class _Reasons:
    """Counts pairs of documents by why their beads are not to be trusted; the beads of a pair come together."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] = ()

    def take(self, beads: pa.RecordBatch) -> dict[str, int]:
        """The pairs that begin in these beads: their number, and how many have each reason."""
        if not beads.num_rows:
            return {}
        names = ("doc_key", "src_lang", "tgt_lang")
        codes = [beads.column(name).dictionary_encode().indices.to_numpy() for name in names]
        begins = np.any([np.diff(code, prepend=-1) != 0 for code in codes], axis=0)
        begins[0] = tuple(beads.column(name)[0].as_py() for name in names) != self._last
        self._last = tuple(beads.column(name)[-1].as_py() for name in names)
        first = beads.filter(pa.array(begins))
        reasons = pc.value_counts(first.column("document_reason")).to_pylist()
        found = {f"document_pairs_{entry['values']}": int(entry["counts"]) for entry in reasons if entry["values"]}
        return {"document_pairs": first.num_rows, **found}
