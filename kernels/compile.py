"""How kernels are compiled and cached.

numba's own cache does not notice an edited callee in another file, and breaks on a truncated entry or a folder that
cannot be written. So the cache folder is keyed by everything that can change a kernel, signatures are declared, and an
entry that does not load is deleted and compiled again.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import pickle
import pkgutil
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config as numba_config

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}


def cache_key() -> str:
    """Hash of the sources of all kernels, numba's version and the processor's features, as 16 hex digits."""
    digest = hashlib.sha256(numba.__version__.encode())
    from llvmlite import binding

    digest.update(binding.get_host_cpu_name().encode())
    digest.update(binding.get_host_cpu_features().flatten().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """The folder for compiled kernels: in the user's cache folder, or a temporary one where that cannot be written."""
    home = os.environ.get("HEXAPLA_CACHE") or os.environ.get("XDG_CACHE_HOME")
    root = Path(home) if home else Path.home() / ".cache"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    for candidate in (root / "hexapla", Path(tempfile.gettempdir()) / f"hexapla-{user}"):
        folder = candidate / "kernels" / cache_key()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="hexapla-kernels-"))


CACHE_FOLDER = cache_folder()
numba_config.CACHE_DIR = str(CACHE_FOLDER)

REGISTRY: list[Kernel] = []


class Kernel:
    """A function compiled for its declared signatures at the first call, from the cache when it is there."""

    def __init__(self, function: Callable[..., Any], signatures: tuple[str, ...]) -> None:
        self.function, self.signatures = function, signatures
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        self._compiled: Callable[..., Any] | None = None
        REGISTRY.append(self)

    def __call__(self, *arguments: Any) -> Any:
        """Run the compiled function."""
        compiled = self._compiled
        if compiled is None:
            compiled = self.compile()
        return compiled(*arguments)

    def compile(self) -> Callable[..., Any]:
        """Compile or load all declared signatures; a cache entry that does not load is thrown away."""
        try:
            compiled = self._build(cache=True)
        except (EOFError, pickle.UnpicklingError, OSError, ValueError, AttributeError, ImportError, KeyError):
            self._forget()
            try:
                compiled = self._build(cache=True)
            except (EOFError, pickle.UnpicklingError, OSError):
                compiled = self._build(cache=False)
        self._compiled = compiled
        return compiled

    def _build(self, *, cache: bool) -> Callable[..., Any]:
        dispatcher: Any = numba.njit(cache=cache, no_cfunc_wrapper=True, **_OPTIONS)(self.function)
        for signature in self.signatures:
            if not (cache and _load(dispatcher, signature)):
                dispatcher.compile(signature)
        dispatcher.disable_compile()
        built: Callable[..., Any] = dispatcher
        return built

    def _forget(self) -> None:
        for path in CACHE_FOLDER.rglob(f"*.{self.function.__qualname__}-*"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _load(dispatcher: Any, signature: str) -> bool:
    """Take a signature from the cache without what only compiling needs; False where it is not there.

    numba's own way imports and indexes everything that it could compile before it looks into its cache: an eighth of a
    second in every process. This is the rest of `Dispatcher.compile`, by names that a version may change; then its own
    way is gone.
    """
    try:
        from numba.core.runtime import rtsys

        target = dispatcher.targetctx
        rtsys.initialize(target)
        found = dispatcher._cache._load_overload(signature, target)
        if found is None:
            return False
        target.insert_user_function(found.entry_point, found.fndesc, [found.library])
        dispatcher.add_overload(found)
    except (AttributeError, TypeError):
        return False
    return True


def kernel(*signatures: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Declare a kernel with its numba signatures: `@kernel("void(uint8[::1], int64[::1], int64[::1])")`."""

    def declare(function: Callable[..., Any]) -> Kernel:
        return Kernel(function, signatures)

    return declare


def inlined(function: Function) -> Function:
    """Declare a function that kernels call; it is compiled into its callers and never cached on its own."""
    return numba.njit(**_OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)  # type: ignore[no-any-return]


def always_inlined(function: Function) -> Function:
    """Declare a function that is merged into every caller, for small ones that kernels call for each word."""
    return numba.njit(**_OPTIONS, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(  # type: ignore[no-any-return]
        function
    )


def is_warm() -> bool:
    """Whether anything has been compiled into the cache folder before."""
    return any(CACHE_FOLDER.rglob("*.nbc"))


def warm_up() -> int:
    """Compile or load every kernel of this package; return how many there are."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{package}.{module.name}")
    for entry in REGISTRY:
        if entry._compiled is None:
            entry.compile()
    return len(REGISTRY)
