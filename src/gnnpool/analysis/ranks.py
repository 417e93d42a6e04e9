"""Ranks of the poolings over the datasets, and tests of whether they differ."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scikit_posthocs
from scipy import stats

from gnnpool.records import BASELINE

RANKING = [
    *("pooling", "mean_rank", "average", "better_on", "wilcoxon_p", "holm_p", "lowest_holm_p", "nemenyi_p"),
    *("friedman_statistic", "friedman_p", "critical_difference"),
    *("n_poolings", "n_datasets", "datasets"),
]


class Friedman(NamedTuple):
    """Statistic and p-value of Friedman's test; missing for fewer than three poolings or two datasets."""

    statistic: float
    p_value: float


def mean_ranks(values: pd.DataFrame) -> pd.Series:
    """Mean rank of each pooling over the datasets; 1 is the lowest value, equal values share ranks.

    Args:
        values: Datasets by poolings, nothing missing.
    """
    return values.rank(axis=1).mean()


def friedman(values: pd.DataFrame) -> Friedman:
    """Test whether all poolings have the same rank on average; corrected for equal values.

    Args:
        values: Datasets by poolings, nothing missing.
    """
    datasets, poolings = values.shape
    if poolings < 3 or datasets < 2 or (values.nunique(axis=1) == 1).all():
        return Friedman(np.nan, np.nan)
    return Friedman(*stats.friedmanchisquare(*values.to_numpy().T))


def nemenyi(values: pd.DataFrame) -> pd.DataFrame:
    """P-values of all pairs of poolings having the same rank, for all comparisons together.

    Args:
        values: Datasets by poolings, nothing missing.

    Returns:
        Poolings by poolings, ones on the diagonal.
    """
    found = scikit_posthocs.posthoc_nemenyi_friedman(values.to_numpy())
    return pd.DataFrame(found.to_numpy(), index=values.columns, columns=values.columns)


def critical_difference(*, poolings: int, datasets: int, confidence: float) -> float:
    r"""Difference of two mean ranks beyond which Nemenyi's test finds them significant.

    .. math:: q \sqrt{k (k + 1) / (6 N)}

    with k poolings, N datasets, and q the quantile of the studentized range divided by
    :math:`\sqrt 2`.

    Args:
        poolings: Number of poolings compared.
        datasets: Number of datasets.
        confidence: Such as 0.95.

    Source:
        Demšar, Journal of Machine Learning Research 7, 1 (2006).
    """
    quantile = stats.studentized_range.ppf(confidence, poolings, np.inf) / np.sqrt(2)
    return quantile * np.sqrt(poolings * (poolings + 1) / (6 * datasets))


def wilcoxon(values: pd.Series) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test of values scattering about zero.

    Exact unless values are zero or equal in size.

    Args:
        values: Changes, one for each dataset, %.

    Returns:
        The p-value; missing if there are no values but zeros.
    """
    values = values[values != 0]
    return float(stats.wilcoxon(values).pvalue) if len(values) else np.nan


def holm(p_values: pd.Series) -> pd.Series:
    """P-values corrected for multiple comparisons by Holm's method; missing ones stay missing.

    Args:
        p_values: Uncorrected; index without duplicates.

    Source:
        Holm, Scandinavian Journal of Statistics 6, 65 (1979).
    """
    ascending = p_values.dropna().sort_values()
    corrected = (ascending * np.arange(len(ascending), 0, -1)).cummax().clip(upper=1)
    return corrected.reindex(p_values.index)


def lowest_holm_p(*, poolings: int, datasets: int) -> float:
    r"""Lowest p-value that Wilcoxon's exact test with Holm's correction can give: min(1, k 2 / 2^n).

    Args:
        poolings: Number k of poolings compared with the baseline.
        datasets: Number n of datasets, without zero or equal changes.
    """
    return min(1.0, poolings * 2 / 2**datasets)


def rank_poolings(values: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Rank mean pooling and the others on the datasets on which all of them have a value.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values` of one setting that have a value;
            no averages, and no mean pooling, whose changes are zero.
        confidence: Such as 0.95.

    Returns:
        The columns of ``RANKING``, which :func:`gnnpool.tables.build` explains; the best rank
        first. What the datasets are too few for is missing.
    """
    table = values.pivot(index="dataset", columns="pooling", values="value").dropna()
    table = table.assign(**{BASELINE: 0.0})
    poolings, n = list(table), len(table)
    frame = pd.DataFrame({"pooling": poolings, "n_poolings": len(poolings), "n_datasets": n})
    frame["datasets"] = ",".join(table.index)
    computed = [c for c in RANKING if c not in (*frame, "better_on")]
    frame[computed] = np.nan
    frame["better_on"] = [int((table[pooling] < 0).sum()) for pooling in poolings]
    if n == 0:
        return frame[RANKING]
    frame["mean_rank"] = mean_ranks(table).to_numpy()
    frame["average"] = table.mean().to_numpy()
    if n == 1:
        return frame[RANKING]
    others = frame["pooling"] != BASELINE
    frame.loc[others, "wilcoxon_p"] = [wilcoxon(table[p]) for p in frame["pooling"][others]]
    frame["holm_p"] = holm(frame["wilcoxon_p"])
    frame["lowest_holm_p"] = lowest_holm_p(poolings=len(poolings) - 1, datasets=n)
    if len(poolings) > 1:
        frame.loc[others, "nemenyi_p"] = nemenyi(table)[BASELINE].to_numpy()[others]
        frame["critical_difference"] = critical_difference(
            poolings=len(poolings), datasets=n, confidence=confidence
        )
    frame["friedman_statistic"], frame["friedman_p"] = friedman(table)
    return frame.sort_values("mean_rank", kind="stable")[RANKING]
