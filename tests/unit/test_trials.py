from dataclasses import replace
from pathlib import Path

import pytest

from gnnpool.errors import ArtifactError, ConfigError
from gnnpool.records import Trial
from gnnpool.specs import ExplanationSpec, Slice
from gnnpool.trial_files import trials_at
from gnnpool.trials import (
    count_trials,
    explained_trials,
    plan_trials,
    planned_conditions,
    seeds_of,
    trials_of,
)


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
    return Slice(**{"settings": [("cgcnn", "mdl")], "datasets": ["phonons"], "poolings": ["max"], **changes})


def test_a_table_draws_on_its_slice_and_the_baselines():
    planned = plan_trials([block(poolings=["mean", "max", "min"], datasets=["phonons", "2d"])], [1, 2])
    assert {t.pooling for t in trials_of(entry(), planned)} == {"mean", "max"}
    assert {t.dataset for t in trials_of(entry(), planned)} == {"phonons"}
    assert len(trials_of(entry(), planned)) == 4


def test_a_table_with_nothing_but_baselines_planned_is_empty():
    assert trials_of(entry(), plan_trials([block(poolings=["mean"])], [1])) == []
    assert trials_of(entry(settings=[("cgcnn", "ocp")]), plan_trials([block()], [1])) == []


def test_an_explanation_looks_at_one_trial_of_each_of_its_poolings_in_its_order():
    floor = {"poolings": ["mean"], "initialisations": [1]}
    planned = plan_trials(
        [block(poolings=["mean", "max", "min"]), block("two", edges=["ocp"])], [1, 2], floor
    )
    asked = ExplanationSpec(
        name="few",
        title="Few",
        dataset="phonons",
        setting=("cgcnn", "mdl"),
        poolings=["max", "gmt", "mean"],
        seed=2,
        structures=3,
    )
    found = explained_trials(asked, planned)
    assert found == [Trial("phonons", "cgcnn", "mdl", pooling, 2) for pooling in ("max", "mean")]
    assert explained_trials(replace(asked, seed=3), planned) == []
    assert explained_trials(replace(asked, poolings=["max"]), planned) == found[:1]


def test_seeds_of_a_block_replace_the_common_ones_and_leave_its_repeats_out():
    floor = {"poolings": ["mean"], "initialisations": [1]}
    blocks = [block(), block("more") | {"seeds": [3, 4, 5]}]
    trials = plan_trials(blocks, [1, 2], floor)
    assert {t for t in trials if t.seed <= 2} == set(plan_trials([block()], [1, 2], floor))
    assert {(t.seed, t.init) for t in trials if t.seed > 2} == {(3, 0), (4, 0), (5, 0)}
    assert count_trials(blocks, [1, 2], floor) == len(trials)
    assert seeds_of(trials) == [1, 2, 3, 4, 5]


def test_seeds_of_a_block_that_are_common_ones_too_are_refused():
    with pytest.raises(ConfigError, match="blocks 'one' and 'more' both plan phonons/cgcnn/mdl/mean/seed-2"):
        plan_trials([block(), block("more") | {"seeds": [2, 3]}], [1, 2])


def test_repeated_seeds_of_a_block_are_refused():
    with pytest.raises(ConfigError, match="distinct integers"):
        plan_trials([block() | {"seeds": [3, 3]}], [1, 2])


def test_a_condition_counts_its_own_seeds():
    more = block("more", poolings=["mean"]) | {"seeds": [3]}
    trials = plan_trials([block(), more], [1, 2], {"poolings": ["mean"], "initialisations": [1]})
    place = ("phonons", "cgcnn", "mdl")
    assert planned_conditions(trials, common=3) == [(*place, "max", 2), (*place, "mean")]


def test_a_file_beside_the_folders_of_trials_is_named():
    with pytest.raises(ArtifactError, match=r"seed-1\.bak: not the folder of a trial"):
        trials_at([Path("results/trials/salts/cgcnn/mdl/mean/seed-1.bak/record.parquet")])
