import numpy as np
import pytest

from gnnpool.analysis.leaderboard import NEAREST, SHOWN, leaderboard_errors

# Mean absolute errors of the five folds of CGCNN v2019 as its record gives them.
FOLDS = {
    "log_kvrh": [0.0702, 0.0722, 0.0665, 0.0748, 0.0724],
    "dielectric": [0.4704, 0.5724, 0.7301, 0.6111, 0.6099],
    "perovskites": [0.0456, 0.0462, 0.0448, 0.0454, 0.0442],
    "phonons": [81.16, 45.09, 54.26, 56.58, 51.73],
    "exfoliation": [34.49, 51.12, 69.43, 42.75, 48.44],
}


def test_every_algorithm_has_every_task_once():
    table = leaderboard_errors()
    counts = table.groupby("algorithm")["dataset"].nunique()
    assert len(table) == 5 * len(counts) == 65
    assert counts.eq(5).all()
    assert set(SHOWN) <= set(counts.index)
    assert (table["mae"] > table["sd"]).all()
    assert set(table["read_from"]) == {"records", "page"}


@pytest.mark.parametrize("dataset", FOLDS)
def test_error_of_the_nearest_model_is_the_mean_of_its_folds(dataset):
    row = leaderboard_errors().set_index(["algorithm", "dataset"]).loc[(NEAREST, dataset)]
    folds = np.array(FOLDS[dataset])
    digit = 10 ** -len(str(row["mae"]).split(".")[1])
    assert row["mae"] == pytest.approx(folds.mean(), abs=digit)
    assert row["sd"] == pytest.approx(folds.std(), abs=digit)


def test_every_model_beats_the_one_that_predicts_the_mean():
    table = leaderboard_errors().pivot(index="algorithm", columns="dataset", values="mae")
    assert (table.drop("Dummy (mean)") < table.loc["Dummy (mean)"]).all(axis=None)
