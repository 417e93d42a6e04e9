"""Extras of the distribution, such as ``gnnpool[data]``: what to say where a package of one is missing.

The core (pooling, models, graph files, training) needs none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from gnnpool.errors import MissingExtra


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import packages of an extra in the body of a ``with`` statement.

    Args:
        name: Name of the extra, as in pyproject.toml.

    Raises:
        MissingExtra: If a package is not installed, with the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if isinstance(error, MissingExtra):
            raise
        raise _missing(str(error.name).partition(".")[0], name) from error


def require(name: str, *packages: str) -> None:
    """Refuse to go on without packages of an extra; none is imported.

    Args:
        name: Name of the extra, as in pyproject.toml.
        packages: Top-level names of modules.

    Raises:
        MissingExtra: If a package is not installed, with the command that installs it.
    """
    for package in packages:
        if find_spec(package) is None:
            raise _missing(package, name)


def _missing(package: str, name: str) -> MissingExtra:
    return MissingExtra(f"{package} is missing; pip install 'gnnpool[{name}]'", name=package)
