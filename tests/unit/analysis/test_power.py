import numpy as np
import pytest

from gnnpool.analysis.power import difference_to_tell, power_to_tell, seeds_to_tell


@pytest.mark.parametrize(
    ("size", "n", "power"), [(0.5, 34, 0.8077775), (0.8, 15, 0.8213105), (1.0, 10, 0.8030968)]
)
def test_power_of_the_paired_t_test_is_that_of_g_power(size, n, power):
    """Values of G*Power 3.1 for two-sided tests at 5 %."""
    assert power_to_tell(size, sd=1.0, n=n, confidence=0.95) == pytest.approx(power, abs=1e-6)
    assert seeds_to_tell(size, sd=1.0, confidence=0.95) == n


def test_power_counts_how_often_a_simulated_difference_is_told():
    rng = np.random.default_rng(0)
    n, sd, overlap, difference = 5, 4.0, 0.1875, 6.0
    shared = rng.normal(size=(40000, 1)) * np.sqrt(overlap / (1 + overlap))
    own = rng.normal(size=(40000, n)) * np.sqrt(1 / (1 + overlap))
    changes = difference + (shared + own) * sd * np.sqrt(1 + overlap)
    half = 2.7764451 * changes.std(axis=1, ddof=1) * np.sqrt(1 / n + overlap)
    told = np.mean(np.abs(changes.mean(axis=1)) > half)
    found = power_to_tell(difference, sd=sd, n=n, confidence=0.95, overlap=overlap)
    assert found == pytest.approx(told, abs=0.01)


def test_more_spread_needs_more_seeds_until_none_is_enough():
    needed = [seeds_to_tell(3.0, sd=sd, confidence=0.95) for sd in (0.0, 1.0, 3.0, 10.0, 1000.0)]
    assert needed == [2, 4, 10, 90, None]
    # More seeds of a dataset do not replace more structures.
    assert seeds_to_tell(3.0, sd=10.0, confidence=0.95, overlap=0.1875) is None


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_difference_that_is_told_has_the_power_asked_for(n):
    difference = difference_to_tell(n=n, confidence=0.95)
    assert power_to_tell(difference, sd=1.0, n=n, confidence=0.95) == pytest.approx(0.8, abs=1e-9)
