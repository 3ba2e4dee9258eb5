"""What pydantic finds wrong with a configuration, as sentences that a user can act on."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ..engine.errors import ConfigError, nearest
from .yaml_lines import Path

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
}


def problems(
    error: ValidationError, model: type[BaseModel], value: Any, where: Callable[[Path], str]
) -> list[ConfigError]:
    """One error for each wrong key.

    Args:
        error: what pydantic raised for `model` and `value`.
        model: the configuration's class.
        value: what was to be validated.
        where: the place of a key within `value`, for the message.
    """
    found: dict[Path, list[tuple[str, str]]] = {}
    entries = [_placed(entry, value) for entry in error.errors(include_url=False)]
    fitting = [path for path, entry in entries if not _is_mismatch(entry)]
    for path, entry in entries:
        # of a union, the members whose kind the value is not say nothing beside the one whose kind it is
        if _is_mismatch(entry) and any(other[: len(path)] == path for other in fitting):
            continue
        sentence = _sentence(entry, path, model)
        if sentence not in found.setdefault(path, []):
            found[path].append(sentence)
    return [
        ConfigError(
            ", or ".join(dict.fromkeys(what for what, _ in sentences)),
            where=where(path),
            hint=next((hint for _, hint in sentences if hint), ""),
        )
        for path, sentences in found.items()
    ]


def _placed(entry: Any, value: Any) -> tuple[Path, Any]:
    """The place that a finding is about, and the finding.

    A stage that looks at several keys together names the one at fault itself: "min_score.fra_Latn: is above 1".
    """
    path = _real_path(entry["loc"], entry["type"], value)
    named = re.match(r"([\w.]+): (.+)", str(entry.get("ctx", {}).get("error", "")), re.DOTALL)
    if named is None:
        return path, entry
    whole: Path = (*path, *named[1].split("."))
    for part in whole:
        if not _has(value, part):
            return path, entry
        value = value[part]
    return whole, {**entry, "ctx": {"error": named[2]}, "input": value}


def _is_mismatch(entry: Any) -> bool:
    """Whether a finding is about the kind of a value, not the value."""
    return str(entry["type"]).endswith(("_type", "_parsing"))


def _real_path(loc: Sequence[str | int], kind: str, value: Any) -> Path:
    """The location that pydantic gives, without the names of union members, which are no keys."""
    path: list[str | int] = []
    for part in loc:
        if _has(value, part):
            value = value[part]
        elif not (kind == "missing" and part == loc[-1]):
            continue
        path.append(part)
    return tuple(path)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)


def _sentence(entry: Any, path: Path, model: type[BaseModel]) -> tuple[str, str]:
    """(What is wrong, what to do) for one of pydantic's findings."""
    kind, given, context = entry["type"], entry["input"], entry.get("ctx", {})
    field = _field_at(model, path)
    advice = (field.description or "") if field else ""
    if kind == "extra_forbidden":
        parent = _model_at(model, path[:-1])
        now = getattr(parent, "renamed", {}).get(path[-1])
        hint = f"it is called {now!r} now" if now else nearest(str(path[-1]), parent.model_fields if parent else ())
        return f"unknown key {path[-1]!r}", hint
    if kind == "missing":
        return f"the key {path[-1] if path else '?'!r} is missing", advice
    if kind in ("literal_error", "enum"):
        allowed = _literals(field) or [context.get("expected", "")]
        hint = nearest(str(given), allowed)
        return f"{_short(given)} is none of {', '.join(allowed)}", hint if hint.startswith("did") else advice
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", entry["msg"])), advice
    stem = kind.split("_")[0]
    if kind.endswith(("_type", "_parsing", "_from_float", "_parsing_size")) and stem in _EXPECTED:
        quotes = "; put it in quotes" if stem == "string" and isinstance(given, int | float | bool) else ""
        return f"expected {_EXPECTED[stem]}, got {_short(given)}{quotes}", advice
    message = entry["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return f"{message}, got {_short(given)}", advice


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """The field that a path leads to, when every step before it is a model."""
    parent = _model_at(model, path[:-1]) if path else None
    return parent.model_fields.get(str(path[-1])) if parent else None


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that validates what stands at a path."""
    current: Any = model
    for part in path:
        members = _members(current)
        models = [kind for kind in members if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if models and part in models[0].model_fields:
            current = models[0].model_fields[str(part)].annotation
        else:
            # a mapping or a list: its values are of the last type argument
            inner = [typing.get_args(kind)[-1] for kind in members if typing.get_args(kind)]
            if not inner:
                return None
            current = inner[0]
    models = [kind for kind in _members(current) if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return models[0] if models else None


def _members(annotation: Any) -> list[Any]:
    """The alternatives of a union, without None and without `Annotated`; the type itself when it is none."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    # typing.Union and `X | Y` have different origins
    if str(typing.get_origin(annotation)) in ("typing.Union", "<class 'types.UnionType'>"):
        return [kind for part in typing.get_args(annotation) for kind in _members(part)]
    return [] if annotation is type(None) else [annotation]


def _literals(field: FieldInfo | None) -> list[str]:
    """The values of a `Literal` field, as they are written."""
    if field is None:
        return []
    found = [kind for kind in _members(field.annotation) if typing.get_origin(kind) is typing.Literal]
    return [str(value) for kind in found for value in typing.get_args(kind)]
