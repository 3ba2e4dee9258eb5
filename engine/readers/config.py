"""Where the rows of a pipeline come from: the `input:` block of a pipeline file."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..errors import ConfigError

ColumnType = Literal["text", "integer", "float", "boolean"]
Format = Literal["parquet", "jsonl", "warc", "wet", "text", "tsv", "moses", "files", "hf"]

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_ENDINGS: tuple[tuple[str, Format], ...] = (
    (".parquet", "parquet"),
    (".pq", "parquet"),
    (".tsv", "tsv"),
    (".jsonl", "jsonl"),
    (".ndjson", "jsonl"),
    (".json", "jsonl"),
    (".wet", "wet"),
    (".warc", "warc"),
    (".txt", "text"),
    (".text", "text"),
)
_LIST_NAME = re.compile(r"\.paths(\.gz|\.zst|\.txt)?$")


class InputConfig(BaseModel):
    """What is read: files in one of nine formats, or a dataset of the Hugging Face libraries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | list[str] = Field(
        description="a file, a folder, a glob (`crawl/**/*.warc.gz`), an fsspec URL (`s3://...`), or a list of these; "
        "for `hf` a dataset's name on the Hub or a local dataset folder"
    )
    format: Format | None = Field(
        None,
        description="format of the files; null: by their names (.parquet, .jsonl, .tsv, .warc, .wet, .txt). "
        "With `moses` files whose names differ in their endings only (news.en, news.fr) are read line by line side by "
        "side; with `files` each file is one row with its bytes (`content`), which the stage `parse` takes apart",
    )
    rows: Literal["documents", "any"] = Field(
        "documents",
        description="what a row is. documents: each has a text, and one without is broken; any: rows of any table, "
        "such as pairs of sentences (parquet, jsonl, tsv, moses, hf)",
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="column mapping, ours: theirs, as in {text: content}; for JSONL it also names the keys that become "
        "columns of their own instead of going into `extra`. A column of theirs that already has our name is left out. "
        "For `tsv` theirs are numbers from 1, or names with `header`; for `moses` the files' endings",
    )
    constants: dict[str, str] = Field(
        default_factory=dict,
        description="columns that have one value in all rows, as in {src_lang: eng_Latn, tgt_lang: fra_Latn}; `en` in "
        "`language`, `src_lang` and `tgt_lang` becomes eng_Latn",
    )
    header: bool = Field(False, description="whether the first line of a `tsv` file names its fields")
    types: dict[str, ColumnType] = Field(
        default_factory=dict,
        description="types of JSONL, tsv and moses columns, as in {score: float}: text, integer, float or boolean; "
        "numbers may stand in quotes. A name that is not in `columns` is taken from the key of that name. Others are "
        "text, so that no number can be compared with them",
    )
    on_wrong_type: Literal["broken", "null"] = Field(
        "broken",
        description="what becomes of a record with a value that cannot be read as its column's type: it is broken "
        "(`wrong_type`), or the value is null",
    )
    document: Literal["file", "line", "blank-line"] | None = Field(
        None, description="what one document is in a text file; must be said for `text`"
    )
    path_list: bool = Field(
        False, description="`path` names a file that lists inputs, one a line (names like warc.paths.gz are known to)"
    )
    prefix: str = Field("", description="put before each line of a path list, as in https://data.commoncrawl.org/")
    dump: str | None = Field(
        None, description="value of the column `dump`; null: the input's own, else a path part like CC-MAIN-2024-10"
    )
    split: str = Field("train", description="split of an `hf` dataset")
    config_name: str | None = Field(None, description="configuration of an `hf` dataset; null: its default")
    revision: str | None = Field(None, description="branch, tag or commit of an `hf` dataset; null: its newest")
    storage_options: dict[str, Any] = Field(
        default_factory=dict, description="options for the file system (credentials, endpoint), as fsspec takes them"
    )
    max_record_bytes: int = Field(
        32 << 20, ge=1 << 10, le=1 << 30,
        description="a record larger than this many bytes is broken (`record_too_large`); it is never held in memory",
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _numbers_of_fields(cls, given: Any) -> Any:
        """The fields of a `tsv` file as numbers: {src: 1} is {src: "1"}."""
        if not isinstance(given, dict):
            return given
        return {ours: str(theirs) if type(theirs) is int else theirs for ours, theirs in given.items()}

    @model_validator(mode="before")
    @classmethod
    def _typed_columns_are_columns(cls, given: Any) -> Any:
        types, columns = (given.get(key, {}) if isinstance(given, dict) else None for key in ("types", "columns"))
        if not isinstance(types, dict) or not isinstance(columns, dict):
            return given
        return {**given, "columns": {**columns, **{name: name for name in types if name not in columns}}}

    @model_validator(mode="after")
    def _types_are_of_other_columns(self) -> Self:
        for own in ("id", "text", "url", "date", "dump"):
            if own in self.types:
                raise ValueError(f"types.{own}: this column is text in every input")
        if self.types and self.format not in (None, "jsonl", "tsv", "moses"):
            raise ValueError(f"types: the columns of {self.format} have types of their own")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.path:
            raise ValueError("path is empty: name a file, a folder, a glob or a URL")
        if self.format == "text" and self.document is None:
            raise ValueError("format text needs `document`: file, line or blank-line (what one document is)")
        if self.rows == "any" and self.format not in (None, "parquet", "jsonl", "tsv", "moses", "hf"):
            raise ValueError(f"rows: the format {self.format} has documents only; others may be any")
        for reserved in ("uid", "file_path", "extra"):
            if reserved in {**self.columns, **self.constants}:
                raise ValueError(f"columns.{reserved}: the reader makes this column itself; choose another name")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The configured paths, one or several; `file://` is taken off."""
        paths = (self.path,) if isinstance(self.path, str) else tuple(self.path)
        return tuple(path.removeprefix("file://") for path in paths)

    @property
    def listed(self) -> bool:
        """Whether the paths name files that list the inputs."""
        return self.path_list or all(_LIST_NAME.search(path) for path in self.paths)


def compression_of(name: str) -> str | None:
    """How a file is compressed according to its name: "gzip", "zstd" or not at all."""
    return next((kind for ending, kind in COMPRESSIONS.items() if name.lower().endswith(ending)), None)


def format_by_name(name: str) -> Format | None:
    """The format that a file's name stands for; None when it stands for none."""
    plain = name.lower().partition("?")[0] if "://" in name else name.lower()
    plain = plain.removesuffix(".gz").removesuffix(".zst")
    return next((kind for ending, kind in _ENDINGS if plain.endswith(ending)), None)


def format_of(config: InputConfig, name: str) -> Format:
    """The format of one file.

    Raises:
        ConfigError: none is configured and the name does not tell.
    """
    found = config.format or format_by_name(name)
    if found is None:
        raise ConfigError(
            f"the format of {name!r} cannot be told from its name",
            where="input.format",
            hint="set format to one of parquet, jsonl, warc, wet, text, tsv, moses, files, hf",
        )
    if found == "text" and config.document is None:
        raise ConfigError(
            "text files need to be told what one document is", where="input.document", hint="file, line or blank-line"
        )
    return found
