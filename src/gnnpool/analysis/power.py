"""How many seeds would tell a difference of a given size."""

import numpy as np
from scipy import stats
from scipy.optimize import brentq

POWER = 0.8
MOST_SEEDS = 1000


def power_to_tell(
    difference: float, *, sd: float, n: np.ndarray, confidence: float, overlap: float = 0.0
) -> np.ndarray:
    r"""Probability that a two-sided t test of n paired seeds tells a difference from zero.

    From the noncentral t distribution with n - 1 degrees of freedom and noncentrality

    .. math:: \delta / (s \sqrt{1/n + o})

    Args:
        difference: True mean change, %.
        sd: Standard deviation of the change over seeds, %, above 0.
        n: Numbers of seeds, two or more.
        confidence: Such as 0.95.
        overlap: Test structures for each training structure, for the corrected resampled t test; 0
            for the paired t test, which speaks of the structures of the dataset alone.

    Returns:
        The probability for each n.
    """
    n = np.asarray(n, dtype=float)
    limit = stats.t.ppf((1 + confidence) / 2, n - 1)
    shift = abs(difference) / (sd * np.sqrt(1 / n + overlap))
    # Of a wrong sign that is next to impossible, scipy makes a missing value.
    wrong_sign = np.nan_to_num(stats.nct.cdf(-limit, n - 1, shift))
    return stats.nct.sf(limit, n - 1, shift) + wrong_sign


def seeds_to_tell(
    difference: float, *, sd: float, confidence: float, overlap: float = 0.0, power: float = POWER
) -> int | None:
    """Least number of seeds that tells a difference with the given probability.

    Args:
        difference: True mean change, %.
        sd: Standard deviation of the change over seeds, %.
        confidence: Such as 0.95.
        overlap: See :func:`power_to_tell`.
        power: The probability asked for.

    Returns:
        The number, at least 2; None if a thousand are too few.
    """
    if sd == 0:
        return 2
    n = np.arange(2, MOST_SEEDS + 1)
    enough = power_to_tell(difference, sd=sd, n=n, confidence=confidence, overlap=overlap) >= power
    return int(n[np.argmax(enough)]) if enough.any() else None


def difference_to_tell(*, n: int, confidence: float, overlap: float = 0.0, power: float = POWER) -> float:
    """Difference that so many seeds tell with the given probability, in standard deviations.

    Args:
        n: Number of seeds, two or more.
        confidence: Such as 0.95.
        overlap: See :func:`power_to_tell`.
        power: The probability asked for.
    """

    def lacking(difference: float) -> float:
        return float(power_to_tell(difference, sd=1.0, n=n, confidence=confidence, overlap=overlap)) - power

    return float(brentq(lacking, 1e-6, 1e3))
