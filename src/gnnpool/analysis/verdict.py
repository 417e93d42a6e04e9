"""Whether a measured change agrees with a published one."""

import numpy as np
from scipy import stats

from gnnpool.analysis.intervals import NO_INTERVAL, Interval

AGREES, DIFFERS, UNDECIDED = "agrees", "differs", "cannot be distinguished"


def difference_interval(
    ours: float, theirs: float, *, sd: float, n_ours: int, n_theirs: int, confidence: float
) -> Interval:
    r"""Interval of the difference between two measurements of the same change.

    .. math:: \Delta \pm t_{n-1}\, s \sqrt{1/n + 1/n'}

    Both are means over seeds on the same structures, so what these structures have in common drops
    out. The spread of theirs was not published and is taken to be that of ours.

    Args:
        ours: Measured change, %.
        theirs: Published change, %.
        sd: Standard deviation of ours over seeds, %.
        n_ours: Our seeds.
        n_theirs: Their seeds.
        confidence: Such as 0.95.

    Returns:
        The interval of ours minus theirs in percent; missing for one seed.
    """
    if n_ours < 2 or not np.isfinite(sd):
        return NO_INTERVAL
    half = stats.t.ppf((1 + confidence) / 2, n_ours - 1) * sd * np.sqrt(1 / n_ours + 1 / n_theirs)
    return Interval(ours - theirs - half, ours - theirs + half)


def verdict(theirs: float, *, ours: Interval, difference: Interval, margin: float) -> str:
    """Judge a published change; the rule is in docs/decisions/verdicts.md.

    Args:
        theirs: Published change, %.
        ours: Interval of ours, %.
        difference: Interval of ours minus theirs, %.
        margin: Percent within which two changes count as the same.

    Returns:
        "agrees" if the difference is within the margin; else "differs" if it is not zero; else "agrees"
        if ours is significant and has the sign of theirs; else "cannot be distinguished".
    """
    if difference.low >= -margin and difference.high <= margin:
        return AGREES
    if difference.low > 0 or difference.high < 0:
        return DIFFERS
    same_sign = (ours.low > 0 and theirs > 0) or (ours.high < 0 and theirs < 0)
    return AGREES if same_sign else UNDECIDED
