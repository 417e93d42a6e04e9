"""Two readings of one training: the weights of its best epoch, and their moving average."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from gnnpool.artifacts import read_table, read_tensors
from gnnpool.data.split_file import PARTS
from gnnpool.network import Network, Prediction
from gnnpool.records import READINGS, Trial, column_of
from gnnpool.training import loop
from gnnpool.training.averaging import MovingAverage, smooth
from gnnpool.training.checkpoint import CheckpointFile, Checkpoints, Interval
from gnnpool.training.prepare import prepare_trial
from gnnpool.training.state import Clock

# Written by the code before there was an average: mean pooling, six epochs, learning rate 0.01, patience 1.
TRAIN_MAE = [12.02697520, 11.53809750, 10.75818393, 9.29554789, 8.13151249, 7.67954223]
VAL_MAE = [9.59851661, 9.02698540, 8.06491086, 6.55154526, 5.59465718, 5.44750124]
RAW = {
    "train_mae": 8.348671090218328,
    "val_mae": 5.447501242160797,
    "test_mae": 9.160391728083292,
    "train_rmse": 13.561522446767944,
    "val_rmse": 7.4068378873475895,
    "test_rmse": 18.595255907138263,
    "best_epoch": 6,
}
AVERAGING = {"time_constant": 5.0, "select": "best", "smoothing": 0}


def row_of(folder):
    return read_table(folder / "record.parquet").to_pylist()[0]


def history_of(folder):
    return read_table(folder / "history.parquet").to_pandas()


@pytest.fixture
def progress(salts, tmp_path, model, settings):
    """Train without writing files; returns the progress."""

    def run(pooling="mean", *, averaged=True):
        trial = prepare_trial(
            graphs=salts / "graphs.safetensors",
            split=salts / "split.parquet",
            trial=Trial("salts", "cgcnn", "ocp", pooling, 1),
            model=model,
            pooling=None,
            training=settings,
            stage_version=1,
            device="cpu",
        )
        file = CheckpointFile(tmp_path / f"{pooling}-{averaged}", "this trial")
        nothing = {"started": lambda _: None, "saved": lambda _: None}
        return loop.train(
            trial.network,
            trial.graphs,
            trial.parts,
            trial.settings,
            order_seed=1,
            engine="eager",
            checkpoints=Checkpoints(file, Interval(1000, 1e9), **nothing),
            clock=Clock(),
            averaged=averaged,
        )

    return run


def test_the_raw_reading_has_the_numbers_from_before_there_was_an_average(trial, settings):
    folder = trial(
        epochs=6, learning_rate=0.01, scheduler={**settings["scheduler"], "patience": 1}, averaging=AVERAGING
    )
    history, row = history_of(folder), row_of(folder)
    # Another processor rounds otherwise.
    np.testing.assert_allclose(history["train_mae"], TRAIN_MAE, rtol=1e-4)
    np.testing.assert_allclose(history["val_mae"], VAL_MAE, rtol=1e-4)
    assert {name: row[name] for name in RAW} == pytest.approx(RAW, rel=1e-4)


@pytest.mark.parametrize("pooling", ["mean", "gmt", "set2set"])
def test_the_average_changes_no_bit_of_the_training(pooling, progress):
    with_average, without = progress(pooling), progress(pooling, averaged=False)
    assert_same_raw(with_average, without)
    assert without.choices["averaged"].epoch == 0


def test_random_numbers_drawn_in_evaluation_do_not_reach_the_training(progress, monkeypatch):
    plain = Network.read_out

    def noisy(self, x, graphs):
        found = plain(self, x, graphs)
        return Prediction(found.value * (1 + 0.1 * torch.rand(())), found.aux_loss)

    monkeypatch.setattr(Network, "read_out", noisy)
    assert_same_raw(progress(), progress(averaged=False))


def assert_same_raw(first, second):
    assert [epoch["val_mae"] for epoch in first.history] == [epoch["val_mae"] for epoch in second.history]
    a, b = first.choices["raw"], second.choices["raw"]
    assert (a.epoch, a.error) == (b.epoch, b.error)
    assert all(torch.equal(a.weights[name], b.weights[name]) for name in b.weights)


def test_the_average_follows_its_formula_with_statistics_of_normalisation_and_counts_copied():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    average = MovingAverage(network, time_constant=2.0, steps_per_epoch=3)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1, fused=True)
    expected = {name: value.double() for name, value in copy.deepcopy(network.state_dict()).items()}
    for t in range(60):
        optimizer.zero_grad()
        network(torch.randn(5, 3)).square().sum().backward()
        optimizer.step()
        average.update()
        decay = min(np.exp(-1 / 6), (1 + t) / (10 + t))
        for name, value in network.state_dict().items():
            expected[name] = decay * expected[name] + (1 - decay) * value.double()
    average.copy_counters()
    found = average.network.state_dict()
    assert found.pop("1.num_batches_tracked") == 60
    assert {"1.running_mean", "1.running_var"} < set(found)
    for name, value in found.items():
        torch.testing.assert_close(value.double(), expected[name], rtol=1e-5, atol=1e-6)


def test_a_buffer_that_a_module_replaces_is_followed():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(1, 1)
            self.register_buffer("seen", torch.zeros(()))

    network = Counting()
    average = MovingAverage(network, time_constant=1.0, steps_per_epoch=1)
    network.seen = network.seen + 1.0
    average.update()
    assert average.network.seen == pytest.approx(0.9)


def test_the_averaged_reading_is_the_epoch_of_its_lowest_validation_error(trial):
    folder = trial(epochs=12, learning_rate=0.03)
    history, row = history_of(folder), row_of(folder)
    best = int(history["epoch"][history["averaged_val_mae"].idxmin()])
    assert row["averaged_best_epoch"] == best
    assert row["averaged_val_mae"] == pytest.approx(history["averaged_val_mae"].min())
    shorter = trial("shorter", epochs=best, learning_rate=0.03)
    assert row_of(shorter)["averaged_test_mae"] == row["averaged_test_mae"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 2), ({"select": "last"}, 6), ({"smoothing": 3}, 6), ({"smoothing": 0.1}, 2)],
)
def test_the_settings_decide_which_epoch_of_the_average_is_read(
    changes, expected, progress, settings, monkeypatch
):
    averaged = [5.0, 1.0, 4.0, 4.0, 3.0, 2.0]
    raw = [6.0, 5.0, 4.0, 3.0, 4.0, 5.0]
    errors = iter([error for pair in zip(raw, averaged, strict=True) for error in pair])
    monkeypatch.setattr(loop, "mae", lambda *_: next(errors))
    settings |= {"epochs": 6, "averaging": AVERAGING | changes}
    found = progress()
    assert {reading: choice.epoch for reading, choice in found.choices.items()} == {
        "raw": 4,
        "averaged": expected,
    }
    assert [epoch["averaged_val_mae"] for epoch in found.history] == averaged


def test_smoothing_is_that_of_pandas_and_none_changes_nothing():
    errors = [3.0, 1.0, 2.0, 5.0]
    expected = pd.Series(errors).ewm(alpha=1 - np.exp(-1 / 2), adjust=False).mean().iloc[-1]
    assert smooth(errors, 2.0) == pytest.approx(expected)
    assert smooth([0.1, 0.3], 0) == 0.3


def test_errors_predictions_and_weights_of_each_reading_belong_together(trial):
    folder = trial(epochs=4, learning_rate=0.03)
    row, table = row_of(folder), read_table(folder / "predictions.parquet").to_pandas()
    for reading in READINGS:
        errors = (table[column_of(reading, "prediction")] - table["target"]).abs()
        for part in PARTS:
            found = errors[table["part"] == part].mean()
            assert found == pytest.approx(row[column_of(reading, f"{part}_mae")], rel=1e-5)
    tensors, metadata = read_tensors(folder / "model.safetensors")
    raw, averaged = (
        {
            name.removeprefix(f"{reading}."): value
            for name, value in tensors.items()
            if name.startswith(reading)
        }
        for reading in READINGS
    )
    assert raw.keys() == averaged.keys()
    assert len(raw) + len(averaged) == len(tensors)
    assert not np.array_equal(raw["head.last.weight"], averaged["head.last.weight"])
    assert metadata["kind"] == "gnnpool weights 2"
