"""Which trials of a bundle are used instead of training, and what is said about the others."""

import copy
import dataclasses
import re

import pytest
from made_up import small_config, write_record
from rock_salts import write_made_up_trial

from gnnpool import stages
from gnnpool.bundle.match import match_bundles
from gnnpool.bundle.planning import plan_bundles
from gnnpool.errors import ArtifactError
from gnnpool.seed_plan import plan_seeds


@pytest.fixture
def config(bundle, tmp_path):
    return copy.deepcopy(small_config()) | {
        "bundles": [str(bundle.folder)],
        "results": str(tmp_path / "here"),
    }


def test_trials_of_the_same_settings_and_code_are_used(config, planned):
    matches = match_bundles(config, planned)
    assert set(matches.folders) == set(planned)
    assert len(matches.lines()) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c["training"].update(epochs=100), "training.epochs: found 200, expected 100"),
        (lambda c: c["edges"]["mdl"].update(cutoff=7.0), "edges.cutoff: found 8.0, expected 7.0"),
        (lambda c: c["split"].update(keep_duplicates_together=True), "split: found .*expected .*True"),
    ],
)
def test_other_settings_are_named_once_with_the_number_of_trials(config, planned, change, reason):
    change(config)
    matches = match_bundles(config, planned)
    assert not matches.folders
    (line,) = matches.lines()[1:]
    assert line.startswith(f"bundle {config['bundles'][0]}: trials not used: {len(planned)}: ")
    assert re.search(reason, line)


def test_a_new_label_is_no_other_setting(config, planned):
    config["poolings"]["mamm"]["label"] = "Another name"
    config["models"]["cgcnn"]["label"] = "Another name"
    assert set(match_bundles(config, planned).folders) == set(planned)


@pytest.mark.parametrize("stage", ["STRUCTURES", "SPLITS", "GRAPHS", "TRAINING"])
def test_another_version_of_any_stage_before_a_record_is_not_used(config, planned, stage, monkeypatch):
    now = getattr(stages, stage)
    monkeypatch.setattr(stages, stage, now + 1)
    matches = match_bundles(config, planned)
    assert not matches.folders
    assert f"stage {stage.lower()}: found version {now}, expected {now + 1}" in matches.lines()[1]


def test_trials_of_other_code_are_not_used(rebundle, config, planned):
    other = [trial for trial in planned if trial.pooling == "gmt" and trial.model == "cgcnn"]
    bundle = rebundle(lambda world: [write_made_up_trial(world, t, operator_code="ef" * 32) for t in other])
    matches = match_bundles(config | {"bundles": [str(bundle.folder)]}, planned)
    assert set(matches.folders) == set(planned) - set(other)
    assert f"trials not used: {len(other)}: operator_code: found efefefef" in matches.lines()[1]


def test_trials_that_are_not_planned_are_not_used(config, planned):
    few = [trial for trial in planned if trial.pooling == "mean"]
    matches = match_bundles(config, few)
    assert set(matches.folders) == set(few)
    assert f"trials not used: {len(planned) - len(few)}: not planned" in matches.lines()[1]


def test_a_trial_that_was_trained_here_is_taken_from_here(config, planned, world, tmp_path):
    here = dataclasses.replace(world, results=tmp_path / "here")
    write_record(here, planned[0])
    bundled = plan_bundles(config, planned)
    assert set(bundled.folders) == set(planned[1:])
    assert bundled.record(planned[0]) == f"{here.results}/trials/{planned[0]}/record.parquet"
    assert bundled.record(planned[1]) == f"{here.results}/bundled/{planned[1]}/record.parquet"


def test_a_trial_whose_weights_are_needed_is_trained(config, planned):
    bundled = plan_bundles(config, planned, weights=planned[:2])
    assert set(bundled.folders) == set(planned[2:])


def test_without_bundles_every_trial_is_to_be_trained(config, planned):
    bundled = plan_bundles(config | {"bundles": []}, planned)
    assert not bundled.folders
    assert bundled.equivalent == bundled.unpacked == []


def test_a_missing_bundle_is_named(config, planned, tmp_path):
    with pytest.raises(ArtifactError, match=r"nowhere/bundle.json: no such file"):
        plan_bundles(config | {"bundles": [str(tmp_path / "nowhere")]}, planned)


def test_seeds_are_planned_from_the_trials_of_a_bundle_too(config, planned):
    """Before any of them is unpacked."""
    seeds = {trial.seed for trial in planned}
    plan = plan_seeds(config, detect=5, looks=(len(seeds),))
    assert {one.n for one in plan.comparisons} == {len(seeds)}
    none = plan_seeds(config | {"bundles": []}, detect=5, looks=(len(seeds),))
    assert {one.n for one in none.comparisons} == {0}
