"""Find stages by name, without a list of them.

The stage `exact_dedup` is the class in `stages/exact_dedup.py` whose `stage_name()` says so. Packages of others add
theirs by the entry point group `hexapla.stages`. Names are read from the sources; a module is imported only when it is
asked for.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.machinery import ModuleSpec

from ..engine.errors import ConfigError, nearest
from ..engine.stage import Stage

ENTRY_POINTS = "hexapla.stages"

_PACKAGE = __name__.rpartition(".")[0]
_CLASS = re.compile(r"^class (\w+)\(\s*\w", re.MULTILINE)


def stage_names() -> tuple[str, ...]:
    """The names of all stages, ours and those of installed packages, sorted."""
    return tuple(sorted({*_own_modules(), *_entry_points()}))


def find_stage(name: str) -> type[Stage]:
    """The class of the stage `name`.

    Raises:
        ConfigError: there is no such stage, two packages claim the name, or the code that holds it cannot be imported.
    """
    offers = _entry_points().get(name, ())
    own = name in _own_modules()
    if own + len(offers) > 1:
        owners = ["hexapla"] * own + [_owner(offer) for offer in offers]
        raise ConfigError(f"the stage {name!r} is registered more than once, by {' and '.join(owners)}")
    if own:
        return _class_in(name)
    if offers:
        return _class_of(offers[0])
    raise ConfigError(f"there is no stage {name!r}", hint=nearest(name, stage_names()))


@cache
def _own_modules() -> frozenset[str]:
    """Modules of this package that hold a stage of their own name."""
    package = importlib.import_module(_PACKAGE)
    return frozenset(
        module.name
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg and _holds_stage(module.name, module.module_finder.find_spec(module.name, None))
    )


def _holds_stage(name: str, spec: ModuleSpec | None) -> bool:
    """Whether a module's source has a class with a base and the module's name: `exact_dedup` and `ExactDedup`."""
    loader = spec.loader if spec else None
    source = loader.get_source(spec.name) if spec and loader and hasattr(loader, "get_source") else None
    plain = name.replace("_", "")
    return any(found.lower() == plain for found in _CLASS.findall(source or ""))


def _entry_points() -> dict[str, tuple[importlib.metadata.EntryPoint, ...]]:
    """The stages that installed packages offer, by name."""
    return _offered(importlib.metadata.entry_points, tuple(sys.path))


@cache
def _offered(
    entry_points: Callable[..., importlib.metadata.EntryPoints], path: tuple[str, ...]
) -> dict[str, tuple[importlib.metadata.EntryPoint, ...]]:
    """Read the metadata of all that is installed, once for a search path: a pipeline asks for each of its stages."""
    found: dict[str, tuple[importlib.metadata.EntryPoint, ...]] = {}
    for entry in entry_points(group=ENTRY_POINTS):
        if entry not in found.get(entry.name, ()):
            found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def _owner(entry: importlib.metadata.EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value


def _class_in(name: str) -> type[Stage]:
    module = importlib.import_module(f"{_PACKAGE}.{name}")
    for kind in _stages_in(vars(module)):
        if kind.__module__ == module.__name__ and kind.stage_name() == name:
            return kind
    raise ConfigError(f"stages/{name}.py holds no stage whose name is {name!r}")


def _stages_in(names: dict[str, object]) -> Iterator[type[Stage]]:
    for value in names.values():
        if isinstance(value, type) and issubclass(value, Stage):
            yield value


def _class_of(entry: importlib.metadata.EntryPoint) -> type[Stage]:
    """Load what an entry point names; the code is somebody else's, so anything may go wrong."""
    try:
        kind = entry.load()
    except Exception as error:
        raise ConfigError(
            f"the stage {entry.name!r} cannot be loaded: {type(error).__name__}: {error}",
            where=f"entry point {entry.value}",
            hint=f"it comes with the package {_owner(entry)}",
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, Stage)):
        raise ConfigError(f"{entry.value} is no stage (a subclass of Stage)", where=f"entry point {entry.name}")
    if kind.stage_name() != entry.name:
        raise ConfigError(
            f"{entry.value} calls itself {kind.stage_name()!r} but is registered as {entry.name!r}",
            where=f"entry point {entry.name}",
        )
    return kind
