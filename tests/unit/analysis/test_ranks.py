"""Known answers of textbooks."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from gnnpool.analysis.ranks import (
    critical_difference,
    friedman,
    holm,
    lowest_holm_p,
    mean_ranks,
    nemenyi,
    wilcoxon,
)

# Demšar, Journal of Machine Learning Research 7, 1 (2006), Table 6: AUC of four classifiers on 14
# datasets. Of "voting" the paper ranks the last two by digits that it does not print.
AUC = pd.DataFrame(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.97501, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ],
    columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
)

# Hollander and Wolfe, Nonparametric Statistical Methods (1973), p. 140: seconds of 22 players who
# round first base in three ways. Friedman's statistic is 78/7.
ROUNDING = pd.DataFrame(
    np.array(
        [
            "5.40",
            "5.50",
            "5.55",
            "5.85",
            "5.70",
            "5.75",
            "5.20",
            "5.60",
            "5.50",
            "5.55",
            "5.50",
            "5.40",
            "5.90",
            "5.85",
            "5.70",
            "5.45",
            "5.55",
            "5.60",
            "5.40",
            "5.40",
            "5.35",
            "5.45",
            "5.50",
            "5.35",
            "5.25",
            "5.15",
            "5.00",
            "5.85",
            "5.80",
            "5.70",
            "5.25",
            "5.20",
            "5.10",
            "5.65",
            "5.55",
            "5.45",
            "5.60",
            "5.35",
            "5.45",
            "5.05",
            "5.00",
            "4.95",
            "5.50",
            "5.50",
            "5.40",
            "5.45",
            "5.55",
            "5.50",
            "5.55",
            "5.55",
            "5.35",
            "5.45",
            "5.50",
            "5.55",
            "5.50",
            "5.45",
            "5.25",
            "5.65",
            "5.60",
            "5.40",
            "5.70",
            "5.65",
            "5.55",
            "6.30",
            "6.30",
            "6.25",
        ],
        dtype=float,
    ).reshape(22, 3),
    columns=["round out", "narrow angle", "wide angle"],
)


def test_mean_ranks_of_demsar():
    # The highest AUC is best.
    expected = {"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    ranks = mean_ranks(-AUC)
    assert ranks.to_dict() == pytest.approx(expected, abs=5e-4)
    # Its statistic, 9.28, is not corrected for equal values.
    assert 12 * 14 / (4 * 5) * ((ranks**2).sum() - 4 * 25 / 4) == pytest.approx(9.28, abs=0.006)


def test_friedman_of_hollander_and_wolfe():
    found = friedman(ROUNDING)
    assert found.statistic == pytest.approx(78 / 7, abs=1e-6)
    # Of two degrees of freedom.
    assert found.p_value == pytest.approx(np.exp(-39 / 7), abs=1e-6)


@pytest.mark.parametrize("few", [ROUNDING.iloc[:, :2], ROUNDING.iloc[:1], ROUNDING * 0])
def test_friedman_of_too_little_is_missing(few):
    assert np.isnan(friedman(few)).all()


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.95, [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]),
        (0.90, [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920]),
    ],
)
def test_critical_values_of_demsar(confidence, expected):
    """Its Table 5, for two to ten classifiers; the sixth of each row is one off in the last digit there."""
    found = [
        critical_difference(poolings=k, datasets=14, confidence=confidence) / np.sqrt(k * (k + 1) / (6 * 14))
        for k in range(2, 11)
    ]
    assert found == pytest.approx(expected, abs=1.1e-3)


def test_critical_difference_of_demsar():
    assert critical_difference(poolings=4, datasets=14, confidence=0.95) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(poolings=2, datasets=6, confidence=0.95) == pytest.approx(
        stats.norm.ppf(0.975) / np.sqrt(6), abs=1e-6
    )


def test_nemenyi_is_the_range_of_normal_numbers():
    """P-values to 1e-6, the range's distribution integrated anew."""
    found = nemenyi(ROUNDING)
    ranks = mean_ranks(ROUNDING)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        spread = abs(ranks.iloc[one] - ranks.iloc[other]) / np.sqrt(3 * 4 / (6 * 22)) * np.sqrt(2)
        inside, _ = integrate.quad(
            lambda z, spread=spread: (
                3 * stats.norm.pdf(z) * (stats.norm.cdf(z) - stats.norm.cdf(z - spread)) ** 2
            ),
            -10,
            10 + spread,
        )
        assert found.iloc[one, other] == pytest.approx(1 - inside, abs=1e-6)
        assert found.iloc[other, one] == found.iloc[one, other]
    assert list(found) == list(found.index) == list(ROUNDING)


def test_nemenyi_agrees_with_the_critical_difference():
    scores = pd.DataFrame(np.tile([[1.0, 2.0, 3.0]], (6, 1)))
    limit = critical_difference(poolings=3, datasets=6, confidence=1 - nemenyi(scores).iloc[0, 1])
    assert limit == pytest.approx(1.0, abs=1e-6)


def test_wilcoxon_of_hollander_and_wolfe():
    """Depression of nine patients before and after a tranquilizer: rank sum 40, p = 20/512."""
    before = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    assert wilcoxon(pd.Series(before - after)) == pytest.approx(20 / 512, abs=1e-6)


@pytest.mark.parametrize("n", [2, 5, 7])
def test_wilcoxon_of_few_datasets_cannot_be_small(n):
    assert wilcoxon(pd.Series(-np.arange(1.0, n + 1))) == pytest.approx(2 / 2**n, abs=1e-6)


def test_wilcoxon_leaves_zeros_out():
    assert wilcoxon(pd.Series([0.0, 1.0, 2.0])) == wilcoxon(pd.Series([1.0, 2.0]))
    assert np.isnan(wilcoxon(pd.Series([0.0, 0.0])))


def test_holm_by_hand():
    p = pd.Series([0.01, 0.04, np.nan, 0.03, 0.005], index=list("abcde"))
    corrected = holm(p)
    assert corrected.drop("c").to_dict() == pytest.approx(
        {"a": 0.03, "b": 0.06, "d": 0.06, "e": 0.02}, abs=1e-12
    )
    assert np.isnan(corrected["c"])
    assert holm(pd.Series([np.nan])).isna().all()


@pytest.mark.parametrize(("poolings", "datasets"), [(1, 3), (12, 7), (3, 7), (12, 2)])
def test_no_data_give_holm_a_lower_p_value_than_the_lowest_possible(poolings, datasets):
    changes = -np.arange(1.0, datasets + 1)
    corrected = holm(pd.Series([wilcoxon(pd.Series(changes))] * poolings))
    assert corrected.min() == pytest.approx(lowest_holm_p(poolings=poolings, datasets=datasets))
    assert lowest_holm_p(poolings=12, datasets=7) == 0.1875
