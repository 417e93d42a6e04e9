import numpy as np
import pyarrow as pa
import pytest

from gnnpool.analysis.collect import read_records
from gnnpool.analysis.test_errors import bca_over_structures, intervals_over_structures, read_test_errors
from gnnpool.artifacts import write_table
from gnnpool.errors import ArtifactError
from gnnpool.records import Trial
from gnnpool.trial_files import named

OPTIONS = {"confidence": 0.95, "resamples": 999}


@pytest.fixture
def write_trial(write_record):
    """Write record and predictions of a trial with given errors of its test structures."""

    def write(trial, errors, *, mae=None, ids=None):
        error = np.mean(errors) if mae is None else mae
        record = write_record(trial, error, averaged_test_mae=error / 2)
        signs = np.where(np.arange(len(errors)) % 2, 1.0, -1.0)
        table = {
            "id": ids or [f"s{i}" for i in range(len(errors))],
            "part": ["test"] * len(errors),
            "target": [5.0] * len(errors),
            "prediction": list(5.0 + signs * np.asarray(errors)),
            "averaged_prediction": list(5.0 + signs * np.asarray(errors) / 2),
        }
        extra = {"id": ["t0"], "part": ["train"], "target": [0.0]}
        extra |= {"prediction": [99.0], "averaged_prediction": [99.0]}
        path = record.with_name("predictions.parquet")
        table = pa.table({name: table[name] + extra[name] for name in table})
        write_table(path, table, metadata=named(trial, ""))
        return path, record

    return write


def read(files, **options):
    trials = read_records([record for _, record in files])
    return read_test_errors([path for path, _ in files], trials, **options)


def test_errors_are_those_of_the_test_part(write_trial):
    files = [write_trial(Trial("phonons", "cgcnn", "mdl", "gmt", 1), [1.0, 3.0, 2.0])]
    errors = read(files)
    assert errors["error"].to_list() == pytest.approx([1, 3, 2])
    assert errors["id"].to_list() == ["s0", "s1", "s2"]
    assert errors[["pooling", "seed"]].drop_duplicates().to_numpy().tolist() == [["gmt", 1]]


def test_errors_of_the_averaged_reading_are_those_of_its_predictions(write_trial):
    files = [write_trial(Trial("phonons", "cgcnn", "mdl", "gmt", 1), [1.0, 3.0, 2.0])]
    assert read(files, reading="averaged")["error"].to_list() == pytest.approx([0.5, 1.5, 1.0])


def test_further_initialisations_are_left_out(write_trial):
    trial = Trial("phonons", "cgcnn", "mdl", "mean", 1, 1)
    assert read([write_trial(trial, [1.0, 3.0])]).empty
    assert read_test_errors([], read_records([])).empty


def test_predictions_that_are_not_those_of_the_record_are_refused(write_trial):
    files = [write_trial(Trial("phonons", "cgcnn", "mdl", "gmt", 1), [1.0, 3.0], mae=2.5)]
    with pytest.raises(
        ArtifactError, match=r"predictions\.parquet: test error 2, expected 2\.5 as in its record"
    ):
        read(files)


def test_each_seed_has_the_interval_of_its_paired_structures(write_trial):
    rng = np.random.default_rng(0)
    baseline = rng.exponential(size=60)
    better = 0.8 * baseline
    ids = [f"s{i}" for i in range(60)]
    order = rng.permutation(60)
    files = [
        write_trial(Trial("phonons", "cgcnn", "mdl", "mean", 1), baseline),
        # The same structures in another order: pairs are found by name.
        write_trial(Trial("phonons", "cgcnn", "mdl", "gmt", 1), better[order], ids=[ids[i] for i in order]),
        write_trial(Trial("phonons", "cgcnn", "mdl", "gmt", 2), better),
    ]
    found = intervals_over_structures(read(files), **OPTIONS)
    assert found[["pooling", "seed", "n"]].to_numpy().tolist() == [["gmt", 1, 60]]
    row = found.iloc[0]
    assert row[["value", "low", "high"]].to_list() == pytest.approx([-20, -20, -20])


def test_other_test_structures_than_the_baseline_are_refused(write_trial):
    files = [
        write_trial(Trial("phonons", "cgcnn", "mdl", "mean", 1), [1.0, 2.0]),
        write_trial(Trial("phonons", "cgcnn", "mdl", "gmt", 1), [1.0, 2.0], ids=["s0", "s7"]),
    ]
    with pytest.raises(ArtifactError, match="phonons/cgcnn/mdl/gmt/seed-1: predictions: found other test"):
        intervals_over_structures(read(files), **OPTIONS)


def test_interval_over_structures_has_its_coverage():
    """150 draws of 80 structures; the pooling is 5 % worse over all that there might be."""
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(150):
        baseline = rng.exponential(size=80)
        error = baseline * 1.05 * np.exp(rng.normal(0, 0.3, size=80) - 0.3**2 / 2)
        low, high = bca_over_structures(error, baseline, **OPTIONS)
        inside.append(low <= 5 <= high)
    assert 0.88 <= np.mean(inside) <= 0.98


def test_equal_errors_have_no_width():
    same = np.array([1.0, 2.0])
    assert bca_over_structures(same, same, **OPTIONS) == (0, 0)


def test_one_structure_has_no_interval():
    assert np.isnan(bca_over_structures(np.array([1.0]), np.array([2.0]), **OPTIONS)).all()
