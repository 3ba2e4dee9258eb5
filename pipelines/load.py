"""Read a pipeline file, check every key of it, and configure its stages.

Values come from the command line, then the file, then `HEXAPLA_*` variables, then defaults. All mistakes of a file are
reported at once, each with its line.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..engine.errors import ConfigError, HexaplaError, nearest
from ..engine.stage import Stage
from ..stages.registry import find_stage
from .messages import problems
from .overrides import apply_overrides
from .yaml_lines import MOST_BYTES, Path, YamlFile, read_yaml

if TYPE_CHECKING:
    from ..engine.readers.config import InputConfig

SUFFIX = ".yaml"


@dataclass(frozen=True)
class StageEntry:
    """One stage of a pipeline.

    Attributes:
        position: counted from 1; 0 is the reading of the input.
        name: the stage's name.
        stage: the configured stage.
        source: "" for the main output of the stage before, else what `from:` says ("align.groups").
        line: the line of the file that it stands on.
    """

    position: int
    name: str
    stage: Stage
    source: str
    line: int


@dataclass(frozen=True)
class Pipeline:
    """A checked pipeline.

    Attributes:
        name: its name; the file's name without suffix unless the file says another.
        path: the pipeline file.
        input: what is read.
        stages: what is done, in order.
        output: the output folder, a path or URL.
        removed: what is kept of the text of removed rows.
        seed: the seed of every random choice that has none of its own.
        input_place: where `input` stands: `file:line`, or the option of the command line.
    """

    name: str
    path: str
    input: InputConfig
    stages: tuple[StageEntry, ...]
    output: str
    removed: Literal["auto", "all", "sample", "none"]
    seed: int
    input_place: str = ""


class PipelineFileError(ConfigError):
    """Several mistakes in one pipeline file.

    Attributes:
        errors: the single mistakes, in the order of the file.
    """

    errors: tuple[ConfigError, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.what, *(str(error) for error in self.errors)])


class PipelineKeys(BaseModel):
    """The keys of a pipeline file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", description="the pipeline's name")
    input: dict[str, Any] = Field(description="what is read: input: {path: crawl/*.warc.gz, format: warc}")
    stages: list[Any] = Field(min_length=1, description="what is done, in order: a list of - stage: {key: value}")
    output: str = Field(min_length=1, description="the output folder: output: curated/, --output or HEXAPLA_OUTPUT")
    removed: Literal["auto", "all", "sample", "none"] = Field(
        "auto", description="what is kept of the text of removed rows; auto keeps all of it below 50 GB of input"
    )
    seed: int = Field(0, ge=0, description="seed of every random choice that has none of its own")


def load_pipeline(
    path: str, *, overrides: Sequence[str] = (), input_path: str | None = None, output: str | None = None
) -> Pipeline:
    """Read and check a pipeline file.

    Args:
        path: a YAML file, or the name of a pipeline that comes with hexapla (`pretraining`).
        overrides: `stage.key=value` texts of the command line.
        input_path: replaces `input.path`.
        output: replaces `output`.

    Raises:
        ConfigError: the file or an override is wrong; `where` says file, line and key.
    """
    source = pipeline_file(path)
    file = read_yaml(_read(source), source)
    if file.value is None:
        raise ConfigError("the file is empty", where=source, hint="it needs at least the keys input, stages and output")
    if not isinstance(file.value, dict):
        raise ConfigError("expected keys and values, such as 'stages:'", where=f"{source}:1")
    return _Checker(file, overrides, input_path, output).pipeline()


def shipped_pipelines() -> tuple[str, ...]:
    """Names of the pipelines that come with hexapla."""
    return tuple(sorted(path.stem for path in FilePath(__file__).parent.glob("*" + SUFFIX)))


def pipeline_file(path: str) -> str:
    """The file that a user means: the path itself, or a pipeline of ours of this name where no such file is."""
    folder, name = os.path.split(path)
    name = name.removesuffix(SUFFIX)
    is_ours = folder in ("", "pipelines") and name in shipped_pipelines()
    if os.path.isfile(path) or (os.path.exists(path) and not is_ours):  # a recipe may have written a folder of its name
        return path
    if is_ours:
        return str(FilePath(__file__).parent / (name + SUFFIX))
    here = [found.name for found in FilePath(folder or ".").glob("*.y*ml")] if os.path.isdir(folder or ".") else []
    close = nearest(name + SUFFIX, here)
    hint = close if close.startswith("did") else nearest(name, shipped_pipelines())
    raise ConfigError("there is no such pipeline file", where=path, hint=hint)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", where=path) from None


