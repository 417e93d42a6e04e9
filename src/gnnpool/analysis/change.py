"""Errors relative to mean pooling: by seed, by condition, and averaged over the datasets."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from gnnpool.analysis.collect import read_trials
from gnnpool.artifacts import write_table
from gnnpool.errors import DataError
from gnnpool.records import BASELINE

CONDITION = ["dataset", "model", "edges", "pooling"]
STATISTICS = ("mean_change", "change_of_mean")
UNITS = {
    "error": "target unit",
    "baseline": "target unit",
    "change": "%",
    "overlap": "test structures for each training structure",
    "mean_change": "%",
    "change_of_mean": "%",
    "sd": "%, standard deviation over seeds",
    "min": "%, minimum over seeds",
    "max": "%, maximum over seeds",
}

_COMPARED = ["dataset", "model", "edges", "seed"]
_Number = TypeVar("_Number", float, pd.Series)


def error_change(error: _Number, baseline: _Number) -> _Number:
    """Change of an error relative to mean pooling, in percent; negative is better.

    .. math:: 100 \\, (e - e_0) / e_0

    Args:
        error: Error of a pooling, in the unit of the target.
        baseline: The same of mean pooling: same dataset, model, edges and seed.

    Returns:
        The change in percent; missing where the error or the baseline is missing.

    Raises:
        ValueError: If a baseline is not positive.
    """
    if np.any(np.asarray(baseline) <= 0):
        raise ValueError(f"baseline error must be > 0, got {np.min(baseline)}")
    return 100 * (error - baseline) / baseline


def combined_change(error: np.ndarray, baseline: np.ndarray, statistic: str, axis: int = -1) -> np.ndarray:
    """One change from the errors of several seeds.

    Args:
        error: Errors of a pooling, seeds along an axis, in the unit of the target.
        baseline: The same of mean pooling.
        statistic: ``mean_change`` or ``change_of_mean``.
        axis: The axis of the seeds.

    Returns:
        The change in percent, without that axis.
    """
    if statistic == "mean_change":
        return np.mean(error_change(error, baseline), axis=axis)
    return error_change(np.mean(error, axis=axis), np.mean(baseline, axis=axis))


def contributions(error: np.ndarray, baseline: np.ndarray, statistic: str) -> np.ndarray:
    """What each seed contributes to a change: numbers whose mean is the change.

    For ``mean_change`` they are the seeds' changes. For ``change_of_mean`` the ratio of the means is
    taken as linear about its value, so that their spread is that of the ratio:

    .. math:: v + 100 \\, (e_s - (1 + v / 100) \\, b_s) / \\bar b

    Args:
        error: Errors of a pooling, ``[..., n]``, in the unit of the target.
        baseline: The same of mean pooling.
        statistic: ``mean_change`` or ``change_of_mean``.

    Returns:
        Contributions in percent, ``[..., n]``.
    """
    if statistic == "mean_change":
        return error_change(error, baseline)
    value = combined_change(error, baseline, statistic)[..., None]
    return value + 100 * (error - (1 + value / 100) * baseline) / np.mean(baseline, axis=-1, keepdims=True)


def changes_by_seed(trials: pd.DataFrame) -> pd.DataFrame:
    """Pair each trial with the mean-pooling trial of the same dataset, model, edges and seed.

    Further initialisations take no part: they measure the noise.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        Columns dataset, model, edges, pooling, seed, error and baseline (test MAE, unit of the
        target), change (%) and overlap (test structures for each training structure). A trial whose
        baseline is missing keeps its row, with baseline and change missing. Mean pooling itself is
        there, with change 0.

    Raises:
        DataError: If an error of mean pooling is 0, naming the trial.
    """
    compared = [*CONDITION, "seed"]
    first = trials[trials["init"] == 0]
    errors = first[[*compared, "test_mae"]].rename(columns={"test_mae": "error"})
    baselines = errors.loc[errors["pooling"] == BASELINE, [*_COMPARED, "error"]]
    baselines = baselines.rename(columns={"error": "baseline"})
    for row in baselines[baselines["baseline"] <= 0].itertuples():
        raise DataError(
            f"{row.dataset}/{row.model}/{row.edges}/{BASELINE}/seed-{row.seed}: test_mae: "
            f"found {row.baseline}, expected > 0 (other poolings are compared to it)"
        )
    changes = errors.merge(baselines, on=_COMPARED, how="left", validate="many_to_one")
    changes["change"] = error_change(changes["error"], changes["baseline"])
    sizes = first[compared].assign(overlap=first["n_test"] / first["n_train"])
    return changes.merge(sizes, on=compared).sort_values(compared, ignore_index=True)


def changes_by_condition(changes: pd.DataFrame) -> pd.DataFrame:
    """Summarize the seeds of each condition; only seeds that have a baseline count.

    Args:
        changes: Rows of :func:`changes_by_seed`.

    Returns:
        One row for each condition: mean_change (the mean of the seeds' changes, %), change_of_mean
        (the change of the errors averaged over seeds, %), sd (standard deviation of the changes
        over seeds, n - 1 in the denominator, missing for one seed), min, max, n_seeds, and
        n_unpaired, the seeds left out for lack of a baseline.
    """
    paired = changes["change"].notna()
    groups = changes.assign(error=changes["error"].where(paired), unpaired=~paired).groupby(CONDITION)
    summary = groups.agg(
        mean_change=("change", "mean"),
        error=("error", "mean"),
        baseline=("baseline", "mean"),
        sd=("change", "std"),
        min=("change", "min"),
        max=("change", "max"),
        n_seeds=("change", "count"),
        n_unpaired=("unpaired", "sum"),
    )
    summary.insert(1, "change_of_mean", error_change(summary["error"], summary["baseline"]))
    return summary.drop(columns=["error", "baseline"]).reset_index()


def average_over_datasets(changes: pd.DataFrame) -> pd.DataFrame:
    """Average each pooling over the datasets that have a value, each with the same weight.

    Args:
        changes: Rows of :func:`changes_by_seed`.

    Returns:
        One row for each model, edges and pooling: mean_change and change_of_mean (averages of the
        datasets' values, %, missing if there is none), sd (standard deviation over seeds of the
        average over datasets, from the seeds that all these datasets have), n_seeds (of the dataset
        that has the fewest), n_unpaired, n_datasets and datasets (their slugs, joined by commas).
    """
    setting = ["model", "edges", "pooling"]
    conditions = changes_by_condition(changes)
    counted = conditions["n_seeds"] > 0
    conditions["n_seeds"] = conditions["n_seeds"].where(counted)
    averages = conditions.groupby(setting).agg(
        mean_change=("mean_change", "mean"),
        change_of_mean=("change_of_mean", "mean"),
        n_seeds=("n_seeds", "min"),
        n_unpaired=("n_unpaired", "sum"),
        n_datasets=("mean_change", "count"),
    )
    averages["n_seeds"] = averages["n_seeds"].fillna(0).astype(int)
    averages["datasets"] = conditions[counted].groupby(setting)["dataset"].agg(",".join)
    averages["datasets"] = averages["datasets"].fillna("")
    by_seed = changes.groupby([*setting, "seed"])["change"].agg(["mean", "count"]).reset_index()
    by_seed = by_seed.merge(averages["n_datasets"], on=setting)
    whole = by_seed[by_seed["count"] == by_seed["n_datasets"]]
    averages["sd"] = whole.groupby(setting)["mean"].std()
    return averages.reset_index()


def seeds_by_condition(planned: Collection[Sequence], *, common: int) -> dict[tuple, int]:
    """Number of planned seeds of each planned condition; see :func:`gnnpool.trials.planned_conditions`."""
    return {tuple(one[:4]): one[4] if len(one) > 4 else common for one in planned}


def compare_to_baseline(
    *,
    trials: str | Path,
    seeds: Sequence[int],
    planned: Collection[Sequence],
    by_seed: str | Path,
    by_condition: str | Path,
) -> None:
    """Write the changes of all trials relative to mean pooling, at both levels.

    Args:
        trials: Output of :func:`gnnpool.analysis.collect.collect_trials`.
        seeds: Planned seeds.
        planned: Planned conditions; see :func:`gnnpool.trials.planned_conditions`. Others have all seeds.
        by_seed: Parquet file of :func:`changes_by_seed`.
        by_condition: Parquet file of :func:`changes_by_condition`.
    """
    changes = changes_by_seed(read_trials(trials))
    conditions = changes_by_condition(changes)
    known = seeds_by_condition(planned, common=len(seeds))
    conditions["n_seeds_planned"] = [
        known.get(condition, len(seeds))
        for condition in conditions[CONDITION].itertuples(index=False, name=None)
    ]
    for path, frame in ((by_seed, changes), (by_condition, conditions)):
        units = {name: unit for name, unit in UNITS.items() if name in frame.columns}
        table = pa.Table.from_pandas(frame, preserve_index=False)
        write_table(path, table, units=units)
