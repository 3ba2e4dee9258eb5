"""Groups of documents that say the same, from edges between them: every language once, the surest edge first."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from ..kernels.document_clusters import once_per_language
from ..kernels.unionfind import connected_components
from .document_links import HREFLANG, ONE_WAY, VIEW, firsts
from .document_schemas import LINKS, SIGNS
from .document_signs import Numbers, mixed

METHODS: Final = ("hreflang", "hreflang", "url", "content", "embedding", "view")
"""Names of the methods of edges, as `document_links` numbers them."""

MUTUAL: Final = 100
"""The score, in hundredths, of a link that is answered."""


def groups_of(pages: pa.Table, links: pa.Table, min_score: float) -> pa.Table:
    """Groups of documents, every language once.

    Args:
        pages: the signs of kind PAGE of all documents, columns of `SIGNS`.
        links: rows of `LINKS`.
        min_score: the least score of an edge, 0 to 1.

    Returns:
        Rows of `GROUPED` with a column `unit`, for the documents that are in a group or lost their place in one
        (`repeated`, with no key).
    """
    documents = {name: pages.column(name).to_numpy() for name in SIGNS.names}
    edge = {name: links.column(name).to_numpy() for name in LINKS.names}
    nodes, node_of = np.unique(documents["node"], return_inverse=True)
    views = edge["method"] == VIEW
    first, second = (np.searchsorted(nodes, edge[name]) for name in ("first", "second"))
    same = connected_components(first[views], second[views], len(nodes))
    class_of = same[node_of]
    order = np.lexsort((documents["row"], documents["unit"], documents["order"], documents["rank"], class_of))
    main = order[firsts(class_of[order])]
    place = np.full(len(nodes), -1, np.int64)
    place[class_of[main]] = np.arange(len(main))
    first, second = place[same[first[~views]]], place[same[second[~views]]]
    edge = {name: values[~views] for name, values in edge.items()}
    best = {name: documents[name][main] for name in documents}
    first, second, score, method = _scored(first, second, edge, best, len(main))
    sure = score >= round(100 * min_score)
    first, second, score, method = first[sure], second[sure], score[sure], method[sure]
    language = np.unique(best["language"], return_inverse=True)[1].astype(np.int32)
    root, joined, refused = once_per_language(first, second, language)
    # what is surer to belong to a group that has its language than to the company that it found stays alone
    loser = (refused >= 0) & (joined >= 0) & (refused < joined)
    if loser.any():
        use = ~(loser[first] | loser[second])
        first, second, score, method = first[use], second[use], score[use], method[use]
        root, joined, again = once_per_language(first, second, language)
        refused = np.where(loser, 0, again)
    return _grouped(documents, class_of, place, best, (root, joined, refused), (score, method))


def _scored(
    first: Numbers, second: Numbers, edge: dict[str, Numbers], best: dict[str, Numbers], nodes: int
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """One edge for every pair, the surest first: mutual links told from others, kinds of evidence added up."""
    apart = first != second
    first, second = first[apart], second[apart]
    score, method = edge["score"][apart].astype(np.int64), edge["method"][apart]
    forward = first < second
    low, high = np.where(forward, first, second), np.where(forward, second, first)
    pair = low * nodes + high
    directed = method == HREFLANG
    both = np.intersect1d(pair[directed & forward], pair[directed & ~forward])
    mutual = directed & np.isin(pair, both)
    score = np.where(mutual, score + MUTUAL - ONE_WAY, score)
    # a page that several of one language claim as their version, unanswered, is the version of none (a home page)
    one_way = directed & ~mutual
    if one_way.any():
        claim = mixed(second.astype(np.uint64), best["language"][first])
        once = np.unique(np.stack([first[directed], second[directed]]), axis=1, return_index=True)[1]
        claims, counts = np.unique(claim[directed][once], return_counts=True)
        many = counts[np.searchsorted(claims, claim[one_way])] > 1
        score[np.flatnonzero(one_way)[many]] = 0
    order = np.lexsort((-score, method, pair))
    order = order[firsts(pair[order], method[order])]
    pair, low, high, score, method = (values[order] for values in (pair, low, high, score, method))
    starts = np.flatnonzero(firsts(pair))
    if not len(starts):
        return low, high, score, method
    doubt = np.multiply.reduceat(100 - score, starts)
    sizes = np.diff(np.append(starts, len(pair)))
    total = 100 - doubt // 100 ** (sizes - 1)
    strongest = np.lexsort((method, -score, pair))[starts]
    low, high, method = low[starts], high[starts], method[strongest]
    rank = best["rank"][low].astype(np.int64) + best["rank"][high]
    tie = np.sort(np.stack([best["order"][low], best["order"][high]]), axis=0)
    ranked = np.lexsort((tie[1], tie[0], rank, -total))
    return low[ranked], high[ranked], total[ranked], method[ranked]


def _grouped(
    documents: dict[str, Numbers],
    class_of: Numbers,
    place: Numbers,
    best: dict[str, Numbers],
    clusters: tuple[Numbers, Numbers, Numbers],
    edges: tuple[Numbers, Numbers],
) -> pa.Table:
    """Rows of `GROUPED` for members, and for documents that lost their place in a group."""
    root, joined, refused = clusters
    score, method = edges
    size = np.bincount(root, minlength=len(root))[root]
    member = size > 1
    lowest = np.full(len(root), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(lowest, root, best["neutral"])
    least = np.full(len(root), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(least, root, best["order"])
    heads = np.flatnonzero(member & (root == np.arange(len(root))))
    # groups on one address (their languages were in conflict) are told apart by their contents
    order = heads[np.lexsort((least[heads], lowest[heads]))]
    second = ~firsts(lowest[order])
    key = lowest.copy()
    key[order[second]] = mixed(lowest[order[second]], least[order[second]])
    names = np.array([f"{value:016x}" for value in key[heads].tolist()], object)
    name_of = np.zeros(len(root), np.int64)
    name_of[heads] = np.arange(len(heads))
    own = place[class_of]
    main = np.zeros(len(own), np.bool_)
    spot = np.lexsort((documents["row"], documents["unit"], documents["order"], documents["rank"], class_of))
    main[spot[firsts(class_of[spot])]] = True
    in_group = main & member[own]
    repeated = (~main & member[own]) | (main & ~member[own] & (refused[own] >= 0))
    rows = np.flatnonzero(in_group | repeated)
    inside, of = in_group[rows], own[rows]
    by = np.where(joined[of] >= 0, joined[of], 0)
    mask = ~inside
    values = score[by] / 100 if len(score) else np.zeros(len(rows))
    named = np.array(METHODS, object)[method[by]] if len(method) else np.full(len(rows), None, object)
    keys = names[name_of[root[of]]] if len(names) else np.full(len(rows), None, object)
    return pa.table(
        {
            "row": pa.array(documents["row"][rows], pa.int32()),
            "doc_key": pa.array(keys, pa.string(), mask=mask),
            "score": pa.array(values, pa.float32(), mask=mask),
            "method": pa.array(named, pa.string(), mask=mask),
            "languages": pa.array(np.where(inside, size[of], 1), pa.int32()),
            "repeated": pa.array(repeated[rows]),
            "unit": pa.array(documents["unit"][rows], pa.int32()),
        }
    )
