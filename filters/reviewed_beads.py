"""Beads that judges have seen: those that they found right stay as they are, those that they found wrong say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from .language_codes import canonical
from .parallel_tables import joiner

REVIEWED, REJECTED = "reviewed", "rejected"
_NEEDED = ("doc_key", "src_lang", "tgt_lang", "src_index", "tgt_index", "src", "tgt")
Places = tuple[int, ...]
Fixed = tuple[Places, Places, str, str]


@dataclass(frozen=True)
class Bead:
    """A link of one document.

    Attributes:
        src: its segments on the source side, as they are counted where they are not blank.
        tgt: those on the target side.
        score: from 0 to 1.
        method: how it was found.
    """

    src: Places
    tgt: Places
    score: float
    method: str


class ReviewedBeads:
    """The right beads of a file that `hexapla review` wrote, by document and pair of languages."""

    def __init__(self, table: pa.Table) -> None:
        self._beads: dict[tuple[str, str, str], list[Fixed]] = {}
        for row in table.select(list(_NEEDED)).to_pylist():
            key = (row["doc_key"], canonical(row["src_lang"]), canonical(row["tgt_lang"]))
            bead = (tuple(row["src_index"]), tuple(row["tgt_index"]), row["src"], row["tgt"])
            self._beads.setdefault(key, []).append(bead)
        self.documents = pa.array(sorted({key for key, _, _ in self._beads}), pa.string())

    def of(self, document: str, source: str, target: str) -> list[Fixed]:
        """Those of one document in two languages, whichever of them was the source in the file."""
        back = [(tgt, src, right, left) for src, tgt, left, right in self._beads.get((document, target, source), ())]
        return [*self._beads.get((document, source, target), ()), *back]


def read_reviewed(path: str) -> ReviewedBeads:
    """The right beads of a Parquet file with the columns of beads.

    Raises:
        ValueError: it is no such file.
    """
    return _read(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: str, modified: int) -> ReviewedBeads:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from error
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}: it needs beads, as `hexapla review` writes")
    return ReviewedBeads(table)


def read_rejected(path: str) -> pa.StringArray:
    """The uids of a TSV file with a header that names a column `uid`.

    Raises:
        ValueError: it is no such file.
    """
    try:
        lines = Path(path).read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error}") from error
    names = lines[0].removesuffix("\r").split("\t")
    if "uid" not in names:
        raise ValueError(f"{path}: its first line names no column uid")
    place = names.index("uid")
    rows = (line.removesuffix("\r").split("\t") for line in lines[1:] if line.strip())
    return pa.array(sorted({row[place] for row in rows if len(row) > place}), pa.string())


def located(
    fixed: Iterable[Fixed], numbers: tuple[Sequence[int], Sequence[int]], texts: tuple[Sequence[str], Sequence[str]],
    languages: tuple[str, str],
) -> list[tuple[Places, Places]]:
    """Where reviewed beads lie in a document as it is now; those whose texts are no longer there are left out.

    Args:
        fixed: the beads.
        numbers: for each side the numbers of the segments that are not blank, ascending.
        texts: for each side these segments.
        languages: for each side its language.
    """
    places = [{number: place for place, number in enumerate(side)} for side in numbers]
    found, taken = [], (set[int](), set[int]())
    for bead in fixed:
        sides = [tuple(places[side][number] for number in bead[side] if number in places[side]) for side in (0, 1)]
        same = all(
            len(sides[side]) == len(bead[side])
            and joiner(languages[side]).join(texts[side][place] for place in sides[side]) == bead[side + 2]
            for side in (0, 1)
        )
        if same and any(sides) and not (taken[0] & set(sides[0]) or taken[1] & set(sides[1])):
            taken[0].update(sides[0])
            taken[1].update(sides[1])
            found.append((sides[0], sides[1]))
    return found


def pinned(beads: Sequence[Bead], fixed: Sequence[tuple[Places, Places]]) -> list[Bead]:
    """The beads of a document with fixed ones among them, in the order of the source side.

    A bead that shares segments with a fixed one keeps the rest of its segments, when they are neighbours and on both
    sides; otherwise each of them stands alone.

    Args:
        beads: all beads of the document.
        fixed: places on both sides; no place is in two of them.
    """
    known = {(bead.src, bead.tgt): bead for bead in beads}
    src = {place for bead in fixed for place in bead[0]}
    tgt = {place for bead in fixed for place in bead[1]}
    made = [Bead(one, other, 1.0, REVIEWED) for one, other in fixed]
    for bead in known.values():
        left, right = tuple(p for p in bead.src if p not in src), tuple(p for p in bead.tgt if p not in tgt)
        if left == bead.src and right == bead.tgt:
            made.append(bead)
        elif left and right and _neighbours(left) and _neighbours(right):
            made.append(Bead(left, right, bead.score, bead.method))
        else:
            made += [Bead((place,), (), bead.score, bead.method) for place in left]
            made += [Bead((), (place,), bead.score, bead.method) for place in right]
    return _ordered(made)


def _neighbours(places: Places) -> bool:
    return places[-1] - places[0] + 1 == len(places)


def _ordered(beads: list[Bead]) -> list[Bead]:
    """By source; a bead without one stands behind the last bead with an earlier target."""
    both = sorted((bead.tgt[0], bead.src[-1]) for bead in beads if bead.src and bead.tgt)

    def key(bead: Bead) -> tuple[int, int, int]:
        if bead.src:
            return bead.src[0], 0, 0
        before = max((last for first, last in both if first < bead.tgt[0]), default=-1)
        return before, 1, bead.tgt[0]

    return sorted(beads, key=key)


def marked(rows: pa.RecordBatch, rejected: pa.StringArray) -> pa.RecordBatch:
    """Beads of which those that judges found wrong have score 0 and the method `rejected`."""
    bad = pc.is_in(rows.column("uid"), value_set=rejected)
    if not pc.any(bad).as_py():
        return rows
    changed: Mapping[str, pa.Scalar] = {
        "score": pa.scalar(0.0, pa.float32()), "method": pa.scalar(REJECTED, pa.string())
    }  # fmt: skip
    for name, value in changed.items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), pc.if_else(bad, value, rows.column(name)))
    return rows
