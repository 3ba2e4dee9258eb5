"""The environment of the peer: built once below `.bench` from `peers.txt`, or any other that is given."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from child import BENCH

REQUIREMENTS = Path(__file__).with_name("peers.txt")
LISTED = (
    "hexapla", "datatrove", "spacy", "pycld2", "fasttext-numpy2", "fasttext-numpy2-wheel",
    "trafilatura", "pyarrow", "numba", "numpy", "ray",
)  # fmt: skip


def peer_python() -> str:
    """The Python of an environment with what most benchmarks compare with."""
    return environment_of(REQUIREMENTS)


def environment_of(requirements: Path) -> str:
    """The Python of an environment with the requirements, which is built when it is not there."""
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = BENCH / f"peer-{key}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"building the peer's environment in {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(requirements)], check=True, stdout=sys.stderr)
        (folder / "complete").touch()
    return str(python)


def versions(python: str) -> dict[str, str]:
    """Versions of what matters in an environment."""
    code = (
        "import json, platform, sys\nfrom importlib.metadata import PackageNotFoundError, version\n"
        "found = {'python': platform.python_version()}\n"
        "for name in sys.argv[1:]:\n"
        "    try: found[name] = version(name)\n"
        "    except PackageNotFoundError: pass\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([python, "-c", code, *LISTED], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
