"""The operators in a pooling's entry of the configuration, read without torch."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gnnpool import plugins
from gnnpool.errors import ConfigError
from gnnpool.extras import require
from gnnpool.signatures import check_options, class_constant, declared

PACKAGE = "gnnpool.pooling"
GROUP = "gnnpool.poolings"

# Keys that name an operator: of this package or a plug-in, of torch-geometric, of torch-geometric-pool.
_KINDS = ("operator", "pyg", "tgp")
# Operators whose vector is the mean of the node embeddings, or layers after it.
_MEANS = {"mean", "mean_wide"}


@dataclass(frozen=True)
class OperatorChoice:
    """One operator of a pooling.

    Args:
        kind: Source of the operator: "operator", "pyg" or "tgp".
        name: Its name there.
        options: Its keyword arguments.
    """

    kind: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


def read_operators(name: str, entry: Mapping | None) -> list[OperatorChoice]:
    """List the operators of a pooling.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration; without ``operators``, the pooling is the operator of
            its own name.

    Returns:
        The operators, in the order in which their vectors are concatenated.

    Raises:
        ConfigError: If an item of ``operators`` does not name exactly one operator.
    """
    entry = entry or {}
    if entry.get("operators") is None:
        return [OperatorChoice("operator", name, entry.get("options") or {})]
    if not entry["operators"]:
        raise ConfigError(f"pooling {name!r}: expected at least one operator, got none")
    if entry.get("options"):
        raise ConfigError(f"pooling {name!r}: give options to the items of operators, not beside them")
    return [_read_item(name, item) for item in entry["operators"]]


def check_pooling(name: str, entry: Mapping | None) -> None:
    """Refuse a pooling whose operators do not exist.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration, if it has one.

    Raises:
        ConfigError: If an operator is unknown.
        MissingExtra: If the optional package that it needs is missing.
    """
    for choice in read_operators(name, entry):
        if choice.kind == "operator":
            known = plugins.names(PACKAGE, group=GROUP)
            plugins.require(choice.name, known, what=f"operator of pooling {name!r}")
        elif choice.kind == "pyg":
            plugins.require(choice.name, pyg_names(), what=f"PyG aggregation of pooling {name!r}")
        else:
            plugins.require(choice.name, tgp_names(), what=f"tgp pooler of pooling {name!r}")


def sees_size(name: str, entry: Mapping | None) -> bool | None:
    """Whether a pooling's vector depends on how many atoms describe a crystal, as its operators declare it.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration, if it has one.

    Returns:
        Whether any operator depends on it; None if that is not known without running one of another package.
    """
    declared_by = [
        class_constant(PACKAGE, choice.name, "sees_size", group=GROUP) if choice.kind == "operator" else None
        for choice in read_operators(name, entry)
    ]
    return True if True in declared_by else None if None in declared_by else False


def only_means(name: str, entry: Mapping | None) -> bool:
    """Whether a pooling's vector holds nothing but the mean of the node embeddings.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration, if it has one.
    """
    return all(choice.kind == "operator" and choice.name in _MEANS for choice in read_operators(name, entry))


def check_operator_options(name: str, entry: Mapping | None) -> None:
    """Refuse options that operators of this package do not take; other packages' options are not read.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration, if it has one.

    Raises:
        ConfigError: If an option is unknown, missing, of another type or out of its bounds.
    """
    alone = (entry or {}).get("operators") is None
    for number, choice in enumerate(read_operators(name, entry)):
        if choice.kind == "operator":
            check_options(
                choice.options,
                declared(PACKAGE, choice.name, "Pooling", group=GROUP),
                given=("in_channels",),
                where=f"poolings.{name}.options" if alone else f"poolings.{name}.operators.{number}.options",
                what=f"operator {choice.name!r}",
            )


def pyg_names() -> list[str]:
    """List the aggregations of torch_geometric.nn.aggr.

    Raises:
        MissingExtra: If torch-geometric is not installed.
        ConfigError: If it lists them elsewhere.
    """
    require("pyg", "torch_geometric")
    return sorted(set(_listed("torch_geometric", "nn/aggr/__init__.py", "__all__")) - {"Aggregation"})


def tgp_names() -> list[str]:
    """List the poolers of the optional package torch-geometric-pool.

    Raises:
        MissingExtra: If it is not installed.
        ConfigError: If it lists them elsewhere.
    """
    require("tgp", "tgp")
    return sorted(_listed("tgp", "poolers/__init__.py", "pooler_map"))


def _listed(package: str, module: str, variable: str) -> list[str]:
    """Strings of a list, or keys of a dictionary, read from a source file: importing it takes seconds."""
    spec = find_spec(package)
    source = Path(spec.submodule_search_locations[0], module) if spec else Path(package, module)
    if not source.is_file():
        raise ConfigError(f"{source}: not found; is {package} installed?")
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and variable in (getattr(t, "id", None) for t in node.targets):
            items = node.value.keys if isinstance(node.value, ast.Dict) else node.value.elts
            return [item.value for item in items]
    raise ConfigError(f"{source}: expected {variable}, found none")


def _read_item(name: str, item: str | Mapping) -> OperatorChoice:
    if isinstance(item, str):
        return OperatorChoice("operator", item)
    kinds = [kind for kind in _KINDS if kind in item] if isinstance(item, Mapping) else []
    if len(kinds) != 1:
        raise ConfigError(
            f"pooling {name!r}: expected an operator's name or one key of {', '.join(_KINDS)}, got {item!r}"
        )
    kind = kinds[0]
    rest = {key: value for key, value in item.items() if key != kind}
    if kind == "operator":
        options = rest.pop("options", None) or {}
        if rest:
            raise ConfigError(
                f"pooling {name!r}: operator {item[kind]!r} takes its arguments under options, got {rest}"
            )
        return OperatorChoice(kind, item[kind], options)
    return OperatorChoice(kind, item[kind], rest)
