"""Block and allow lists of addresses: domains, address prefixes, expressions and words, from files of the usual forms.

Read are plain files with one entry a line (a domain, or a domain with a path), hosts files (`0.0.0.0 example.com`),
folders as the University of Toulouse publishes them (files `domains`, `urls`, `expressions`), folders of such folders,
each also with the suffix `.gz`. A line that begins with `regex:` is an expression, one with `#` a comment.

A domain covers every host below it: `example.com` covers `a.b.example.com` but not `notexample.com`. That needs no
list of public suffixes. Hosts are compared in lower case, without "www.", port and user name, and in punycode. A
prefix covers an address whose path goes on behind it with /, ?, # or nothing.

Tables are arrays of 64-bit hashes: five million domains take 64 MiB, and a wrong hit among them has the odds of one in
4e12 for each address. The entry itself is not stored; it is read from the address that it covers.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.arrow import text_buffers
from ..kernels.url_lists import hash_entries, look_up, table_for
from .file_stamps import Stamp, stamps

Hashes = npt.NDArray[np.uint64]
_PARTS: Final = {"domains": "domains", "urls": "urls", "expressions": "expressions"}
_HOSTS_FILE: Final = r"^\s*(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+"
_PIECE: Final = 1 << 24
_NOTHING: Final = np.zeros(2, np.uint64)


@dataclass(frozen=True, eq=False)
class UrlList:
    """One list.

    Attributes:
        name: what removed rows name.
        domains: table of domains.
        prefixes: table of address prefixes.
        expressions: regular expressions (RE2), asked of the whole address in either case.
        words: words that stand alone between characters that are no ASCII letters or digits.
        entries: how many there are.
    """

    name: str
    domains: Hashes
    prefixes: Hashes
    expressions: tuple[str, ...]
    words: tuple[str, ...] = ()
    entries: int = 0

    def find(self, urls: pa.Array) -> pa.Array:
        """The entry that each address falls under, null where there is none.

        Args:
            urls: n strings, as `comparable` makes them.
        """
        buffer, offsets = text_buffers(urls)
        places = np.zeros((len(urls), 3), np.int64)
        look_up(buffer, offsets, self.domains, self.prefixes, places)
        hits = np.flatnonzero(places[:, 0])
        found: list[str | None] = [None] * len(urls)
        for row in hits.tolist():
            found[row] = buffer[places[row, 1] : places[row, 2]].tobytes().decode("utf-8", "replace").lower()
        entries = pa.array(found, pa.string())
        for expression in self.expressions:
            matched = pc.fill_null(pc.match_substring_regex(urls, expression, ignore_case=True), False)
            entries = pc.coalesce(entries, pc.if_else(matched, expression, pa.scalar(None, pa.string())))
        if self.words:
            pattern = "(?i)(?:^|[^a-z0-9])(?P<word>" + "|".join(map(re.escape, self.words)) + ")(?:[^a-z0-9]|$)"
            word = pc.struct_field(pc.extract_regex(urls, pattern), "word")
            entries = pc.coalesce(entries, pc.utf8_lower(word))
        return entries


def comparable(urls: pa.Array) -> pa.Array:
    """Addresses with their hosts in punycode; the others as they are."""
    plain = pc.fill_null(pc.string_is_ascii(urls), True)
    if plain.true_count == len(urls):
        return urls
    foreign = pc.invert(plain)
    changed = [_in_punycode(url) for url in urls.filter(foreign).to_pylist()]
    return pc.replace_with_mask(urls, foreign, pa.array(changed, pa.string()))


def _in_punycode(url: str) -> str:
    found = re.match(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://)?(?:[^/?#@\s]*@)?([^/?#:\s\\]+)", url)
    if not found or found.group(1).isascii():
        return url
    start, stop = found.span(1)
    return url[:start] + ".".join(map(_label, re.split("[.。．｡]", found.group(1)))) + url[stop:]


def _label(label: str) -> str:
    """One label of a host in ASCII; as it is where IDNA (RFC 3490) has no form for it."""
    if label.isascii():
        return label
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return label


def load_list(name: str, source: str | Iterable[str]) -> tuple[UrlList, ...]:
    """The list in a file or folder, one for each category where a folder has some; or one of the entries given.

    Raises:
        ValueError: there is no such file, or an expression is wrong; the message names file and line.
    """
    if not isinstance(source, str):
        return _loaded(name, tuple(source), ())
    if not Path(source).exists():
        raise ValueError(f"there is no file or folder {source!r} for the list {name!r}")
    return _loaded(name, source, stamps(list_paths(source)))


@lru_cache(maxsize=64)
def _loaded(name: str, source: str | tuple[str, ...], version: Stamp) -> tuple[UrlList, ...]:
    """See `load_list`; a file that changed is read again."""
    if not isinstance(source, str):
        return (_made(name, _split("\n".join(source).encode(), f"the list {name!r}", "any")),)
    path = Path(source)
    if path.is_file():
        return (_made(name, _read(path)),)
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and _list_files(folder)]
    if not _list_files(path) and folders:
        return tuple(_of_folder(f"{name}/{folder.name}", folder) for folder in folders)
    return (_of_folder(name, path),)


def list_paths(source: str) -> tuple[str, ...]:
    """The files of a list, sorted."""
    path = Path(source)
    if not path.is_dir():
        return (str(path),)
    files = [*_list_files(path)]
    if not files:
        files = [file for folder in sorted(path.iterdir()) if folder.is_dir() for file in _list_files(folder)]
    return tuple(map(str, files))


def words_in(source: str | Iterable[str]) -> tuple[str, ...]:
    """Words, given or from a file with one a line."""
    lines = source
    if isinstance(source, str):
        if not Path(source).is_file():
            raise ValueError(f"there is no file {source!r}")
        lines = _content(Path(source)).decode("utf-8", "replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _list_files(folder: Path) -> list[Path]:
    named = [file for file in sorted(folder.iterdir()) if file.is_file() and _stem(file) in _PARTS]
    return named or [file for file in sorted(folder.iterdir()) if file.is_file() and _plain_list(file)]


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".txt")


def _plain_list(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith((".txt", ".list", ".hosts", ".domains"))


@dataclass(frozen=True, eq=False)
class _Hashed:
    """The entries of one file."""

    domains: Hashes
    prefixes: Hashes
    expressions: tuple[str, ...]


def _of_folder(name: str, folder: Path) -> UrlList:
    files = _list_files(folder)
    if not files:
        raise ValueError(f"{folder}: no list is in this folder (domains, urls, expressions, or *.txt)")
    return _made(name, *(_read(file) for file in files))


def _made(name: str, *parts: _Hashed, words: tuple[str, ...] = ()) -> UrlList:
    domains = np.concatenate([part.domains for part in parts])
    prefixes = np.concatenate([part.prefixes for part in parts])
    expressions = tuple(expression for part in parts for expression in part.expressions)
    count = len(domains) + len(prefixes) + len(expressions) + len(words)
    return UrlList(name, table_for(domains), table_for(prefixes), expressions, words, count)


def words_list(name: str, words: tuple[str, ...]) -> UrlList:
    """A list of words alone."""
    return UrlList(name, _NOTHING, _NOTHING, (), words, len(words))


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: {error}") from error


def _read(path: Path) -> _Hashed:
    return _split(_content(path), str(path), _PARTS.get(_stem(path), "any"))


def _split(data: bytes, where: str, form: str) -> _Hashed:
    """Entries of a file's content by their kind."""
    if form == "expressions":
        lines = data.decode("utf-8", "replace").splitlines()
        return _Hashed(_empty(), _empty(), tuple(_checked(lines, where)))
    parts = [_split_piece(piece, form) for piece in _pieces(data)]
    expressions: tuple[str, ...] = ()
    if b"regex:" in data:
        texts = data.decode("utf-8", "replace").splitlines()
        lines = [line.removeprefix("regex:") if line.startswith("regex:") else "" for line in texts]
        expressions = tuple(_checked(lines, where))
    domains, prefixes = ([part[place] for part in parts] for place in (0, 1))
    return _Hashed(np.concatenate([_empty(), *domains]), np.concatenate([_empty(), *prefixes]), expressions)


