"""The changes that an answer speaks of first, one for each kind of target, setting and pooling."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from gnnpool.analysis.ranks import holm
from gnnpool.analysis.values import AVERAGE, TRAINED
from gnnpool.records import BASELINE
from gnnpool.specs import Physics
from gnnpool.tables.base import Source

SETTING = ["model", "edges"]
# Averages over fewer datasets are not spoken of first: with two, the test has one degree of freedom and next
# to no power, while each dataset has a test over its seeds.
DATASETS = 3
# Kinds of targets: growing with the cell, not growing, not declared; or all of them as one.
GROWS, STAYS, UNDECLARED, ANY = "grows", "stays", "undeclared", "any"


def kinds_of_targets(datasets: Iterable[str], physics: Mapping[str, Physics]) -> dict[str, list[str]]:
    """Divide datasets by whether their targets grow with the cell.

    A pooling that fits one kind does not fit the other, so that an average over both answers no question.

    Args:
        datasets: Slugs.
        physics: By dataset which kind of quantity its target is, where that is known.

    Returns:
        Datasets by kind, in their order; all as one kind unless some grow and some do not.
    """
    kinds: dict[str, list[str]] = {}
    for dataset in datasets:
        known = physics.get(dataset)
        kind = UNDECLARED if known is None else GROWS if known.grows_with_cell else STAYS
        kinds.setdefault(kind, []).append(dataset)
    return kinds if {GROWS, STAYS} <= kinds.keys() else {ANY: [d for of in kinds.values() for d in of]}


def by_kind(source: Source, kinds: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Source]]:
    """The part of a source that holds the datasets of each kind, with averages over these alone."""
    for kind, datasets in kinds.items():
        yield kind, source if kind == ANY else source.narrowed(datasets=datasets)


def comparisons(values: pd.DataFrame) -> pd.DataFrame:
    """Changes that are there: of single datasets, and averages over two datasets or more.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.

    Returns:
        Those of other poolings than mean pooling that have a value. An average over one dataset says
        nothing that the dataset does not, and is left out.
    """
    there = (values["state"] == TRAINED) & (values["pooling"] != BASELINE)
    repeated = (values["dataset"] == AVERAGE) & (values["n_datasets"] < 2)
    return values[there & ~repeated].reset_index(drop=True)


def headline(compared: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """For each kind of target, pooling and setting its average over the datasets, or each of few datasets.

    Args:
        compared: Rows of :func:`comparisons` with the column kind; averages are over datasets of their kind.
        confidence: Such as 0.95.

    Returns:
        One row for each kind, pooling and setting with an average over at least :data:`DATASETS`, otherwise
        one for each dataset; kinds and settings in their order, the lowest change
        first. p_value is corrected by Holm's method for all rows that have one, and significant says whether
        it is below 1 - confidence: the probability of any false positive among all rows is at most that.
    """
    compared = compared[(compared["dataset"] != AVERAGE) | (compared["n_datasets"] >= DATASETS)]
    several = compared[compared["dataset"] == AVERAGE]
    key = ["kind", *SETTING, "pooling"]
    averaged = pd.MultiIndex.from_frame(compared[key]).isin(pd.MultiIndex.from_frame(several[key]))
    rows = compared[(compared["dataset"] == AVERAGE) | ~averaged]
    place = compared.groupby(["kind", *SETTING], sort=False).ngroup()
    order = rows.assign(place=place[rows.index], p_value=holm(rows["p_value"]))
    order["significant"] = order["p_value"] < 1 - confidence
    return order.sort_values(["place", "value"], ignore_index=True).drop(columns="place")


def opposed(first: pd.DataFrame, poolings: Sequence[str]) -> list[tuple[pd.Series, pd.Series]]:
    """Changes of poolings that fit one kind of target and not the other, in one setting.

    Args:
        first: Rows of :func:`headline`.
        poolings: All poolings in the order of the plan, which no result has a part in.

    Returns:
        Pairs of significant changes of the same pooling and setting, the lower error first and the higher
        one second; in the order of the poolings, then of the settings.
    """
    known = first[first["significant"] & first["kind"].isin([GROWS, STAYS])]
    pairs = []
    for _, rows in known.groupby([*SETTING, "pooling"], sort=False):
        low, high = rows.loc[rows["value"].idxmin()], rows.loc[rows["value"].idxmax()]
        if low["value"] < 0 < high["value"] and low["kind"] != high["kind"]:
            pairs.append((low, high))
    return sorted(pairs, key=lambda pair: list(poolings).index(pair[0]["pooling"]))
