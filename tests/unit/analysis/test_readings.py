import pytest

from gnnpool.analysis.collect import read_records
from gnnpool.analysis.readings import of_reading
from gnnpool.records import Trial

ERRORS = {"test_mae": 2.0, "averaged_test_mae": 1.5, "val_rmse": 4.0, "averaged_val_rmse": 3.0}


@pytest.fixture
def trials(write_record):
    return read_records([write_record(Trial("phonons", "cgcnn", "mdl", "gmt", 1), 9.0, **ERRORS)])


@pytest.mark.parametrize(
    ("reading", "test_mae", "val_rmse", "epoch"), [("raw", 2.0, 4.0, 180), ("averaged", 1.5, 3.0, 190)]
)
def test_trials_of_a_reading_have_its_numbers_under_the_usual_names(
    reading, test_mae, val_rmse, epoch, trials
):
    row = of_reading(trials, reading).iloc[0]
    assert (row["test_mae"], row["val_rmse"], row["best_epoch"]) == (test_mae, val_rmse, epoch)
    assert not [name for name in row.index if name.startswith("averaged_")]
    assert (row["pooling"], row["parameters"]) == ("gmt", trials["parameters"].iloc[0])


def test_the_trials_themselves_stay_as_they_are(trials):
    of_reading(trials, "averaged")
    assert trials["test_mae"].to_list() == [2.0]


def test_trials_of_one_reading_are_not_read_as_another(trials):
    with pytest.raises(KeyError):
        of_reading(of_reading(trials, "averaged"), "averaged")


def test_an_unknown_reading_is_refused_with_those_there_are(trials):
    with pytest.raises(ValueError, match="reading: found 'mean', expected one of raw, averaged"):
        of_reading(trials, "mean")
