"""Graphs of small salts, on disk as a trial finds them."""

import json
from pathlib import Path

import numpy as np
import pytest

from gnnpool.data.splits import make_split
from gnnpool.graphs.build import build_graphs
from gnnpool.records import Trial, outputs_in

SCHEME = {"scheme": "ocp", "cutoff": 4.0, "max_neighbors": 250, "max_offsets": None}
ENTRY = {
    "source": "demo",
    "target": "electrostatic energy per atom",
    "unit": "eV/atom",
    "structures": 41,
    "options": {"target": "per_atom", "count": 41},
}
MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 16, "pre_layers": 2, "layers": 2, "gaussians": 50, "gaussian_width": 0.2},
    "head": {"layers": 2, "channels": 16, "activation": "relu"},
}


@pytest.fixture(scope="session")
def salts(tmp_path_factory, build_in) -> Path:
    """Folder with structures, a split and graphs of 41 salts; 32 of them train."""
    folder = tmp_path_factory.mktemp("salts")
    structures, _ = build_in(folder, None, ENTRY)
    fractions = {"train": 0.76, "val": 0.12, "test": 0.12}
    make_split(structures=structures, seed=1, fractions=fractions, output=folder / "split.parquet")
    graphs = {"output": folder / "graphs.safetensors", "manifest": folder / "graphs.json"}
    build_graphs(structures=structures, scheme=SCHEME, **graphs)
    return folder


@pytest.fixture
def model() -> dict:
    """A narrow CGCNN."""
    return json.loads(json.dumps(MODEL))


@pytest.fixture
def settings(short_training) -> dict:
    """A short training, free to be changed."""
    return short_training(epochs=3)


@pytest.fixture
def trial(salts, tmp_path, settings):
    """Run one trial; returns the folder of its outputs."""
    from gnnpool.training.run import run_trial

    def run(
        name="trial",
        *,
        pooling="mean",
        entry=None,
        graphs="graphs.safetensors",
        init=0,
        save_every=1000,
        **changes,
    ) -> Path:
        folder = tmp_path / name
        run_trial(
            graphs=salts / graphs,
            split=salts / "split.parquet",
            trial=str(Trial("salts", "cgcnn", "ocp", pooling, 1, init)),
            model=MODEL,
            pooling=entry,
            training={**settings, **changes},
            stage_version=1,
            device="cpu",
            outputs=outputs_in(folder),
            checkpoint=folder / "checkpoint",
            checkpoint_every={"epochs": save_every, "seconds": 1e9},
            journal=folder / "trial.jsonl",
        )
        return folder

    return run


@pytest.fixture
def rng():
    return np.random.default_rng(0)
