"""A test that may be repeated as seeds are added: group-sequential bounds that keep its error rate."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import stats

from gnnpool.analysis.intervals import NO_INTERVAL, Interval
from gnnpool.analysis.power import POWER, power

# Numbers of seeds at which a decision is taken.
LOOKS = (5, 10, 20)
_PATHS = 2**20
_PATHS_SEED = 0


def information(looks: Sequence[int], overlap: float) -> np.ndarray:
    r"""Share of the information of the last look that each look has.

    .. math:: t_k = (1/n_K + o) / (1/n_k + o)

    Seeds that share structures add little: with 15 % tested and 80 % trained, 5 of 20 seeds hold 61 %.

    Args:
        looks: Numbers of seeds n, increasing.
        overlap: Test structures for each training structure, o.

    Returns:
        Shares, ``[K]``, the last one 1.
    """
    variance = 1 / np.asarray(looks, dtype=float) + overlap
    return variance[-1] / variance


def spent(share: np.ndarray, *, confidence: float) -> np.ndarray:
    r"""Two-sided error rate that may be used up to a share of the information.

    .. math:: \alpha(t) = 4 - 4 \Phi(z_{1 - \alpha/4} / \sqrt t)

    Args:
        share: Shares t of the information.
        confidence: 1 less the error rate of all looks together, such as 0.95.

    Returns:
        Error rates, as many as shares.

    Source:
        Lan and DeMets, Biometrika 70, 659 (1983), for the bounds of O'Brien and Fleming, Biometrics
        35, 549 (1979); half of the error rate for each side.
    """
    return 4 * stats.norm.sf(stats.norm.isf((1 - confidence) / 4) / np.sqrt(share))


@cache
def critical_values(looks: tuple[int, ...], *, overlap: float, confidence: float) -> np.ndarray:
    """Bounds of the corrected resampled t statistic at each look.

    The first bound is exact. The others hold for the joint distribution of the t statistics, sampled
    from a fixed stream of random numbers: bounds of normal statistics, taken over by their nominal
    levels, would give an error rate of 5.6 % in place of 5 % for looks at 5, 10 and 20 seeds.

    Args:
        looks: Numbers of seeds, increasing, two or more.
        overlap: Test structures for each training structure; 0 for independent changes.
        confidence: See :func:`spent`.

    Returns:
        Bounds of the absolute value of the statistic, ``[K]``.

    Raises:
        ValueError: If the looks do not increase, or the first has fewer than two seeds.
    """
    if looks[0] < 2 or any(b <= a for a, b in pairwise(looks)):
        raise ValueError(f"looks: expected increasing numbers of seeds, at least 2, found {list(looks)}")
    total = spent(information(looks, overlap), confidence=confidence)
    bounds = [stats.t.isf(total[0] / 2, looks[0] - 1)]
    paths = _null_statistics(looks, overlap)
    inside = np.abs(paths[0]) <= bounds[0]
    for statistic, step in zip(paths[1:], np.diff(total), strict=True):
        reached = np.sort(np.abs(statistic[inside]))
        bounds.append(reached[-1 - round(step * _PATHS)])
        inside &= np.abs(statistic) <= bounds[-1]
    return np.array(bounds)


def repeated_interval(values: np.ndarray, *, bound: float, overlap: float) -> Interval:
    r"""Interval of one look; with the confidence of the bounds, those of all looks include the mean.

    .. math:: m \pm c_k s \sqrt{1/n + o}

    Args:
        values: Changes of the seeds of the look, %, ``[n]``.
        bound: Critical value c of the look, of :func:`critical_values`.
        overlap: As given there.

    Returns:
        The interval in percent; missing if all changes are equal.

    Source:
        Jennison and Turnbull, J. R. Stat. Soc. B 51, 305 (1989).
    """
    mean, sd = np.mean(values), np.std(values, ddof=1)
    half = float(bound * sd * np.sqrt(1 / len(values) + overlap))
    return Interval(float(mean - half), float(mean + half)) if sd > 0 else NO_INTERVAL


def look_that_detects(
    difference: float, *, sd: float, after: int, looks: tuple[int, ...], overlap: float, confidence: float
) -> int | None:
    """First look after some seeds that detects a difference with 80 % power.

    Args:
        difference: True mean change, %, above 0.
        sd: Standard deviation of the changes, %.
        after: Seeds of the last look that was taken.
        looks: See :func:`critical_values`.
        overlap: See there.
        confidence: See there.

    Returns:
        Its number of seeds. None if no look is enough.
    """
    for n, level in zip(looks, levels(looks, overlap=overlap, confidence=confidence), strict=True):
        test = {"sd": sd, "n": n, "confidence": 1 - level, "overlap": overlap}
        if n > after and (sd == 0 or power(difference, **test) >= POWER):
            return n
    return None


def levels(looks: tuple[int, ...], *, overlap: float, confidence: float) -> np.ndarray:
    """Two-sided nominal level of the t test at each look; see :func:`critical_values`."""
    bounds = critical_values(looks, overlap=overlap, confidence=confidence)
    return 2 * stats.t.sf(bounds, np.asarray(looks) - 1)


def _null_statistics(looks: Sequence[int], overlap: float) -> list[np.ndarray]:
    """Sampled t statistics at each look, of changes that are zero on average and correlate as assumed."""
    rng = np.random.default_rng(_PATHS_SEED)
    shared = np.sqrt(overlap) * rng.standard_normal(_PATHS)
    n, mean, squares = 0, np.zeros(_PATHS), np.zeros(_PATHS)
    found = []
    for look in looks:
        more = look - n
        apart = rng.standard_normal(_PATHS) / np.sqrt(more) - mean
        # Sum of squares of the new seeds about their own mean (chi-squared), and of the two means.
        squares += 2 * rng.standard_gamma((more - 1) / 2, _PATHS) + apart**2 * n * more / look
        mean += apart * more / look
        n = look
        found.append((mean + shared) / np.sqrt(squares / (n - 1) * (1 / n + overlap)))
    return found
