import numpy as np
import pytest
from scipy import stats

from gnnpool.analysis.intervals import NO_INTERVAL, MeanDistribution
from gnnpool.analysis.sequential import (
    LOOKS,
    critical_values,
    information,
    levels,
    look_that_detects,
    repeated_interval,
    spent,
)

OVERLAP, CONFIDENCE = 0.1875, 0.95
STRUCTURES, TESTED, TRAINED = 636, 96, 508


def test_the_whole_error_rate_is_spent_at_the_last_look_and_nearly_none_at_the_start():
    assert spent(np.array([1.0]), confidence=0.95) == pytest.approx([0.05])
    assert spent(np.array([0.05]), confidence=0.95) < 1e-20


def test_seeds_that_share_structures_add_little_information():
    assert information(LOOKS, 0.0) == pytest.approx([0.25, 0.5, 1])
    assert information(LOOKS, OVERLAP) == pytest.approx([0.6129, 0.8261, 1], abs=1e-4)


def test_the_bounds_of_many_seeds_are_those_printed_for_five_equal_looks():
    looks = (20_000, 40_000, 60_000, 80_000, 100_000)
    printed = [4.877, 3.357, 2.680, 2.290, 2.031]  # O'Brien-Fleming spending, two-sided 5 %
    assert critical_values(looks, overlap=0.0, confidence=0.95) == pytest.approx(printed, abs=0.02)


def test_one_look_is_the_corrected_test_itself():
    values = np.array([-3.0, 1.0, -4.0, -2.5, -6.0])
    bound = critical_values((5,), overlap=OVERLAP, confidence=CONFIDENCE)[0]
    found = repeated_interval(values, bound=bound, overlap=OVERLAP)
    assert found == pytest.approx(MeanDistribution(values, overlap=OVERLAP).interval(CONFIDENCE))


def test_numbers_without_any_spread_have_no_interval():
    assert repeated_interval(np.ones(5), bound=2.0, overlap=OVERLAP) == NO_INTERVAL


@pytest.mark.parametrize("looks", [(1, 5), (5, 5), (10, 5)])
def test_looks_that_do_not_increase_are_refused(looks):
    with pytest.raises(ValueError, match="increasing numbers of seeds"):
        critical_values(looks, overlap=OVERLAP, confidence=CONFIDENCE)


def test_a_later_look_is_needed_for_a_wider_spread():
    rule = {"after": 0, "looks": LOOKS, "overlap": OVERLAP, "confidence": CONFIDENCE}
    found = [look_that_detects(5.0, sd=sd, **rule) for sd in (0.0, 1.0, 2.0, 3.0, 4.0)]
    assert found == [5, 5, 10, 20, None]
    assert look_that_detects(5.0, sd=1.0, **rule | {"after": 5}) == 10


def normal_changes(rng, n):
    """Changes of seeds that correlate as the corrected test assumes."""
    return rng.standard_normal((n, LOOKS[-1])) + np.sqrt(OVERLAP) * rng.standard_normal((n, 1))


def split_changes(rng, n):
    """Mean differences over the tested structures of random splits of a dataset, drawn anew each time."""
    parts = []
    for _ in range(20):
        tested = rng.permuted(np.tile(np.arange(STRUCTURES) < TESTED, (LOOKS[-1], 1)), axis=1)
        structures = rng.standard_normal((n // 20, STRUCTURES))
        parts.append(structures @ tested.T / np.sqrt(TESTED))
    return np.concatenate(parts)


def false_positives(changes, overlap, at):
    crossed = [
        np.abs(changes[:, :look].mean(axis=1))
        > bound * changes[:, :look].std(axis=1, ddof=1) * np.sqrt(1 / look + overlap)
        for look, bound in zip(LOOKS, at, strict=True)
    ]
    return np.any(crossed, axis=0).mean()


@pytest.mark.parametrize(
    ("draw", "overlap", "chance"),
    # The bounds are exact for normal changes: there chance alone may exceed 5 %, by two standard errors.
    [(normal_changes, OVERLAP, 0.0022), (split_changes, TESTED / TRAINED, 0)],
    ids=["normal", "splits"],
)
def test_looks_at_5_10_and_20_seeds_keep_the_error_rate_that_repeated_tests_exceed(draw, overlap, chance):
    changes = draw(np.random.default_rng(2), 40_000)
    bounds = critical_values(LOOKS, overlap=overlap, confidence=CONFIDENCE)
    naive = stats.t.isf(0.025, np.array(LOOKS) - 1)
    assert false_positives(changes, overlap, bounds) <= 0.05 + chance
    assert false_positives(changes, overlap, naive) > 0.08


def test_levels_are_those_of_the_bounds():
    rule = {"overlap": OVERLAP, "confidence": CONFIDENCE}
    assert stats.t.isf(levels(LOOKS, **rule) / 2, np.array(LOOKS) - 1) == pytest.approx(
        critical_values(LOOKS, **rule)
    )
