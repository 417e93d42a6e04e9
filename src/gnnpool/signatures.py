"""Options of this package's components, read from their source without importing them."""

import ast
import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, get_args, get_origin

from gnnpool import bounds, plugins
from gnnpool.errors import ConfigError

_TYPES = {"int": int, "float": (int, float), "str": str, "bool": bool, "None": type(None)}
_WORDS = {
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "None": "null",
}


@cache
def declared(package: str, name: str, base: str, *, group: str | None = None) -> Mapping[str, Any] | None:
    """Arguments of a component: of its function of a name, or of the constructor of its one class.

    Args:
        package: Dotted name of the folder, such as "gnnpool.pooling".
        name: Name of the component.
        base: Name of the class that its class derives from; in lower case, the name of its function, such
            as "read".
        group: Entry point group; a component of another package is not read.

    Returns:
        For each argument its annotation and whether it is required. None if the source does not show
        them: a component of another package, a constructor that is inherited or takes ``**kwargs``.

    Raises:
        ConfigError: If the source is not Python, with file and line.
    """
    module = None if plugins.origin(name, group) else find_spec(f"{package}.{name}")
    if module is None or module.origin is None:
        return None
    body = plugins.parse(module.origin).body
    function = base.islower()
    if not function:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and _derives(node, base)]
        body = classes[0].body if len(classes) == 1 else []
    wanted = base if function else "__init__"
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == wanted]
    return _arguments(found[0].args, method=not function) if found and not found[0].args.kwarg else None


@cache
def class_constant(package: str, name: str, constant: str, *, group: str | None = None) -> Any:
    """A constant in the body of the one class of a component, read without importing it.

    Args:
        package: Dotted name of the folder, such as "gnnpool.pooling".
        name: Name of the component.
        constant: Name of the constant.
        group: Entry point group; a component of another package is not read.

    Returns:
        Its value; None if the source does not show it.

    Raises:
        ConfigError: If the source is not Python, or the constant is no literal.
    """
    module = None if plugins.origin(name, group) else find_spec(f"{package}.{name}")
    if module is None or module.origin is None:
        return None
    body = plugins.parse(module.origin).body
    for node in (one for one in body if isinstance(one, ast.ClassDef) and not one.name.startswith("_")):
        for line in node.body:
            if isinstance(line, ast.Assign) and constant in {ast.unparse(target) for target in line.targets}:
                return plugins.literal(line.value, where=f"{module.origin}: {constant}")
    return None


def check_options(
    options: Mapping[str, Any],
    arguments: Mapping[str, Any] | None,
    *,
    given: Sequence[str],
    where: str,
    what: str,
) -> None:
    """Refuse options that a component does not take.

    Args:
        options: Values by name, as configured.
        arguments: Result of :func:`declared`; None to accept everything.
        given: Arguments that are no options, because the caller provides them.
        where: Key of the options in the configuration.
        what: The component.

    Raises:
        ConfigError: If an option is unknown, missing, of another type or out of its bounds.
    """
    if arguments is None:
        return
    known = {name: argument for name, argument in arguments.items() if name not in given}
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"options: {', '.join(known) or 'none'}"
            raise ConfigError(f"{where}.{name}: unknown option of {what}; {hint}")
        expected = _refused_by(value, known[name][0])
        if expected:
            raise ConfigError(f"{where}.{name}: expected {expected}, found {value!r} ({what})")
    if missing := [name for name, (_, required) in known.items() if required and name not in options]:
        raise ConfigError(f"{where}: missing {', '.join(map(repr, missing))} ({what})")


def _derives(node: ast.ClassDef, base: str) -> bool:
    return base in {ast.unparse(parent).rpartition(".")[2] for parent in node.bases}


def _arguments(args: ast.arguments, *, method: bool) -> Mapping[str, Any]:
    positional = [*args.posonlyargs, *args.args][1 if method else 0 :]
    without = len(positional) - len(args.defaults)
    required = [n < without for n in range(len(positional))] + [d is None for d in args.kw_defaults]
    pairs = zip([*positional, *args.kwonlyargs], required, strict=True)
    return MappingProxyType({arg.arg: (arg.annotation, needed) for arg, needed in pairs})


def _refused_by(value: Any, annotation: ast.expr | None) -> str:
    """The expectation of an annotation that refuses a value; empty if it accepts it or is not supported."""
    if isinstance(annotation, ast.BinOp):
        sides = [_refused_by(value, side) for side in (annotation.left, annotation.right)]
        return " or ".join(sides) if all(sides) else ""
    if isinstance(annotation, ast.Subscript):
        return _refused_by_subscript(value, ast.unparse(annotation.value), annotation.slice)
    name = ast.unparse(annotation).rpartition(".")[2] if annotation else ""
    bounded = getattr(bounds, name, None)
    if get_origin(bounded) is None and name not in _TYPES:
        return ""
    kind, *limits = get_args(bounded) if name not in _TYPES else (name,)
    kind = kind if isinstance(kind, str) else kind.__name__
    fits = isinstance(value, _TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))
    fits = fits and all(limit.admits(value) for limit in limits)
    return "" if fits else " ".join([_WORDS[kind], *map(str, limits)])


def _refused_by_subscript(value: Any, name: str, inner: ast.expr) -> str:
    if name == "Literal":
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        choices = [item.value for item in items if isinstance(item, ast.Constant)]
        return "" if value in choices else f"one of {', '.join(map(repr, choices))}"
    if name in ("list", "Sequence"):
        faults = [_refused_by(one, inner) for one in value] if isinstance(value, list) else ["a list"]
        return next((fault if fault == "a list" else f"a list of {fault}" for fault in faults if fault), "")
    return ""
