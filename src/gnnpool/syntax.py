"""Digest of what a Python module computes: its syntax tree without texts, types and layout."""

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LOGGERS = {"logger", "_logger"}
_IMPORTS = (ast.Import, ast.ImportFrom)
# Whether a value is read or written follows from its position; the rest are types.
_UNSEEN = {"ctx", "kind", "type_comment", "type_ignores", "type_params", "returns"}
# An argument of a log statement with one of these may have side effects.
_ACTING = (ast.Call, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


@dataclass(frozen=True)
class Source:
    """Facts about a module, found without importing it.

    Args:
        digest: SHA-256 of what it computes, in hexadecimal.
        imported: Dotted names that it imports, at its top or inside of functions. A name of a
            ``from`` statement is listed with its module in front, whether it is a module or not.
    """

    digest: str
    imported: tuple[str, ...]


@cache
def read_source(module: str, path: Path) -> Source:
    """Read a module and reduce it to what can change a number.

    Left out are comments, layout, docstrings, statements that only log, the arguments of ``raise X(...)``,
    annotations of arguments and results, and imports that only these use. Annotations of fields stay: a
    dataclass is made from them.

    Args:
        module: Its dotted name, from which relative imports are resolved.
        path: Its file.
    """
    tree = ast.parse(path.read_bytes())
    top = [node for node in tree.body if isinstance(node, _IMPORTS)]
    used: set[str] = set()
    lazy: list[ast.Import | ast.ImportFrom] = []
    shape = _shape([node for node in tree.body if node not in top], used, lazy)
    at_top = [binding for node in top for binding in _bindings(node, module, path)]
    # Other modules may import from a package what it imports at its top.
    everything = path.name == "__init__.py"
    bound = sorted(f"{name} = {origin}" for name, origin in at_top if everything or name in {*used, "*"})
    digest = hashlib.sha256("\n".join([shape, *bound]).encode()).hexdigest()
    inside = [binding for node in lazy for binding in _bindings(node, module, path)]
    imported = {origin for _, origin in [*at_top, *inside]}
    return Source(digest, tuple(sorted(imported | {origin.rpartition(".")[0] for origin in imported} - {""})))


def _bindings(node: ast.Import | ast.ImportFrom, module: str, path: Path) -> list[tuple[str, str]]:
    """Names that an import binds, each with the dotted name of what it stands for."""
    if isinstance(node, ast.Import):
        return [(item.asname or item.name.partition(".")[0], item.name) for item in node.names]
    parts = module.split(".")
    if node.level:
        parts = parts[: len(parts) - node.level + (path.name == "__init__.py")]
    package = ".".join([*(parts if node.level else []), *([node.module] if node.module else [])])
    return [(item.asname or item.name, f"{package}.{item.name}") for item in node.names]


def _shape(value: object, used: set[str], lazy: list[ast.Import | ast.ImportFrom]) -> str:
    """A text that is the same for equal computations under every version of Python; names are collected."""
    if isinstance(value, list):
        return f"[{','.join([_shape(item, used, lazy) for item in value if not _is_silent(item)])}]"
    if not isinstance(value, ast.AST):
        return repr(value)
    if isinstance(value, ast.Name):
        used.add(value.id)
    elif isinstance(value, _IMPORTS):
        lazy.append(value)
    elif isinstance(value, ast.Raise) and isinstance(value.exc, ast.Call):
        value = ast.Raise(value.exc.func, value.cause)
    shapes = [(name, _shape(child, used, lazy)) for name, child in _seen(value)]
    return (
        f"{type(value).__name__}({','.join([f'{name}={shape}' for name, shape in shapes if shape != '[]'])})"
    )


def _seen(node: ast.AST) -> Iterable[tuple[str, object]]:
    unseen = _UNSEEN | ({"annotation"} if isinstance(node, ast.arg) else set())
    return ((name, part) for name, part in ast.iter_fields(node) if part is not None and name not in unseen)


def _is_silent(node: object) -> bool:
    """Whether a statement computes nothing: a text, a logger, or a call of a logger."""
    if isinstance(node, ast.Assign):
        return _is_logger(node.targets[0]) and ast.unparse(node.value).startswith("logging.getLogger(")
    if not isinstance(node, ast.Expr):
        return isinstance(node, ast.Pass)
    call = node.value
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Constant)
    speaks = isinstance(call.func, ast.Attribute) and _is_logger(call.func.value)
    given = [*call.args, *call.keywords]
    return speaks and not any(isinstance(part, _ACTING) for item in given for part in ast.walk(item))


def _is_logger(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in _LOGGERS
