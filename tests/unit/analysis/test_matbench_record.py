import gzip
import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest

from gnnpool.analysis.matbench_record import export_matbench, read_folds, score
from gnnpool.artifacts import file_sha256, write_table
from gnnpool.cli import main
from gnnpool.data.matbench_folds import fold_ids, row_id
from gnnpool.data.split_file import read_split
from gnnpool.data.splits import make_split
from gnnpool.data.structure import StructureSet, write_structures
from gnnpool.errors import ArtifactError, DataError
from gnnpool.records import Trial
from gnnpool.trial_files import named

ROWS = 60
TASK = {"name": "matbench_some", "rows": ROWS}
FRACTIONS = {"train": 0.8, "val": 0.05, "test": 0.15}
TARGETS = {row_id("matbench_some", row, ROWS): row - 20.0 for row in range(ROWS)}
OPTIONS = {"training": {"epochs": 2}, "pooling": None}


@pytest.fixture
def results(tmp_path):
    return tmp_path


@pytest.fixture
def split_dataset(results):
    """Write structures of copper, and their five official folds; rows may have been left out."""

    def _split(dataset, *, left_out=(), task=TASK):
        ids = [id_ for id_ in TARGETS if id_ not in left_out]
        count = len(ids)
        structures = StructureSet(
            ids=ids,
            lattices=np.tile(3.0 * np.eye(3), (count, 1, 1)),
            numbers=np.full(count, 29, dtype=np.uint8),
            fractional=np.zeros((count, 3)),
            positions=np.zeros((count, 3)),
            node_ptr=np.arange(count + 1),
            targets=np.array([TARGETS[id_] for id_ in ids]),
            metadata={"dataset": dataset, "target": "energy", "unit": "eV"},
        )
        path = results / "data" / dataset / "structures.parquet"
        write_structures(path, structures)
        for fold in range(5):
            split = path.parent / f"splits/seed-{fold}.parquet"
            make_split(structures=path, seed=fold, fractions=FRACTIONS, output=split, method=task)

    return _split


@pytest.fixture
def train_fold(results, write_record):
    """Write record and predictions of a fold, each prediction half a unit above its target."""

    def _train(dataset, fold):
        split = results / "data" / dataset / f"splits/seed-{fold}.parquet"
        fields = {"split_sha256": file_sha256(split), "options": json.dumps(OPTIONS)}
        trial = Trial(dataset, "cgcnn", "mdl", "mean", fold)
        record = write_record(trial, 0.5, **fields)
        parts = read_split(split)
        table = {
            "id": parts.ids,
            "part": parts.part.tolist(),
            "target": [0.0] * len(parts.ids),
            "prediction": pa.array([TARGETS[id_] + 0.5 for id_ in parts.ids], pa.float32()),
            "averaged_prediction": pa.array([TARGETS[id_] + 0.25 for id_ in parts.ids], pa.float32()),
        }
        write_table(record.with_name("predictions.parquet"), pa.table(table), metadata=named(trial, ""))
        return record

    return _train


@pytest.fixture
def trained(split_dataset, train_fold):
    split_dataset("some")
    return [train_fold("some", fold) for fold in range(5)]


def export(results, name="record.json", **changes):
    setting = {"model": "cgcnn", "edges": "mdl", "pooling": "mean", **changes}
    path = results / name
    return export_matbench(results=results, output=path, **setting), path


def test_a_record_of_the_averaged_reading_has_its_predictions_and_its_epoch(results, trained):
    record = json.loads(export(results, reading="averaged")[1].read_text())
    for result in record["tasks"]["matbench_some"]["results"].values():
        assert result["scores"]["mae"] == 0.25
        assert result["parameters"]["best_epoch"] == 190
    assert record["user_metadata"]["reading"] == "averaged"


def test_a_record_has_the_layout_of_matbench(results, trained):
    recorded, path = export(results)
    assert recorded == {"some": "matbench_some"}
    record = json.loads(path.read_text())
    assert set(record) == {
        *("@module", "@class", "version", "benchmark_name", "tasks", "user_metadata", "datestamp", "hash")
    }
    assert (record["@module"], record["@class"]) == ("matbench.bench", "MatbenchBenchmark")
    assert record["benchmark_name"] == "matbench_v0.1"
    task = record["tasks"]["matbench_some"]
    assert set(task) == {"@module", "@class", "benchmark_name", "dataset_name", "results"}
    assert (task["@module"], task["@class"]) == ("matbench.task", "MatbenchTask")
    assert (task["dataset_name"], task["benchmark_name"]) == ("matbench_some", "matbench_v0.1")
    assert list(task["results"]) == [f"fold_{fold}" for fold in range(5)]
    for fold in range(5):
        result = task["results"][f"fold_{fold}"]
        assert set(result) == {"data", "parameters", "scores"}
        assert list(result["data"]) == fold_ids("matbench_some", ROWS, fold)["test"]
        assert all(result["data"][id_] == TARGETS[id_] + 0.5 for id_ in result["data"])
        assert result["scores"].keys() == {"mae", "rmse", "mape", "max_error"}
        assert result["scores"]["mae"] == result["scores"]["max_error"] == 0.5
        assert result["parameters"]["options"] == OPTIONS


