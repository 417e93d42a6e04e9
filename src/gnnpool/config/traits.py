"""What the entries of poolings say of their vectors, read without torch."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from gnnpool.pooling_names import only_means, read_operators, sees_size
from gnnpool.records import BASELINE
from gnnpool.specs import Traits

# Keys of an entry that read_operators reads, or that change neither operators nor head.
_APART = {"label", "operators", "options", "width"}


def traits_of(config: Mapping, poolings: Iterable[str]) -> dict[str, dict]:
    """Traits of poolings, as plain values.

    Args:
        config: The configuration.
        poolings: Names.

    Returns:
        By pooling the fields of :class:`gnnpool.specs.Traits`.
    """
    entries = {name: config["poolings"].get(name) or {} for name in [*config["poolings"], *poolings]}
    unmapped: dict[str, str] = {}
    for name, entry in entries.items():
        if entry.get("width") is None:
            unmapped.setdefault(_apart_from_width(name, entry), name)
    return {
        name: asdict(
            Traits(
                sees_size=sees_size(name, entries[name]),
                control=name != BASELINE and only_means(name, entries[name]),
                width=entries[name].get("width"),
                base=unmapped.setdefault(_apart_from_width(name, entries[name]), name),
            )
        )
        for name in poolings
    }


def _apart_from_width(name: str, entry: Mapping) -> str:
    """The same text for all entries that differ in nothing but label and width."""
    operators = [asdict(choice) for choice in read_operators(name, entry)]
    rest = {key: value for key, value in entry.items() if key not in _APART}
    return json.dumps([operators, rest], sort_keys=True)
