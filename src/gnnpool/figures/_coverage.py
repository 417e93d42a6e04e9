"""Which conditions of an entry have data to draw, and why the others do not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.values import NOT_PLANNED, NOT_TRAINED, TRAINED
from gnnpool.figures._gaps import setting_gap_notes
from gnnpool.figures.base import Source


def coverage(source: Source, found: pd.DataFrame) -> pd.DataFrame:
    """One row for each condition of an entry, with its seeds.

    Args:
        source: What the figure is made from.
        found: Rows with dataset, model, edges, pooling and seed, such as those of its histories.

    Returns:
        In the order of the entry: dataset, model, edges, pooling, n_seeds, n_datasets (1 if there are
        seeds) and state: "trained", "not trained" or "not planned".
    """
    seeds = found.groupby(CONDITION)["seed"].nunique().to_dict()
    planned = {tuple(condition)[:4] for condition in source.planned}
    rows = []
    for model, edges in source.spec.settings:
        for dataset in source.spec.datasets:
            for pooling in source.spec.poolings:
                condition = dataset, model, edges, pooling
                n = seeds.get(condition, 0)
                rows.append((*condition, n, int(n > 0), _state(condition, n, planned)))
    return pd.DataFrame(rows, columns=[*CONDITION, "n_seeds", "n_datasets", "state"])


@dataclass(frozen=True)
class Place:
    """A dataset and setting of which something is planned or trained.

    Args:
        key: Dataset, model and edges.
        name: Printed name: the dataset, and the setting if there are several.
        conditions: Rows of :func:`coverage`, those left out that are not planned.
    """

    key: tuple[str, str, str]
    name: str
    conditions: Sequence[NamedTuple]

    def condition(self, row: object) -> tuple[str, str, str, str]:
        """Dataset, model, edges and pooling of one of the conditions."""
        return (*self.key, row.pooling)


def places(source: Source, covered: pd.DataFrame) -> list[Place]:
    """Datasets and settings with their conditions, in the order of the entry.

    Args:
        source: What the figure is made from.
        covered: Rows of :func:`coverage`.
    """
    planned = covered[covered["state"] != NOT_PLANNED]
    found = []
    for (model, edges, dataset), group in planned.groupby(["model", "edges", "dataset"], sort=False):
        name = place_name(source, dataset, model, edges)
        found.append(Place((dataset, model, edges), name, list(group.itertuples())))
    return found


def place_name(source: Source, dataset: str, model: str, edges: str) -> str:
    """Printed name of a dataset, after its setting if the entry has several."""
    name = source.name("datasets", dataset)
    return f"{source.setting(model, edges)}: {name}" if len(source.spec.settings) > 1 else name


def coverage_notes(source: Source, covered: pd.DataFrame) -> list[str]:
    """Name what is missing, and where seeds are missing.

    Args:
        source: What the figure is made from.
        covered: Rows of :func:`coverage`.
    """
    trained = covered[covered["state"] == TRAINED]
    seeds, lowest = ", ".join(map(str, source.seeds)), trained["n_seeds"].min()
    some = f"; at least {lowest} of them" if lowest < len(source.seeds) else ""
    notes = [f"Seeds: {seeds}{some}.", *setting_gap_notes(source, covered)]
    few = sum(
        row.n_seeds < source.n_planned(*(getattr(row, name) for name in CONDITION))
        for row in trained.itertuples()
    )
    if few:
        notes.append(f"{few} of {len(trained)} pairs of pooling and dataset have only some of the seeds yet.")
    return notes


def seeds_remark(source: Source, row: object) -> str:
    """How many seeds a condition has, if not all of the figure.

    Args:
        source: What the figure is made from.
        row: Of :func:`coverage`.
    """
    planned = source.n_planned(*(getattr(row, name) for name in CONDITION))
    if 0 < row.n_seeds < planned:
        return f"{row.n_seeds} of {planned} seeds"
    return f"{row.n_seeds} seeds" if 0 < row.n_seeds < len(source.seeds) else ""


def in_unit(quantity: str, unit: str | None) -> str:
    """A quantity with its unit, if it has one and the unit is known."""
    return quantity if unit in (None, "1") else f"{quantity}, {unit}"


def _state(condition: tuple[str, ...], n: int, planned: Collection[tuple[str, ...]]) -> str:
    if n:
        return TRAINED
    return NOT_TRAINED if condition in planned else NOT_PLANNED
