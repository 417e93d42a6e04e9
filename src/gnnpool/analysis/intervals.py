"""How far the change of one condition may be trusted: intervals over its seeds."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from gnnpool.analysis.change import CONDITION, combined_change, contributions

# Of three seeds a bootstrap has ten different samples; of two it has three.
MINIMUM_FOR_BOOTSTRAP = 3


class Interval(NamedTuple):
    """Two ends; missing where there are too few numbers."""

    low: float
    high: float


NO_INTERVAL = Interval(np.nan, np.nan)


class MeanDistribution:
    r"""Distribution of the mean that some numbers scatter around.

    A t distribution with n - 1 degrees of freedom about their mean m, with the scale of Nadeau and
    Bengio, where s is the standard deviation:

    .. math:: s \sqrt{1/n + o}

    Random splits of one dataset share structures, so n of them hold less information than n datasets. The
    overlap o, test structures for each training structure, stands for that; with o = 0 this is the
    usual t distribution of independent numbers. Its interval is the corrected resampled t interval,
    and, read as in Corani and Benavoli, its probabilities are those of the mean.

    Args:
        values: The numbers, ``[..., n]``.
        overlap: Test structures for each training structure; 0 for independent numbers.

    Source:
        Nadeau and Bengio, Machine Learning 52, 239 (2003); Corani and Benavoli, Machine Learning
        100, 285 (2015).
    """

    def __init__(self, values: np.ndarray, *, overlap: float = 0.0) -> None:
        values = np.asarray(values, dtype=float)
        n = values.shape[-1]
        if n < 2:
            self._t = stats.t(1, loc=np.nan, scale=np.nan)
            return
        scale = values.std(axis=-1, ddof=1) * np.sqrt(1 / n + overlap)
        # Numbers without any spread have no interval either.
        self._t = stats.t(n - 1, loc=values.mean(axis=-1), scale=np.where(scale > 0, scale, np.nan))

    @classmethod
    def known(cls, mean: float, *, scale: float, freedom: float) -> "MeanDistribution":
        """The distribution of a mean whose standard error is known from elsewhere.

        Args:
            mean: The mean.
            scale: Its standard error, above 0.
            freedom: Degrees of freedom of that.
        """
        known = cls(np.zeros(1))
        known._t = stats.t(freedom, loc=mean, scale=scale)
        return known

    def interval(self, confidence: float) -> Interval:
        """The interval that holds the mean; missing for fewer than two numbers, or if all are equal."""
        return Interval(*self._t.interval(confidence))

    def probability_below(self, bound: float) -> float:
        """Probability that the mean is less than a bound."""
        return self._t.cdf(bound)

    def p_value(self) -> float:
        """Two-sided p-value of the mean being zero."""
        return 2 * np.minimum(self._t.cdf(0), self._t.sf(0))


def bca_over_seeds(
    error: np.ndarray, baseline: np.ndarray, *, statistic: str, confidence: float, resamples: int
) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of a change, over seeds.

    Of few seeds it is too narrow, since no sample is wider than the seeds are; it is shown beside
    the interval that decides.

    Args:
        error: Errors of a pooling, ``[n]``, in the unit of the target.
        baseline: The same of mean pooling, seed by seed.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        resamples: Bootstrap samples.

    Returns:
        The interval in percent; missing for fewer than three seeds, or if all changes are equal.
    """
    values = contributions(error, baseline, statistic)
    if len(values) < MINIMUM_FOR_BOOTSTRAP or np.ptp(values) == 0:
        return NO_INTERVAL
    return paired_bca(error, baseline, statistic=statistic, confidence=confidence, resamples=resamples)


def paired_bca(
    error: np.ndarray,
    baseline: np.ndarray,
    *,
    statistic: str,
    confidence: float,
    resamples: int,
    batch: int | None = None,
) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of a change, from pairs of errors.

    Args:
        error: Errors of a pooling, ``[n]``, in the unit of the target.
        baseline: The same of mean pooling, pair by pair.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        resamples: Bootstrap samples.
        batch: Bootstrap samples drawn at a time; None for all.

    Returns:
        The interval in percent.
    """
    found = stats.bootstrap(
        (error, baseline),
        lambda e, b, axis: combined_change(e, b, statistic, axis),
        paired=True,
        vectorized=True,
        confidence_level=confidence,
        n_resamples=resamples,
        batch=batch,
        method="BCa",
        rng=np.random.default_rng(0),
    )
    return Interval(*found.confidence_interval)


def excludes_zero(low: pd.Series, high: pd.Series) -> pd.Series:
    """Whether an interval excludes zero; false where there is none."""
    return (low > 0) | (high < 0)


def intervals_by_condition(
    changes: pd.DataFrame, *, statistic: str, confidence: float, margin: float
) -> pd.DataFrame:
    """The interval of each condition that decides whether its change is significant.

    Args:
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        margin: Percent.

    Returns:
        One row for each condition that has a seed with a baseline: low and high (%, missing for one
        seed), p_value, and probability_better, that the error is lower by more than the margin.
    """
    rows = []
    for condition, group in changes[changes["change"].notna()].groupby(CONDITION):
        values = contributions(group["error"].to_numpy(), group["baseline"].to_numpy(), statistic)
        mean = MeanDistribution(values, overlap=group["overlap"].mean())
        low, high = mean.interval(confidence)
        rows.append((*condition, low, high, mean.p_value(), mean.probability_below(-margin)))
    return pd.DataFrame(rows, columns=[*CONDITION, "low", "high", "p_value", "probability_better"])
