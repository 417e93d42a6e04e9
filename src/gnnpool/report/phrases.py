"""Phrases of the answer: changes, and what they are from."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from gnnpool.analysis.values import AVERAGE
from gnnpool.report.headline import GROWS, STAYS
from gnnpool.specs import Labels, Physics
from gnnpool.wording import label_of, setting_label, span

_ONE = {GROWS: "that grows with the cell", STAYS: "that does not grow with the cell"}
_SEVERAL = {GROWS: "that grow with the cell", STAYS: "that do not grow with the cell"}
_UNDECLARED = "of no declared kind"


def name_of(row: pd.Series, labels: Labels, *, with_setting: bool, with_dataset: bool = True) -> str:
    """What a change is of: a pooling, on its dataset unless it is an average.

    Args:
        row: One of :func:`gnnpool.report.headline.comparisons`.
        labels: Printed names.
        with_setting: Whether to name model and edges.
        with_dataset: Whether to name a single dataset.
    """
    name = label_of(labels, "poolings", row["pooling"])
    if with_dataset and row["dataset"] != AVERAGE:
        name += f" on {label_of(labels, 'datasets', row['dataset'])}"
    if with_setting:
        name += f" with {setting_label(labels, row['model'], row['edges'])}"
    return name


def on_targets(rows: pd.DataFrame, labels: Labels, physics: Mapping[str, Physics]) -> str:
    """Targets of one kind, with the name of a single one, and what else a reader must know of it.

    Args:
        rows: Some of :func:`gnnpool.report.headline.headline`, of one kind.
        labels: Printed names.
        physics: By dataset which kind of quantity its target is, where that is known.
    """
    kind = rows["kind"].iloc[0]
    datasets = {dataset for row in rows["datasets"] for dataset in row.split(",")}
    if len(datasets) > 1 and (rows["dataset"] != AVERAGE).all():
        return f"{len(datasets)} targets {_SEVERAL.get(kind, _UNDECLARED)}, each by itself,"
    if len(datasets) > 1:
        each = "" if rows["n_datasets"].min() == len(datasets) else " each"
        return f"average over {span(rows['n_datasets'])} targets {_SEVERAL.get(kind, _UNDECLARED)}{each}"
    (dataset,) = datasets
    name = label_of(labels, "datasets", dataset)
    if dataset in physics and physics[dataset].note:
        name += f": {physics[dataset].note}"
    return f"the target {_ONE.get(kind, _UNDECLARED)} ({name})"


def counted(row: pd.Series) -> str:
    """From how many datasets and seeds a change is, such as "n = 7 datasets × 5 seeds"."""
    seeds = amount(row["n_seeds"], "seed")
    if row["dataset"] != AVERAGE:
        return f"n = {seeds}"
    return f"n = {amount(row['n_datasets'], 'dataset')} \N{MULTIPLICATION SIGN} {seeds}"


def amount(number: int, noun: str) -> str:
    """A number with its noun, such as "1 seed"."""
    return amounts([number], noun)


def amounts(numbers: Iterable[int], noun: str) -> str:
    """The lowest and the highest of some numbers with their noun, such as "3 to 5 seeds"."""
    text = span(numbers)
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Names as "a, b and c"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def place_of(row: Mapping[str, str], labels: Labels) -> str:
    """Dataset and setting of a row with dataset, model and edges, such as "Phonons, MDL CGCNN"."""
    dataset = "Average" if row["dataset"] == AVERAGE else label_of(labels, "datasets", row["dataset"])
    return f"{dataset}, {setting_label(labels, row['model'], row['edges'])}"
