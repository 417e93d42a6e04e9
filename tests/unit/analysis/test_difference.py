import numpy as np
import pytest
from scipy import stats

from gnnpool.analysis.difference import difference_of_means

rng = np.random.default_rng(1)


def test_the_interval_is_welchs():
    first, second = [1.0, 2.0, 4.0], [-3.0, 5.0, 0.5, 2.5]
    difference, found = difference_of_means(first, second, confidence=0.9)
    va, vb = np.var(first, ddof=1) / 3, np.var(second, ddof=1) / 4
    freedom = (va + vb) ** 2 / (va**2 / 2 + vb**2 / 3)
    half = stats.t.ppf(0.95, freedom) * np.sqrt(va + vb)
    assert difference == pytest.approx(7 / 3 - 1.25)
    assert found == pytest.approx((difference - half, difference + half))


@pytest.mark.parametrize(("first", "second"), [([1.0], [2.0, 3.0]), ([1.0, 1.0], [2.0, 2.0])])
def test_too_little_gives_a_difference_without_an_interval(first, second):
    difference, found = difference_of_means(first, second, confidence=0.95)
    assert difference == pytest.approx(np.mean(first) - np.mean(second))
    assert np.isnan(found).all()


def test_an_empty_group_has_no_difference():
    assert np.isnan(difference_of_means([], [1.0], confidence=0.95)[0])


def test_the_interval_has_its_coverage():
    draws = [(rng.normal(0, 3, 4), rng.normal(2, 1, 3)) for _ in range(1500)]
    found = [difference_of_means(a, b, confidence=0.95)[1] for a, b in draws]
    assert 0.93 < np.mean([low < -2 < high for low, high in found]) < 0.98
