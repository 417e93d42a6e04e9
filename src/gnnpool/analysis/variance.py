"""Variance of test errors by source: pooling, split, initialisation, and their interactions."""

import numpy as np
import pandas as pd

from gnnpool.analysis.change import error_change

SETTING = ["dataset", "model", "edges"]
SOURCES = ("pooling", "split", "split_by_pooling", "initialisation", "initialisation_by_pooling")
_CONDITION = [*SETTING, "pooling"]


def repeated_changes(trials: pd.DataFrame) -> pd.DataFrame:
    """Changes of an error when only the initialisation differs.

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
    """Noise of repeated trainings, for each dataset and setting.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        One row for each dataset, model and edges that have repeated trials: noise (%, root mean
        square of the changes of :func:`repeated_changes`) and n_repeats, how many there are.
    """
    groups = repeated_changes(trials).groupby(SETTING)["change"]
    return groups.agg(noise=lambda c: float(np.sqrt(np.mean(c**2))), n_repeats="count").reset_index()


def sd_over_repeats(trials: pd.DataFrame) -> pd.DataFrame:
    """Standard deviation of test errors over the initialisations of the same split.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        One row for each dataset, model, edges and pooling that has repeated trials: sd (unit of the
        target, root of the variances within the splits, each weighted by its degrees of freedom) and
        n_repeats, the sum of these degrees.
    """
    within = trials.groupby([*_CONDITION, "seed"])["test_mae"].agg(["var", "count"])
    within = within[within["count"] > 1].assign(n_repeats=lambda w: w["count"] - 1)
    within["squares"] = within["var"] * within["n_repeats"]
    sums = within.groupby(_CONDITION)[["squares", "n_repeats"]].sum()
    return sums.assign(sd=np.sqrt(sums["squares"] / sums["n_repeats"]))[["sd", "n_repeats"]].reset_index()


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

    .. math:: 100 \ln e_{psi} = \mu + a_p + b_s + c_{ps} + d_{si} + f_{psi}

    for pooling p, split seed s and initialisation i; all poolings of a seed share initialisations.
    Mean squares of the table of poolings by seeds (first initialisations) give a, b + d and c + f.
    Tables of repeated poolings by initialisations, one for each seed, give d and f, as in a design
    of which initialisations are nested in seeds. Estimates below zero are zero.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        One row for each dataset, model and edges: the variances pooling (a), split (b),
        split_by_pooling (c), initialisation (d) and initialisation_by_pooling (f), in percent squared,
        since small changes of a logarithm are relative changes; n_poolings, n_seeds (those that all
        poolings have), n_repeats and n_repeated, the poolings that are repeated together. Without
        repeats d and f are missing: split includes d, and split_by_pooling f. With fewer than two
        repeated poolings f is missing: initialisation is d + f, which is subtracted from c + f, so
        split includes d and split_by_pooling may be too small by d. With fewer than two poolings or
        seeds all but d and f are missing.
    """
    trials = trials.assign(level=100 * np.log(trials["test_mae"]))
    rows = [(*setting, *_components(group)) for setting, group in trials.groupby(SETTING)]
    counts = ["n_poolings", "n_seeds", "n_repeats", "n_repeated"]
    return pd.DataFrame(rows, columns=[*SETTING, *SOURCES, *counts])


def _components(trials: pd.DataFrame) -> tuple[float, ...]:
    # The mean squares are those of a full table: only seeds that all poolings have.
    first = trials[trials["init"] == 0].pivot(index="pooling", columns="seed", values="level")
    table = first.dropna(axis=1)
    n_poolings, n_seeds = table.shape
    shared, own, n_repeated = _initialisation(trials)
    n_repeats = int((trials.groupby(["pooling", "seed"]).size() - 1).sum())
    counts = n_poolings, n_seeds, n_repeats, n_repeated
    if min(table.shape) < 2:
        return np.nan, np.nan, np.nan, shared, own, *counts
    by_pooling, by_seed, rest = mean_squares(table.to_numpy())
    known = np.nan_to_num([shared, own])
    nested = known if n_repeated > 1 else (0.0, known[0])
    return (
        max(0.0, (by_pooling - rest) / n_seeds),
        max(0.0, (by_seed - rest) / n_poolings - nested[0]),
        max(0.0, rest - nested[1]),
        shared,
        own,
        *counts,
    )


def _initialisation(trials: pd.DataFrame) -> tuple[float, float, int]:
    """Variances of the initialisation, shared by all poolings and own of each, and how many repeat together.

    The first is the sum of both, and the second missing, where no two poolings are repeated together.
    """
    tables = [
        group.pivot(index="pooling", columns="init", values="level") for _, group in trials.groupby("seed")
    ]
    tables = [table[table.notna().sum(axis=1) > 1] for table in tables]
    full = [table for table in (table.dropna(axis=1) for table in tables) if min(table.shape) > 1]
    if not full:
        squares = sum(float((table.var(axis=1) * (table.count(axis=1) - 1)).sum()) for table in tables)
        freedom = sum(int((table.count(axis=1) - 1).sum()) for table in tables)
        return squares / freedom if freedom else np.nan, np.nan, int(freedom > 0)
    found = np.array([mean_squares(table.to_numpy())[1:] for table in full])
    poolings, inits = np.array([table.shape for table in full]).T
    # Seeds count by their degrees of freedom.
    own = float(np.average(found[:, 1], weights=(poolings - 1) * (inits - 1)))
    shared = float(np.average((found[:, 0] - own) / poolings, weights=inits - 1))
    return max(0.0, shared), own, int(poolings.min())
