import dataclasses
import logging
import shutil

import numpy as np
import pytest

from gnnpool.artifacts import read_table, read_tensors
from gnnpool.errors import ArtifactError, DivergedError
from gnnpool.graphs.file import read_graphs, write_graphs
from gnnpool.records import TIMINGS, TrialRecord, outputs_in
from gnnpool.training.outputs import Outputs


def row_of(folder):
    return read_table(folder / "record.parquet").to_pylist()[0]


def meaning(folder):
    return {key: value for key, value in row_of(folder).items() if key not in TIMINGS}


def test_the_record_has_the_fields_of_a_trial_record(trial):
    table = read_table(trial() / "record.parquet")
    assert table.column_names == [f.name for f in dataclasses.fields(TrialRecord)]
    assert b"eV/atom" in table.schema.metadata[b"units"]


def test_the_same_seed_gives_the_same_bits(trial):
    first, second = trial("first"), trial("second")
    assert meaning(first) == meaning(second)
    for file in ("model.safetensors", "predictions.parquet"):
        assert (first / file).read_bytes() == (second / file).read_bytes()


def test_the_version_of_the_package_is_recorded_and_no_part_of_what_a_trial_is(trial, monkeypatch):
    first = row_of(trial("first"))
    monkeypatch.setattr("gnnpool.training.outputs.__version__", "9.9")
    second = row_of(trial("second"))
    assert second["gnnpool"] == "9.9" != first["gnnpool"]
    assert second["trial_id"] == first["trial_id"]


def test_four_files_belong_to_a_trial_only_if_each_of_them_does(trial):
    folder, other = trial("first"), trial("second", epochs=2)
    files = Outputs(**outputs_in(folder))
    assert files.hold(row_of(folder)["trial_id"])
    assert not files.hold(row_of(other)["trial_id"])
    for name in ("history.parquet", "predictions.parquet", "model.safetensors"):
        own = (folder / name).read_bytes()
        shutil.copy(other / name, folder / name)
        assert not files.hold(row_of(folder)["trial_id"])
        (folder / name).write_bytes(own)
    assert files.hold(row_of(folder)["trial_id"])
    (folder / "history.parquet").unlink()
    assert not files.hold(row_of(folder)["trial_id"])


def test_another_initialisation_changes_weights_and_order_but_not_the_split(trial):
    first, second = trial("first"), trial("second", init=1)
    assert meaning(first)["init_seed"] != meaning(second)["init_seed"]
    assert meaning(first)["split_sha256"] == meaning(second)["split_sha256"]
    assert row_of(first)["test_mae"] != row_of(second)["test_mae"]
    assert (row_of(first)["init"], row_of(second)["init"]) == (0, 1)


def test_trials_that_differ_in_pooling_start_from_the_same_encoder(trial):
    # One training step of size nearly zero leaves the initial weights.
    still = {"learning_rate": 1e-30, "weight_decay": 0.0, "epochs": 1}
    mean, std = (read_tensors(trial(p, pooling=p, **still) / "model.safetensors")[0] for p in ("mean", "std"))
    names = [name for name in mean if name.startswith("raw.encoder") and name.endswith(("weight", "bias"))]
    assert len(names) > 5
    for name in names:
        np.testing.assert_allclose(mean[name], std[name], rtol=0, atol=1e-25)


def test_training_lowers_the_error(trial):
    folder = trial(epochs=30, learning_rate=0.01)
    history = read_table(folder / "history.parquet").to_pandas()
    assert history["train_mae"].iloc[-1] < 0.5 * history["train_mae"].iloc[0]
    assert row_of(folder)["best_epoch"] > 1


def test_the_weights_are_those_of_the_best_epoch(trial):
    folder = trial(epochs=8, learning_rate=0.03)
    history = read_table(folder / "history.parquet").to_pandas()
    best = int(history["epoch"][history["val_mae"].idxmin()])
    assert row_of(folder)["best_epoch"] == best
    assert row_of(folder)["val_mae"] == pytest.approx(history["val_mae"].min())
    shorter = trial("shorter", epochs=best, learning_rate=0.03)
    assert row_of(shorter)["test_mae"] == row_of(folder)["test_mae"]


def test_a_loss_that_is_not_finite_names_epoch_and_batch_and_leaves_no_record(trial, tmp_path):
    with pytest.raises(DivergedError, match=r"epoch \d+, batch \d+ of \d+: the training loss is (nan|inf)"):
        trial(learning_rate=1e18, gradient_clip=1e30, epochs=20)
    assert not list(tmp_path.rglob("*.parquet"))


def test_every_epoch_is_one_line_of_the_log(trial, caplog):
    caplog.set_level(logging.INFO, "gnnpool")
    trial()
    assert sum(" train_mae " in message for message in caplog.messages) == 3


def test_standardizing_gives_the_unit_of_the_target_back(trial):
    folder = trial(standardize_target=True, learning_rate=1e-30, weight_decay=0.0)
    table = read_table(folder / "predictions.parquet").to_pandas()
    train = table[table["part"] == "train"]
    # An untrained network predicts near its shift, the mean of the training targets.
    assert abs(table["prediction"].mean() - train["target"].mean()) < train["target"].std()


def test_the_auxiliary_loss_of_a_decoder_changes_the_training_but_not_the_metric(trial):
    entry = {"encoder_decoder": {"weight": 1.0, "detach": False}}
    with_decoder, without = trial("with", entry=entry), trial("without")
    assert row_of(with_decoder)["parameters"] > row_of(without)["parameters"]
    table = read_table(with_decoder / "predictions.parquet").to_pandas()
    test = table[table["part"] == "test"]
    assert (test["prediction"] - test["target"]).abs().mean() == pytest.approx(
        row_of(with_decoder)["test_mae"]
    )


@pytest.mark.parametrize("key", ["ids_sha256", "structures_sha256"])
def test_graphs_of_other_structures_than_the_split_are_refused(key, trial, salts):
    graphs = read_graphs(salts / "graphs.safetensors")
    foreign = dataclasses.replace(graphs, metadata={**graphs.metadata, key: "0" * 64})
    write_graphs(salts / "foreign.safetensors", foreign)
    with pytest.raises(
        ArtifactError, match=r"foreign.safetensors and .*split.parquet: made from different structures"
    ):
        trial(graphs="foreign.safetensors")


@pytest.mark.slow
def test_compiled_and_eager_training_agree(trial):
    eager, compiled = trial("eager"), trial("compiled", engine="compiled")
    assert row_of(compiled)["engine"] == "compiled"
    a, b = (read_table(folder / "predictions.parquet").to_pandas() for folder in (eager, compiled))
    for name in ("prediction", "averaged_prediction"):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-3, atol=1e-3)
