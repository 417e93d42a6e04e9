"""Poolings that see the number of atoms of a cell against those that do not."""

from collections.abc import Mapping

import pandas as pd

from gnnpool.analysis.classes import with_common_seeds
from gnnpool.analysis.intervals import MeanDistribution
from gnnpool.records import BASELINE

_SETTING = ["dataset", "model", "edges"]


def compare_size_groups(
    changes: pd.DataFrame, sees_size: Mapping[str, bool | None], *, confidence: float
) -> pd.DataFrame:
    """Compare the mean change of both groups, seed by seed.

    Args:
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`.
        sees_size: For each pooling whether its vector depends on how many atoms describe a crystal; None
            where that is not known, which belongs to no group. Mean pooling is left out.
        confidence: Such as 0.95.

    Returns:
        One row for each dataset, model and edges that has both groups: n_blind and n_seeing (poolings of
        all common seeds), n_seeds, blind and seeing (mean change, %), difference (seeing less blind, %),
        median_difference (the same of the groups' medians, which single poolings do not make; mean over the
        seeds, %), low and high (of the difference, corrected resampled t interval over the seeds: it speaks
        of these poolings, not of others), and p_value.
    """
    known = changes[(changes["pooling"] != BASELINE) & changes["change"].notna()]
    known = with_common_seeds(known.assign(sees=known["pooling"].map(sees_size)).dropna(subset="sees"))
    rows = [
        (*names, *found) for names, group in known.groupby(_SETTING) if (found := _compare(group, confidence))
    ]
    counts, means = ["n_blind", "n_seeing", "n_seeds"], ["blind", "seeing", "difference", "median_difference"]
    return pd.DataFrame(rows, columns=[*_SETTING, *counts, *means, "low", "high", "p_value"])


def _compare(group: pd.DataFrame, confidence: float) -> tuple | None:
    table = group.pivot(index="pooling", columns="seed", values="change")
    sees = group.drop_duplicates("pooling").set_index("pooling")["sees"].reindex(table.index).astype(bool)
    seeing, blind = table[sees], table[~sees]
    if seeing.empty or blind.empty:
        return None
    difference, of_medians = seeing.mean() - blind.mean(), seeing.median() - blind.median()
    mean = MeanDistribution(difference.to_numpy(), overlap=group["overlap"].mean())
    means = float(blind.to_numpy().mean()), float(seeing.to_numpy().mean())
    return (
        *(len(blind), len(seeing), table.shape[1], *means, float(difference.mean())),
        float(of_medians.mean()),
        *(*mean.interval(confidence), float(mean.p_value())),
    )
