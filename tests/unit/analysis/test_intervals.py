import numpy as np
import pandas as pd
import pytest
from scipy import stats

from gnnpool.analysis.change import changes_by_seed, contributions
from gnnpool.analysis.intervals import MeanDistribution, bca_over_seeds, excludes_zero, intervals_by_condition

EXPERIMENTS, SEEDS = 500, 5


def null_experiments(structures: int, *, conditions: int = 8, lasting: float, seed: int = 1) -> np.ndarray:
    """Changes of poolings that are as good as mean pooling, ``[experiments, conditions, seeds]``.

    A pooling is better on some structures and worse on others, zero over all that there might be. A
    change is the mean over the 15 % tested at random, plus what the training adds. So the splits of
    a dataset share structures, as they do in the benchmark.

    Args:
        structures: Structures of the dataset.
        conditions: Poolings, each with its own structures.
        lasting: Share of the variance that comes from the structures and not from the training.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    tested = round(0.15 * structures)
    changes = np.empty((EXPERIMENTS, conditions, SEEDS))
    for i in range(EXPERIMENTS):
        better = rng.normal(size=(conditions, structures))
        for s in range(SEEDS):
            changes[i, :, s] = better[:, rng.permutation(structures)[:tested]].mean(axis=1)
    training = rng.normal(size=changes.shape)
    return np.sqrt(lasting * tested) * changes + np.sqrt(1 - lasting) * training


@pytest.mark.parametrize("lasting", [0.7, 1.0])
def test_the_interval_that_decides_has_its_coverage(lasting):
    changes = null_experiments(400, lasting=lasting)
    low, high = MeanDistribution(changes, overlap=0.15 / 0.80).interval(0.95)
    coverage = np.mean((low <= 0) & (high >= 0))
    assert 0.93 <= coverage <= 0.97
    false_positives = np.mean(excludes_zero(pd.Series(low.ravel()), pd.Series(high.ravel())))
    assert false_positives < 0.06


def test_without_the_correction_shared_structures_make_false_positives():
    """The reason why the plain t interval and the bootstrap do not decide."""
    changes = null_experiments(400, lasting=1.0)
    low, high = MeanDistribution(changes).interval(0.95)
    assert np.mean((low > 0) | (high < 0)) > 0.09
    found = [
        bca_over_seeds(
            100 + row, np.full(SEEDS, 100.0), statistic="mean_change", confidence=0.95, resamples=999
        )
        for row in changes[:200, 0]
    ]
    assert np.mean([i.low <= 0 <= i.high for i in found]) < 0.85


def test_noise_of_training_alone_makes_the_interval_wider_than_needed_but_never_false():
    low, high = MeanDistribution(null_experiments(400, lasting=0.0), overlap=0.15 / 0.80).interval(0.95)
    assert np.mean((low > 0) | (high < 0)) < 0.03


def test_without_overlap_it_is_the_paired_t_test():
    values = np.array([-3.1, 0.4, -2.2, -5.0, 1.3])
    mean = MeanDistribution(values)
    expected = stats.ttest_1samp(values, 0)
    assert mean.p_value() == pytest.approx(expected.pvalue, abs=1e-12)
    assert mean.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)), abs=1e-12)
    greater = stats.ttest_1samp(values, 0, alternative="greater")
    assert mean.probability_below(0) == pytest.approx(greater.pvalue, abs=1e-12)


def test_correction_of_nadeau_and_bengio_by_hand():
    # Mean 2, standard deviation 1, variance of the mean 1/3 + 1/4.
    mean = MeanDistribution(np.array([1.0, 2.0, 3.0]), overlap=0.25)
    half = 4.302652729749464 * np.sqrt(7 / 12)
    assert mean.interval(0.95) == pytest.approx((2 - half, 2 + half), abs=1e-9)
    # For two degrees of freedom the distribution function has a closed form.
    t = 2 / np.sqrt(7 / 12)
    assert mean.p_value() == pytest.approx(1 - t / np.sqrt(2 + t**2), abs=1e-12)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0]])
def test_too_few_or_equal_numbers_have_no_interval(values):
    mean = MeanDistribution(np.array(values))
    assert np.isnan([*mean.interval(0.95), mean.p_value(), mean.probability_below(0)]).all()


def test_bootstrap_of_seeds_is_invariant_and_within_the_seeds():
    error, baseline = np.array([9.0, 18.0, 33.0, 36.0]), np.array([10.0, 20.0, 30.0, 40.0])
    options = {"confidence": 0.95, "resamples": 999}
    low, high = bca_over_seeds(error, baseline, statistic="mean_change", **options)
    assert -10 <= low < np.mean([-10, -10, 10, -10]) < high <= 10
    assert (low, high) == bca_over_seeds(3 * error, 3 * baseline, statistic="mean_change", **options)
    assert (low, high) != bca_over_seeds(error, baseline, statistic="change_of_mean", **options)
    assert np.isnan(bca_over_seeds(error[:2], baseline[:2], statistic="mean_change", **options)).all()
    assert np.isnan(bca_over_seeds(baseline, baseline, statistic="mean_change", **options)).all()


def test_contributions_average_to_the_change_and_spread_like_it():
    rng = np.random.default_rng(0)
    error, baseline = rng.normal(100, 2, size=(4000, 5)), rng.normal(104, 2, size=(4000, 5))
    parts = contributions(error, baseline, "change_of_mean")
    ratio = 100 * (error.mean(axis=1) / baseline.mean(axis=1) - 1)
    np.testing.assert_allclose(parts.mean(axis=1), ratio)
    assert np.sqrt((parts.var(axis=1, ddof=1) / 5).mean()) == pytest.approx(ratio.std(), rel=0.05)


def test_conditions_have_the_interval_of_their_paired_seeds():
    rows = [("phonons", "mean", s, 10.0) for s in (1, 2, 3)]
    rows += [("phonons", "gmt", s, e) for s, e in ((1, 9.0), (2, 8.5), (3, 8.0), (4, 1.0))]
    trials = pd.DataFrame(rows, columns=["dataset", "pooling", "seed", "test_mae"])
    trials = trials.assign(model="cgcnn", edges="mdl", init=0, n_train=80, n_test=15)
    found = intervals_by_condition(
        changes_by_seed(trials), statistic="mean_change", confidence=0.95, margin=10.0
    ).set_index("pooling")
    expected = MeanDistribution(np.array([-10.0, -15.0, -20.0]), overlap=15 / 80)
    assert found.loc["gmt", ["low", "high"]].to_list() == pytest.approx(list(expected.interval(0.95)))
    assert found.loc["gmt", "p_value"] == pytest.approx(expected.p_value())
    assert found.loc["gmt", "probability_better"] == pytest.approx(expected.probability_below(-10))
    assert np.isnan(found.loc["mean", "low"])


def test_nothing_trained_has_no_intervals():
    trials = pd.DataFrame(columns=["dataset", "pooling", "seed", "test_mae"]).astype({"test_mae": float})
    trials = trials.assign(model="", edges="", init=0, n_train=80, n_test=15)
    options = {"statistic": "mean_change", "confidence": 0.95, "margin": 3.0}
    assert intervals_by_condition(changes_by_seed(trials), **options).empty
