import json
import math
from pathlib import Path

import pyarrow as pa
import pytest

from gnnpool.analysis.collect import collect_trials, read_records, read_trials, trials_beside
from gnnpool.artifacts import read_table, write_table
from gnnpool.errors import ArtifactError
from gnnpool.records import RECORD_UNITS, Trial

GMT = Trial("phonons", "cgcnn", "mdl", "gmt", 111)
MEAN = Trial("phonons", "cgcnn", "mdl", "mean", 111)


def test_each_record_is_one_row_in_the_order_of_trials(write_record):
    paths = [write_record(MEAN, 50.0), write_record(GMT, 40.0)]
    trials = read_records(paths)
    assert trials["pooling"].to_list() == ["gmt", "mean"]
    assert trials["test_mae"].to_list() == [40.0, 50.0]
    assert trials["seed"].dtype == "int64"


def test_no_records_are_an_empty_table_with_all_columns():
    trials = read_records([])
    assert len(trials) == 0
    assert {"dataset", "seed", "test_mae", "stage_version"} <= set(trials.columns)


def test_collected_trials_are_read_back_with_their_units(write_record, tmp_path):
    output = tmp_path / "analysis" / "trials.parquet"
    collect_trials(records=[write_record(MEAN, 50.0)], output=output)
    table = read_table(output)
    assert table["test_mae"].to_pylist() == [50.0]
    assert json.loads(table.schema.metadata[b"units"]) == RECORD_UNITS


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (Trial("dielectric", "cgcnn", "mdl", "gmt", 111), "dataset"),
        (Trial("phonons", "torchmd", "mdl", "gmt", 111), "model"),
        (Trial("phonons", "cgcnn", "ocp", "gmt", 111), "edges"),
        (Trial("phonons", "cgcnn", "mdl", "mamm", 111), "pooling"),
        (Trial("phonons", "cgcnn", "mdl", "gmt", 222), "seed"),
    ],
)
def test_record_of_another_trial_than_its_path_is_refused(write_record, other, field):
    path = write_record(GMT, 40.0, at=other)
    with pytest.raises(ArtifactError, match=rf"{path}: {field}: found .* as in its path"):
        read_records([path])


def test_path_that_names_no_trial_is_refused(write_record, tmp_path):
    path = write_record(GMT, 40.0).rename(tmp_path / "record.parquet")
    with pytest.raises(ArtifactError, match="expected dataset/model/edges/pooling"):
        read_records([path])


@pytest.mark.parametrize("field", ["test_mae", "train_mae", "val_rmse"])
@pytest.mark.parametrize("error", [math.nan, math.inf, -1.0])
def test_error_that_is_no_finite_positive_number_is_refused(write_record, field, error):
    fine, wrong = write_record(MEAN, 50.0), write_record(GMT, 40.0, **{field: error})
    with pytest.raises(ArtifactError, match=rf"{wrong}: {field}: found {error}"):
        read_records([fine, wrong])


def _rewrite(path: Path, table: pa.Table) -> Path:
    write_table(path, table)
    return path


def test_record_with_other_columns_is_refused(write_record):
    path = write_record(GMT, 40.0)
    table = read_table(path)
    with pytest.raises(ArtifactError, match=r"columns: found lacking \['torch'\]"):
        read_records([_rewrite(path, table.drop_columns("torch"))])
    with pytest.raises(ArtifactError, match=r"unknown \['accuracy'\]"):
        read_records([_rewrite(path, table.append_column("accuracy", pa.array([1.0])))])


def test_record_of_an_earlier_version_names_no_processor(write_record):
    path = write_record(GMT, 40.0, processor="EPYC, AVX2")
    assert read_records([path]).loc[0, "processor"] == "EPYC, AVX2"
    earlier = _rewrite(path, read_table(path).drop_columns("processor"))
    assert read_records([earlier]).loc[0, "processor"] == ""


def test_record_with_two_rows_is_refused(write_record):
    path = write_record(GMT, 40.0)
    table = read_table(path)
    with pytest.raises(ArtifactError, match="rows: found 2, expected 1"):
        read_records([_rewrite(path, pa.concat_tables([table, table]))])


def test_record_with_a_number_as_text_or_missing_is_refused(write_record):
    path = write_record(GMT, 40.0, test_mae="40.0")
    with pytest.raises(ArtifactError, match="test_mae: found type string, expected type double"):
        read_records([path])
    path = write_record(GMT, 40.0)
    nothing = pa.array([None], type=pa.float64())
    table = read_table(path)
    table = table.set_column(table.column_names.index("test_mae"), "test_mae", nothing)
    with pytest.raises(ArtifactError, match="test_mae: found nothing"):
        read_records([_rewrite(path, table)])


def test_records_of_two_versions_of_training_are_refused(write_record):
    new, old = write_record(MEAN, 50.0, stage_version=2), write_record(GMT, 40.0, stage_version=1)
    with pytest.raises(ArtifactError, match=rf"{old}: stage_version: found 1, expected 2 as in {new}"):
        read_records([new, old])


def test_two_records_of_one_trial_are_refused(write_record, tmp_path):
    path = write_record(GMT, 40.0)
    copy = tmp_path / "elsewhere" / str(GMT) / "record.parquet"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(path.read_bytes())
    with pytest.raises(ArtifactError, match=rf"{copy}: trial: found also in {path}"):
        read_records([path, copy])


def test_truncated_record_is_named(write_record):
    path = write_record(GMT, 40.0)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArtifactError, match=f"{path}: damaged"):
        read_records([path])


def test_collected_trials_are_those_of_the_records(write_record, tmp_path):
    records = [write_record(MEAN, 50.0), write_record(GMT, 40.0)]
    collect_trials(records=records, output=tmp_path / "trials.parquet")
    assert read_trials(tmp_path / "trials.parquet").equals(read_records(records))


def test_files_beside_records_are_those_of_their_trials(write_record):
    records = [write_record(MEAN, 50.0), write_record(GMT, 40.0)]
    paths = [record.with_name("history.parquet") for record in records]
    trials = read_records(records)
    assert [row["pooling"] for row in trials_beside(paths, trials)] == ["mean", "gmt"]
    with pytest.raises(ArtifactError, match=r"mean/seed-111/history\.parquet: trial: found no record"):
        trials_beside(paths, trials[trials["pooling"] == "gmt"])
    with pytest.raises(ArtifactError, match="expected dataset/model/edges/pooling"):
        trials_beside(["history.parquet"], trials)