def _pieces(data: bytes) -> Iterator[bytes]:
    """A file's content in pieces of whole lines, so that a list of millions is never held twice."""
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start + _PIECE) + 1 or len(data)
        yield data[start:stop]
        start = stop


def _split_piece(data: bytes, form: str) -> tuple[Hashes, Hashes]:
    """Domains and address prefixes of some lines."""
    lines = _lines(data)
    if b"regex:" in data:
        lines = lines.filter(pc.invert(pc.starts_with(lines, "regex:")))
    if b"0.0.0.0" in data or b"127.0.0.1" in data:
        lines = pc.replace_substring_regex(lines, _HOSTS_FILE, "")
    if b"\n." in data or b"\n*" in data or data[:1] in (b".", b"*"):
        lines = pc.replace_substring_regex(lines, r"^\*?\.", "")
    lines = comparable(lines)
    if form == "domains" or b"/" not in data:
        return _hashes(lines, paths=False), _empty()
    with_path = pc.match_substring_regex(lines, r"^[^#\s/]*(?:://)?[^/#\s]+/[^\s]")
    return _hashes(lines.filter(pc.invert(with_path)), paths=False), _hashes(lines.filter(with_path), paths=True)


def _empty() -> Hashes:
    return np.zeros(0, np.uint64)


def _checked(lines: Iterable[str], where: str) -> Iterator[str]:
    """Expressions that RE2 takes."""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            pc.match_substring_regex(pa.array([""]), line.strip())
        except pa.ArrowInvalid as error:
            raise ValueError(f"{where}, line {number}: {line!r} is no regular expression: {error}") from error
        yield line.strip()


def _lines(data: bytes) -> pa.Array:
    """The lines of a file as one Arrow column, without a Python string for each."""
    if not data.isascii():
        data = data.decode("utf-8", "replace").encode()
    data = data if data.endswith(b"\n") or not data else data + b"\n"
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw == 10) + 1
    offsets = np.concatenate([np.zeros(1, np.int32), ends.astype(np.int32)])
    return pa.Array.from_buffers(pa.string(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _hashes(lines: pa.Array, *, paths: bool) -> Hashes:
    buffer, offsets = text_buffers(lines)
    found = np.empty(len(lines), np.uint64)
    hash_entries(buffer, offsets, paths, found)
    valid: Hashes = found[found != 0]
    return valid


def first_hits(urls: pa.Array, lists: Iterable[UrlList]) -> Mapping[str, pa.Array]:
    """The entry of each list that each address falls under, by list."""
    prepared = comparable(urls)
    return {one.name: one.find(prepared) for one in lists}
