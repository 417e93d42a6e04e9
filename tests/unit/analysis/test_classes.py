"""Classes of poolings as one pooling."""

import pandas as pd
import pytest

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.classes import averaged_by_class, common_seeds

CLASSES = {"sum": "seeing", "memory": "seeing", "gmt": "blind"}
ERRORS = {("mean", 1): 10.0, ("mean", 2): 20.0, ("sum", 1): 11.0, ("sum", 2): 24.0, ("memory", 1): 15.0}
ERRORS |= {("memory", 2): 18.0, ("gmt", 1): 9.0, ("gmt", 2): 20.0, ("plugin", 1): 90.0}


def trials(errors, **more):
    columns = ["pooling", "seed", "test_mae"]
    frame = pd.DataFrame([(*key, error) for key, error in errors.items()], columns=columns)
    same = {"dataset": "phonons", "model": "cgcnn", "edges": "mdl", "init": 0, "n_test": 15, "n_train": 80}
    return frame.assign(**same | more)


def test_the_change_of_a_class_is_the_mean_of_the_changes_of_its_poolings():
    every = trials(ERRORS)
    changes = changes_by_seed(every).set_index(["pooling", "seed"])["change"]
    found = changes_by_seed(averaged_by_class(common_seeds(every, CLASSES), every))
    found = found.set_index(["pooling", "seed"])["change"]
    for seed in (1, 2):
        assert found["seeing", seed] == pytest.approx((changes["sum", seed] + changes["memory", seed]) / 2)
        assert found["blind", seed] == pytest.approx(changes["gmt", seed])
        assert found["mean", seed] == 0
    assert set(found.index.get_level_values("pooling")) == {"mean", "seeing", "blind"}


def test_a_pooling_that_lacks_a_seed_of_the_others_does_not_count():
    every = trials({key: error for key, error in ERRORS.items() if key != ("memory", 2)})
    assert set(common_seeds(every, CLASSES)["pooling"]) == {"sum", "gmt"}


def test_a_pooling_that_lacks_a_seed_on_one_dataset_counts_on_others():
    other = trials({key: error for key, error in ERRORS.items() if key != ("memory", 2)}, dataset="2d")
    found = common_seeds(pd.concat([trials(ERRORS), other]), CLASSES)
    assert set(found.loc[found["dataset"] == "phonons", "pooling"]) == {"sum", "memory", "gmt"}
    assert set(found.loc[found["dataset"] == "2d", "pooling"]) == {"sum", "gmt"}


def test_repeats_and_mean_pooling_belong_to_no_class():
    every = pd.concat([trials(ERRORS), trials({("gmt", 3): 1.0}, init=1)])
    found = common_seeds(every, CLASSES | {"mean": "blind"})
    assert set(found["seed"]) == {1, 2}
    assert "mean" not in set(found["pooling"])


def test_further_seeds_of_half_of_the_poolings_leave_out_nobody():
    few = {key: error for key, error in ERRORS.items() if key[0] in ("mean", "sum", "gmt")}
    further = trials({(pooling, seed): 1.0 for pooling in ("mean", "sum") for seed in range(3, 9)})
    found = common_seeds(pd.concat([trials(few), further]), CLASSES)
    assert set(found["pooling"]) == {"sum", "gmt"}
    assert set(found["seed"]) == {1, 2}
