"""Where the differences between test errors come from: pooling, split, or the start of the training."""

import numpy as np
import pandas as pd

from gnnpool.analysis.change import error_change

SETTING = ["dataset", "model", "edges"]
SOURCES = ("pooling", "split", "interaction", "initialisation")
_CONDITION = [*SETTING, "pooling"]


def repeated_changes(trials: pd.DataFrame) -> pd.DataFrame:
    """Changes of an error when nothing is changed but the initialisation.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        One row for each trial of a further initialisation whose first one is there: dataset, model,
        edges, pooling, seed, init and change (%, against the first initialisation).
    """
    key = [*_CONDITION, "seed"]
    first = trials.loc[trials["init"] == 0, [*key, "test_mae"]].rename(columns={"test_mae": "first"})
    again = trials.loc[trials["init"] > 0, [*key, "init", "test_mae"]].merge(first, on=key)
    again["change"] = error_change(again["test_mae"], again["first"])
    return again[[*key, "init", "change"]].sort_values([*key, "init"], ignore_index=True)


def noise_by_setting(trials: pd.DataFrame) -> pd.DataFrame:
    """Size of the changes that mean nothing, for each dataset and setting.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        One row for each dataset, model and edges that have repeated trials: noise (%, root mean
        square of the changes of :func:`repeated_changes`) and n_repeats, how many there are.
    """
    groups = repeated_changes(trials).groupby(SETTING)["change"]
    return groups.agg(noise=lambda c: float(np.sqrt(np.mean(c**2))), n_repeats="count").reset_index()


def mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Mean squares of rows, columns and residuals of a two-way table with one number in each cell.

    Args:
        table: ``[rows, columns]``, two or more of each.
    """
    rows, columns = table.shape
    by_row = table.mean(axis=1, keepdims=True)
    by_column = table.mean(axis=0, keepdims=True)
    residual = table - by_row - by_column + table.mean()
    return (
        float(columns * np.var(by_row, ddof=1)),
        float(rows * np.var(by_column, ddof=1)),
        float(np.sum(residual**2) / ((rows - 1) * (columns - 1))),
    )


def variance_components(trials: pd.DataFrame) -> pd.DataFrame:
    r"""Variance of log test errors, in parts, by the method of moments of random effects.

    .. math:: 100 \ln e_{psi} = \mu + a_p + b_s + c_{ps} + d_{psi}

    for pooling p, split seed s and initialisation i. Mean squares of the table of poolings by seeds
    (first initialisations) give a, b and c + d; repeated trials give d alone. Estimates below zero
    are zero.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        One row for each dataset, model and edges: the variances of pooling, split, interaction and
        initialisation (percent squared, since small changes of a logarithm are relative changes),
        n_poolings, n_seeds (those that all poolings have) and n_repeats. Without repeated trials
        initialisation is missing and interaction holds both; with fewer than two poolings or seeds
        all but initialisation are missing.
    """
    trials = trials.assign(level=100 * np.log(trials["test_mae"]))
    rows = [(*setting, *_components(group)) for setting, group in trials.groupby(SETTING)]
    return pd.DataFrame(rows, columns=[*SETTING, *SOURCES, "n_poolings", "n_seeds", "n_repeats"])


def _components(trials: pd.DataFrame) -> tuple[float, float, float, float, int, int, int]:
    # The mean squares are those of a full table: only seeds that all poolings have.
    first = trials[trials["init"] == 0].pivot(index="pooling", columns="seed", values="level")
    table = first.dropna(axis=1)
    repeats = trials.groupby(["pooling", "seed"])["level"].agg(["var", "count"])
    repeats = repeats[repeats["count"] > 1]
    n_repeats = int((repeats["count"] - 1).sum())
    start = np.nan
    if n_repeats:
        start = float((repeats["var"] * (repeats["count"] - 1)).sum() / n_repeats)
    if min(table.shape) < 2:
        return np.nan, np.nan, np.nan, start, *table.shape, n_repeats
    by_pooling, by_seed, rest = mean_squares(table.to_numpy())
    n_poolings, n_seeds = table.shape
    return (
        max(0.0, (by_pooling - rest) / n_seeds),
        max(0.0, (by_seed - rest) / n_poolings),
        max(0.0, rest - (start if n_repeats else 0.0)),
        start,
        n_poolings,
        n_seeds,
        n_repeats,
    )
