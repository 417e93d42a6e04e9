import numpy as np
import pandas as pd
import pytest
from scipy import stats

from gnnpool.analysis.averages import hierarchical_bootstrap, intervals_of_averages, leave_one_out
from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.intervals import MeanDistribution
from gnnpool.analysis.published import published_changes

OPTIONS = {"statistic": "mean_change", "confidence": 0.95, "resamples": 999}


def changes(by_dataset):
    """Changes of GMT against a mean pooling whose errors are 1."""
    rows = [
        (dataset, pooling, seed, 1.0 if pooling == "mean" else 1 + change / 100)
        for dataset, values in by_dataset.items()
        for seed, change in enumerate(values)
        for pooling in ("mean", "gmt")
    ]
    trials = pd.DataFrame(rows, columns=["dataset", "pooling", "seed", "test_mae"])
    return changes_by_seed(trials.assign(model="cgcnn", edges="mdl", init=0, n_train=80, n_test=15))


def gmt(by_dataset):
    found = intervals_of_averages(changes(by_dataset), margin=3.0, **OPTIONS)
    return found.set_index("pooling").loc["gmt"]


def test_no_method_of_the_paper_differs_significantly_from_mean_pooling():
    """The 95 % intervals of its own seven numbers each, worked out apart from this project."""
    expected = {
        ("table1", "mamm"): 5.5,
        ("table1", "mamm_gradual"): 6.9,
        ("table1", "mamm_encdec"): 6.4,
        ("table1", "mamm_encdec_gradual"): 7.3,
        ("table1", "mamm_std"): 6.7,
        ("table1", "gmt_mean"): 6.2,
        ("table1", "mean_sum"): 8.4,
        ("table2", "gmt"): 7.2,
        ("table2", "set_transformer"): 6.8,
        ("table2", "set2set"): 4.6,
        ("table2", "dense_diff"): 27.5,
        ("table2", "memory"): 28.9,
    }
    paper = published_changes().query("dataset != 'average' and table != 'table3'")
    for key, group in paper.groupby(["table", "pooling"]):
        low, high = MeanDistribution(group["change"].to_numpy()).interval(0.95)
        assert (high - low) / 2 == pytest.approx(expected.pop(key), abs=0.05)
        assert low < 0 < high
    assert not expected


@pytest.mark.parametrize("between", [0.0, 5.0])
def test_intervals_of_averages_over_seven_datasets_have_their_coverage(between):
    """500 experiments in which no pooling matters on average; datasets are noisy to unequal degrees."""
    rng = np.random.default_rng(4)
    noise = np.array([6.0, 8.0, 9.0, 10.0, 12.0, 8.0, 7.0]) / np.sqrt(5)
    values = rng.normal(size=(500, 7)) * np.hypot(noise, between)
    low, high = MeanDistribution(values).interval(0.95)
    coverage = np.mean((low <= 0) & (high >= 0))
    assert 0.93 <= coverage <= 0.97


def test_interval_of_an_average_is_that_of_its_datasets():
    found = gmt({"a": [-4.0, -2.0], "b": [1.0, 3.0], "c": [5.0]})
    expected = MeanDistribution(np.array([-3.0, 2.0, 5.0]))
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected.interval(0.95)))
    assert found["p_value"] == pytest.approx(expected.p_value())
    assert found["probability_better"] == pytest.approx(expected.probability_below(-3))
    assert (found["without_one_low"], found["without_one_high"]) == pytest.approx((-0.5, 3.5))


def test_seeds_without_baseline_do_not_count():
    table = changes({"a": [-4.0, -2.0], "b": [1.0, 3.0]})
    orphan = table[(table["pooling"] == "gmt") & (table["dataset"] == "a")].tail(1)
    orphan = orphan.assign(seed=9, error=7.0, baseline=np.nan, change=np.nan)
    whole, more = (
        intervals_of_averages(t, margin=3.0, **OPTIONS) for t in (table, pd.concat([table, orphan]))
    )
    pd.testing.assert_frame_equal(whole, more)


def test_one_dataset_has_no_interval():
    found = gmt({"a": [-4.0, -2.0, 1.0]}).drop(["model", "edges"])
    assert found.isna().all()


def test_leaving_one_out_by_hand():
    assert leave_one_out(np.array([0.0, 3.0, 9.0])) == pytest.approx((1.5, 6.0))
    assert np.isnan(leave_one_out(np.array([1.0]))).all()


def test_hierarchical_bootstrap_has_the_variance_of_both_levels():
    """For normal numbers: (K - 1) / K of the variance of the datasets' means, and the seeds' on top."""
    rng = np.random.default_rng(0)
    datasets = [
        (100 + effect + rng.normal(0, 4, size=4), np.full(4, 100.0)) for effect in rng.normal(0, 3, size=20)
    ]
    low, high = hierarchical_bootstrap(datasets, **(OPTIONS | {"resamples": 9999}))
    means = np.array([e.mean() - 100 for e, _ in datasets])
    within = np.mean([np.var(e) / 4 for e, _ in datasets])
    sd = np.sqrt((np.var(means) + within) / 20)
    assert (low + high) / 2 == pytest.approx(means.mean(), abs=0.1)
    assert (high - low) / (2 * 1.96) == pytest.approx(sd, rel=0.03)


def test_hierarchical_bootstrap_of_equal_datasets_is_that_of_their_seeds():
    same = (np.array([101.0, 103.0]), np.array([100.0, 100.0]))
    low, high = hierarchical_bootstrap([same, same], **OPTIONS)
    assert 1 <= low < 2 < high <= 3
    constant = (np.array([102.0, 102.0]), np.array([100.0, 100.0]))
    assert hierarchical_bootstrap([constant, constant], **OPTIONS) == pytest.approx((2, 2))
    assert np.isnan(hierarchical_bootstrap([same], **OPTIONS)).all()


def test_datasets_that_agree_by_chance_are_no_surer_than_their_seeds():
    by_dataset = {"a": [-20.0, 4.0, -10.0], "b": [-9.0, -2.0, -15.0]}
    variances = np.array([np.var(values, ddof=1) * (1 / 3 + 15 / 80) for values in by_dataset.values()])
    freedom = variances.sum() ** 2 / (variances**2 / 2).sum()  # Welch and Satterthwaite
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variances.sum()) / 2
    found = gmt(by_dataset)
    assert [found["low"], found["high"]] == pytest.approx([-26 / 3 - half, -26 / 3 + half])