class _Checker:
    """Goes through a file and collects what is wrong."""

    def __init__(self, file: YamlFile, overrides: Sequence[str], input_path: str | None, output: str | None) -> None:
        self.file, self.value = file, file.value
        self.wrong: list[ConfigError] = []
        self._normalise()
        self.given, wrong = apply_overrides(self.value, overrides, tuple(PipelineKeys.model_fields))
        self.wrong += wrong
        if input_path is not None:
            self._replace("input", {**_mapping(self.value.get("input")), "path": input_path}, "--input")
            self.given[("input", "path")] = "--input"
        if output is not None:
            self._replace("output", output, "--output")
        elif self.value.get("output") is None and os.environ.get("HEXAPLA_OUTPUT"):
            self._replace("output", os.environ["HEXAPLA_OUTPUT"], "HEXAPLA_OUTPUT")

    def _normalise(self) -> None:
        """Write short forms out: `input: a.parquet`, `- extract`."""
        if isinstance(self.value.get("input"), str):
            self.value["input"] = {"path": self.value["input"]}
        if isinstance(self.value.get("stages"), list):
            stages = [{entry: {}} if isinstance(entry, str) else entry for entry in self.value["stages"]]
            self.value["stages"] = stages

    def _replace(self, key: str, value: Any, origin: str) -> None:
        self.value[key] = value
        self.given[(key,)] = origin

    def place(self, path: Path) -> str:
        """Where a key was given: `file:line`, or the option of the command line."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.given:
                return self.given[path[:length]]
            if path[:length] in self.file.lines:
                return f"{self.file.where}:{self.file.lines[path[:length]]}"
        return self.file.where

    def pipeline(self) -> Pipeline:
        """The pipeline, if nothing is wrong."""
        head = self._head()
        stages = self._stages()
        source = self._input()
        if self.wrong or head is None or source is None:
            raise _one_error(self.file.where, self.wrong)
        return Pipeline(
            name=head.name or FilePath(self.file.where).stem,
            path=self.file.where,
            input=source,
            stages=tuple(stages),
            output=head.output,
            removed=head.removed,
            seed=head.seed,
            input_place=self.place(("input", "path")),
        )

    def _head(self) -> PipelineKeys | None:
        try:
            return PipelineKeys.model_validate(self.value)
        except ValidationError as error:
            self.wrong += problems(error, PipelineKeys, self.value, lambda path: f"{self.place(path)}{_dotted(path)}")
            return None

    def _input(self) -> InputConfig | None:
        from ..engine.readers.config import InputConfig

        value = self.value.get("input")
        if not isinstance(value, dict):
            return None
        found = {**value, "path": self._beside_the_file(value["path"])} if "path" in value else value
        if isinstance(value.get("constants"), dict):
            found = {**found, "constants": self._languages_of(value["constants"])}
        try:
            return InputConfig.model_validate(found)
        except ValidationError as error:
            self.wrong += problems(error, InputConfig, found, lambda path: self._at(("input", *path), ""))
        except HexaplaError as error:
            self.wrong.append(self._located(error, self._at(("input",), "")))
        return None

    def _languages_of(self, constants: dict[Any, Any]) -> dict[Any, Any]:
        """Constants with their languages as stages write them: {src_lang: en} is {src_lang: eng_Latn}."""
        from ..filters.language_codes import canonical, check

        found = dict(constants)
        for key in {"language", "src_lang", "tgt_lang"} & set(constants):
            if isinstance(constants[key], str):
                try:
                    check([constants[key]])
                    found[key] = canonical(constants[key])
                except ValueError as error:
                    self.wrong.append(ConfigError(str(error), where=self._at(("input", "constants", key), "")))
        return found

    def _beside_the_file(self, path: Any) -> Any:
        """A relative path of the file that is not in the working directory, but beside the file, is meant there."""
        if isinstance(path, list):
            return [self._beside_the_file(part) for part in path]
        if not isinstance(path, str) or not path or "://" in path or os.path.isabs(path) or "--" in self._origin():
            return path
        beside = os.path.join(os.path.dirname(self.file.where), path)
        return beside if not _exists(path) and _exists(beside) else path

    def _origin(self) -> str:
        return self.given.get(("input", "path"), "")

    def _stages(self) -> list[StageEntry]:
        listed = self.value.get("stages")
        entries: list[StageEntry] = []
        names: list[str] = []
        for number, item in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(item, dict) or len(item) != 1:
                hint = "write '- name: {key: value}', or indent the keys further than the name"
                self.wrong.append(
                    ConfigError(
                        "one stage, with its keys below it, is expected here",
                        where=f"{self.place(('stages', number))}: stages",
                        hint=hint,
                    )
                )
                continue
            name, config = next(iter(item.items()))
            shown = f"{name}#{names.count(name) + 1}" if _occurrences(listed, name) > 1 else name
            entry = self._stage(number, name, config, names, shown)
            names.append(name)
            if entry is not None:
                entries.append(entry)
        return entries

    def _stage(self, number: int, name: str, config: Any, before: list[str], shown: str) -> StageEntry | None:
        base: Path = ("stages", number, name)
        try:
            kind = find_stage(name)
        except ConfigError as error:
            self.wrong.append(self._located(error, self._at(base, shown)))
            return None
        if config is not None and not isinstance(config, dict):
            self.wrong.append(ConfigError("expected a mapping of the stage's keys", where=self._at(base, shown)))
            return None
        keys = dict(config or {})
        origin = keys.pop("from", None)
        if origin is not None:
            self._check_source(origin, before, self._at((*base, "from"), shown))
        stage = self._configured(kind, keys, base, shown)
        if stage is None:
            return None
        line = self.file.lines.get(base) or self.file.lines.get(base[:2], 0)
        return StageEntry(number + 1, name, stage, str(origin or ""), line)

    def _configured(self, kind: type[Stage], keys: dict[str, Any], base: Path, shown: str) -> Stage | None:
        try:
            return kind.model_validate(keys)
        except ValidationError as error:
            self.wrong += problems(error, kind, keys, lambda path: self._at((*base, *path), shown))
        except HexaplaError as error:
            self.wrong.append(self._located(error, self._at(base, shown)))
        return None

    def _check_source(self, origin: Any, before: list[str], where: str) -> None:
        name = origin.split(".")[0] if isinstance(origin, str) else ""
        if not isinstance(origin, str) or name not in before:
            what = f"{origin!r} names no stage before this one"
            self.wrong.append(ConfigError(what, where=where, hint=nearest(name, before)))

    def _at(self, path: Path, shown: str) -> str:
        """`file:line: stages.name.key` of a key within a stage."""
        dotted = _dotted(("stages", shown, *path[3:]) if path[0] == "stages" else path)
        return self.place(path) + dotted

    def _located(self, error: HexaplaError, where: str) -> ConfigError:
        place = f"{where}: {error.where}" if error.where else where
        return ConfigError(error.what, where=place, hint=error.hint)


def _dotted(path: Path) -> str:
    return ": " + ".".join(str(part) for part in path) if path else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _exists(path: str) -> bool:
    return os.path.exists(path) or any(True for _ in glob.iglob(path, recursive=True))


def _occurrences(listed: list[Any], name: str) -> int:
    return sum(isinstance(item, dict) and name in item for item in listed)


def _one_error(where: str, wrong: list[ConfigError]) -> ConfigError:
    """The only mistake, or all of them in one error."""
    if len(wrong) == 1:
        return wrong[0]
    error = PipelineFileError(f"{len(wrong)} mistakes in {where}")
    error.errors = tuple(sorted(wrong, key=lambda one: _line_of(one, where)))
    return error


def _line_of(error: ConfigError, where: str) -> int:
    """The line of the file that an error is about; 0 for the command line."""
    found = re.match(r":(\d+)", error.where.removeprefix(where)) if error.where.startswith(where) else None
    return int(found[1]) if found else 0
