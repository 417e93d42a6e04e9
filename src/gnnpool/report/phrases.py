"""Phrases of the answer: changes, and what they are from."""

from collections.abc import Iterable, Mapping

import pandas as pd

from gnnpool.analysis.values import AVERAGE
from gnnpool.wording import label_of, setting_label, span


def name_of(row: pd.Series, labels: Mapping[str, Mapping[str, str]], *, with_setting: bool) -> str:
    """What a change is of: a pooling, on its dataset unless it is an average.

    Args:
        row: One of :func:`gnnpool.report.headline.comparisons`.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        with_setting: Whether to name model and edges.
    """
    name = label_of(labels, "poolings", row["pooling"])
    if row["dataset"] != AVERAGE:
        name += f" on {label_of(labels, 'datasets', row['dataset'])}"
    if with_setting:
        name += f" with {setting_label(labels, row['model'], row['edges'])}"
    return name


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
