"""Provenance of a number: fingerprints of the code, and versions."""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, version
from importlib.util import find_spec
from pathlib import Path

from gnnpool import plugins
from gnnpool.pooling_names import GROUP, PACKAGE, read_operators
from gnnpool.syntax import read_source

# The last step of a training imports all others, but for the job around them (gnnpool.training.run).
TRAINING = "gnnpool.training.outputs"
MODELS = "gnnpool.models"

# Modules that training imports and that compute none of its numbers, each with its reason. The walk stops
# there; what is not on this list counts.
BYSTANDERS = frozenset(
    {
        "gnnpool",  # holds the version of the package, which a record names
        "gnnpool.artifacts",  # moves bytes between files and arrays, with checksums
        "gnnpool.bounds",  # annotations by which the configuration is checked
        "gnnpool.errors",  # names of errors and exit statuses
        "gnnpool.pooling._laws",  # refuses an operator or lets it pass
        "gnnpool.pooling._options",  # refuses an option or lets it pass
        "gnnpool.pooling_names",  # reads operators out of an entry, which the record holds
        "gnnpool.plugins",  # finds a class by its name; the class that it finds is fingerprinted itself
        "gnnpool.provenance",  # this file
        "gnnpool.records",  # names of trials and columns; the seeds derived from a name are in the record
        "gnnpool.training.checkpoint",  # saves and restores; a resumed training equals an uninterrupted one
        "gnnpool.trial_files",  # names of trials in files
    }
)
# Operators of other libraries: the adapter of ours that only their trials run, and the distribution.
ADAPTERS = {
    "pyg": ("gnnpool.pooling._pyg", "torch-geometric"),
    "tgp": ("gnnpool.pooling._tgp", "torch-geometric-pool"),
}


def code_of(*, encoder: str, pooling: str, entry: Mapping | None) -> dict[str, str]:
    """Fingerprints of the code that a trial runs, found without importing it.

    Args:
        encoder: Name of the encoder.
        pooling: Name of the pooling.
        entry: Its entry of the configuration, if it has one.

    Returns:
        shared_code: of training, network, head and encoder, the same for every pooling.
        operator_code: of the pooling's operators, as far as no training without them runs it. Both are
        SHA-256 in hexadecimal.
    """
    training = modules_from(TRAINING)
    chosen = sorted({(choice.kind, choice.name) for choice in read_operators(pooling, entry)})
    operators = [_operator(kind, name) for kind, name in chosen]
    return {
        "shared_code": _digest(training, _component(MODELS, encoder, MODELS)),
        "operator_code": _digest(*({k: v for k, v in one.items() if k not in training} for one in operators)),
    }


def versions() -> dict[str, str]:
    """Versions of other software that a trial's numbers depend on."""
    packages = {name: version(name) for name in ("torch", "numpy")}
    return {**packages, "python": platform.python_version()}


@cache
def modules_from(root: str) -> dict[str, str]:
    """Digests of a module and of all modules that it imports, of its own package and of this one.

    Args:
        root: Dotted name of the module; the walk stops at :data:`BYSTANDERS`, and adapters of other
            libraries are part of it only if it is one of them.

    Returns:
        :func:`gnnpool.syntax.read_source` digests by dotted name. Modules without a Python file are left out.
    """
    packages = {"gnnpool", root.partition(".")[0]}
    passed = BYSTANDERS | {adapter for adapter, _ in ADAPTERS.values()} - {root}
    found: dict[str, str] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in found or name in passed or name.partition(".")[0] not in packages:
            continue
        if (path := _file_of(name)) is None:
            continue
        source = read_source(name, path)
        found[name] = source.digest
        # Importing a module runs the packages that it is in as well.
        waiting += [*source.imported, name.rpartition(".")[0]]
    return found


def _operator(kind: str, name: str) -> dict[str, str]:
    if kind not in ADAPTERS:
        return _component(PACKAGE, name, GROUP)
    adapter, distribution = ADAPTERS[kind]
    return {**modules_from(adapter), f"{distribution} {name}": version(distribution)}


def _component(package: str, name: str, group: str) -> dict[str, str]:
    """Digests of an encoder's or operator's modules; of a plug-in also its distribution and version."""
    point = plugins.entry_point(name, group=group)
    if point is None:
        return modules_from(f"{package}.{name}")
    return {**modules_from(point.module), f"{_distribution(point)} {point.value}": ""}


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else ""


@cache
def _folder_of(package: str) -> Path | None:
    """The folder that a package or single module lies in."""
    spec = find_spec(package)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).parent
    return Path(spec.origin).parent if spec.origin else None


def _file_of(module: str) -> Path | None:
    if (folder := _folder_of(module.partition(".")[0])) is None:
        return None
    path = folder.joinpath(*module.split("."))
    files = (path.with_name(f"{path.name}.py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _digest(*parts: Mapping[str, str]) -> str:
    lines = sorted({f"{name} {digest}\n" for part in parts for name, digest in part.items()})
    return hashlib.sha256("".join(lines).encode()).hexdigest()
