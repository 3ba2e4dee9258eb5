"""What `export` writes besides Parquet: the files of one shard, batch by batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa
import xxhash

from ..engine.errors import ConfigError
from ..engine.stage import FilePiece

if TYPE_CHECKING:
    from ..filters.gzip_stream import GzipStream

FileFormat = Literal[
    "jsonl", "text", "tsv", "bitextor", "translation", "moses", "flores", "tmx", "xces", "vecalign", "pharaoh"
]
PAIR_FORMATS: Final = frozenset({"moses", "tsv", "bitextor", "xces", "vecalign", "pharaoh"})
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "text": ("text",), "moses": ("src", "tgt"), "tsv": ("src", "tgt"), "bitextor": ("src", "tgt"),
    "xces": ("src_lang", "tgt_lang", "src_index", "tgt_index"), "vecalign": ("src_index", "tgt_index"),
    "pharaoh": ("word_links",),
}  # fmt: skip
"""Columns that a format cannot do without; `translation`, `flores` and `tmx` take pairs, beads or groups."""
ENDINGS: Final = {
    "jsonl": "jsonl", "text": "txt", "tsv": "tsv", "bitextor": "tsv", "translation": "jsonl", "tmx": "tmx",
    "xces": "xml",
}  # fmt: skip
"""Formats of one file, and what its name ends in."""


def check(style: FileFormat, schema: pa.Schema) -> None:
    """See that rows can be written in a format.

    Raises:
        ConfigError: a column is missing.
    """
    names = set(schema.names)
    missing = [name for name in NEEDS.get(style, ()) if name not in names]
    if style in {"translation", "flores", "tmx"} and not {"src", "tgt", "src_lang", "tgt_lang"} <= names:
        missing = [] if "segments" in names else ["src", "tgt"]
    if missing:
        raise ConfigError(
            f"{style} cannot be written without the columns {', '.join(missing)}", where="export.format",
            hint="beads, pairs and groups are written before the stage 'render', documents after it",
        )  # fmt: skip


@dataclass
class ShardFiles:
    """The files of one shard of one configuration.

    Attributes:
        style: the format.
        folder: below the output folder: "data/eng_Latn-fra_Latn".
        shard: "" where there is one, else "-00000-of-00004".
        compress: whether files are compressed with gzip.
        columns: of `jsonl` and `text`; empty for all, and for `text`.
        languages: of the configuration, for `flores`.
    """

    style: FileFormat
    folder: str
    shard: str
    compress: bool
    columns: Sequence[str] = ()
    languages: Sequence[str] = ()
    _open: dict[str, GzipStream | None] = field(default_factory=dict)
    _document: Any = None
    _begun: bool = False

    def add(self, rows: pa.RecordBatch) -> Iterator[FilePiece]:
        """The pieces for a batch of rows."""
        if not rows.num_rows:
            return
        if not self._begun:
            self._begun = True
            yield from self._put(self._head())
        yield from self._put(self._body(rows))

    def finish(self) -> Iterator[FilePiece]:
        """The last pieces."""
        from ..filters.exchange_xml import TMX_TAIL, XCES_TAIL

        tails = {"tmx": TMX_TAIL, "xces": XCES_TAIL}
        if self._begun and self.style in tails:
            yield from self._put({f"train.{ENDINGS[self.style]}": tails[self.style]})
        for path, stream in self._open.items():
            if stream is not None:
                yield FilePiece(path, stream.finish())

    def _head(self) -> dict[str, bytes]:
        from .. import __version__
        from ..filters import exchange_lines, exchange_xml

        heads: dict[str, Callable[[], bytes]] = {
            "tmx": lambda: exchange_xml.tmx_head(__version__),
            "xces": exchange_xml.xces_head,
            "tsv": lambda: exchange_lines.header(exchange_lines.TSV_COLUMNS),
            "bitextor": lambda: exchange_lines.header(exchange_lines.BITEXTOR_COLUMNS),
        }
        return {f"train.{ENDINGS[self.style]}": heads[self.style]()} if self.style in heads else {}

    def _body(self, rows: pa.RecordBatch) -> dict[str, bytes]:
        from ..filters import exchange_lines as in_lines
        from ..filters import exchange_xml as in_xml

        if self.style == "moses":
            return in_lines.moses(rows, _safe(rows.column("src_lang")[0]), _safe(rows.column("tgt_lang")[0]))
        if self.style == "flores":
            return {_safe(name): data for name, data in in_lines.flores(rows, self.languages).items()}
        if self.style == "vecalign":
            return in_lines.vecalign(rows)
        if self.style == "pharaoh":
            return in_lines.pharaoh(rows)
        name = f"train.{ENDINGS[self.style]}"
        if self.style == "xces":
            data, self._document = in_xml.xces_links(rows, self._document)
            return {name: data}
        made: dict[str, Callable[[], bytes]] = {
            "jsonl": lambda: in_lines.json_lines(rows, self.columns),
            "text": lambda: in_lines.lines(rows.column("text")),
            "tsv": lambda: in_lines.tsv(rows),
            "bitextor": lambda: in_lines.bitextor(rows),
            "translation": lambda: in_lines.translation(rows),
            "tmx": lambda: in_xml.tmx_units(rows),
        }
        return {name: made[self.style]()}

    def _put(self, files: dict[str, bytes]) -> Iterator[FilePiece]:
        from ..filters.gzip_stream import GzipStream

        for name, data in files.items():
            first, dot, rest = name.partition(".")
            path = f"{self.folder}/{first}{self.shard}{dot}{rest}{'.gz' if self.compress else ''}"
            if path not in self._open:
                self._open[path] = GzipStream() if self.compress else None
            stream = self._open[path]
            yield FilePiece(path, data if stream is None else stream.add(data))


def config_name(language: str) -> str:
    """A name that is safe in paths and cards: ASCII letters, digits, `_` and `-`, at most 64 of them.

    Where something had to be replaced, a hash of the original keeps different languages apart.
    """
    name = re.sub(r"[^A-Za-z0-9_-]", "_", language)[:56]
    if name == language and name:
        return name
    return f"{name or 'und'}-{xxhash.xxh32_hexdigest(language.encode('utf-8', 'surrogatepass'))[:6]}"


def _safe(label: Any) -> str:
    """A language as part of a file's name: the labels of a user's table may hold slashes, or be null."""
    name = label.as_py() if isinstance(label, pa.Scalar) else label
    return config_name(name or "und")
