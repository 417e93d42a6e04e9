"""A short training on small salts, on disk as an explanation finds it."""

from pathlib import Path

import pytest

from gnnpool.data.splits import make_split
from gnnpool.graphs.build import build_graphs
from gnnpool.records import outputs_in
from gnnpool.training.run import run_trial

MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 8, "pre_layers": 1, "layers": 2, "gaussians": 20, "gaussian_width": 0.2},
    "head": {"layers": 1, "channels": 8, "activation": "relu"},
}
SCHEME = {"scheme": "mdl", "cutoff": 4.0, "max_neighbors": 250, "max_offsets": None}
ENTRY = {
    "source": "demo",
    "target": "electrostatic energy per atom",
    "unit": "eV/atom",
    "structures": 30,
    "options": {"target": "per_atom", "count": 30},
}


@pytest.fixture(scope="session")
def salts(tmp_path_factory, short_training, build_in) -> Path:
    """Folder with structures and graphs of 30 salts, and trials of two poolings."""
    folder = tmp_path_factory.mktemp("explained")
    structures, _ = build_in(folder, None, ENTRY)
    graphs = folder / "graphs.safetensors"
    fractions = {"train": 0.6, "val": 0.2, "test": 0.2}
    make_split(structures=structures, seed=1, fractions=fractions, output=folder / "split.parquet")
    build_graphs(structures=structures, scheme=SCHEME, output=graphs, manifest=folder / "graphs.json")
    for pooling in ("mean", "crystal_attention"):
        own = folder / pooling
        run_trial(
            graphs=graphs,
            split=folder / "split.parquet",
            trial=f"salts/cgcnn/mdl/{pooling}/seed-1",
            model=MODEL,
            pooling=None,
            training=short_training(epochs=1, standardize_target=True),
            stage_version=1,
            device="cpu",
            outputs=outputs_in(own),
            checkpoint=own / "checkpoint",
            checkpoint_every={"epochs": 1000, "seconds": 1e9},
            journal=own / "trial.jsonl",
        )
    return folder
