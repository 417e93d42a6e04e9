"""Where a number comes from: code, versions and device."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import gnnpool


@cache
def code_fingerprint() -> str:
    """SHA-256 over the names and contents of the package's own Python files."""
    root = Path(gnnpool.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what a trial's numbers depend on."""
    packages = {name: version(name) for name in ("gnnpool", "torch", "numpy")}
    return {**packages, "python": platform.python_version()}
