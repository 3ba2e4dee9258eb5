"""The stage `select_groups`: groups by their languages, how many they are, and how far they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from ..engine.outcome import Outcome
from ..engine.stage import MapStage
from ..filters.parallel_tables import canonical_languages
from .row_verdicts import annotate

MISSING, FEW, LOW = "language_missing", "few_languages", "low_agreement"


class SelectGroups(MapStage):
    """Keep the groups of the output `groups` of `align`, or of `join`, that have certain languages or enough of them.

    `having` names what a group must have (a pivot, for example), `languages` what is left of it: other segments go, and
    `parallelism` counts those that stay. The first of the reasons in this order is a row's: a language that is missing,
    too few languages, too little agreement. The `uid` stays that of the whole group.
    """

    having: tuple[str, ...] = Field((), description="languages that a group must have, such as [eng_Latn]")
    languages: tuple[str, ...] = Field((), description="the languages that stay; empty: all")
    min_languages: int = Field(2, ge=1, description="a group with fewer languages, after `languages`, is removed")
    min_agreement: float = Field(0.0, ge=0, le=1, description="a group with less agreement is removed")

    needs: ClassVar[tuple[str, ...]] = ("segments", "parallelism", "agreement")
    reasons: ClassVar[Mapping[str, str]] = {
        MISSING: "a language of `having` is missing",
        FEW: "it has fewer languages than `min_languages`; the value is how many",
        LOW: "its agreement is below `min_agreement`; the value is its agreement",
    }

    @field_validator("having", "languages")
    @classmethod
    def _languages_are_canonical(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Languages as the stage `language` writes them: `en` is `eng_Latn`."""
        from ..filters.language_codes import canonical

        return tuple(canonical(name) for name in given)

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Take out the segments in other languages, then judge what is left."""
        names, owner = self._names(rows)
        missing = np.zeros(rows.num_rows, np.bool_)
        for language in self.having:
            there = pc.fill_null(pc.equal(names, language), False).to_numpy(zero_copy_only=False)
            missing |= np.bincount(owner[there], minlength=rows.num_rows) == 0
        chosen = self._chosen(rows)
        count = chosen.column("parallelism").to_numpy(zero_copy_only=False)
        agreement = pc.fill_null(chosen.column("agreement"), 0.0).to_numpy(zero_copy_only=False)
        few, low = count < self.min_languages, agreement < np.float32(self.min_agreement)
        reason = np.select([missing, few, low], [MISSING, FEW, LOW], "")
        value = np.select([missing, few, low], [np.nan, count, agreement], np.nan)
        return Outcome.split(
            chosen,
            pa.array(~(missing | few | low)),
            reason=pa.array(reason, pa.string()),
            values=pa.array(value, mask=np.isnan(value)),
        )

    @staticmethod
    def _names(rows: pa.RecordBatch) -> tuple[pa.Array, np.ndarray]:
        """The language of every segment, and the row that it belongs to."""
        segments = rows.column("segments")
        names = canonical_languages(pc.list_flatten(segments).field("lang"))
        return names, pc.list_parent_indices(segments).to_numpy().astype(np.int64)

    def _chosen(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The rows with the segments that stay."""
        if not self.languages:
            return rows
        names, owner = self._names(rows)
        stays = pc.fill_null(pc.is_in(names, pa.array(self.languages)), False)
        counts = np.bincount(owner[stays.to_numpy(zero_copy_only=False)], minlength=rows.num_rows)
        borders = np.append(0, np.cumsum(counts)).astype(np.int32)
        left = pc.list_flatten(rows.column("segments")).filter(stays)
        lists = pa.ListArray.from_arrays(borders, left).cast(rows.schema.field("segments").type)
        changed = {"segments": lists, "parallelism": pa.array(counts.astype(np.int32))}
        return annotate(rows, **changed).select(rows.schema.names)
