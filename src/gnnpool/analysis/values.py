"""The numbers of one table or figure, its gaps included."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from gnnpool.analysis.change import (
    CONDITION,
    STATISTICS,
    average_over_datasets,
    changes_by_condition,
    changes_by_seed,
)
from gnnpool.plugins import require
from gnnpool.records import BASELINE

AVERAGE = "average"
UNITS = {"value": "%", **dict.fromkeys(STATISTICS, "%"), "sd": "%, standard deviation over seeds"}

# Why a number is there or not.
TRAINED, NO_BASELINE, NOT_TRAINED, NOT_PLANNED = "trained", "no baseline", "not trained", "not planned"

_COUNTS = ["n_seeds", "n_unpaired", "n_datasets"]
_COLUMNS = [
    *CONDITION,
    "value",
    *STATISTICS,
    "sd",
    "n_seeds",
    "n_seeds_planned",
    "n_unpaired",
    "n_datasets",
    "n_datasets_planned",
    "datasets",
    "state",
]


def slice_values(
    trials: pd.DataFrame,
    *,
    entry: Mapping,
    statistic: str,
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
) -> pd.DataFrame:
    """Values of a table or figure: each setting, dataset and pooling, and averages over the datasets.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`; others than the entry's are
            ignored.
        entry: Lists settings (pairs of model and edges), datasets and poolings.
        statistic: ``mean_change`` or ``change_of_mean``; what the column value holds.
        seeds: Planned seeds; trials of other seeds are ignored.
        planned: Planned conditions (dataset, model, edges, pooling).

    Returns:
        In the order of the entry, rows whose dataset is "average" last in each setting: dataset,
        model, edges, pooling, value (%), mean_change, change_of_mean, sd, n_seeds,
        n_seeds_planned, n_unpaired, n_datasets, n_datasets_planned, datasets and state: "trained",
        "no baseline" (trained, but not mean pooling), "not trained" or "not planned". For averages
        n_seeds is the lowest of the datasets and n_datasets_planned counts the entry's datasets.

    Raises:
        ConfigError: If the statistic is unknown.
    """
    require(statistic, STATISTICS, what="statistic")
    index = pd.MultiIndex.from_tuples(
        [
            (dataset, model, edges, pooling)
            for model, edges in entry["settings"]
            for dataset in (*entry["datasets"], AVERAGE)
            for pooling in entry["poolings"]
        ],
        names=CONDITION,
    )
    changes = slice_changes(trials, entry=entry, seeds=seeds)
    single = changes_by_condition(changes)
    single["datasets"] = single["dataset"].where(single["n_seeds"] > 0, "")
    single["n_datasets"] = (single["n_seeds"] > 0).astype(int)
    averages = average_over_datasets(changes).assign(dataset=AVERAGE)
    values = pd.concat([single, averages]).set_index(CONDITION).reindex(index).reset_index()

    values[_COUNTS] = values[_COUNTS].fillna(0).astype(int)
    values["datasets"] = values["datasets"].fillna("")
    values["n_seeds_planned"] = len(seeds)
    values["n_datasets_planned"] = np.where(values["dataset"] == AVERAGE, len(entry["datasets"]), 1)
    values["state"] = _states(values, entry=entry, planned=planned)
    values["value"] = values[statistic]
    return values[_COLUMNS]


def slice_changes(trials: pd.DataFrame, *, entry: Mapping, seeds: Sequence[int]) -> pd.DataFrame:
    """Changes of a table or figure, seed by seed.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        entry: Lists settings, datasets and poolings.
        seeds: Planned seeds.

    Returns:
        Rows of :func:`gnnpool.analysis.change.changes_by_seed`, mean pooling among them.
    """
    return changes_by_seed(slice_trials(trials, entry=entry, seeds=seeds))


def slice_trials(trials: pd.DataFrame, *, entry: Mapping, seeds: Sequence[int]) -> pd.DataFrame:
    """Trials of a table or figure, those of mean pooling and of all initialisations among them.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        entry: Lists settings, datasets and poolings.
        seeds: Planned seeds.
    """
    settings = pd.MultiIndex.from_tuples([tuple(setting) for setting in entry["settings"]])
    return trials[
        pd.MultiIndex.from_frame(trials[["model", "edges"]]).isin(settings)
        & trials["dataset"].isin(entry["datasets"])
        & trials["pooling"].isin([*entry["poolings"], BASELINE])
        & trials["seed"].isin(seeds)
    ]


def five_numbers(values: pd.DataFrame) -> pd.DataFrame:
    """Summarize the datasets' values of each pooling in five numbers.

    Args:
        values: Rows of :func:`slice_values` for one setting; averages do not count.

    Returns:
        One row for each pooling that has a value, indexed by pooling, in order: n, and minimum,
        q1, median, q3 and maximum (%), quartiles by linear interpolation between the values.
    """
    values = values[(values["dataset"] != AVERAGE) & values["value"].notna()]
    quantiles = {"minimum": 0, "q1": 0.25, "median": 0.5, "q3": 0.75, "maximum": 1}
    rows = {
        pooling: {"n": len(group), **{name: group["value"].quantile(q) for name, q in quantiles.items()}}
        for pooling, group in values.groupby("pooling", sort=False)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", *quantiles])


def _states(values: pd.DataFrame, *, entry: Mapping, planned: Collection[Sequence[str]]) -> list[str]:
    planned = {tuple(condition) for condition in planned}
    states = []
    for row in values.itertuples():
        datasets = entry["datasets"] if row.dataset == AVERAGE else [row.dataset]
        if row.n_datasets:
            states.append(TRAINED)
        elif row.n_unpaired:
            states.append(NO_BASELINE)
        elif any((dataset, row.model, row.edges, row.pooling) in planned for dataset in datasets):
            states.append(NOT_TRAINED)
        else:
            states.append(NOT_PLANNED)
    return states
