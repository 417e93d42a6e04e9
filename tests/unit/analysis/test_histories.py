import pyarrow as pa
import pytest

from gnnpool.analysis.collect import read_records
from gnnpool.analysis.histories import curves_over_seeds, read_histories
from gnnpool.analysis.sizes import read_sizes
from gnnpool.artifacts import write_table
from gnnpool.errors import ArtifactError
from gnnpool.records import Trial
from gnnpool.trial_files import named


@pytest.fixture
def write_history(write_record):
    def write(seed, errors, *, best=1, init=0, epochs=None):
        trial = Trial("phonons", "cgcnn", "mdl", "gmt", seed, init)
        record = write_record(
            trial, 1.0, epochs=epochs or len(errors), best_epoch=best, averaged_best_epoch=len(errors)
        )
        numbers = {"epoch": list(range(1, len(errors) + 1)), "train_mae": errors, "val_mae": errors}
        numbers["averaged_val_mae"] = [error / 2 for error in errors]
        path = record.with_name("history.parquet")
        table = pa.table({**numbers, "learning_rate": errors, "seconds": errors})
        write_table(path, table, metadata=named(trial, ""))
        return path, record

    return write


def read(files, **options):
    trials = read_records([record for _, record in files])
    return read_histories([path for path, _ in files], trials, **options)


def test_histories_mark_the_chosen_epoch(write_history):
    rows = read([write_history(1, [3.0, 1.0, 2.0], best=2)])
    assert rows["chosen"].to_list() == [False, True, False]
    assert rows["val_mae"].to_list() == [3.0, 1.0, 2.0]
    assert set(rows["seed"]) == {1}


def test_histories_of_the_averaged_reading_have_its_errors_and_its_epoch(write_history):
    rows = read([write_history(1, [3.0, 1.0, 2.0], best=2)], reading="averaged")
    assert rows["chosen"].to_list() == [False, False, True]
    assert rows["val_mae"].to_list() == [1.5, 0.5, 1.0]
    assert rows["train_mae"].to_list() == [3.0, 1.0, 2.0]


def test_further_initialisations_are_left_out(write_history):
    assert read([write_history(1, [3.0], init=1)]).empty
    assert read([]).empty
    assert curves_over_seeds(read([])).empty


def test_a_history_of_other_epochs_than_the_record_is_refused(write_history):
    with pytest.raises(ArtifactError, match=r"history\.parquet: found 2 epochs, expected 1 to 3"):
        read([write_history(1, [3.0, 1.0], epochs=3)])


def test_curves_are_summarized_over_the_seeds_that_have_the_epoch(write_history):
    files = [write_history(1, [3.0, 1.0]), write_history(2, [5.0, 2.0], best=2), write_history(3, [10.0])]
    curves = curves_over_seeds(read(files)).set_index("epoch")
    assert curves.loc[1, ["val_mae_lowest", "val_mae_median", "val_mae_highest"]].to_list() == [3, 5, 10]
    assert curves.loc[2, "train_mae_median"] == 1.5
    assert curves["n_seeds"].to_dict() == {1: 3, 2: 2}
    assert curves["n_chosen"].to_dict() == {1: 2, 2: 1}


def test_sizes_are_the_lengths_of_the_lists_of_atoms(tmp_path):
    path = tmp_path / "structures.parquet"
    table = pa.table({"id": ["a", "b"], "numbers": [[1, 2], [3]]})
    write_table(path, table, metadata={"dataset": "salts"})
    assert read_sizes([path]).to_dict("list") == {
        "dataset": ["salts", "salts"],
        "id": ["a", "b"],
        "atoms": [2, 1],
    }
    assert read_sizes([]).empty


def test_files_that_are_no_structures_are_refused(tmp_path):
    path = tmp_path / "other.parquet"
    write_table(path, pa.table({"id": ["a"]}))
    with pytest.raises(ArtifactError, match="expected the structures of a dataset"):
        read_sizes([path])
