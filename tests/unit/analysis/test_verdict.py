import numpy as np
import pytest

from gnnpool.analysis.intervals import NO_INTERVAL, Interval
from gnnpool.analysis.verdict import difference_interval, verdict


@pytest.mark.parametrize(
    ("theirs", "ours", "difference", "expected"),
    [
        (-10.0, (-12, -4), (-3, 7), "agrees"),  # ours has a significant sign, and it is theirs
        (-1.0, (-1.5, 2.0), (-0.5, 2.8), "agrees"),  # as close as matters
        (-10.0, (-20, 15), (-12, 27), "cannot be distinguished"),  # includes both theirs and zero
        (
            -1.0,
            (1, 9),
            (-1, 13),
            "cannot be distinguished",
        ),  # ours has the other sign, but theirs may be in reach
        (-10.0, (2, 8), (9, 21), "differs"),
        (-10.0, (-3, -1), (4, 12), "differs"),  # same sign, other size
        (-1.0, (-0.2, 0.6), (0.4, 2.0), "agrees"),  # not the same, but as close as matters
    ],
)
def test_the_rule_of_the_verdict(theirs, ours, difference, expected):
    found = verdict(theirs, ours=Interval(*ours), difference=Interval(*difference), margin=3.0)
    assert found == expected


def test_without_intervals_nothing_can_be_distinguished():
    assert verdict(-1.0, ours=NO_INTERVAL, difference=NO_INTERVAL, margin=3.0) == "cannot be distinguished"


def test_difference_counts_the_seeds_of_both():
    low, high = difference_interval(-4.0, -6.0, sd=2.0, n_ours=10, n_theirs=5, confidence=0.95)
    half = 2.2621571628540993 * 2.0 * np.sqrt(1 / 10 + 1 / 5)
    assert (low, high) == pytest.approx((2 - half, 2 + half), abs=1e-9)
    assert np.isnan(difference_interval(-4.0, -6.0, sd=np.nan, n_ours=1, n_theirs=5, confidence=0.95)).all()


def test_same_truth_is_rarely_called_different():
    """500 pairs of measurements of one change on the same structures."""
    rng = np.random.default_rng(2)
    ours, theirs = rng.normal(-4, 10, size=(500, 5)), rng.normal(-4, 10, size=(500, 5))
    false = 0
    for mine, printed in zip(ours, theirs.mean(axis=1), strict=True):
        found = difference_interval(
            mine.mean(), printed, sd=mine.std(ddof=1), n_ours=5, n_theirs=5, confidence=0.95
        )
        interval = Interval(mine.mean() - 9, mine.mean() + 9)
        false += verdict(printed, ours=interval, difference=found, margin=3.0) == "differs"
    assert false / 500 < 0.07
