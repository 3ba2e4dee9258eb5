"""Parallel text as lines: Moses, FLORES, TSV, bitextor, vecalign, JSON and plain text; columns in, bytes out.

In files of lines a line is a row, so line breaks within a text are written as spaces there, and tabs as well where tabs
part columns. JSON keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import language_codes

LINE_BREAKS: Final = "[\\n\\r\\v\\f\\x1c\\x1d\\x1e\\x{85}\\x{2028}\\x{2029}]"
"""What any reader takes for the end of a line (Python's `str.splitlines`)."""

BITEXTOR_COLUMNS: Final = ("src_url", "trg_url", "src_text", "trg_text", "score")
TSV_COLUMNS: Final = ("src", "tgt", "score", "doc_key", "uid")


def on_one_line(texts: pa.Array, *, tabs: bool = False) -> pa.Array:
    """Texts without line breaks: each is a space; null is empty.

    Args:
        texts: n strings.
        tabs: whether tabs become spaces as well.
    """
    pattern = LINE_BREAKS.replace("[", "[\\t") if tabs else LINE_BREAKS
    return pc.replace_substring_regex(pc.fill_null(texts, ""), pattern, " ")


def lines(texts: pa.Array) -> bytes:
    """Every text and a line break."""
    return _joined(on_one_line(texts), "\n")


def _joined(texts: pa.Array, end: str) -> bytes:
    if not len(texts):
        return b""
    every = pc.binary_join_element_wise(texts, "", end)
    whole = pa.LargeListArray.from_arrays(pa.array([0, len(every)], pa.int64()), every.cast(pa.large_string()))
    joined: bytes = pc.binary_join(whole, pa.scalar("", pa.large_string()))[0].as_py().encode()
    return joined


def numbers(values: pa.Array) -> pa.Array:
    """Scores with six digits behind the point; null is empty."""
    return pa.array(["" if value is None else f"{value:.6f}" for value in values.to_pylist()], pa.string())


def column(rows: pa.RecordBatch, name: str) -> pa.Array:
    """A column as text; empty where there is none."""
    if name not in rows.schema.names:
        return pa.array([""] * rows.num_rows, pa.string())
    found = rows.column(name)
    if pa.types.is_floating(found.type):
        return numbers(found)
    return found if pa.types.is_string(found.type) else found.cast(pa.string())


def moses(rows: pa.RecordBatch, first: str, second: str) -> dict[str, bytes]:
    """Four files of as many lines: both sides, scores, identities.

    Args:
        rows: pairs or beads, all of the same languages.
        first: what the file of the source side is called.
        second: what that of the target side is called.
    """
    return {
        f"corpus.{first}": lines(rows.column("src")),
        f"corpus.{second}": lines(rows.column("tgt")),
        "corpus.scores": lines(column(rows, "score")),
        "corpus.ids": lines(column(rows, "uid")),
    }


def flores(rows: pa.RecordBatch, languages: Sequence[str]) -> dict[str, bytes]:
    """A file for each language with a line for each row, empty where the row lacks the language; and identities.

    Args:
        rows: pairs, beads or groups.
        languages: labels.
    """
    found = {"ids": lines(column(rows, "uid"))}
    if "segments" not in rows.schema.names:
        return found | {rows.column(f"{side}_lang")[0].as_py(): lines(rows.column(side)) for side in ("src", "tgt")}
    segments = rows.column("segments")
    sizes = pc.fill_null(pc.list_value_length(segments), 0).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(rows.num_rows), sizes)
    flat = segments.flatten()
    langs, texts = pc.struct_field(flat, "lang"), pc.struct_field(flat, "text")
    for language in languages:
        here = np.flatnonzero(pc.equal(langs, language).to_numpy(zero_copy_only=False))
        place = np.full(rows.num_rows, -1)
        place[owner[here]] = here
        found[language] = lines(texts.take(pa.array(place, mask=place < 0)))
    return found


