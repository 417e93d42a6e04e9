import math

import pandas as pd
import pytest

from gnnpool.analysis.values import five_numbers, slice_values
from gnnpool.errors import ConfigError
from gnnpool.specs import Slice

ENTRY = Slice(settings=[("cgcnn", "mdl")], datasets=["phonons", "2d"], poolings=["mamm", "gmt"])
PLANNED = [(d, "cgcnn", "mdl", p) for d in ("phonons", "2d") for p in ("mean", "gmt")]


def values_of(rows, *, entry=ENTRY, statistic="mean_change", seeds=(1, 2), planned=PLANNED):
    trials = pd.DataFrame(rows, columns=["dataset", "model", "edges", "pooling", "seed", "test_mae"])
    trials = trials.astype({"seed": int, "test_mae": float}).assign(init=0, n_train=80, n_test=20)
    values = slice_values(trials, part=entry, statistic=statistic, seeds=seeds, planned=planned)
    return values.set_index(["dataset", "pooling"])


def rows(dataset, changes, *, pooling="gmt", model="cgcnn", edges="mdl"):
    """A pooling with these changes for the seeds 1, 2, ... and mean pooling with the error 1."""
    key = (dataset, model, edges)
    mean = [(*key, "mean", seed, 1.0) for seed in range(1, len(changes) + 1)]
    return mean + [(*key, pooling, seed, 1 + change / 100) for seed, change in enumerate(changes, start=1)]


def test_rows_follow_the_entry_and_end_with_the_average():
    assert list(values_of([]).index) == [
        (dataset, pooling) for dataset in ("phonons", "2d", "average") for pooling in ("mamm", "gmt")
    ]


def test_each_gap_says_why_it_is_one():
    unpaired = [("2d", "cgcnn", "mdl", "gmt", 1, 0.5)]
    states = values_of(rows("phonons", [-4, -6]) + unpaired)["state"]
    assert states["phonons", "gmt"] == "trained"
    assert states["phonons", "mamm"] == "not planned"
    assert states["2d", "gmt"] == "no baseline"
    assert states["average", "gmt"] == "trained"
    assert states["average", "mamm"] == "not planned"
    assert values_of([])["state"]["average", "gmt"] == "not trained"
    assert values_of(unpaired)["state"]["average", "gmt"] == "no baseline"


def test_missing_values_are_missing_and_not_zero():
    values = values_of(rows("phonons", [-4, -6]))
    assert math.isnan(values.loc[("2d", "gmt"), "value"])
    assert values.loc[("average", "gmt"), "value"] == pytest.approx(-5)
    assert values.loc[("average", "gmt"), ["n_datasets", "n_datasets_planned"]].to_list() == [1, 2]
    assert values.loc[("average", "gmt"), "datasets"] == "phonons"


def test_trials_outside_the_entry_do_not_count():
    inside = rows("phonons", [-4, -6])
    outside = [
        *rows("phonons", [50, 50], edges="ocp"),
        *rows("phonons", [50, 50], model="torchmd"),
        *rows("perovskites", [50, 50]),
        ("phonons", "cgcnn", "mdl", "mean", 3, 1.0),
        ("phonons", "cgcnn", "mdl", "gmt", 3, 9.0),
    ]
    pd.testing.assert_frame_equal(values_of(inside), values_of(inside + outside))


def test_statistic_decides_the_value_and_both_are_kept():
    trials = [
        ("phonons", "cgcnn", "mdl", pooling, seed, error)
        for pooling, errors in (("mean", (10, 20)), ("gmt", (9, 10)))
        for seed, error in enumerate(errors, start=1)
    ]
    mean_change = values_of(trials).loc[("phonons", "gmt")]
    change_of_mean = values_of(trials, statistic="change_of_mean").loc[("phonons", "gmt")]
    assert mean_change["value"] == mean_change["mean_change"] == pytest.approx(-30)
    assert change_of_mean["value"] == change_of_mean["change_of_mean"] == pytest.approx(-110 / 3)


def test_unknown_statistic_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean mean_change"):
        values_of([], statistic="mean_changes")


def test_five_numbers_of_five_datasets_are_the_values_themselves():
    frame = pd.DataFrame({"dataset": list("abcde"), "pooling": "gmt", "value": [3.0, -1.0, 7.0, 0.0, 20.0]})
    average = pd.DataFrame({"dataset": ["average"], "pooling": ["gmt"], "value": [100.0]})
    summary = five_numbers(pd.concat([frame, average])).loc["gmt"]
    assert summary.to_dict() == {"n": 5, "minimum": -1, "q1": 0, "median": 3, "q3": 7, "maximum": 20}


def test_a_condition_with_seeds_of_its_own_counts_these():
    planned = [(*PLANNED[1], 5), PLANNED[3]]
    counted = values_of(rows("phonons", [-4, -6]), planned=planned)["n_seeds_planned"]
    assert (counted["phonons", "gmt"], counted["2d", "gmt"], counted["average", "gmt"]) == (5, 2, 2)
    assert values_of([], planned=planned)["state"]["phonons", "gmt"] == "not trained"
