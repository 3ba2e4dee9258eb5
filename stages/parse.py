"""The stage `parse`: files of parallel text become rows, one for each text in each language."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import MapStage, columns
from ..engine.store import Store

if TYPE_CHECKING:
    from ..filters.parsed_units import Unit

Read = tuple[list[tuple[Any, ...]], Counter[str], str | None, str | None]
"""Rows of a file, what was passed over, why it is removed and where it is broken, if it is."""

PARSED = columns(
    uid="string",
    id="string",
    file_path="string",
    doc_key="string",
    key="string",
    language="string",
    text="string",
    index="int32",
    start="float64",
    end="float64",
    track="string",
    problem="string",
)


class Parse(MapStage):
    """Take the texts out of catalogues, translation memories, subtitles, manuals, verses and files of lines.

    The input is `input: {format: files}`: a row for each file. Each text becomes a row with its `key`, which names the
    same content in every language: a message with its context, the id of a unit, the number of a line or cue (from 0),
    the path of an element, a verse. `doc_key` is the path without the language, so that `fr/app.po` and `de/app.po` are
    one document; `index` numbers the texts of a document and language; `track` is the file; `start` and `end` are
    seconds, or verses as chapter * 1000 + verse. `join` brings the rows together: `{keys: [doc_key, key]}`, for
    subtitles `{keys: [doc_key], times: {}}`, for verses `{keys: [doc_key], span: [start, end]}`.

    The language is what the file says of itself or, where it says nothing, what its path does: `talk.fr.srt`,
    `corpus.en`, `fra_Latn.devtest`, `locale/pt_BR/app.mo`; `language` says where, or which one. Messages that are
    fuzzy, obsolete or not translated are passed over and counted. Placeholders and tags that a translation lost are
    named in `problem`; marks of accelerators ("_Open", "&Open") are taken out.

    Link files (xces, of OPUS and the United Nations) are read together with the documents that they name, from the
    folder `documents`; a link is a key.

    A column of `translation` ({"en": ..., "fr": ...}, as on the Hugging Face hub) is read instead of files when it is
    named: each of its languages becomes a row, and the row's uid the key.

    A file that is broken is removed as a whole; `parse_error` says where.
    """

    format: Literal[
        "auto", "po", "mo", "xliff", "tmx", "srt", "vtt", "lines", "tsv", "manual", "verses", "xces", "translation"
    ] = Field("auto", description="format of the files; auto goes by name and contents. translation: a column of rows")
    language: str | None = Field(
        None,
        description='a language for all files, or where paths have it: "{document}/{language}.po", "*.{language}.srt"',
    )
    source_language: str = Field("eng_Latn", description="language of the texts that messages are translated from")
    columns: tuple[str, ...] = Field(
        (), description='languages of the columns of a table, "" for one to skip; none: the first line says them'
    )
    documents: str | None = Field(
        None, description="folder of the documents that link files (xces) name; they are read from there"
    )
    column: str = Field("translation", description="the column that holds translations, for format: translation")
    regions: bool = Field(False, description="whether fr-CA and fr are different languages (fra-CA_Latn)")
    problems: Literal["keep", "skip"] = Field(
        "keep", description="what becomes of translations that lost placeholders or tags"
    )
    max_bytes: int = Field(64 << 20, ge=1, description="remove files with more bytes")

    needs: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[Mapping[str, pa.DataType]] = PARSED
    libraries: ClassVar[tuple[str, ...]] = ("lxml", "faust-cchardet")
    reasons: ClassVar[Mapping[str, str]] = {
        "broken_file": "the file is not what its format says; `parse_error` says where",
        "no_language": "neither the file nor its path says the language",
        "no_units": "nothing in the file is translated",
        "file_too_large": "more than `max_bytes`",
    }
    writes_after = True

    @field_validator("language")
    @classmethod
    def _language(cls, value: str | None) -> str | None:
        from ..filters.file_formats import PathPattern
        from ..filters.language_codes import check

        if value is not None and ("{" in value or "*" in value):
            PathPattern(value)
        elif value is not None:
            check([value])
        return value

    @field_validator("source_language")
    @classmethod
    def _source_language(cls, value: str) -> str:
        from ..filters.language_codes import check

        check([value])
        return value

    @field_validator("columns")
    @classmethod
    def _languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        from ..filters.language_codes import check

        check([name for name in value if name])
        return value

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """One row for each text, whatever else the input has.

        Raises:
            ConfigError: the input has no files, or no column of translations.
        """
        needed = (self.column,) if self.format == "translation" else ("content", "file_path")
        for name in needed:
            if schema.get_field_index(name) < 0:
                raise ConfigError(
                    f"the input has no column {name!r}",
                    where="parse.column" if self.format == "translation" else "parse",
                    hint=f"it has {', '.join(schema.names)}"
                    if self.format == "translation"
                    else "parse reads files as they are: input: {path: ..., format: files}",
                )
        if self.format == "translation":
            kind = schema.field(self.column).type
            if not (pa.types.is_struct(kind) or pa.types.is_map(kind) or pa.types.is_string(kind)):
                raise ConfigError(
                    f"the column {self.column!r} holds {kind}, but a struct of languages is needed",
                    where="parse.column",
                    hint='such as {"en": "...", "fr": "..."}, or the same as JSON',
                )
        return pa.schema(list(PARSED.items()))

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The rows as they came, without contents, and what is wrong with them."""
        fields = [field for field in schema if field.name not in {"content", "parse_error"}]
        return pa.schema([*fields, pa.field("parse_error", pa.string())])

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Read the files of a batch."""
        found: list[tuple[Any, ...]] = []
        counters: Counter[str] = Counter()
        reasons: list[str | None] = []
        errors: list[str | None] = []
        read = self._translations if self.format == "translation" else self._files
        for units, passed, reason, error in read(rows):
            found.extend(units)
            counters.update(passed)
            reasons.append(reason)
            errors.append(error)
        made = list(zip(*found, strict=True)) or [()] * len(PARSED)
        arrays = [pa.array(values, kind) for values, kind in zip(made, PARSED.values(), strict=True)]
        kept = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(list(PARSED.items())))
        names = [name for name in self.removed_schema(rows.schema).names if name != "parse_error"]
        given = rows.select(names).append_column("parse_error", pa.array(errors, pa.string()))
        reason_column = pa.array(reasons, pa.string())
        split = Outcome.split(given, pc.is_null(reason_column), reason=reason_column)
        positive = {name: number for name, number in sorted(counters.items()) if number}
        return Outcome(kept, split.removed, positive, split.kept.num_rows, kept.num_rows)

    def _files(self, rows: pa.RecordBatch) -> Iterator[Read]:
        """What is in each file."""
        from ..filters.file_formats import PathPattern, read_file, source_of
        from ..filters.language_codes import canonical
        from ..filters.parsed_units import FormatError, place_of

        given = self.language or ""
        pattern = PathPattern(given) if "{" in given else None
        fixed = canonical(given) if given and pattern is None else ""
        nothing: Counter[str] = Counter()
        uids = rows.column("uid").to_pylist() if "uid" in rows.schema.names else [None] * rows.num_rows
        for uid, path, content in zip(uids, rows["file_path"].to_pylist(), rows["content"], strict=True):
            data = content.as_py() or b""
            if len(data) > self.max_bytes:
                yield [], nothing, "file_too_large", None
                continue
            try:
                source, document = source_of(path or "", pattern, fixed, canonical(self.source_language), self.regions)
                parsed = read_file(
                    data, source, self.format, [canonical(name) for name in self.columns], self._document()
                )
            except FormatError as error:
                yield [], nothing, "broken_file", f"{path}: {error}"
                continue
            units = [unit for unit in parsed.units if not (unit.problem and self.problems == "skip")]
            if not units:
                yield [], parsed.counters, "no_units", None
            elif not all(unit.language or source.language for unit in units):
                yield [], parsed.counters, "no_language", None
            else:
                if not given and all(unit.language for unit in units):
                    document = place_of(path or "", self.regions, {unit.language for unit in units}).document
                own = "" if parsed.named else document
                yield list(_rows(units, source.language, own, path or "", uid)), parsed.counters, None, None

    def resource_files(self) -> tuple[str, ...]:
        """The documents that link files may name."""
        if self.documents is None:
            return ()
        store = Store(self.documents)
        folder = store.full("")
        found: list[str] = sorted(store.filesystem.find(folder))
        return tuple(f"{self.documents.rstrip('/')}/{path[len(folder) :].lstrip('/')}" for path in found)

    def _document(self) -> Callable[[str], bytes] | None:
        """What gives a document by its name in a link file."""
        from ..filters.parsed_units import FormatError

        if self.documents is None:
            return None
        store = Store(self.documents)

        def read(name: str) -> bytes:
            if name.startswith("/") or ".." in name.split("/"):
                raise FormatError(f"the document {name!r} is not within {self.documents}")
            for place in (name, name.removesuffix(".gz")):
                if store.filesystem.isfile(store.full(place)):
                    with store.open(place) as handle:
                        return bytes(handle.read())
            raise FormatError(f"the document {name!r} is not in {self.documents}")

        return read

    def _translations(self, rows: pa.RecordBatch) -> Iterator[Read]:
        """The same for each value of a column of translations."""
        from ..filters.parsed_units import Unit, language_of

        uids = rows.column("uid").to_pylist() if "uid" in rows.schema.names else [None] * rows.num_rows
        paths = rows.column("file_path").to_pylist() if "file_path" in rows.schema.names else [""] * rows.num_rows
        for uid, path, value in zip(uids, paths, rows[self.column].to_pylist(), strict=True):
            counters: Counter[str] = Counter()
            try:
                texts = dict(_translation(value, self.column))
            except ValueError as error:
                yield [], counters, "broken_file", f"{path}: {error}"
                continue
            units = []
            for label, text in texts.items():
                language = language_of(str(label), self.regions)
                if text and not language:
                    counters["no_language"] += 1
                elif isinstance(text, str) and text.strip():
                    units.append(Unit(str(uid), language, text.strip(), document=str(uid)))
            made = list(_rows(units, "", "", path or "", uid))
            yield made, counters, None if made else "no_units", None


def _translation(value: Any, column: str) -> Mapping[str, Any]:
    """Languages and texts of a value: a struct, a map, or JSON (`extra` holds keys that nobody declared)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"no JSON: {error}") from error
        if isinstance(value, dict) and isinstance(value.get("translation"), dict):
            value = value["translation"]
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(entry, tuple) for entry in value):
        return dict(value)  # an Arrow map
    raise ValueError(f"the column {column!r} holds no mapping of languages to texts")


def _rows(units: list[Unit], language: str, document: str, path: str, uid: str | None) -> Iterator[tuple[Any, ...]]:
    """Units as rows of `PARSED`."""
    import xxhash

    numbers: Counter[tuple[str, str]] = Counter()
    for place, unit in enumerate(units):
        name = unit.language or language
        doc_key = "/".join(filter(None, (document, unit.document)))
        identity = xxhash.xxh3_128_hexdigest(f"{uid or path}\0{place}\0{name}")
        number = numbers[doc_key, name]
        numbers[doc_key, name] += 1
        yield (
            identity, f"{path}#{unit.key}", path, doc_key, unit.key, name, unit.text, number, unit.start, unit.end,
            path, unit.problem or None,
        )  # fmt: skip
