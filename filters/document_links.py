"""What follows where documents meet under one key: edges between documents that seem to be versions of one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .document_schemas import LINKS, SIGNS
from .document_signs import LINK, NEUTRAL, PAGE, TEXT, Numbers, mixed
from .language_markers import AGREED, UNMARKED

HREFLANG, SHARED, URL, CONTENT, EMBEDDING, VIEW = 0, 1, 2, 3, 4, 5
"""Methods: a link; a target in common; the address; contents; vectors; two views of one page, which is no version."""

ONE_WAY, COMMON_TARGET = 90, 80
BOTH_MARKED, ONE_UNMARKED, ONE_GUESSED = 85, 75, 55
OTHER_LANGUAGE, OTHER_SIZE, SECOND_CHOICE = 30, 25, 30
"""What is taken off: the link names another language; one text is six times longer; another one is likelier."""


@dataclass(frozen=True)
class _Signs:
    """Signs of one partition as arrays."""

    columns: dict[str, Numbers]

    def of(self, kind: int) -> dict[str, Numbers]:
        """Those of one kind."""
        chosen = self.columns["kind"] == kind
        return {name: values[chosen] for name, values in self.columns.items()}


def links_of(signs: pa.Table) -> pa.Table:
    """The edges between documents that meet under the keys of one partition.

    Args:
        signs: rows of `SIGNS`; all with one key are there.

    Returns:
        Rows of `LINKS`.
    """
    found = _Signs({name: signs.column(name).to_numpy() for name in SIGNS.names})
    parts = [
        _link_edges(found.of(PAGE), found.of(LINK)),
        _neutral_edges(found.of(NEUTRAL)),
        _views(found.of(TEXT)),
    ]
    return pa.Table.from_arrays(
        [pa.array(np.concatenate([part[name] for part in parts])).cast(LINKS.field(name).type) for name in LINKS.names],
        schema=LINKS,
    )


def _edges(
    signs: dict[str, Numbers], first: Numbers, second: Numbers, score: Numbers, method: int
) -> dict[str, Numbers]:
    return {
        "first": signs["node"][first],
        "second": signs["node"][second],
        "first_language": signs["language"][first],
        "score": np.maximum(0, score).astype(np.uint8),
        "method": np.full(len(first), method, np.uint8),
    }


def firsts(*keys: Numbers) -> npt.NDArray[np.bool_]:
    """Where the first of equal neighbours stands."""
    if not len(keys[0]):
        return np.zeros(0, np.bool_)
    changed = np.zeros(len(keys[0]) - 1, np.bool_)
    for key in keys:
        changed |= key[1:] != key[:-1]
    return np.append(True, changed)


def _star(signs: dict[str, Numbers], preference: Numbers) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_], Numbers]:
    """Under each key an edge from the best document to each other one.

    Args:
        signs: n signs.
        preference: n numbers, the best smallest, before `rank` and `order`.

    Returns:
        m hubs and m others, whether the other is the best in its language, and how many languages its key has.
    """
    ranked = (signs["order"], signs["rank"], preference)
    within = np.lexsort((*ranked, signs["language"], signs["key"]))
    best = np.zeros(len(within), np.bool_)
    best[within[firsts(signs["key"][within], signs["language"][within])]] = True
    order = np.lexsort((*ranked, signs["key"]))
    starts = np.flatnonzero(firsts(signs["key"][order]))
    sizes = np.diff(np.append(starts, len(order)))
    hub = np.repeat(order[starts], sizes)
    languages = np.repeat(np.add.reduceat(best[order].astype(np.int64), starts), sizes) if len(starts) else sizes
    apart = signs["node"][hub] != signs["node"][order]
    other = order[apart]
    # what shares the hub's language is no version of it, but a second candidate for its place
    return hub[apart], other, best[other], languages[apart]


def _neutral_edges(signs: dict[str, Numbers]) -> dict[str, Numbers]:
    """Documents whose addresses differ in the language only."""
    mark = signs["mark"]
    preference = np.select([mark == AGREED, mark == UNMARKED], [0, 1], 2)
    hub, other, best, languages = _star(signs, preference)
    score = np.select([mark[other] == AGREED, mark[other] == UNMARKED], [BOTH_MARKED, ONE_UNMARKED], ONE_GUESSED)
    small, large = (
        np.minimum(signs["size"][hub], signs["size"][other]),
        np.maximum(signs["size"][hub], signs["size"][other]),
    )
    score = score - OTHER_SIZE * (large > 6 * np.maximum(small, 1)) - SECOND_CHOICE * ~best
    use = (mark[hub] == AGREED) & (languages > 1)
    return _edges(signs, hub[use], other[use], score[use], URL)


def _views(signs: dict[str, Numbers]) -> dict[str, Numbers]:
    """Documents of one site and language with the same text."""
    hub, other, _, _ = _star(signs, np.zeros(len(signs["key"]), np.int64))
    return _edges(signs, hub, other, np.full(len(hub), 100), VIEW)


def _link_edges(pages: dict[str, Numbers], links: dict[str, Numbers]) -> dict[str, Numbers]:
    """Links to documents that are there, and documents that link to the same address that is not."""
    order = np.lexsort((pages["order"], pages["rank"], pages["key"]))
    keys = pages["key"][order]
    place = np.searchsorted(keys, links["key"])
    there = np.zeros(len(place), np.bool_)
    inside = place < len(keys)
    there[inside] = keys[place[inside]] == links["key"][inside]
    both = mixed(pages["key"][order], pages["family"][order])
    exact = np.argsort(both, kind="stable")
    wanted = mixed(links["key"], links["family"])
    hit = np.searchsorted(both[exact], wanted)
    spoken = np.zeros(len(hit), np.bool_)
    spoken[hit < len(both)] = both[exact][hit[hit < len(both)]] == wanted[hit < len(both)]
    target = np.zeros(len(place), np.int64)
    target[there] = order[place[there]]
    target[there & spoken] = order[exact[hit[there & spoken]]]
    source, target = np.flatnonzero(there), target[there]
    said, found = links["family"][source], pages["family"][target]
    score = ONE_WAY - OTHER_LANGUAGE * ((said != found) & (said != 0) & (found != 0))
    direct = {
        "first": links["node"][source],
        "second": pages["node"][target],
        "first_language": links["language"][source],
        "score": score.astype(np.uint8),
        "method": np.full(len(source), HREFLANG, np.uint8),
    }
    away = {name: values[~there] for name, values in links.items()}
    hub, other, best, languages = _star(away, np.zeros(len(away["key"]), np.int64))
    number = np.unique(away["key"][hub], return_inverse=True)[1]
    # a target of all pages (a home page) says nothing about any of them
    few = 2 * np.bincount(number)[number] <= 3 * languages if len(hub) else np.zeros(0, np.bool_)
    use = few & best & (away["language"][hub] != away["language"][other])
    shared = _edges(away, hub[use], other[use], np.full(int(use.sum()), COMMON_TARGET), SHARED)
    return {name: np.concatenate([direct[name], shared[name]]) for name in LINKS.names}
