"""The numbers of one table or figure with what they are worth: intervals and the noise floor."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from gnnpool.analysis import values as plain
from gnnpool.analysis.averages import intervals_of_averages
from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.intervals import intervals_by_condition, excludes_zero
from gnnpool.analysis.values import AVERAGE, slice_changes, slice_trials, slice_values
from gnnpool.analysis.variance import noise_by_setting

UNITS = plain.UNITS | {
    **dict.fromkeys(["low", "high"], "%, interval that decides"),
    **dict.fromkeys(["hierarchical_low", "hierarchical_high"], "%, bootstrap of datasets and seeds"),
    **dict.fromkeys(["without_one_low", "without_one_high"], "%, averages without one dataset"),
    "p_value": "1, two-sided",
    "probability_better": "1",
    "noise_floor": "%, half-width about zero",
    "n_repeats": "repeated trainings",
}


def assessed_values(
    trials: pd.DataFrame,
    *,
    entry: Mapping,
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
        entry: Lists settings (pairs of model and edges), datasets and poolings.
        statistic: ``mean_change`` or ``change_of_mean``.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        confidence: Such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent.

    Returns:
        Rows and columns of :func:`gnnpool.analysis.values.slice_values`, and: low and high (%; for a
        condition the corrected resampled t interval over its seeds, for an average the t interval
        over its datasets), significant (whether they exclude zero; uncorrected), p_value, probability_better (that
        the error is lower than that of mean pooling by more than the margin), hierarchical_low,
        hierarchical_high, without_one_low and without_one_high (averages alone, %), noise_floor (%,
        changes of so many seeds lie between minus and plus this, with the given confidence, if
        nothing differs but the initialisation) and n_repeats, the repeated trainings that it is
        from. What cannot be computed is missing.
    """
    values = slice_values(trials, entry=entry, statistic=statistic, seeds=seeds, planned=planned)
    changes = slice_changes(trials, entry=entry, seeds=seeds)
    options = {"statistic": statistic, "confidence": confidence, "margin": margin}
    single = intervals_by_condition(changes, **options)
    averages = intervals_of_averages(changes, resamples=resamples, **options).assign(dataset=AVERAGE)
    values = values.merge(pd.concat([single, averages]), on=CONDITION, how="left")
    values["significant"] = excludes_zero(values["low"], values["high"])
    noise = noise_by_setting(slice_trials(trials, entry=entry, seeds=seeds))
    floors = [_noise_floor(row, values, noise, confidence) for row in values.itertuples()]
    values[["noise_floor", "n_repeats"]] = np.array(floors, dtype=float).reshape(-1, 2)
    return values.astype({"n_repeats": int})


def _noise_floor(
    row: object, values: pd.DataFrame, noise: pd.DataFrame, confidence: float
) -> tuple[float, int]:
    """Half-width of the noise of one value, and the repeated trainings that it is known from."""
    setting = (noise["model"] == row.model) & (noise["edges"] == row.edges)
    datasets = row.datasets.split(",") if row.datasets else []
    sizes = noise[setting & noise["dataset"].isin(datasets)].set_index("dataset")
    if not datasets or len(sizes) < len(datasets):
        return np.nan, 0
    same = values[(values[["model", "edges", "pooling"]] == [row.model, row.edges, row.pooling]).all(axis=1)]
    n_seeds = same.set_index("dataset")["n_seeds"][sizes.index]
    sd = np.sqrt((sizes["noise"] ** 2 / n_seeds).sum()) / len(datasets)
    n_repeats = int(sizes["n_repeats"].sum())
    return float(stats.t.ppf((1 + confidence) / 2, n_repeats) * sd), n_repeats
