import dataclasses
import re

import pytest

from gnnpool.analysis.checks import check_results
from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import read_json
from gnnpool.errors import ArtifactError, DataError
from gnnpool.records import Trial

TRIALS = [Trial("phonons", "cgcnn", "mdl", pooling, seed) for pooling in ("mean", "gmt") for seed in (1, 2)]


@pytest.fixture
def check(write_record, tmp_path):
    """Check records of trials, some with other fields; give back what is written."""

    def check(trials=TRIALS, *, planned=TRIALS, allow_partial=False, on_mixed_code="error", different=None):
        different = different or {}
        records = [write_record(trial, 40.0, **different.get(trial, {})) for trial in trials]
        output = tmp_path / "checks" / "passed"
        output.unlink(missing_ok=True)
        planned = [dataclasses.astuple(trial) for trial in planned]
        try:
            collect_trials(records=records, output=tmp_path / "trials.parquet")
            check_results(
                trials=tmp_path / "trials.parquet",
                planned=planned,
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


def test_trials_of_other_code_are_named(check):
    other = {TRIALS[1]: {"code_fingerprint": "a" * 64}, TRIALS[2]: {"code_fingerprint": "b" * 64}}
    told = "1 trained by other code (aaaaaaaa) than most (): phonons/cgcnn/mdl/mean/seed-2"
    with pytest.raises(DataError, match=re.escape(told)):
        check(different=other, allow_partial=True)
    assert told in check(different=other, on_mixed_code="warn")["warnings"]


@pytest.mark.parametrize("field", ["torch", "device", "gnnpool"])
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
