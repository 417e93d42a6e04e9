import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.binned import binned_errors, bins_of, median_interval


def test_bins_hold_about_as_many_numbers_each():
    assert bins_of(np.arange(1, 61)).tolist() == [10, 20, 30, 40, 50, 60]
    assert bins_of(np.arange(1, 26)).tolist() == [13, 25]


def test_equal_numbers_stay_together():
    assert bins_of(np.array([5.0] * 80)).tolist() == [5.0]
    assert bins_of(np.array([1] * 50 + [2] * 10)).tolist() == [1, 2]
    assert bins_of(np.array([])).tolist() == []


def test_the_interval_of_a_median_goes_from_the_kth_lowest_to_the_kth_highest():
    # Of ten tosses one or none is a head with 1.1 %, two or fewer with 5.5 %: k = 2.
    assert median_interval(np.arange(10.0)[::-1], 0.95) == (1.0, 8.0)
    assert median_interval(np.arange(6.0), 0.95) == (0.0, 5.0)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_of_few_numbers_there_is_no_interval(n):
    assert np.isnan(median_interval(np.arange(float(n)), 0.95)).all()


def test_the_interval_of_a_median_has_its_coverage():
    draws = np.random.default_rng(0).exponential(size=(2000, 30))
    found = np.array([median_interval(draw, 0.95) for draw in draws])
    holds = (found[:, 0] <= np.log(2)) & (np.log(2) <= found[:, 1])
    assert 0.94 < holds.mean() < 0.985


def test_a_structure_counts_once_with_its_mean_over_the_seeds():
    errors = pd.DataFrame(
        {
            "dataset": "d",
            "model": "m",
            "edges": "e",
            "pooling": ["mean"] * 3 + ["gmt"] * 2,
            "seed": [1, 1, 2, 1, 1],
            "id": ["a", "b", "a", "a", "b"],
            "error": [1.0, 4.0, 3.0, 5.0, 6.0],
            "atoms": [2, 8, 2, 2, 8],
        }
    )
    tidy = binned_errors(errors, by="atoms", confidence=0.95).set_index("pooling")
    assert tidy["n"].to_dict() == {"mean": 2, "gmt": 2}
    assert tidy["median"].to_dict() == {"mean": 3.0, "gmt": 5.5}  # of 2 and 4; of 5 and 6
    assert tidy[["from", "to"]].drop_duplicates().to_numpy().tolist() == [[2, 8]]
