"""Controls: means with as many weights as the pooling that they are compared with."""

import pandas as pd
import pytest

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.effort import against, choose_controls

CONTROLS = {"mean_x2", "mean_x3", "mean_x4"}
WEIGHTS = {"mean": 1000, "mean_x2": 1500, "mean_x3": 2000, "mean_x4": 2500, "mamm": 2500, "gmt": 2200}


def trials(weights=WEIGHTS, *, seeds=(1, 2), lacking=(), errors=None):
    rows = [
        {"dataset": "phonons", "model": "cgcnn", "edges": "mdl", "pooling": pooling, "seed": seed, "init": 0}
        | {"parameters": count, "test_mae": (errors or {}).get(pooling, 1.0), "n_test": 15, "n_train": 80}
        for pooling, count in weights.items()
        for seed in seeds
        if (pooling, seed) not in lacking
    ]
    return pd.DataFrame(rows)


def test_the_control_is_the_one_nearest_in_weights():
    assert choose_controls(trials(), CONTROLS) == {"mamm": "mean_x4", "gmt": "mean_x3"}


@pytest.mark.parametrize(("weights", "expected"), [(2777, "mean_x4"), (2778, None)])
def test_a_control_has_nine_tenths_of_the_weights_or_more(weights, expected):
    found = choose_controls(trials(WEIGHTS | {"mamm": weights}), CONTROLS)
    assert found.get("mamm") == expected


def test_mean_pooling_and_controls_have_no_control_and_are_none_of_the_others():
    found = choose_controls(trials({"mean": 1000, "max": 1000, "mean_x2": 1500}), {"mean_x2"})
    assert found == {"max": "mean_x2"}
    assert choose_controls(trials({"mean": 1000, "max": 1000}), set()) == {}


def test_a_control_shares_a_split_with_the_pooling():
    alone = trials(lacking={("mean_x4", 1), ("mamm", 2)})
    assert "mamm" not in choose_controls(alone, CONTROLS)
    assert choose_controls(trials(lacking={("mean_x4", 1)}), CONTROLS)["mamm"] == "mean_x4"


def test_of_two_as_near_the_one_with_more_common_trials_is_taken():
    same = WEIGHTS | {"mean_x3": 2500}
    assert choose_controls(trials(same, lacking={("mean_x4", 1)}), CONTROLS)["mamm"] == "mean_x3"
    assert choose_controls(trials(same, lacking={("mean_x3", 1)}), CONTROLS)["mamm"] == "mean_x4"


def test_changes_against_a_control_are_relative_to_its_error():
    every = trials(errors={"mean": 10.0, "mean_x4": 8.0, "mamm": 6.0})
    found = changes_by_seed(against(every, "mean_x4")).set_index(["pooling", "seed"])
    assert found.loc[("mamm", 1), "baseline"] == 8.0
    assert found.loc[("mamm", 1), "change"] == pytest.approx(-25.0)
    assert "mean_x4" not in found.index.get_level_values("pooling")
