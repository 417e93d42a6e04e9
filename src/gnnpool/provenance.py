"""Where a number comes from: code, versions and device."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import gnnpool

# Folders and files whose code decides what a training computes.
OF_TRAINING = (
    *("training", "models", "pooling", "heads.py", "network.py"),
    *("graphs/batch.py", "graphs/features.py", "graphs/file.py"),
)


@cache
def code_fingerprint() -> str:
    """SHA-256 over the names and contents of the package's Python files that trainings depend on."""
    root = Path(gnnpool.__file__).parent
    digest = hashlib.sha256()
    files = (file for name in OF_TRAINING for file in [root / name, *(root / name).rglob("*.py")])
    for file in sorted(file for file in files if file.is_file()):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what a trial's numbers depend on."""
    packages = {name: version(name) for name in ("gnnpool", "torch", "numpy")}
    return {**packages, "python": platform.python_version()}
