"""Find components by the name of their file, without importing them.

An operator, an encoder, a reader, a kind of table or a kind of figure is one module in one folder; the
module name is its name in the configuration. Other packages add theirs through entry points.
"""

import ast
import difflib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gnnpool.errors import ConfigError

# Files beside records that a kind of table or figure may need.
NEEDED = ("predictions", "history", "perturbed", "structures", "networks")
# Modules of a component folder that hold what the components share.
_SHARED = {"base", "build", "datasets", "draw", "formats", "html", "printed", "render", "style"}


def names(package: str, *, group: str | None = None) -> list[str]:
    """List the components of a package, sorted, without importing them.

    Args:
        package: Dotted name of the folder, such as "gnnpool.pooling".
        group: Entry point group through which other packages add components.

    Returns:
        Module names, and entry point names if a group is given.
    """
    folder = import_module(package).__path__
    found = {m.name for m in pkgutil.iter_modules(folder) if not m.name.startswith("_")} - _SHARED
    if group:
        found |= {point.name for point in _entry_points(group)}
    return sorted(found)


def load(package: str, name: str, base: type, *, group: str | None = None) -> type[Any]:
    """Import the component with a name: the only class of its module that derives from the base.

    Args:
        package: Dotted name of the folder.
        name: Name of the component.
        base: Class that the component derives from.
        group: Entry point group through which other packages add components.

    Returns:
        The class.

    Raises:
        ConfigError: If there is no such component, or its module does not hold exactly one.
    """
    require(name, names(package, group=group), what=f"component of {package}")
    if group and (point := entry_point(name, group=group)):
        found = point.load()
        if not (isinstance(found, type) and issubclass(found, base)):
            raise ConfigError(f"{point.value}: expected a class derived from {base.__name__}")
        return found
    module = import_module(f"{package}.{name}")
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        listed = ", ".join(c.__name__ for c in classes) or "none"
        raise ConfigError(
            f"{module.__name__}: expected one class derived from {base.__name__}, found {listed}"
        )
    return classes[0]


def load_function(package: str, name: str, function: str) -> Callable:
    """Import the function of one component: "read" of a reader, "build" of a kind of table or figure.

    Args:
        package: Dotted name of the folder; also the entry point group of other packages.
        name: Name of the component.
        function: Name of the function in its module; another package names it in its entry point.

    Returns:
        The function.

    Raises:
        ConfigError: If there is no such component, or it has no such function.
    """
    require(name, names(package, group=package), what=f"component of {package}")
    point = entry_point(name, group=package)
    where = point.value if point else f"{package}.{name}:{function}"
    found = point.load() if point else getattr(import_module(f"{package}.{name}"), function, None)
    if not callable(found):
        raise ConfigError(f"{where}: expected a function, found {type(found).__name__}")
    return found


def entry_point(name: str, *, group: str) -> EntryPoint | None:
    """The entry point through which another package adds a component of a name; None if none does.

    Args:
        name: Name of the component.
        group: Entry point group.
    """
    return next((point for point in _entry_points(group) if point.name == name), None)


def exported(package: str, name: str, *, base: str, suffix: str = "", others: Iterable[str] = ()) -> type:
    """Import the class of one component by the name of the class; for ``__getattr__`` of the package.

    A class is named after its file: GMTPooling is in gmt.py, SetTransformerPooling in set_transformer.py.

    Args:
        package: Dotted name of the folder.
        name: Name of the class.
        base: Class that the components derive from, in base.py.
        suffix: End of every class name.
        others: Further names in base.py.

    Raises:
        AttributeError: If no file has that name.
    """
    if name in (base, *others):
        return getattr(import_module(f"{package}.base"), name)
    if name.endswith(suffix) and not name.startswith("_"):
        stem = name.removesuffix(suffix).lower()
        for file in names(package):
            if file.replace("_", "") == stem and hasattr(module := import_module(f"{package}.{file}"), name):
                return getattr(module, name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


@cache
def needs(package: str, name: str) -> tuple[str, ...]:
    """Files that a kind of table or figure needs in addition to the records of its trials.

    Its file declares them in a constant, such as ``NEEDS = ("predictions", "structures")``, which is
    read without importing the file, so that planning needs no numpy.

    Args:
        package: Dotted name of the folder, "gnnpool.tables" or "gnnpool.figures"; also the entry point
            group of other packages.
        name: Name of the kind.

    Returns:
        Names of files without their suffix: "predictions" and "history" lie beside each record,
        "perturbed" in a folder of its own for each trial whose structures are changed, "structures" with
        each dataset; "networks" are checks of networks. Empty if the records are enough.

    Raises:
        ConfigError: If the file is not Python, or the constant is no sequence of literals or names another
            file.
    """
    point = entry_point(name, group=package)
    module = find_spec(point.module if point else f"{package}.{name}")
    if module is None or module.origin is None or not module.origin.endswith(".py"):
        return ()
    for node in parse(module.origin).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["NEEDS"]:
            found = literal(node.value, where=f"{module.origin}: NEEDS")
            if not isinstance(found, tuple | list):
                raise ConfigError(f"{module.origin}: NEEDS: expected a tuple of names, found {found!r}")
            for file in found:
                require(file, NEEDED, what=f"name in NEEDS of {module.name}")
            return tuple(found)
    return ()


def parse(path: str | Path) -> ast.Module:
    """The syntax tree of a component's file.

    Args:
        path: The file.

    Raises:
        ConfigError: If it is not Python, with file and line.
    """
    try:
        return ast.parse(Path(path).read_text(encoding="utf-8"))
    # Also an encoding other than UTF-8, and brackets in thousands of brackets.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise ConfigError(f"{path}{line}: expected Python, found: {error}") from error


def literal(node: ast.expr, *, where: str) -> Any:
    """The value of a constant in the source of a component.

    Args:
        node: Its expression.
        where: File and name of the constant.

    Raises:
        ConfigError: If the expression would have to be computed.
    """
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ConfigError(f"{where}: expected a literal value, found {ast.unparse(node)[:80]}") from None


def origin(name: str, group: str | None) -> str | None:
    """Location of another package's component as "module:class"; None for a component of this package."""
    points = [point.value for point in _entry_points(group) if point.name == name] if group else []
    return points[0] if points else None


@cache
def _entry_points(group: str) -> EntryPoints:
    # Reading the metadata of every installed package takes a while.
    return entry_points(group=group)


def require(name: str, known: Iterable[str], *, what: str) -> None:
    """Refuse an unknown name, and suggest the nearest known ones.

    Args:
        name: The name.
        known: The known names.
        what: Kind of the name, and where it was read.

    Raises:
        ConfigError: If the name is not among the known ones.
    """
    known = sorted(known)
    if name in known:
        return
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known) or 'none'}"
    raise ConfigError(f"unknown {what}: {name!r}; {hint}")
