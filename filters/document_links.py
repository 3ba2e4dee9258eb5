"""Evidence that documents are versions of one another in different languages, and the groups that follow from it.

Three steps. `signs_of`: what each document shows, under keys on which versions meet: its address, the addresses that it
links to as its versions, its address without the language, its text. `links_of`: what follows where documents meet under
one key, as edges. `groups_of`: edges into groups in which every language occurs once, the surest edge first.

A *node* is an address in one language: the print view of a page and its second copy are the same node as the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.document_clusters import once_per_language
from ..kernels.hashing import text_hashes, value_hashes
from ..kernels.unionfind import connected_components
from .language_codes import UNKNOWN, canonical, scripts_of, split
from .language_markers import AGREED, GUESSED, UNMARKED, family, neutral_urls, site_domains

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

PAGE, LINK, NEUTRAL, TEXT = 0, 1, 2, 3
HREFLANG, SHARED, URL, CONTENT, EMBEDDING, VIEW = 0, 1, 2, 3, 4, 5
METHODS: Final = ("hreflang", "hreflang", "url", "content", "embedding", "view")

MUTUAL, ONE_WAY, COMMON_TARGET = 100, 90, 80
BOTH_MARKED, ONE_UNMARKED, ONE_GUESSED = 85, 75, 55
OTHER_LANGUAGE, OTHER_SIZE, SECOND_CHOICE = 30, 25, 30
"""What is taken off: the link says another language than the text; one text is six times longer; another is likelier."""

SIGNS = pa.schema(
    [
        ("key", pa.uint64()),
        ("kind", pa.uint8()),
        ("node", pa.uint64()),
        ("language", pa.uint64()),
        ("family", pa.uint64()),
        ("order", pa.uint64()),
        ("neutral", pa.uint64()),
        ("rank", pa.uint8()),
        ("mark", pa.uint8()),
        ("size", pa.int32()),
        ("unit", pa.int32()),
        ("row", pa.int32()),
    ]
)
"""What a document shows under one key. `order` breaks ties by content; `rank` is 0 for what is most surely itself."""

LINKS = pa.schema(
    [
        ("first", pa.uint64()),
        ("second", pa.uint64()),
        ("first_language", pa.uint64()),
        ("score", pa.uint8()),
        ("method", pa.uint8()),
    ]
)
"""Edges between nodes; a score is in hundredths. With the method HREFLANG the first links to the second."""

GROUPED = pa.schema(
    [
        ("row", pa.int32()),
        ("doc_key", pa.string()),
        ("score", pa.float32()),
        ("method", pa.string()),
        ("languages", pa.int32()),
        ("repeated", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Documents:
    """Columns of n documents, null or missing ones as nulls.

    Attributes:
        text, url, title, language, declared_language: strings.
        hreflang: lists of struct<lang, url>.
    """

    text: pa.Array
    url: pa.Array
    language: pa.Array
    declared_language: pa.Array
    hreflang: pa.Array


def spoken_languages(documents: Documents, *, fill: bool = True) -> pa.StringArray:
    """The language that each document counts as.

    Args:
        documents: n documents.
        fill: whether one that no detector could name counts as what the page says of itself, where that language is
            written in the script of the text.
    """
    if not fill:
        return documents.language.cast(pa.string())
    declared = _canonical(documents.declared_language)
    known, said = documents.language.dictionary_encode(), declared.dictionary_encode()
    pairs = list(zip(known.indices.to_pylist(), said.indices.to_pylist(), strict=True))
    names, tags = known.dictionary.to_pylist(), said.dictionary.to_pylist()
    found = {
        pair: _filled(None if pair[0] is None else names[pair[0]], None if pair[1] is None else tags[pair[1]])
        for pair in set(pairs)
    }
    return pa.array([found[pair] for pair in pairs], pa.string())


def _filled(detected: str | None, declared: str | None) -> str | None:
    """The declared language for an unknown one of the same script."""
    code, script = split(detected or UNKNOWN)
    if code != UNKNOWN or not declared:
        return detected
    said, said_script = split(declared)
    if not said_script or said == UNKNOWN:
        return detected
    if script and script not in (said_script, *scripts_of(said)):
        return detected
    return f"{said}_{script or said_script}"


def _canonical(tags: pa.Array) -> pa.StringArray:
    """Tags of any kind in the canonical form."""
    coded = tags.cast(pa.string()).dictionary_encode()
    made = pa.array([canonical(tag.strip()) if tag else None for tag in coded.dictionary.to_pylist()], pa.string())
    return made.take(coded.indices)


def families(languages: pa.Array) -> Hashes:
    """A number for the family of each language of n (see `language_markers.family`), 0 for none."""
    coded = languages.cast(pa.string()).dictionary_encode()
    names = [family(canonical(code)) if code else "" for code in coded.dictionary.to_pylist()]
    numbers = np.where(np.array([bool(name) for name in names], np.bool_), value_hashes(pa.array(names, pa.string())), np.uint64(0))
    numbers = np.append(numbers.astype(np.uint64), np.uint64(0))
    return numbers[pc.fill_null(coded.indices, len(names)).to_numpy(zero_copy_only=False)]


def signs_of(documents: Documents, languages: pa.Array, *, hreflang: bool, url: bool) -> tuple[dict[str, Numbers], Numbers]:
    """What n documents show, under keys on which versions of one page meet.

    Args:
        documents: the documents.
        languages: what they count as (`spoken_languages`).
        hreflang: whether links between versions count.
        url: whether addresses without the language count.

    Returns:
        Columns of `SIGNS` without `unit`, and the row of each sign.
    """
    rows = len(languages)
    own_tags = documents.declared_language
    neutral = neutral_urls(documents.url, languages, own_tags)
    known = pc.is_valid(neutral.page).to_numpy(zero_copy_only=False)
    text = text_hashes(pc.fill_null(documents.text, ""))
    language = value_hashes(pc.fill_null(languages, ""))
    # a document without an address is a page of its own
    address = np.where(known, value_hashes(pc.fill_null(neutral.page, "")), text[:, 0] ^ text[:, 1])
    node = _mixed(address, language)
    spoken, said = families(languages), families(own_tags)
    view = pc.not_equal(neutral.page, _lower(documents.url))
    rank = 2 * ((spoken != said) & (said != 0)) + pc.fill_null(view, False).to_numpy(zero_copy_only=False)
    own = {
        "node": node,
        "language": language,
        "family": spoken,
        "order": _mixed(value_hashes(pc.fill_null(documents.url, "")), text[:, 0]),
        "neutral": np.where(known, value_hashes(pc.fill_null(neutral.neutral, "")), address),
        "rank": rank.astype(np.uint8),
        "mark": neutral.mark,
        "size": pc.fill_null(pc.binary_length(documents.text), 0).to_numpy(zero_copy_only=False).astype(np.int32),
    }
    every = np.arange(rows)
    site = value_hashes(pc.fill_null(site_domains(documents.url), ""))
    parts = [(PAGE, address, every, None), (TEXT, _mixed(_mixed(site, text[:, 0]), language), every[known], None)]
    if url:
        parts.append((NEUTRAL, own["neutral"], every[known], None))
    if hreflang:
        parts.append(_targets(documents.hreflang, address))
    columns: dict[str, list[Numbers]] = {name: [] for name in ("key", "kind", *own)}
    for kind, keys, of, tags in parts:
        columns["key"].append(keys if len(keys) == len(of) else keys[of])
        columns["kind"].append(np.full(len(of), kind, np.uint8))
        for name, values in own.items():
            columns[name].append(tags if name == "family" and tags is not None else values[of])
    return {name: np.concatenate(values) for name, values in columns.items()}, np.concatenate([of for _, _, of, _ in parts])


def _lower(urls: pa.Array) -> pa.StringArray:
    """The canonical address as `neutral_urls` spells pages, views kept."""
    from .urls import canonical_urls

    return pc.replace_substring_regex(pc.utf8_lower(canonical_urls(urls)), r"[?&;]", "&")


def _targets(hreflang: pa.Array, address: Hashes) -> tuple[int, Hashes, Numbers, Hashes]:
    """Every link from a document to a version of it: the address, the row, the language that the link says."""
    owner = pc.list_parent_indices(hreflang).to_numpy(zero_copy_only=False)
    flat = pc.list_flatten(hreflang)
    url, tag = pc.struct_field(flat, "url"), pc.struct_field(flat, "lang")
    coded = url.dictionary_encode()
    pages = neutral_urls(coded.dictionary).page
    hashes = np.append(value_hashes(pc.fill_null(pages, "")), np.uint64(0))
    target = hashes[pc.fill_null(coded.indices, len(hashes) - 1).to_numpy(zero_copy_only=False)]
    apart = (target != address[owner]) & (target != 0)
    keys, of, tags = target[apart], owner[apart], families(tag)[apart]
    # the same link twice ("en" and "x-default") is one, with the language that it says
    order = np.lexsort((tags == 0, keys, of))
    keys, of, tags = keys[order], of[order], tags[order]
    new = np.append(True, (keys[1:] != keys[:-1]) | (of[1:] != of[:-1])) if len(of) else np.zeros(0, np.bool_)
    return LINK, keys[new], of[new], tags[new]


def _mixed(one: Hashes, other: Hashes) -> Hashes:
    """One number of two."""
    state = (one ^ (other * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xD6E8FEB86659FD93)
    mixed: Hashes = state ^ (state >> np.uint64(32))
    return mixed


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


def _edges(signs: dict[str, Numbers], first: Numbers, second: Numbers, score: Numbers, method: int) -> dict[str, Numbers]:
    return {
        "first": signs["node"][first],
        "second": signs["node"][second],
        "first_language": signs["language"][first],
        "score": np.maximum(0, score).astype(np.uint8),
        "method": np.full(len(first), method, np.uint8),
    }


def _firsts(*keys: Numbers) -> npt.NDArray[np.bool_]:
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
    best[within[_firsts(signs["key"][within], signs["language"][within])]] = True
    order = np.lexsort((*ranked, signs["key"]))
    starts = np.flatnonzero(_firsts(signs["key"][order]))
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
    small, large = np.minimum(signs["size"][hub], signs["size"][other]), np.maximum(signs["size"][hub], signs["size"][other])
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
    both = _mixed(pages["key"][order], pages["family"][order])
    exact = np.argsort(both, kind="stable")
    wanted = _mixed(links["key"], links["family"])
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
    main = order[_firsts(class_of[order])]
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
        claim = _mixed(second.astype(np.uint64), best["language"][first])
        once = np.unique(np.stack([first[directed], second[directed]]), axis=1, return_index=True)[1]
        claims, counts = np.unique(claim[directed][once], return_counts=True)
        many = counts[np.searchsorted(claims, claim[one_way])] > 1
        score[np.flatnonzero(one_way)[many]] = 0
    order = np.lexsort((-score, method, pair))
    order = order[_firsts(pair[order], method[order])]
    pair, low, high, score, method = (values[order] for values in (pair, low, high, score, method))
    starts = np.flatnonzero(_firsts(pair))
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
    second = ~_firsts(lowest[order])
    key = lowest.copy()
    key[order[second]] = _mixed(lowest[order[second]], least[order[second]])
    names = np.array([f"{value:016x}" for value in key[heads].tolist()], object)
    name_of = np.zeros(len(root), np.int64)
    name_of[heads] = np.arange(len(heads))
    own = place[class_of]
    main = np.zeros(len(own), np.bool_)
    spot = np.lexsort((documents["row"], documents["unit"], documents["order"], documents["rank"], class_of))
    main[spot[_firsts(class_of[spot])]] = True
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