def _tabbed(columns: Iterable[pa.Array]) -> bytes:
    safe = [on_one_line(texts, tabs=True) for texts in columns]
    return _joined(pc.binary_join_element_wise(*safe, "\t"), "\n")


def tsv(rows: pa.RecordBatch) -> bytes:
    """Lines of `TSV_COLUMNS`, without their names."""
    return _tabbed(column(rows, name) for name in TSV_COLUMNS)


def bitextor(rows: pa.RecordBatch) -> bytes:
    """Lines of `BITEXTOR_COLUMNS`, without their names; documents are named by their key where they have no address."""
    names = rows.schema.names
    addresses = ("src_url" if "src_url" in names else "doc_key", "tgt_url" if "tgt_url" in names else "doc_key")
    return _tabbed(column(rows, name) for name in (*addresses, "src", "tgt", "score"))


def pharaoh(rows: pa.RecordBatch) -> dict[str, bytes]:
    """Links of words, `0-0 1-2`, and where there are tokens the file beside it whose tokens they count, line by line.

    That file is fast_align's and awesome-align's input, `source ||| target`. A pair without links has an empty line.
    """
    found = {"train.pharaoh": lines(rows.column("word_links"))}
    if {"src_tokens", "tgt_tokens"} <= set(rows.schema.names):
        sides = [on_one_line(rows.column(name)) for name in ("src_tokens", "tgt_tokens")]
        found["train.tokens"] = lines(pc.binary_join_element_wise(*sides, " ||| "))
    return found


def header(names: Sequence[str]) -> bytes:
    """The first line of a table with tabs."""
    return ("\t".join(names) + "\n").encode()


def vecalign(rows: pa.RecordBatch) -> dict[str, bytes]:
    """Links as vecalign writes them, `[0, 1]:[0]:0.912345`, and the document of each link on the same line beside it.

    The score is that of the bead, from 0 to 1, larger is surer (vecalign's own is a cost).
    """
    links = zip(*(rows.column(name).to_pylist() for name in ("src_index", "tgt_index")), strict=True)
    scores = column(rows, "score").to_pylist()
    said = [f"{list(src or [])}:{list(tgt or [])}:{score}" for (src, tgt), score in zip(links, scores, strict=True)]
    return {"links.vecalign": lines(pa.array(said, pa.string())), "links.documents": lines(column(rows, "doc_key"))}


def json_lines(rows: pa.RecordBatch, names: Sequence[str] = ()) -> bytes:
    """One JSON object a line.

    Args:
        rows: any rows.
        names: only these columns, in this order; empty for all.
    """
    import orjson

    chosen = rows.select(list(names)) if names else rows
    return b"".join(orjson.dumps(row, default=_as_text) + b"\n" for row in chosen.to_pylist())


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def translation(rows: pa.RecordBatch) -> bytes:
    """Lines of `{"id": ..., "translation": {"de": ..., "en": ...}}`, as `datasets` has for translations."""
    import orjson

    said = []
    if "segments" in rows.schema.names:
        for uid, segments in zip(rows.column("uid").to_pylist(), rows.column("segments").to_pylist(), strict=True):
            pairs = [(each["lang"], each["text"]) for each in segments]
            said.append({"id": uid, "translation": _by_tag(pairs)})
    else:
        columns = (rows.column(name).to_pylist() for name in ("uid", "src_lang", "tgt_lang", "src", "tgt"))
        for uid, src_lang, tgt_lang, src, tgt in zip(*columns, strict=True):
            said.append({"id": uid, "translation": _by_tag([(src_lang, src), (tgt_lang, tgt)])})
    return b"".join(orjson.dumps(row) + b"\n" for row in said)


def _by_tag(texts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Texts by BCP 47 tag, or by label where two languages have one tag: arb_Arab and ara_Arab are both "ar"."""
    tags = [language_codes.bcp47(label) for label, _ in texts]
    return {label if tags.count(tag) > 1 else tag: text for tag, (label, text) in zip(tags, texts, strict=True)}
