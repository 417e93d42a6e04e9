import numpy as np
import pytest

from gnnpool.analysis.intervals import MeanDistribution
from gnnpool.analysis.power import MOST, detectable_difference, number_needed, power

OVERLAP = 0.15 / 0.80


def share_significant(difference: float, *, n: int, sd: float, overlap: float, runs: int = 20_000) -> float:
    """How often the deciding test is significant for changes that correlate as it assumes."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(runs, 1)) * np.sqrt(overlap)
    changes = difference + sd * (shared + rng.normal(size=(runs, n)))
    return float(np.mean(MeanDistribution(changes, overlap=overlap).p_value() < 0.05))


@pytest.mark.parametrize(
    ("size", "n", "expected"), [(0.5, 34, 0.8077775), (0.8, 15, 0.8213105), (1.0, 10, 0.8030968)]
)
def test_power_of_the_paired_t_test_is_that_of_g_power(size, n, expected):
    """Values of G*Power 3.1 for two-sided tests at 5 %."""
    assert power(size, sd=1.0, n=n, confidence=0.95) == pytest.approx(expected, abs=1e-6)
    assert number_needed(size, sd=1.0, confidence=0.95) == n


@pytest.mark.parametrize("overlap", [0.0, OVERLAP])
@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_the_deciding_test_detects_the_detectable_difference_in_80_percent_of_simulations(n, overlap):
    difference = 4.0 * detectable_difference(n=n, confidence=0.95, overlap=overlap)
    found = share_significant(difference, n=n, sd=4.0, overlap=overlap)
    assert found == pytest.approx(0.80, abs=0.015)


@pytest.mark.parametrize(("difference", "overlap"), [(3.0, 0.0), (6.0, OVERLAP), (9.0, OVERLAP)])
def test_the_number_of_seeds_needed_is_the_lowest_that_has_80_percent_power_in_simulations(
    difference, overlap
):
    n = number_needed(difference, sd=4.0, confidence=0.95, overlap=overlap)
    enough, fewer = (share_significant(difference, n=k, sd=4.0, overlap=overlap) for k in (n, n - 1))
    assert enough > 0.785
    assert fewer < 0.815
    assert fewer < enough


def test_the_detectable_difference_of_the_uncorrected_test_has_about_half_the_power_in_the_deciding_test():
    difference = detectable_difference(n=5, confidence=0.95)
    assert share_significant(difference, n=5, sd=1.0, overlap=OVERLAP) == pytest.approx(0.54, abs=0.02)


def test_seeds_that_share_no_structures_only_raise_the_power():
    rng = np.random.default_rng(0)
    difference = detectable_difference(n=5, confidence=0.95, overlap=OVERLAP)
    independent = difference + rng.normal(size=(20_000, 5))
    assert np.mean(MeanDistribution(independent, overlap=OVERLAP).p_value() < 0.05) > 0.80


def test_below_a_certain_difference_no_number_of_seeds_is_enough():
    options = {"sd": 10.0, "confidence": 0.95, "overlap": OVERLAP}
    assert number_needed(3.0, **options) is None
    # (1.960 + 0.842) standard errors of infinitely many seeds.
    limit = 2.8016 * 10.0 * np.sqrt(OVERLAP)
    assert number_needed(0.999 * limit, **options) is None
    assert number_needed(1.001 * limit, **options) == MOST + 1
    assert share_significant(0.95 * limit, n=500, sd=10.0, overlap=OVERLAP, runs=5000) < 0.79


def test_more_spread_needs_more_seeds():
    needed = [number_needed(3.0, sd=sd, confidence=0.95) for sd in (0.0, 1.0, 3.0, 10.0, 1000.0)]
    assert needed == [2, 4, 10, 90, MOST + 1]
