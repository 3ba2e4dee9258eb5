"""The `export` stage: what users and the Hub read, `data/<config>/train-00000-of-0000N.parquet`, and other formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.canonical import row_sizes
from ..engine.errors import ConfigError
from ..engine.stage import INPUT_ROWS, FilePiece, PublishStage, Step, StepInput
from .export_files import PAIR_FORMATS, FileFormat, ShardFiles, check, config_name

LANGUAGES = pa.list_(pa.string())
COUNTED = pa.schema([("config", pa.string()), ("rows", pa.int64()), ("bytes", pa.int64()), ("languages", LANGUAGES)])
LAYOUT = pa.schema(
    [("config", pa.string()), ("shards", pa.int32()), ("first", pa.int32()), ("languages", LANGUAGES)]
)
INDEX = 0
"""The partition that writes `dataset_info.json`, where there is one; it gets a row of every unit, only to be called."""


class Export(PublishStage):
    """Write the final data set: one configuration per language or pair (or a single one), in shards of bounded size.

    Files are `data/<config>/train-00000-of-0000N.parquet`. The number of shards of a configuration is a power of two,
    and stays from run to run while it is large enough and at most four times what is needed. A row's shard is taken
    from the high bits of its `uid`, so a re-run changes few files; within a shard rows stand in input order. It is the
    last stage of a pipeline.

    Other formats are files of their own. Of any rows: `jsonl` (with `dataset_info.json` in `data/`, by which
    LLaMA-Factory finds instructions and documents) and `text`, a row a line. Of pairs, beads or groups: `tmx` (1.4,
    with score, document and places), `translation` (`datasets`' `{"translation": {"en": ...}}`), `flores` (a file for
    each language, line by line). Of pairs or beads: `moses` (`corpus.eng_Latn.gz`, `corpus.fra_Latn.gz`,
    `corpus.scores.gz` and `corpus.ids.gz`, of as many lines), `tsv`, `bitextor`. Of beads: `xces` and `vecalign`
    (links alone). `pharaoh` writes the column `word_links` (of `lexical_score` with `word_links: true`), and beside it
    `train.tokens`, as many lines of `source ||| target` with the tokens that the links count. Where a line is a row,
    line breaks within a text become spaces.
    """

    needs: ClassVar[tuple[str, ...]] = ("uid",)

    layout: Literal["per-language", "per-pair", "single"] = Field(
        "per-language",
        description="one configuration per value of the column `language`; per-pair: per pair of languages, as "
        "eng_Latn-fra_Latn; single: one named `default`",
    )
    format: Literal["parquet"] | FileFormat = Field("parquet", description="of the files")
    columns: tuple[str, ...] = Field((), description="columns of `jsonl`, in this order; empty: all")
    compress: bool | None = Field(
        None, description="whether files other than Parquet are compressed with gzip; default: those of `moses`"
    )
    shard_bytes: int = Field(
        1 << 30, ge=1 << 10, description="largest shard before compression, in bytes (about 0.4 of it on disk)"
    )

    def writes_files(self) -> bool:
        """Whether the files are no Parquet."""
        return self.format != "parquet"

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's, when it can be written in the format."""
        if self.format != "parquet":
            check(self.format, schema)
            for name in self.columns:
                if name not in schema.names:
                    hint = f"there are {', '.join(schema.names)}"
                    raise ConfigError(f"there is no column {name!r}", where="export.columns", hint=hint)
        return super().output_schema(schema)

    def steps(self) -> tuple[Step, ...]:
        """Count, lay out, bring each shard's rows together, write."""
        return (
            Step("count", "units", self._count, COUNTED),
            Step("layout", "all", self._layout, LAYOUT, whole=("count",)),
            Step("scatter", "units", self._scatter, INPUT_ROWS, whole=("layout",)),
            Step(
                "publish", "partitions", self._publish, INPUT_ROWS,
                slices=("scatter",), whole=self._whole(), publishes=True,
            ),
        )

    def destinations(self, layout: pa.Table) -> dict[int, str]:
        """The published path of each shard."""
        paths = {}
        for entry in layout.to_pylist():
            for shard in range(entry["shards"]):
                name = f"train-{shard:05d}-of-{entry['shards']:05d}.parquet"
                paths[entry["first"] + shard] = f"data/{entry['config']}/{name}"
        return paths

    def layout_state(self, layout: pa.Table) -> dict[str, Any]:
        """Shards per configuration."""
        return {entry["config"]: entry["shards"] for entry in layout.to_pylist()}

    def _whole(self) -> tuple[str, ...]:
        """Files need to know their configuration; Parquet is named afterwards."""
        return ("layout",) if self.writes_files() else ()

    def _has_index(self) -> bool:
        return self.format == "jsonl"

    def _of_pairs(self, names: list[str]) -> bool:
        """Whether configurations are pairs of languages."""
        return self.layout == "per-pair" or self.format in PAIR_FORMATS or (
            self.format in {"flores", "translation"} and "src_lang" in names
        )  # fmt: skip

    def _configs(self, rows: pa.RecordBatch) -> pa.StringArray:
        names = rows.schema.names
        if self._of_pairs(names) and {"src_lang", "tgt_lang"} <= set(names):
            sides = (pc.fill_null(rows.column(name), "und") for name in ("src_lang", "tgt_lang"))
            values = pc.binary_join_element_wise(*sides, "-")
        elif self.layout == "single" or "language" not in names:
            return pa.array(["default"] * rows.num_rows, pa.string())
        else:
            values = pc.fill_null(rows.column("language"), "und")
        named = pc.dictionary_encode(values)
        names = pa.array([config_name(value) for value in named.dictionary.to_pylist()], pa.string())
        return names.take(named.indices)

    def _count(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        totals: dict[str, list[int]] = {}
        languages: set[str] = set()
        for rows in given.rows:
            if self.format == "flores" and "segments" in rows.schema.names:
                flat = rows.column("segments").flatten()
                languages.update(pc.unique(pc.struct_field(flat, "lang")).to_pylist())
            table = pa.table({"config": self._configs(rows), "bytes": row_sizes(rows)})
            for entry in table.group_by("config").aggregate([("bytes", "sum"), ("bytes", "count")]).to_pylist():
                total = totals.setdefault(entry["config"], [0, 0])
                total[0] += entry["bytes_count"]
                total[1] += entry["bytes_sum"]
        names = sorted(totals)
        sizes = [[totals[name][place] for name in names] for place in (0, 1)]
        yield _batch(COUNTED, [names, *sizes, [sorted(languages)] * len(names)], [0] * len(names))

    def _layout(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        counted = given.tables["count"]
        table = counted.group_by("config").aggregate([("bytes", "sum")]).sort_by("config")
        names = table.column("config").to_pylist()
        shards = [
            shard_count(size, self.shard_bytes, given.previous.get(name))
            for name, size in zip(names, table.column("bytes_sum").to_pylist(), strict=True)
        ]
        first = np.cumsum([1 if self._has_index() else 0, *shards])[:-1].tolist()
        languages = sorted({name for each in counted.column("languages").to_pylist() for name in each})
        yield _batch(LAYOUT, [names, shards, first, [languages] * len(names)], [0] * len(names))

    def _scatter(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        layout = given.tables["layout"]
        first = layout.column("first").to_numpy()
        shards = layout.column("shards").to_numpy()
        for rows in given.rows:
            place = pc.index_in(self._configs(rows), layout.column("config").combine_chunks()).to_numpy()
            partition = first[place] + shard_of(rows.column("uid"), shards[place])
            yield rows.append_column("partition", pa.array(partition, pa.int32()))
            if self._has_index() and rows.num_rows:
                yield rows.slice(0, 1).append_column("partition", pa.array([INDEX], pa.int32()))

    def _publish(self, given: StepInput) -> Iterator[pa.RecordBatch | FilePiece]:
        if self._has_index() and given.index == INDEX:
            yield from self._index(given)
            return
        files = self._files(given) if self.writes_files() else None
        for rows in given.stream("scatter"):
            if files is not None:
                yield from files.add(rows.drop_columns(["partition"]))
            yield rows.drop_columns(["partition"])
        if files is not None:
            yield from files.finish()

    def _files(self, given: StepInput) -> ShardFiles:
        assert self.format != "parquet"
        for entry in given.tables["layout"].to_pylist():
            shard = given.index - entry["first"]
            if 0 <= shard < entry["shards"]:
                name = f"-{shard:05d}-of-{entry['shards']:05d}" if entry["shards"] > 1 else ""
                compress = self.format == "moses" if self.compress is None else self.compress
                folder = f"data/{entry['config']}"
                return ShardFiles(self.format, folder, name, compress, self.columns, entry["languages"])
        raise ConfigError(f"no configuration has the shard {given.index}", where="export")

    def _index(self, given: StepInput) -> Iterator[FilePiece]:
        """`dataset_info.json`; LLaMA-Factory opens a folder where a configuration has several files."""
        from ..filters.trainer_index import dataset_info

        files = {}
        for entry in given.tables["layout"].to_pylist():
            many = entry["shards"] > 1
            shards = [f"-{shard:05d}-of-{entry['shards']:05d}" if many else "" for shard in range(entry["shards"])]
            files[entry["config"]] = [f"{entry['config']}/train{shard}.jsonl" for shard in shards]
        found = dataset_info(files, self.columns or given.input_schema.names)
        if found is not None and not self.compress:
            yield FilePiece("data/dataset_info.json", found)


def _batch(schema: pa.Schema, columns: list[list[Any]], partition: list[int]) -> pa.RecordBatch:
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(
        [*arrays, pa.array(partition, pa.int32())], names=[*schema.names, "partition"]
    )


def shard_count(size: int, most: int, previous: int | None) -> int:
    """Number of shards, a power of two, for `size` bytes with at most `most` in each.

    The previous number stays while it is large enough and at most four times what is needed.
    """
    needed = 1
    while needed * most < size:
        needed *= 2
    if previous and needed <= previous <= 4 * needed:
        return previous
    return needed


def shard_of(uids: pa.StringArray, shards: np.ndarray) -> np.ndarray:
    """The shard of each row: the high bits of its `uid`.

    Args:
        uids: n strings of 32 hex digits.
        shards: n powers of two, the number of shards of each row's configuration.
    """
    digits = pc.binary_slice(uids.cast(pa.binary()), 0, 8)
    head = np.frombuffer(bytes.fromhex(b"".join(digits.to_pylist()).decode()), ">u4").astype(np.int64)
    return (head * shards.astype(np.int64)) >> 32
