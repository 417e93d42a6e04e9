"""The numbers of one table or figure with their intervals and the noise floor, its gaps included."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from gnnpool.analysis.averages import intervals_of_averages
from gnnpool.analysis.change import (
    CONDITION,
    STATISTICS,
    average_over_datasets,
    changes_by_condition,
    changes_by_seed,
    seeds_by_condition,
)
from gnnpool.analysis.intervals import excludes_zero, intervals_by_condition
from gnnpool.analysis.variance import noise_by_setting
from gnnpool.plugins import require
from gnnpool.records import BASELINE
from gnnpool.specs import Slice

AVERAGE = "average"
UNITS = {
    **dict.fromkeys(["value", *STATISTICS], "%"),
    "sd": "%, standard deviation over seeds",
    **dict.fromkeys(["low", "high"], "%, interval that decides"),
    **dict.fromkeys(["hierarchical_low", "hierarchical_high"], "%, bootstrap of datasets and seeds"),
    **dict.fromkeys(["without_one_low", "without_one_high"], "%, averages without one dataset"),
    "p_value": "1, two-sided",
    "probability_better": "1",
    "noise_floor": "%, half-width about zero",
    "n_repeats": "repeated trainings",
}

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
    part: Slice,
    statistic: str,
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
) -> pd.DataFrame:
    """Values of a table or figure: each setting, dataset and pooling, and averages over the datasets.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`; those outside of the slice are
            ignored.
        part: Settings, datasets and poolings.
        statistic: ``mean_change`` or ``change_of_mean``; what the column value holds.
        seeds: Planned seeds; trials of other seeds are ignored.
        planned: Planned conditions (dataset, model, edges, pooling), with the number of their seeds if
            that is not the number of ``seeds``.

    Returns:
        In the order of the slice, rows whose dataset is "average" last in each setting: dataset,
        model, edges, pooling, value (%), mean_change, change_of_mean, sd, n_seeds,
        n_seeds_planned, n_unpaired, n_datasets, n_datasets_planned, datasets and state: "trained",
        "no baseline" (trained, but not mean pooling), "not trained" or "not planned". For averages
        n_seeds is the lowest of the datasets and n_datasets_planned counts the slice's datasets.

    Raises:
        ConfigError: If the statistic is unknown.
    """
    require(statistic, STATISTICS, what="statistic")
    index = pd.MultiIndex.from_tuples(
        [
            (dataset, model, edges, pooling)
            for model, edges in part.settings
            for dataset in (*part.datasets, AVERAGE)
            for pooling in part.poolings
        ],
        names=CONDITION,
    )
    changes = slice_changes(trials, part=part, seeds=seeds)
    single = changes_by_condition(changes)
    single["datasets"] = single["dataset"].where(single["n_seeds"] > 0, "")
    single["n_datasets"] = (single["n_seeds"] > 0).astype(int)
    averages = average_over_datasets(changes).assign(dataset=AVERAGE)
    values = pd.concat([single, averages]).set_index(CONDITION).reindex(index).reset_index()

    values[_COUNTS] = values[_COUNTS].fillna(0).astype(int)
    values["datasets"] = values["datasets"].fillna("")
    values["n_seeds_planned"] = _seeds_planned(values, part=part, planned=planned, common=len(seeds))
    values["n_datasets_planned"] = np.where(values["dataset"] == AVERAGE, len(part.datasets), 1)
    values["state"] = _states(values, part=part, planned=planned)
    values["value"] = values[statistic]
    return values[_COLUMNS]


def slice_changes(trials: pd.DataFrame, *, part: Slice, seeds: Sequence[int]) -> pd.DataFrame:
    """Changes of a table or figure, seed by seed.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        part: Settings, datasets and poolings.
        seeds: Planned seeds.

    Returns:
        Rows of :func:`gnnpool.analysis.change.changes_by_seed`, mean pooling among them.
    """
    return changes_by_seed(slice_trials(trials, part=part, seeds=seeds))


def slice_trials(trials: pd.DataFrame, *, part: Slice, seeds: Sequence[int]) -> pd.DataFrame:
    """Trials of a table or figure, those of mean pooling and of all initialisations among them.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        part: Settings, datasets and poolings.
        seeds: Planned seeds.
    """
    settings = pd.MultiIndex.from_tuples([tuple(one) for one in part.settings], names=["model", "edges"])
    return trials[
        pd.MultiIndex.from_frame(trials[["model", "edges"]]).isin(settings)
        & trials["dataset"].isin(part.datasets)
        & trials["pooling"].isin([*part.poolings, BASELINE])
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


def _states(values: pd.DataFrame, *, part: Slice, planned: Collection[Sequence[str]]) -> list[str]:
    planned = {tuple(condition)[:4] for condition in planned}
    states = []
    for row in values.itertuples():
        datasets = part.datasets if row.dataset == AVERAGE else [row.dataset]
        if row.n_datasets:
            states.append(TRAINED)
        elif row.n_unpaired:
            states.append(NO_BASELINE)
        elif any((dataset, row.model, row.edges, row.pooling) in planned for dataset in datasets):
            states.append(NOT_TRAINED)
        else:
            states.append(NOT_PLANNED)
    return states


def _seeds_planned(
    values: pd.DataFrame, *, part: Slice, planned: Collection[Sequence], common: int
) -> list[int]:
    """Planned seeds of each row; of an average those of the dataset that has the fewest."""
    known = seeds_by_condition(planned, common=common)
    found = []
    for row in values.itertuples():
        datasets = part.datasets if row.dataset == AVERAGE else [row.dataset]
        keys = [(dataset, row.model, row.edges, row.pooling) for dataset in datasets]
        found.append(min((known[key] for key in keys if key in known), default=common))
    return found


def assessed_values(
    trials: pd.DataFrame,
    *,
    part: Slice,
    statistic: str,
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
    confidence: float,
    resamples: int,
    margin: float,
) -> pd.DataFrame:
    """Values of a table or figure, each with its interval.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        part: Settings, datasets and poolings.
        statistic: ``mean_change`` or ``change_of_mean``.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        confidence: Such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent.

    Returns:
        Rows and columns of :func:`gnnpool.analysis.values.slice_values`, and: low and high (%; for a
        condition the corrected resampled t interval over its seeds, for an average the wider of the t
        interval over its datasets and that of its seeds), significant (whether they exclude zero;
        uncorrected), p_value, probability_better (that the error is lower than that of mean pooling by
        more than the margin), hierarchical_low, hierarchical_high, without_one_low and without_one_high
        (averages alone, %), noise_floor (%, changes of so many seeds lie between minus and plus this,
        with the given confidence, if nothing differs but the initialisation) and n_repeats, the
        repeated trainings that it is from. What cannot be computed is missing.
    """
    values = slice_values(trials, part=part, statistic=statistic, seeds=seeds, planned=planned)
    changes = slice_changes(trials, part=part, seeds=seeds)
    options = {"statistic": statistic, "confidence": confidence, "margin": margin}
    single = intervals_by_condition(changes, **options)
    averages = intervals_of_averages(changes, resamples=resamples, **options).assign(dataset=AVERAGE)
    values = values.merge(pd.concat([single, averages]), on=CONDITION, how="left")
    values["significant"] = excludes_zero(values["low"], values["high"])
    floors = _noise_floors(values, noise_by_setting(slice_trials(trials, part=part, seeds=seeds)), confidence)
    values[["noise_floor", "n_repeats"]] = np.array(floors, dtype=float).reshape(-1, 2)
    return values.astype({"n_repeats": int})


def _noise_floors(values: pd.DataFrame, noise: pd.DataFrame, confidence: float) -> list[tuple[float, int]]:
    """Half-width of the noise of each value, and the repeated trainings that it is known from."""
    known = {(one.model, one.edges, one.dataset): one for one in noise.itertuples()}
    n_seeds = values.set_index(CONDITION)["n_seeds"].to_dict()
    floors = []
    for row in values.itertuples():
        datasets = row.datasets.split(",") if row.datasets else []
        sizes = [known.get((row.model, row.edges, dataset)) for dataset in datasets]
        if not sizes or None in sizes:
            floors.append((np.nan, 0))
            continue
        seeds = [n_seeds[dataset, row.model, row.edges, row.pooling] for dataset in datasets]
        variance = sum(one.noise**2 / n for one, n in zip(sizes, seeds, strict=True))
        n_repeats = sum(one.n_repeats for one in sizes)
        half = stats.t.ppf((1 + confidence) / 2, n_repeats) * np.sqrt(variance) / len(sizes)
        floors.append((float(half), n_repeats))
    return floors
