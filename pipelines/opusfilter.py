"""An OpusFilter configuration as a pipeline file, and what of it cannot be carried over."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..engine.errors import ConfigError
from ..filters.language_codes import canonical
from ..filters.pair_rule_kinds import OPUSFILTER

INSTEAD = {
    "WordAlignFilter": "the stage `lexical_score` and a rule {column: lexical_score, min: 0.1} come nearest",
    "CrossEntropyFilter": "the stage `perplexity` scores one language; its column can be a rule of `pair_filter`",
    "CrossEntropyDifferenceFilter": "the stage `perplexity` scores one language; its column can be a rule",
    "LMClassifierFilter": "the stage `quality` takes classifiers; its column can be a rule of `pair_filter`",
    "SentenceEmbeddingFilter": "the stage `mine` scores by an encoder; its column can be a rule of `pair_filter`",
}
STEPS = {
    "preprocess": "the stage `normalize` cleans documents before they are aligned",
    "score": "`pair_filter` writes what its rules measure into stages/NN-pair_filter/scored",
    "train_alignment": "the stage `lexical_score` trains its tables on the pairs themselves",
    "train_ngram": "see `hexapla train perplexity`",
    "train_classifier": "see `hexapla train quality`",
    "classify": "the stage `quality` takes classifiers",
    "download": "download the file before",
}
"""What there is instead of other steps."""
IDENTIFIERS = {"LangidFilter": "langid", "LinguaFilter": "lingua", "HeliportSimpleFilter": "HeLI-OTS",
               "HeliportConfidenceFilter": "HeLI-OTS", "HeliportProbabilityFilter": "HeLI-OTS",
               "HeliportRawScoreFilter": "HeLI-OTS"}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """`!var NAME`, or `!varstr "{NAME}.txt"`."""

    text: str
    is_template: bool

    def value(self, names: Mapping[str, Any]) -> Any:
        """What it stands for.

        Raises:
            ConfigError: the configuration does not say.
        """
        try:
            return self.text.format(**names) if self.is_template else names[self.text]
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ConfigError(f"the variable in {self.text!r} is not defined", where="the OpusFilter file") from error


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain data and OpusFilter's variables."""


_Loader.add_constructor("!var", lambda loader, node: Variable(str(loader.construct_scalar(node)), False))
_Loader.add_constructor("!varstr", lambda loader, node: Variable(str(loader.construct_scalar(node)), True))


@dataclass
class Conversion:
    """A pipeline in the making.

    Attributes:
        inputs: line files of sources and of targets, side by side.
        stages: what is done with pairs, in order.
        languages: of source and target, as the configuration has them.
        output: the files that the last step writes.
        lost: what could not be carried over, and what there is instead.
    """

    inputs: list[tuple[str, ...]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    languages: tuple[str, ...] = ()
    output: str = "filtered/"
    lost: list[str] = field(default_factory=list)
    _made: set[str] = field(default_factory=set)

    def lose(self, what: str) -> None:
        """Note what is not carried over, once."""
        if what not in self.lost:
            self.lost.append(what)

    def add_inputs(self, files: Iterable[str]) -> None:
        """Note files that no step makes."""
        group = tuple(files)
        if group not in self.inputs and not self._made.issuperset(group):
            self.inputs.append(group)

    def add_stage(self, name: str, options: dict[str, Any]) -> None:
        """Add a stage unless the last one is the same (a step that is repeated for every corpus)."""
        stage = {name: options}
        if stage not in self.stages:
            self.stages.append(stage)


def convert(text: str) -> Conversion:
    """Read an OpusFilter configuration.

    Raises:
        ConfigError: it is no such configuration.
    """
    try:
        content = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"not readable as YAML: {error}", where="the OpusFilter file") from error
    if not isinstance(content, dict) or not isinstance(content.get("steps"), list):
        raise ConfigError("an OpusFilter configuration has a list `steps`", where="the OpusFilter file")
    common = content.get("common") or {}
    found = Conversion(output=str(common.get("output_directory") or "filtered/"))
    for step in content["steps"]:
        for names in _namespaces(common.get("constants") or {}, step):
            _take(found, str(step.get("type")), _expanded(step.get("parameters") or {}, names))
    if not any("pair_filter" in stage or "pair_dedup" in stage for stage in found.stages):
        raise ConfigError("no step of it filters or removes duplicates", where="the OpusFilter file")
    return found