def test_the_hash_is_that_of_the_content_with_its_keys_in_order(results, trained):
    record = json.loads(export(results)[1].read_text())
    found = record.pop("hash")
    text = json.dumps(record, sort_keys=True)
    assert found == hashlib.sha256(text.encode()).hexdigest()


def test_a_name_that_ends_with_gz_is_packed(results, trained):
    path = export(results, "record.json.gz")[1]
    assert json.loads(gzip.decompress(path.read_bytes()))["tasks"].keys() == {"matbench_some"}


def test_scores_follow_matbench_which_leaves_tiny_targets_out_of_the_relative_error():
    targets, predictions = np.array([1.0, 100, 1000, 0, 1e-8]), np.array([0.9, 81, 1010, 1, 0.0028933])
    found = score(targets, predictions)
    assert found["mape"] == pytest.approx(0.1)
    assert found["mae"] == pytest.approx((0.1 + 19 + 10 + 1 + 0.0028933) / 5)
    assert found["rmse"] == pytest.approx(np.sqrt((0.01 + 361 + 100 + 1 + 0.0028933**2) / 5))
    assert found["max_error"] == 19


def test_a_task_without_any_trial_stays_out(results, trained, split_dataset):
    split_dataset("untrained")
    assert export(results)[0] == {"some": "matbench_some"}


def test_a_task_that_lacks_a_fold_is_refused_and_nothing_is_written(results, trained):
    trained[3].unlink()
    with pytest.raises(DataError, match=r"some: expected a trial for each of 5 folds, missing:\n.*seed-3"):
        export(results)
    assert not (results / "record.json").exists()


def test_a_setting_without_trials_is_refused(results, trained):
    with pytest.raises(DataError, match=r"no trial of cgcnn, ocp, mean on Matbench's folds"):
        export(results, edges="ocp")


def test_random_splits_are_no_folds(results, split_dataset, train_fold):
    split_dataset("some", task=None)
    for fold in range(5):
        train_fold("some", fold)
    with pytest.raises(
        DataError, match=r"no trial .* `split.scheme: matbench` and `seeds: \[0, 1, 2, 3, 4\]`"
    ):
        export(results)


def test_a_fold_whose_rows_were_left_out_is_refused(results, split_dataset, train_fold):
    lost = fold_ids("matbench_some", ROWS, 2)["test"][1]
    split_dataset("some", left_out=[lost])
    for fold in range(5):
        train_fold("some", fold)
    with pytest.raises(DataError, match=rf"all 12 rows of matbench_some fold 2, 1 were left out .*: {lost}"):
        export(results)


def test_a_trial_of_another_split_is_refused(results, trained, split_dataset):
    split_dataset("some", task=TASK | {"rows": 61})
    with pytest.raises(ArtifactError, match=r"seed-0/record.parquet: trained on another split"):
        export(results)


def test_the_command_names_the_tasks_and_refuses_with_the_status_of_the_error(results, trained, capsys):
    words = ["export-matbench", str(results), "--model", "cgcnn", "--edges", "mdl", "--pooling"]
    output = ["--output", str(results / "record.json.gz")]
    assert main([*words, "mean", *output]) == 0
    assert "matbench_some" in capsys.readouterr().out
    assert main([*words, "gmt", *output]) == 65
    assert "no trial of cgcnn, mdl, gmt" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["record.json", "record.json.gz"])
def test_errors_of_a_record_are_read_by_task(name, results, trained):
    _, path = export(results, name, reading="averaged")
    (row,) = read_folds(path).to_dict("records")
    assert (row["task"], row["pooling"], row["reading"]) == ("matbench_some", "mean", "averaged")
    assert (row["mae"], row["sd"]) == (0.25, 0.0)


def test_a_changed_or_damaged_record_is_refused(results, trained):
    _, path = export(results)
    record = json.loads(path.read_text())
    record["tasks"]["matbench_some"]["results"]["fold_0"]["scores"]["mae"] = 0.1
    path.write_text(json.dumps(record))
    with pytest.raises(ArtifactError, match=r"record.json: hash: found \w+, expected \w+ of its content"):
        read_folds(path)
    for content in (b"", b"{", b"[]", b"{}"):
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match="expected a record of `gnnpool export-matbench`"):
            read_folds(path)
