"""Whether two groups of datasets differ."""

import numpy as np
from scipy import stats

from gnnpool.analysis.intervals import NO_INTERVAL, Interval


def difference_of_means(
    first: np.ndarray, second: np.ndarray, *, confidence: float
) -> tuple[float, Interval]:
    r"""Mean of some numbers less the mean of others, and where that difference may lie.

    .. math:: \bar a - \bar b \pm t_\nu \sqrt{s_a^2 / n_a + s_b^2 / n_b}

    Args:
        first: Numbers a, one for each dataset, ``[n_a]``.
        second: Numbers b of other datasets, ``[n_b]``.
        confidence: Such as 0.95.

    Returns:
        The difference, missing if a group is empty, and its interval, missing if a group has fewer
        than two numbers or none of them scatter.

    Source:
        Welch, Biometrika 34, 28 (1947).
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if not len(first) or not len(second):
        return np.nan, NO_INTERVAL
    difference = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2 or (np.ptp(first) == 0 and np.ptp(second) == 0):
        return difference, NO_INTERVAL
    found = stats.ttest_ind(first, second, equal_var=False).confidence_interval(confidence)
    return difference, Interval(float(found.low), float(found.high))
