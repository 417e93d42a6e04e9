"""What a configuration can name: datasets, models, poolings, and kinds of figures and tables."""

import ast
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gnnpool import plugins
from gnnpool.errors import GnnpoolError
from gnnpool.pooling_catalog import describe_pooling
from gnnpool.pooling_names import GROUP, PACKAGE, OperatorChoice, read_operators
from gnnpool.signatures import class_constant

Row = dict[str, Any]
_OURS = "gnnpool"
_LAWS = ("needs_edges", "needs_layers", "needs_species")


def datasets(config: Mapping) -> list[Row]:
    """Datasets of the configuration, with target, unit, number of structures and reader.

    Args:
        config: The configuration.
    """
    return [
        {
            "name": name,
            "label": entry.get("label", name),
            "target": entry["target"],
            "unit": entry["unit"],
            "structures": entry["structures"],
            "reader": entry["source"],
            "from": _package(entry["source"], "gnnpool.data.sources"),
        }
        for name, entry in config["datasets"].items()
    ]


def models(config: Mapping) -> list[Row]:
    """Models of the configuration, and encoders without an entry.

    Args:
        config: The configuration.
    """
    package = "gnnpool.models"
    rows = [
        {
            "name": name,
            "label": entry.get("label", name),
            "encoder": entry["encoder"],
            "channels": entry["options"].get("channels"),
            "layers": entry["options"].get("layers"),
            "from": _package(entry["encoder"], package),
        }
        for name, entry in config["models"].items()
    ]
    used = {row["encoder"] for row in rows}
    others = [name for name in plugins.names(package, group=package) if name not in used]
    empty = {"label": None, "channels": None, "layers": None}
    return rows + [
        {"name": None, **empty, "encoder": name, "from": _package(name, package)} for name in others
    ]


def poolings(config: Mapping) -> list[Row]:
    """Poolings of the configuration and operators without an entry, with family and laws.

    A law is None if it is not known without building the operator.

    Args:
        config: The configuration.
    """
    entries = {name: config["poolings"].get(name) for name in plugins.names(PACKAGE, group=GROUP)}
    rows = []
    for name, entry in {**entries, **config["poolings"]}.items():
        choices = read_operators(name, entry)
        laws, facts = [_laws(choice) for choice in choices], describe_pooling(name, entry)
        rows.append(
            {
                "name": name,
                "family": facts.family,
                "sees_size": _size(facts.sees_size, laws),
                **{law: _any([one[law] for one in laws]) for law in _LAWS},
                "operators": [choice.name for choice in choices],
                "label": (entry or {}).get("label", name),
                "from": ", ".join(dict.fromkeys(_origin(choice) for choice in choices)),
            }
        )
    return rows


def figures(config: Mapping) -> list[Row]:
    """Kinds of figures, and the entries of the configuration that use them.

    Args:
        config: The configuration.
    """
    return _exhibits(config, "figures")


def tables(config: Mapping) -> list[Row]:
    """Kinds of tables, as of figures.

    Args:
        config: The configuration.
    """
    return _exhibits(config, "tables")


KINDS: dict[str, Callable[[Mapping], list[Row]]] = {
    function.__name__: function for function in (datasets, models, poolings, figures, tables)
}


def _exhibits(config: Mapping, what: str) -> list[Row]:
    package = f"gnnpool.{what}"
    return [
        {
            "kind": kind,
            "shows": _first_line(package, kind),
            "needs": list(plugins.needs(package, kind)),
            "entries": [entry["name"] for entry in config[what] if entry["kind"] == kind],
            "from": _package(kind, package),
        }
        for kind in plugins.names(package, group=package)
    ]


def _first_line(package: str, name: str) -> str:
    """First line of the documentation of a component's module, which is not imported."""
    point = plugins.entry_point(name, group=package)
    spec = find_spec(point.module if point else f"{package}.{name}")
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return ""
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def _package(name: str, group: str) -> str:
    """Where a component comes from: this package, or the entry point of another one."""
    return plugins.origin(name, group) or _OURS


def _origin(choice: OperatorChoice) -> str:
    others = {"pyg": "torch-geometric", "tgp": "torch-geometric-pool"}
    return others.get(choice.kind) or _package(choice.name, GROUP)


def _laws(choice: OperatorChoice) -> dict[str, bool | None]:
    """Laws that the class of an operator declares; None for the operators of other libraries."""
    if choice.kind != "operator":
        return dict.fromkeys((*_LAWS, "sees_size"))
    if plugins.origin(choice.name, GROUP):
        return _laws_of_plugin(choice.name)
    found = {law: class_constant(PACKAGE, choice.name, law) for law in (*_LAWS, "sees_size")}
    return {law: False if value is None and law in _LAWS else value for law, value in found.items()}


def _laws_of_plugin(name: str) -> dict[str, bool | None]:
    """Laws of another package's operator, whose class is imported, and torch with it."""
    try:
        from gnnpool.pooling.base import Pooling

        kind = plugins.load(PACKAGE, name, Pooling, group=GROUP)
    except (GnnpoolError, ImportError, AttributeError):
        return dict.fromkeys((*_LAWS, "sees_size"))
    return {law: getattr(kind, law, False) for law in (*_LAWS, "sees_size")}


def _size(stated: bool | None, laws: list[dict[str, bool | None]]) -> bool | None:
    return _any([one["sees_size"] for one in laws]) if stated is None else stated


def _any(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False