def _namespaces(constants: Mapping[str, Any], step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of variables in each run of a step."""
    names = {**constants, **(step.get("constants") or {})}
    variables = step.get("variables") or {}
    if not variables:
        return [names]
    return [{**names, **dict(zip(variables, row, strict=True))} for row in zip(*variables.values(), strict=False)]


def _expanded(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, Variable):
        return value.value(names)
    if isinstance(value, list):
        return [_expanded(part, names) for part in value]
    if isinstance(value, dict):
        return {_expanded(key, names): _expanded(part, names) for key, part in value.items()}
    return value


def _take(found: Conversion, kind: str, given: dict[str, Any]) -> None:
    """Carry one step over."""
    if kind == "opus_read":
        corpus, release = given.get("corpus_name"), given.get("release", "latest")
        files = (str(given.get("src_output")), str(given.get("tgt_output")))
        found.languages = (str(given.get("source_language")), str(given.get("target_language")))
        found.add_inputs(files)
        found.lose(f"opus_read: {corpus} ({release}) is not downloaded; put its line files where `input.path` says")
    elif kind == "concatenate":
        # the files that are read go through the same stages, wherever they are put together
        found._made.add(str(given.get("output")))
    elif kind in ("filter", "remove_duplicates"):
        inputs = [str(name) for name in given.get("inputs") or []]
        if len(inputs) != 2:
            found.lose(f"{kind} of {len(inputs)} files: rules of OpusFilter on more than two are those on groups here")
            return
        found.add_inputs(inputs)
        found._made.update(str(name) for name in given.get("outputs") or [])
        (_filters if kind == "filter" else _duplicates)(found, given)
    else:
        found.lose(f"{kind}: {STEPS.get(kind, 'there is no such step')}")


def _filters(found: Conversion, given: Mapping[str, Any]) -> None:
    """A step `filter` becomes `pair_filter`."""
    for option in ("filterfalse", "limit"):
        if given.get(option):
            found.lose(f"filter: {option}: removed rows are kept beside the others; see `--limit` and `export`")
    rules: dict[str, Any] = {}
    for entry in given.get("filters") or []:
        options = dict(entry)
        module = options.pop("module", None)
        for name, parameters in options.items():
            rule = _rule(found, name, dict(parameters or {}), module)
            if rule is not None:
                rules[_unused(rule[0], rules)] = rule[1]
    if rules:
        found.add_stage("pair_filter", {"preset": "", "rules": rules})


def _unused(name: str, rules: Mapping[str, Any]) -> str:
    number = 2
    wanted = name
    while wanted in rules:
        wanted, number = f"{name}{'' if '.' in name else '.'}{number}", number + 1
    return wanted


def _rule(found: Conversion, name: str, given: dict[str, Any], module: Any) -> tuple[str, dict[str, Any]] | None:
    """One filter as a rule; None where there is none."""
    label = given.pop("name", None)
    if module:
        found.lose(f"{name} of the module {module}: write it as a stage of your own (docs/extend.md)")
        return None
    if given.get("languages"):
        found.languages = found.languages or tuple(str(code) for code in given["languages"])
    method = IDENTIFIERS.get(name) or (given.get("id_method", "langid") if name == "LanguageIDFilter" else None)
    if method is not None:
        return f"LanguageIDFilter{f'.{label}' if label else ''}", _identifier(found, name, method, given)
    if name not in OPUSFILTER:
        found.lose(f"{name}: {INSTEAD.get(name, 'there is no such rule')}")
        return None
    given.pop("languages", None)
    for option in [option for option in given if option not in OPUSFILTER[name].defaults]:
        found.lose(f"{name}: {option}: {given.pop(option)!r} has no counterpart")
    if given.get("scripts") is None and name == "CharacterScoreFilter":
        given.pop("scripts", None)
    try:
        OPUSFILTER[name].parameters(given)
    except ValueError as error:
        found.lose(f"{name}: {error}")
        return None
    return f"{name}{f'.{label}' if label else ''}", given


def _identifier(found: Conversion, name: str, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Language identification: cld2 and fastText are there, cld2 stands for all others."""
    options = {key: given[key] for key in ("thresholds",) if given.get(key) is not None}
    if method == "fasttext":
        return {"id_method": "fasttext", "fasttext_model_path": given.get("fasttext_model_path"), **options}
    if method != "cld2":
        found.lose(f"{name}: {method} is not here; cld2 is asked instead, without thresholds and with other verdicts")
        options.pop("thresholds", None)
    for option in ("langid_languages", "cld2_options", "lingua_mode"):
        if given.get(option):
            found.lose(f"{name}: {option}: {given[option]!r} has no counterpart")
    return {"id_method": "cld2", **options}


def _duplicates(found: Conversion, given: Mapping[str, Any]) -> None:
    """A step `remove_duplicates` becomes `pair_dedup`."""
    sides = {"all": "both", "0": "src", "1": "tgt", "0,1": "both"}
    compare = given.get("compare", "all")
    key = compare if isinstance(compare, str) else ",".join(str(side) for side in sorted(compare))
    options: dict[str, Any] = {} if sides.get(key, "both") == "both" else {"compare": sides[key]}
    options |= {name: True for name in ("lowercase", "letters_only", "letter_words_only") if given.get(name)}
    if given.get("tokenizers"):
        found.lose("remove_duplicates: tokenizers: words are cut at white space")
    if given.get("overlap"):
        options["overlap"] = [str(name) for name in given["overlap"]]
        found.lose("remove_duplicates: overlap: a pair goes when one side is in the files, not only when both are")
    found.add_stage("pair_dedup", options)


def as_pipeline(found: Conversion, source: str) -> str:
    """The pipeline file.

    Args:
        found: what was read.
        source: the name of the OpusFilter file, for the comment at the top.
    """
    folder = found.output
    paths = [os.path.join(folder, name) for group in found.inputs for name in group]
    languages = [canonical(code) for code in found.languages]
    parse: dict[str, Any] = {"format": "lines"}
    pattern = _pattern(found.inputs)
    if pattern:
        parse["language"] = pattern
    join: dict[str, Any] = {"keys": ["doc_key", "key"], "untranslated": "keep"}
    join["pairs"] = [languages] if len(languages) == 2 else "all"
    stages: list[dict[str, Any]] = [{"parse": parse}, {"join": join}]
    for number, stage in enumerate(found.stages):
        ((name, options),) = stage.items()
        stages.append({name: {"from": "join.beads", **options} if number == 0 else options})
    stages.append({"export": {"format": "moses"}})
    pipeline = {
        "name": re.sub(r"\W+", "-", os.path.splitext(os.path.basename(source))[0]).strip("-").lower() or "bitext",
        "input": {"path": paths, "format": "files"},
        "stages": stages,
        "output": os.path.join(folder, "hexapla"),
    }
    lines = [f"# Made from the OpusFilter configuration {os.path.basename(source)} by `hexapla import opusfilter`."]
    lines += [f"# Not carried over: {note}" for note in found.lost]
    # names out of the configuration may hold line breaks, which would end the comment
    lines = [" ".join(line.split()) for line in lines]
    body: str = yaml.safe_dump(pipeline, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    return "\n".join(lines) + "\n" + body


def _pattern(inputs: Iterable[tuple[str, ...]]) -> str:
    """Where the file names have the language, as `parse` reads it; "" where they do not differ in one part alone."""
    found = set()
    for group in inputs:
        parts = [re.split(r"([._-])", os.path.basename(name)) for name in group]
        if len(parts) != 2 or len(parts[0]) != len(parts[1]):
            return ""
        differing = [place for place, (one, other) in enumerate(zip(*parts, strict=True)) if one != other]
        if len(differing) != 1:
            return ""
        tail = "".join(parts[0][differing[0] + 1 :])
        head = parts[0][differing[0] - 1] if differing[0] else ""
        found.add(f"{{document}}{head}{{language}}{tail}" if head else f"{{language}}{tail}")
    return found.pop() if len(found) == 1 else ""
