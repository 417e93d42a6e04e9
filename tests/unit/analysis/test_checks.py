import dataclasses
import json
import re

import pytest

from gnnpool.analysis.as_planned import planned_options
from gnnpool.analysis.checks import check_results
from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import read_json
from gnnpool.errors import ArtifactError, DataError
from gnnpool.records import Trial

SETTINGS = {
    "models": {
        "cgcnn": {"encoder": "cgcnn", "options": {"channels": 100}},
        "torchmd": {"encoder": "torchmd"},
    },
    "poolings": {"mean": {}, "mamm": None, "gmt": {"options": {"heads": 4}}},
    "edges": {"mdl": {"scheme": "mdl", "cutoff": 8.0, "max_offsets": None}},
    "training": {
        **{"epochs": 200, "learning_rate": 0.001, "scheduler": {"factor": 0.8}},
        **{"engine": "auto", "deterministic": True, "threads": 1},
    },
}
TRIALS = [Trial("phonons", "cgcnn", "mdl", pooling, seed) for pooling in ("mean", "gmt") for seed in (1, 2)]


def options_of(trial, section="", **changes):
    """The field options of a trial's record, with other values in a section."""
    options = planned_options(trial, SETTINGS)
    return json.dumps(options | ({section: options[section] | changes} if section else {}))


@pytest.fixture
def check(write_record, tmp_path):
    """Check records of trials, some with other fields; give back what is written."""

    def check(trials=TRIALS, *, planned=TRIALS, allow_partial=False, on_mixed_code="error", different=None):
        different = different or {}
        records = [
            write_record(trial, 40.0, **({"options": options_of(trial)} | different.get(trial, {})))
            for trial in trials
        ]
        output = tmp_path / "checks" / "passed"
        output.unlink(missing_ok=True)
        planned = [dataclasses.astuple(trial) for trial in planned]
        try:
            collect_trials(records=records, output=tmp_path / "trials.parquet")
            check_results(
                trials=tmp_path / "trials.parquet",
                planned=planned,
                settings=SETTINGS,
                allow_partial=allow_partial,
                on_mixed_code=on_mixed_code,
                output=output,
            )
        except DataError:
            assert not output.exists()
            raise
        return read_json(output)

    return check


def test_complete_results_pass(check):
    assert check() == {
        "trials": 4,
        "planned": 4,
        "missing": [],
        "without_baseline": [],
        "stage_version": 1,
        "warnings": [],
        "equivalent": [],
    }


def test_missing_trials_are_named(check):
    with pytest.raises(DataError, match="1 missing: phonons/cgcnn/mdl/gmt/seed-2"):
        check(TRIALS[:-1])


def test_missing_trials_are_listed_where_partial_results_are_allowed(check):
    report = check(TRIALS[:-1], allow_partial=True)
    assert report["missing"] == ["phonons/cgcnn/mdl/gmt/seed-2"]
    assert (report["trials"], report["planned"]) == (3, 4)


def test_nothing_trained_is_a_partial_result(check):
    assert check([], allow_partial=True)["stage_version"] is None


def test_trial_without_baseline_is_named(check):
    with pytest.raises(
        DataError, match="1 without a 'mean' trial to compare to: phonons/cgcnn/mdl/gmt/seed-1"
    ):
        check(TRIALS[1:])
    assert check(TRIALS[1:], allow_partial=True)["without_baseline"] == ["phonons/cgcnn/mdl/gmt/seed-1"]


def test_trial_that_is_not_planned_is_named_even_in_partial_results(check):
    with pytest.raises(DataError, match="1 not planned: phonons/cgcnn/mdl/gmt/seed-2"):
        check(planned=TRIALS[:-1], allow_partial=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", "meV"),
        ("target", "gap"),
        ("graphs_sha256", "ab"),
    ],
)
def test_trials_of_one_dataset_saw_the_same_data(check, field, value):
    with pytest.raises(DataError, match=rf"gmt/seed-2: {field}: found {value}, expected .* same dataset"):
        check(different={TRIALS[-1]: {field: value}}, allow_partial=True)


@pytest.mark.parametrize(
    ("field", "values", "other"),
    [
        ("split_sha256", {1: "one", 2: "two"}, "other"),
        ("n_train", {1: 953, 2: 954}, 7),
        ("n_val", {1: 59, 2: 60}, 7),
        ("n_test", {1: 253, 2: 252}, 7),
    ],
)
def test_trials_of_one_seed_saw_the_same_split(check, field, values, other):
    """Of two seeds they need not be of one size: the folds of Matbench are not."""
    splits = {trial: {field: values[trial.seed]} for trial in TRIALS}
    check(different=splits)
    third = Trial("phonons", "cgcnn", "mdl", "mamm", 2)
    with pytest.raises(DataError, match=f"mamm/seed-2: {field}: found {other}, expected {values[2]}"):
        check([*TRIALS, third], planned=[*TRIALS, third], different=splits | {third: {field: other}})


