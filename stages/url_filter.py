"""The stage `url_filter`: block and allow lists of domains, addresses, expressions and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import RULE_VALUES, Outcome
from ..engine.stage import MapStage, columns
from .named_files import FileName, FileOrFolderName

if TYPE_CHECKING:
    from ..filters.url_lists import UrlList

NO_URL, NOT_ALLOWED = "no_url", "not_allowed"
Entries = tuple[str, ...]


class UrlFilter(MapStage):
    """Remove documents whose address is on a list; `url_list` names the list.

    A list is a file with one entry a line, a folder such as those of the University of Toulouse (`domains`, `urls`,
    `expressions`; a folder of such folders gives one list each, `ut1/adult`), or the entries themselves. A domain
    covers every host below it. The name of the list is the reason; `reasons` has the entry as well, such as
    `adult: example.com`.

    Lists of other meaning work alike: domains that opted out, or whose licence is known.
    """

    block: dict[str, FileOrFolderName | Entries] = Field(
        {},
        description="lists by name: file, folder, or entries, such as {adult: lists/adult, mine: [spam.example]}",
    )
    words: dict[str, FileName | Entries] = Field(
        {}, description="lists of words by name, a file or words; blocked where one stands alone in the address"
    )
    allow: dict[str, FileOrFolderName | Entries] = Field(
        {}, description="lists whose addresses stay, whatever other lists say"
    )
    only_allowed: bool = Field(False, description="remove every document whose address is on none of the lists `allow`")
    on_missing: Literal["keep", "remove"] = Field("keep", description="what becomes of documents without an address")
    remove: bool = Field(True, description="false only names the list and removes nothing")

    needs = ("url",)
    adds = columns(url_list="string")
    reasons: ClassVar[Mapping[str, str]] = {
        NO_URL: "there is no address, and `on_missing` says remove",
        NOT_ALLOWED: "the address is on no list of `allow`, and `only_allowed` is set",
    }

    @model_validator(mode="after")
    def _lists_exist(self) -> Self:
        self._lists()
        if not (self.block or self.words or self.allow or self.on_missing == "remove"):
            raise ValueError(
                "no list is given: name one under `block`, such as block: {adult: lists/adult.txt}, under `words` or "
                "under `allow`"
            )
        if self.only_allowed and not self.allow:
            raise ValueError("only_allowed needs a list under `allow`")
        return self

    def resource_files(self) -> tuple[str, ...]:
        """The files of all lists."""
        from ..filters.url_lists import list_paths

        sources = [*self.block.values(), *self.words.values(), *self.allow.values()]
        return tuple(path for source in sources if isinstance(source, str) for path in list_paths(source))

    def _lists(self) -> tuple[list[UrlList], list[UrlList]]:
        from ..filters.url_lists import load_list, words_in, words_list

        blocked = [found for name, source in self.block.items() for found in load_list(name, source)]
        blocked += [words_list(name, words_in(source)) for name, source in self.words.items()]
        return blocked, [found for name, source in self.allow.items() for found in load_list(name, source)]

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Look every address up in every list, then select."""
        from ..filters.url_lists import first_hits

        try:
            blocked, allowed = self._lists()
        except ValueError as error:
            raise ConfigError(str(error), where="url_filter") from error
        url = rows["url"].cast(pa.string())
        exempt = pa.array([False] * len(url), pa.bool_())
        for entries in first_hits(url, allowed).values():
            exempt = pc.or_(exempt, pc.is_valid(entries))
        hits = first_hits(url, blocked)
        hits = {name: pc.if_else(exempt, pa.scalar(None, pa.string()), entries) for name, entries in hits.items()}
        first = pa.nulls(len(url), pa.string())
        for name, entries in hits.items():
            first = pc.coalesce(first, pc.if_else(pc.is_valid(entries), name, pa.scalar(None, pa.string())))
        return self._outcome(rows, url, exempt, first, hits)

    def _outcome(
        self,
        rows: pa.RecordBatch,
        url: pa.Array,
        exempt: pa.BooleanArray,
        first: pa.Array,
        hits: Mapping[str, pa.Array],
    ) -> Outcome:
        kept = [rows[name] for name in rows.schema.names if name not in self.adds]
        made = pa.RecordBatch.from_arrays([*kept, first], schema=self.output_schema(rows.schema))
        missing = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(url), ""), True)
        counters = {f"url_{name}": len(entries) - entries.null_count for name, entries in hits.items()}
        counters |= {"url_missing": missing.true_count, "url_exempt": exempt.true_count}
        none = pa.scalar(None, pa.string())
        reason = pc.if_else(missing, NO_URL if self.on_missing == "remove" else none, first)
        if self.only_allowed:
            reason = pc.coalesce(reason, pc.if_else(pc.or_(exempt, missing), none, NOT_ALLOWED))
        if not self.remove:
            return Outcome.keep(made, counters)
        reasons = _reasons(reason.to_pylist(), {name: entries.to_pylist() for name, entries in hits.items()})
        return Outcome.split(made, pc.is_null(reason), reason=reason, reasons=reasons, counters=counters)


def _reasons(reason: list[str | None], hits: Mapping[str, list[str | None]]) -> pa.ListArray:
    """Every list that an address is on with the entry; without one the reason itself."""
    lists: list[list[dict[str, str | None]]] = []
    for row, name in enumerate(reason):
        if name is None:
            lists.append([])
            continue
        on = [f"{one}: {entries[row]}" for one, entries in hits.items() if entries[row] is not None] or [name]
        lists.append([{"rule": rule, "value": None} for rule in on])
    return pa.array(lists, RULE_VALUES)
