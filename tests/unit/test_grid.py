import random

import pytest

from gnnpool.errors import ConfigError
from gnnpool.grid import explained_trials, first_alike, nested, plan_trials, trials_of
from gnnpool.records import Trial


def block(name="one", poolings=("mean", "max"), datasets=("phonons",), edges=("mdl",)):
    return {"name": name, "datasets": datasets, "models": ["cgcnn"], "edges": edges, "poolings": poolings}


def test_the_grid_is_the_union_of_the_blocks():
    trials = plan_trials([block(), block("two", poolings=["mean"], edges=["ocp"])], [1, 2, 3])
    assert len(trials) == 2 * 3 + 1 * 3
    assert trials[0] == Trial("phonons", "cgcnn", "mdl", "mean", 1)
    assert trials[-1] == Trial("phonons", "cgcnn", "ocp", "mean", 3)


def test_appending_seeds_only_adds_trials():
    few, many = plan_trials([block()], [1, 2]), plan_trials([block()], [1, 2, 3])
    assert set(few) < set(many)


def test_the_noise_floor_trains_its_poolings_again_and_no_others():
    floor = {"poolings": ["mean"], "initialisations": [1, 2]}
    trials = plan_trials([block(), block("two", edges=["ocp"])], [1, 2], floor)
    again = {trial for trial in trials if trial.init}
    assert set(trials) - again == set(plan_trials([block(), block("two", edges=["ocp"])], [1, 2]))
    assert {(t.pooling, t.init) for t in again} == {("mean", 1), ("mean", 2)}
    assert len(again) == 2 * 2 * 2
    assert set(trials_of(entry(), trials)) >= {t for t in again if t.edges == "mdl"}


@pytest.mark.parametrize("init", [0, 1, 12])
def test_a_trial_has_the_name_that_it_is_found_by(init):
    trial = Trial("phonons", "cgcnn", "mdl", "gmt_mean", 111, init)
    assert Trial.parse(str(trial)) == trial
    assert ("init" in str(trial)) == bool(init)


@pytest.mark.parametrize(
    "name", ["", "a/b/c/seed-1", "a/b/c/d/seed-x", "a/b/c/d/seed-1-init-0", "a/b/c/d/seed-1/"]
)
def test_another_name_is_no_trial(name):
    with pytest.raises(ValueError, match="expected dataset/model/edges/pooling/seed"):
        Trial.parse(name)


def test_a_block_without_the_baseline_is_refused():
    with pytest.raises(ConfigError, match="block 'one': poolings lack the baseline 'mean'"):
        plan_trials([block(poolings=["max"])], [1])


def test_two_blocks_that_plan_one_trial_are_refused():
    message = (
        "blocks 'one' and 'two' both plan phonons/cgcnn/mdl/mean/seed-1, expected each trial in one block"
    )
    with pytest.raises(ConfigError, match=message):
        plan_trials([block(), block("two")], [1])


def test_repeated_seeds_are_refused():
    with pytest.raises(ConfigError, match="distinct"):
        plan_trials([block()], [1, 1])


def entry(**changes):
    return {"settings": [["cgcnn", "mdl"]], "datasets": ["phonons"], "poolings": ["max"], **changes}


def test_a_table_draws_on_its_slice_and_the_baselines():
    planned = plan_trials([block(poolings=["mean", "max", "min"], datasets=["phonons", "2d"])], [1, 2])
    assert {t.pooling for t in trials_of(entry(), planned)} == {"mean", "max"}
    assert {t.dataset for t in trials_of(entry(), planned)} == {"phonons"}
    assert len(trials_of(entry(), planned)) == 4


def test_a_table_with_nothing_but_baselines_planned_is_empty():
    assert trials_of(entry(), plan_trials([block(poolings=["mean"])], [1])) == []
    assert trials_of(entry(settings=[["cgcnn", "ocp"]]), plan_trials([block()], [1])) == []


def test_an_explanation_looks_at_one_trial_of_each_of_its_poolings_in_its_order():
    floor = {"poolings": ["mean"], "initialisations": [1]}
    planned = plan_trials(
        [block(poolings=["mean", "max", "min"]), block("two", edges=["ocp"])], [1, 2], floor
    )
    asked = {"dataset": "phonons", "setting": ["cgcnn", "mdl"], "poolings": ["max", "gmt", "mean"], "seed": 2}
    found = explained_trials(asked, planned)
    assert found == [Trial("phonons", "cgcnn", "mdl", pooling, 2) for pooling in ("max", "mean")]
    assert explained_trials(asked | {"seed": 3}, planned) == []
    assert explained_trials(asked | {"poolings": ["max"]}, planned) == found[:1]


A, B, C = (Trial("phonons", "cgcnn", "mdl", "mean", seed) for seed in (1, 2, 3))


def test_who_needs_the_same_trials_is_found():
    needed = {"all": [A, B, C], "one": [A], "another": [A], "whole": [A, B, C]}
    assert first_alike(needed) == {"all": "all", "one": "one", "another": "one", "whole": "all"}


def test_lists_are_put_together_from_smaller_ones_and_the_rest():
    needed = {"all": [A, B, C], "two": [A, B], "other": [B], "none": []}
    found = nested(needed)
    assert found == {"none": ([], []), "other": ([], [B]), "two": (["other"], [A]), "all": (["two"], [C])}


def test_parts_are_disjoint_and_nothing_is_lost():
    rng = random.Random(0)
    trials = [Trial("phonons", "cgcnn", "mdl", "mean", seed) for seed in range(12)]
    lists = {tuple(t for t in trials if rng.random() < 0.5) for _ in range(40)}
    needed = {str(i): list(one) for i, one in enumerate(sorted(lists, key=len))}
    for name, (parts, left) in nested(needed).items():
        together = [trial for part in parts for trial in needed[part]] + left
        assert sorted(together) == sorted(needed[name])
        assert len(set(together)) == len(together)
