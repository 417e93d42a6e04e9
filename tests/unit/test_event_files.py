"""Histories as event files: what TensorBoard's own reader finds in them."""

import pytest
from pymatgen.core import Lattice, Structure

from gnnpool.artifacts import read_table
from gnnpool.cli import main
from gnnpool.data.splits import make_split
from gnnpool.event_files import export_histories
from gnnpool.paper import SPLIT
from gnnpool.train import prepare_files, train_trial

READER = "tensorboard.backend.event_processing.event_accumulator"
reader = pytest.importorskip(READER, reason="needs the extra tensorboard")

TRIAL = "trials/salts/cgcnn/mdl/mean/seed-1"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results that hold one trial of three epochs."""
    folder = tmp_path_factory.mktemp("results")
    cells = [Structure(Lattice.cubic(3 + i / 20), ["Cs", "Cl"], [[0] * 3, [0.5] * 3]) for i in range(40)]
    volumes = [cell.volume for cell in cells]
    files = prepare_files(cells, volumes, target="volume", unit="Å^3", seed=1, folder=folder, dataset="salts")
    train_trial(
        graphs=files.graphs,
        split=files.split,
        output=folder / TRIAL,
        pooling="mean",
        training={"epochs": 3},
    )
    return folder


def test_tensorboard_finds_every_error_of_every_epoch(results, tmp_path, capsys):
    assert main(["export-tensorboard", str(results), "--output", str(tmp_path / "events")]) == 0
    assert capsys.readouterr().out.startswith("1 trials; show them with: tensorboard --logdir ")
    found = reader.EventAccumulator(str(tmp_path / "events/salts/cgcnn/mdl/mean/seed-1")).Reload()
    history = read_table(results / TRIAL / "history.parquet").to_pydict()
    for name in ("train_mae", "val_mae", "averaged_val_mae"):
        events = found.Scalars(f"{name} (Å^3)")
        assert [event.step for event in events] == history["epoch"] == [1, 2, 3]
        assert [event.value for event in events] == pytest.approx(history[name])
    assert found.Scalars("learning_rate")[0].value == pytest.approx(history["learning_rate"][0])


def test_seeds_of_other_lengths_are_not_mixed(results, tmp_path):
    for seed in (2, 10):
        split, folder = tmp_path / f"{seed}.parquet", tmp_path / TRIAL.replace("seed-1", f"seed-{seed}")
        make_split(structures=results / "structures.parquet", seed=seed, fractions=SPLIT, output=split)
        train_trial(graphs=results / "mdl.safetensors", split=split, output=folder, training={"epochs": 1})
    assert export_histories(results=tmp_path, output=tmp_path / "events") == 2


def test_a_folder_that_holds_files_is_refused(results, tmp_path, capsys):
    (tmp_path / "old").touch()
    assert main(["export-tensorboard", str(results), "--output", str(tmp_path)]) == 2
    assert "expected a new or empty folder" in capsys.readouterr().err


def test_a_folder_without_trials_is_refused(tmp_path, capsys):
    assert main(["export-tensorboard", str(tmp_path), "--output", str(tmp_path / "events")]) == 65
    assert "found no finished trial" in capsys.readouterr().err
