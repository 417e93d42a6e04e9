"""Which poolings the first sentence calls significant."""

import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.intervals import MeanDistribution
from gnnpool.report.headline import ANY, GROWS, STAYS, UNDECLARED, headline, kinds_of_targets
from gnnpool.specs import Physics

RUNS, POOLINGS, DATASETS, SEEDS = 300, 12, 7, 5


def averages(p_values: np.ndarray) -> pd.DataFrame:
    """Averages over the datasets, one for each p-value."""
    rows = {"dataset": "average", "model": "cgcnn", "edges": "mdl", "value": 1.0, "p_value": p_values}
    rows |= {"kind": ANY, "n_datasets": DATASETS}
    return pd.DataFrame(rows).assign(pooling=[f"p{i}" for i in range(len(p_values))])


@pytest.fixture(scope="module")
def null_p_values() -> np.ndarray:
    """P-values of averages where no pooling differs from mean pooling, ``[runs, poolings]``.

    Errors scatter by 10 % on each dataset and seed; all poolings of a seed are compared to the same
    trial of mean pooling.
    """
    rng = np.random.default_rng(0)
    errors = np.exp(0.1 * rng.normal(size=(RUNS, POOLINGS, DATASETS, SEEDS)))
    baseline = np.exp(0.1 * rng.normal(size=(RUNS, 1, DATASETS, SEEDS)))
    changes = 100 * (errors.mean(axis=-1) / baseline.mean(axis=-1) - 1)
    return MeanDistribution(changes).p_value()


def test_with_no_true_difference_at_most_5_percent_of_reports_name_any_pooling(null_p_values):
    uncorrected = np.mean((null_p_values < 0.05).any(axis=1))
    found = [headline(averages(p), confidence=0.95)["significant"].any() for p in null_p_values]
    assert uncorrected > 0.2
    assert np.mean(found) <= 0.05


def test_significance_is_that_of_holm():
    found = headline(averages(np.array([0.01, 0.04, np.nan, 0.03, 0.005])), confidence=0.95)
    expected = pd.Series({"p0": 0.03, "p1": 0.06, "p2": np.nan, "p3": 0.06, "p4": 0.02})
    corrected = found.set_index("pooling")["p_value"].sort_index()
    pd.testing.assert_series_equal(corrected, expected, check_names=False)
    assert found.set_index("pooling").query("significant").index.to_list() == ["p0", "p4"]


def test_an_average_over_two_datasets_gives_way_to_each_of_them():
    rows = pd.DataFrame(
        {"dataset": name, "pooling": pooling, "n_datasets": n, "value": n, "p_value": 0.01}
        for pooling, several in (("gmt", 2), ("sum", 3))
        for name, n in (*((f"d{i}", 1) for i in range(several)), ("average", several))
    ).assign(model="cgcnn", edges="mdl", kind=ANY)
    found = headline(rows, confidence=0.95)
    assert list(zip(found["pooling"], found["dataset"], strict=True)) == [
        ("gmt", "d0"),
        ("gmt", "d1"),
        ("sum", "average"),
    ]
    assert list(found["p_value"]) == pytest.approx([0.03] * 3)


def test_datasets_are_divided_only_where_some_targets_grow_and_some_do_not():
    grows, stays = (Physics(grows_with_cell=grows, decided_by="bulk") for grows in (True, False))
    assert kinds_of_targets(["b", "a"], {"a": stays, "b": stays}) == {ANY: ["b", "a"]}
    assert kinds_of_targets(["b", "a"], {"a": grows}) == {ANY: ["b", "a"]}
    assert kinds_of_targets([], {}) == {ANY: []}
    found = kinds_of_targets(["c", "b", "a", "d"], {"a": grows, "b": stays, "d": stays})
    assert found == {UNDECLARED: ["c"], STAYS: ["b", "d"], GROWS: ["a"]}
    assert list(found) == [UNDECLARED, STAYS, GROWS]
