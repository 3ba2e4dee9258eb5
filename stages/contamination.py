"""The stage `contamination`: documents that hold none of the words that are specific to their language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import Backing, ScoreStage, columns
from .named_files import FileName

if TYPE_CHECKING:
    from ..filters.file_stamps import Stamp
    from ..filters.language_contamination import SpecificWords

REASON = "language_contaminated"


class Contamination(ScoreStage):
    """Find documents that a detector has given to the wrong language, by words that are specific to each language.

    After the precision filtering of FineWeb-2. The lists come from your own labelled texts: `hexapla train
    contamination`. `language_words` counts a document's words that are specific to its language, `language_words_share`
    is their share of all words, `other_language` and `other_language_words` name the other language that has most. All
    are null where the document's language has no list; such documents are kept. Words and limits:
    `docs/language-identification.md`.
    """

    words: FileName = Field(description="the table that `hexapla train contamination` wrote")
    languages: tuple[str, ...] = Field(
        (), description="remove documents in these languages only, such as [gom_Deva]; default: all that have a list"
    )
    min_words: int = Field(
        1, ge=0, description="remove documents with fewer words specific to their language than this"
    )
    remove_dominated: bool = Field(
        False, description="also remove documents with more words specific to one other language than to their own"
    )
    trust_url: bool = Field(
        True, description="keep documents whose URL names the language's code as a part of its own, such as /gom/"
    )

    needs = ("text", "language")
    adds = columns(
        language_words="int32", language_words_share="float32", other_language="string", other_language_words="int32"
    )
    reasons: ClassVar[Mapping[str, str]] = {
        REASON: "fewer than `min_words` words specific to the language, or more of one other language",
    }
    selection_fields: ClassVar[tuple[str, ...]] = ("languages", "min_words", "remove_dominated", "trust_url")

    def resource_files(self) -> tuple[str, ...]:
        """The table."""
        known = self._lists().languages
        for label in self.languages:
            if label not in known:
                raise ConfigError(
                    f"{self.words} has no words for {label!r}",
                    where="contamination.languages",
                    hint=nearest(label, known),
                )
        return (self.words,)

    def backing(self, language: str) -> Backing | None:
        """Whether the table has words for a language."""
        has = language in self._lists().languages
        return Backing("proxy", "your own list; not measured") if has else Backing("none", "no list: kept")

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Count specific words."""
        found = self._lists().look_up(rows["text"], rows["language"].to_pylist())
        kept = [name for name in rows.schema.names if name not in self.adds]
        arrays = [*(rows[name] for name in kept), found.own, found.share, found.other, found.other_words]
        return pa.RecordBatch.from_arrays(arrays, schema=self.output_schema(rows.schema))

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Remove documents without words of their language."""
        own, other = rows["language_words"], rows["other_language_words"]
        bad = pc.less(own, self.min_words)
        if self.remove_dominated:
            bad = pc.or_(bad, pc.greater(other, own))
        bad = pc.fill_null(bad, False)
        if self.languages:
            bad = pc.and_(bad, pc.is_in(rows["language"], pa.array(self.languages)))
        if self.trust_url and rows.schema.get_field_index("url") >= 0 and bad.true_count:
            bad = pc.and_(bad, pc.invert(_url_names_language(rows["url"], rows["language"])))
        counters = {"language_contaminated": bad.true_count, "language_without_list": own.null_count}
        return Outcome.split(rows, pc.invert(bad), reason=REASON, values=own, counters=counters)

    def _lists(self) -> SpecificWords:
        try:
            from ..filters.file_stamps import stamp

            return _specific_words(self.words, stamp(self.words))
        except ValueError as error:
            raise ConfigError(str(error), where="contamination.words") from error


@lru_cache(maxsize=2)
def _specific_words(path: str, version: Stamp) -> SpecificWords:
    """The table, read again when its file has changed."""
    from ..filters.language_contamination import SpecificWords

    return SpecificWords(path)


def _url_names_language(urls: pa.Array, labels: pa.Array) -> pa.BooleanArray:
    """Whether each URL holds its language's ISO 639-3 code between other than letters and digits, as in FineWeb-2."""
    from ..filters.language_codes import split

    result = pa.array([False] * len(urls))
    for label in pc.unique(labels.drop_null()).to_pylist():
        pattern = rf"(?i)(^|[^a-z0-9]){re.escape(split(label)[0])}([^a-z0-9]|$)"
        named = pc.and_(pc.equal(labels, label), pc.match_substring_regex(urls, pattern))
        result = pc.or_(result, pc.fill_null(named, False))
    return result