@pytest.mark.parametrize(
    ("field", "axis", "trials"),
    [("shared_code", "model 'cgcnn'", TRIALS), ("operator_code", "pooling 'gmt'", TRIALS[2:])],
)
def test_trials_of_other_code_than_those_they_belong_to_are_named(check, field, axis, trials):
    third = Trial("phonons", "cgcnn", "mdl", "gmt", 3)
    baseline = dataclasses.replace(third, pooling="mean")
    all_ = [*TRIALS, baseline, third]
    code = {trial: {field: "a" * 64} for trial in all_} | {third: {field: "b" * 64}}
    fault = (
        f"1 trained by other code ({field} bbbbbbbb, expected aaaaaaaa as in most trials of {axis}): {third}"
    )
    with pytest.raises(DataError, match=re.escape(fault)):
        check(all_, planned=all_, different=code, allow_partial=True)
    assert fault in check(all_, planned=all_, different=code, on_mixed_code="warn")["warnings"]


def test_poolings_have_operators_of_their_own_and_models_code_of_their_own(check):
    both = [*TRIALS, *(dataclasses.replace(trial, model="torchmd") for trial in TRIALS)]
    code = {t: {"shared_code": t.model * 9, "operator_code": t.pooling * 9} for t in both}
    assert check(both, planned=both, different=code)["warnings"] == []


def test_a_trial_of_another_minor_torch_than_its_baseline_is_named(check):
    torch = {trial: {"torch": "2.13.1+cpu"} for trial in TRIALS} | {TRIALS[0]: {"torch": "2.13.0"}}
    assert len(check(different=torch)["warnings"]) == 1
    fault = "gmt/seed-2: torch: found 2.14, expected 2.13 as in the 'mean' trial that it is compared to"
    with pytest.raises(DataError, match=re.escape(fault)):
        check(different=torch | {TRIALS[3]: {"torch": "2.14.0"}})


@pytest.mark.parametrize(
    ("section", "changes", "fault"),
    [
        ("training", {"learning_rate": 0.1}, "training.learning_rate: found 0.1, expected 0.001"),
        ("training", {"scheduler": {"factor": 0.5}}, "training.scheduler.factor: found 0.5, expected 0.8"),
        ("model", {"options": {"channels": 64}}, "model.options.channels: found 64, expected 100"),
        ("model", {"options": {}}, "model.options.channels: found nothing, expected 100"),
        ("pooling", {"head": "gradual"}, "pooling.head: found gradual, expected nothing"),
        ("edges", {"cutoff": 6.0}, "edges.cutoff: found 6.0, expected 8.0"),
    ],
)
def test_a_trial_of_other_settings_than_configured_is_named(check, section, changes, fault):
    different = {TRIALS[2]: {"options": options_of(TRIALS[2], section, **changes)}}
    with pytest.raises(DataError, match=re.escape(f"{TRIALS[2]}: {fault} as in the configuration")):
        check(different=different, allow_partial=True, on_mixed_code="warn")


def test_a_trial_of_fewer_epochs_than_configured_is_named(check):
    with pytest.raises(DataError, match="mean/seed-1: epochs: found 1, expected 200 as in the config"):
        check(different={TRIALS[0]: {"epochs": 1}})


def test_a_trial_whose_seed_is_not_that_of_its_number_is_named(check):
    others = [Trial("phonons", "cgcnn", "mdl", pooling, 1) for pooling in ("mean", "gmt", "mamm")]
    different = {trial: {"init_seed": 3} for trial in others[:2]} | {others[2]: {"init_seed": 7}}
    with pytest.raises(DataError, match=r"mamm/seed-1: init_seed: found 7, expected 3 .* seed and init"):
        check(others, planned=others, different=different)


@pytest.mark.parametrize("key", ["threads", "engine", "deterministic"])
def test_settings_that_only_round_otherwise_than_configured_are_a_warning(check, key):
    options = {trial: {"options": options_of(trial, "training", **{key: "other"})} for trial in TRIALS[2:]}
    expected = SETTINGS["training"][key]
    fault = f"training.{key}: found other, expected {expected} as in the configuration (2 trials)"
    assert check(different=options)["warnings"] == [fault]


def test_an_entry_with_a_label_alone_is_the_same_as_no_entry(check):
    assert check(different={TRIALS[0]: {"options": options_of(TRIALS[0]).replace("{}", "null")}})


@pytest.mark.parametrize("field", ["numpy", "python", "device", "engine", "gnnpool"])
def test_mixed_provenance_is_a_warning(check, field):
    report = check(different={TRIALS[0]: {field: "a"}, TRIALS[1]: {field: "b"}})
    assert report["warnings"] == [f"{field} differs between trials:  (2 trials), a (1 trials), b (1 trials)"]


def test_mixed_stage_versions_fail(check):
    with pytest.raises(ArtifactError, match="stage_version"):
        check(different={TRIALS[0]: {"stage_version": 2}}, allow_partial=True)


def test_long_lists_are_cut(check):
    planned = [Trial("phonons", "cgcnn", "mdl", "mean", seed) for seed in range(1, 31)]
    with pytest.raises(DataError, match=r"29 missing: .*seed-11, and 19 more"):
        check(planned[:1], planned=planned)
