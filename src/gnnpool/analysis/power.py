"""Power of the tests that decide: detectable differences and numbers of seeds or datasets needed."""

from bisect import bisect_left
from functools import cache

import numpy as np
from scipy import stats
from scipy.optimize import brentq

POWER = 0.8
# From here on a count is reported as "more than".
MOST = 1000


def power(
    difference: float, *, sd: float, n: float | np.ndarray, confidence: float, overlap: float = 0.0
) -> np.ndarray:
    r"""Probability that the two-sided t test of n changes finds a difference significant.

    From the noncentral t distribution with n - 1 degrees of freedom and noncentrality

    .. math:: \delta / (s \sqrt{1/n + o})

    With an overlap o this is the corrected resampled t test; its assumption, that changes of two seeds
    correlate with o / (1 + o), is taken to hold. With o = 0 it is the t test of independent changes.

    Args:
        difference: True mean change, %.
        sd: Standard deviation of the changes, %, above 0.
        n: Numbers of seeds or datasets, two or more.
        confidence: Such as 0.95.
        overlap: Test structures for each training structure; 0 for independent changes.

    Returns:
        The probability for each n.

    Source:
        Nadeau and Bengio, Machine Learning 52, 239 (2003), for the variance of the mean.
    """
    n = np.asarray(n, dtype=float)
    limit = stats.t.ppf((1 + confidence) / 2, n - 1)
    shift = abs(difference) / (sd * np.sqrt(1 / n + overlap))
    # scipy returns NaN where the probability of the wrong sign is negligible.
    wrong_sign = np.nan_to_num(stats.nct.cdf(-limit, n - 1, shift))
    return stats.nct.sf(limit, n - 1, shift) + wrong_sign


def number_needed(difference: float, *, sd: float, confidence: float, overlap: float = 0.0) -> int | None:
    """Lowest number of seeds or datasets that detects a difference with 80 % power.

    The overlap does not shrink with the number of seeds. Below a certain difference no number is
    therefore enough.

    Args:
        difference: True mean change, %, above 0.
        sd: Standard deviation of the changes, %.
        confidence: Such as 0.95.
        overlap: See :func:`power`.

    Returns:
        The number, at least 2 and at most ``MOST`` + 1, which stands for all above ``MOST``; None if no
        number is enough.
    """
    if sd == 0:
        return 2
    if overlap > 0:
        limit, shift = stats.norm.ppf((1 + confidence) / 2), difference / (sd * np.sqrt(overlap))
        if stats.norm.sf(limit - shift) + stats.norm.cdf(-limit - shift) <= POWER:
            return None
    candidates = range(2, MOST + 1)
    return 2 + bisect_left(
        candidates,
        True,
        key=lambda n: bool(power(difference, sd=sd, n=n, confidence=confidence, overlap=overlap) >= POWER),
    )


@cache
def detectable_difference(*, n: int, confidence: float, overlap: float = 0.0) -> float:
    """Difference that n seeds or datasets detect with 80 % power, in standard deviations.

    Args:
        n: Number of seeds or datasets, two or more.
        confidence: Such as 0.95.
        overlap: See :func:`power`.
    """

    def excess(difference: float) -> float:
        return float(power(difference, sd=1.0, n=n, confidence=confidence, overlap=overlap)) - POWER

    highest = 1e3
    while excess(highest) < 0:
        highest *= 10
    return float(brentq(excess, 1e-6, highest))
