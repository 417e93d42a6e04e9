"""Poolings that see the number of atoms against those that do not."""

import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.size_groups import compare_size_groups

SEES = {"sum": True, "memory": True, "gmt": False, "max": False, "plugin": None}


def changes(rows):
    columns = ["dataset", "model", "edges", "pooling", "seed", "change"]
    frame = pd.DataFrame([("phonons", "cgcnn", "mdl", *row) for row in rows], columns=columns)
    return frame.assign(overlap=0.1875)


def test_the_difference_is_that_of_the_means_of_both_groups():
    rows = [("sum", 1, 10.0), ("memory", 1, 20.0), ("gmt", 1, 1.0), ("max", 1, 3.0)]
    rows += [(name, 2, change + 2) for name, _, change in rows]
    (found,) = compare_size_groups(changes(rows), SEES, confidence=0.95).to_dict("records")
    assert (found["n_blind"], found["n_seeing"], found["n_seeds"]) == (2, 2, 2)
    assert found["blind"] == pytest.approx(3.0)
    assert found["seeing"] == pytest.approx(16.0)
    assert found["difference"] == found["median_difference"] == pytest.approx(13.0)


def test_one_pooling_makes_a_difference_of_means_and_none_of_medians():
    rows = [(name, 1, 0.0) for name in SEES if SEES[name] is not None]
    rows += [("dense_diff", 1, 90.0)]
    (found,) = compare_size_groups(changes(rows), {**SEES, "dense_diff": True}, confidence=0.95).to_dict(
        "records"
    )
    assert found["difference"] == pytest.approx(30.0)
    assert found["median_difference"] == 0


def test_the_interval_is_the_corrected_one_over_seeds():
    rows = [("sum", seed, value) for seed, value in enumerate([1.0, 2.0, 3.0])]
    rows += [("gmt", seed, 0.0) for seed in range(3)]
    (found,) = compare_size_groups(changes(rows), SEES, confidence=0.95).to_dict("records")
    half = 4.302652729 * 1.0 * np.sqrt(1 / 3 + 0.1875)  # t of two degrees of freedom
    assert (found["low"], found["high"]) == pytest.approx((2 - half, 2 + half))


def test_mean_pooling_and_what_is_not_known_belong_to_no_group():
    rows = [("sum", 1, 10.0), ("plugin", 1, 99.0), ("mean", 1, 0.0)]
    assert compare_size_groups(changes(rows), SEES, confidence=0.95).empty


def test_further_seeds_of_one_pooling_leave_out_no_other():
    rows = [
        (name, seed, 10.0 * (name == "sum")) for name in ("sum", "memory", "gmt", "max") for seed in (1, 2)
    ]
    further = [("gmt", 3, 50.0)]
    (found,) = compare_size_groups(changes(rows + further), SEES, confidence=0.95).to_dict("records")
    assert (found["n_blind"], found["n_seeing"], found["n_seeds"]) == (2, 2, 2)
    assert found["difference"] == pytest.approx(5.0)


def test_a_pooling_without_a_seed_of_the_others_is_left_out():
    rows = [("sum", 1, 10.0), ("sum", 2, 12.0), ("gmt", 1, 1.0), ("gmt", 2, 1.0), ("max", 1, 50.0)]
    (found,) = compare_size_groups(changes(rows), SEES, confidence=0.95).to_dict("records")
    assert found["n_blind"] == 1
    assert found["difference"] == pytest.approx(10.0)
