"""Atoms without neighbors, cells of one atom, crystals without any edge: from the file to a gradient."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from gnnpool import plugins
from gnnpool.artifacts import read_json
from gnnpool.graphs.build import build_graphs
from gnnpool.graphs.file import read_graphs
from gnnpool.network import build_network
from gnnpool.training.batches import DeviceGraphs

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/config.yaml").read_text())
POOLINGS = dict.fromkeys(plugins.names("gnnpool.pooling")) | CONFIG["poolings"]
MODELS = {model["encoder"]: model for model in CONFIG["models"].values()}
SMALL = {"channels": 16, "layers": 2, "heads": 4}
CUTOFF = 5.0
NORMAL, ISOLATED, SINGLE, EMPTY = range(4)


def crystal(name, *positions, edge):
    """Sodium atoms in a cube."""
    numbers = [11] * len(positions)
    cell = (edge * np.eye(3)).tolist()
    return {"structure_id": name, "cell": cell, "atomic_numbers": numbers, "positions": positions, "y": 1.0}


@pytest.fixture(scope="session")
def build_odd(tmp_path_factory, build_in):
    """Structures of four crystals, and a function from a scheme to their graphs and manifest."""
    folder = tmp_path_factory.mktemp("odd")
    rows = [
        crystal("normal", [0, 0, 0], [2, 2, 2], edge=4.0),
        crystal("isolated", [0, 0, 0], [2, 0, 0], [10, 10, 10], edge=20.0),
        crystal("single", [0, 0, 0], edge=20.0),
        crystal("empty", [0, 0, 0], [10, 10, 10], edge=20.0),
    ]
    (folder / "data.json").write_text(json.dumps(rows))
    entry = {"source": "matdeeplearn", "target": "energy", "unit": "eV", "structures": 4}
    structures, manifest = build_in(folder, folder / "data.json", entry, dataset="odd")
    assert read_json(manifest)["one_atom_cells"] == 1

    def build(scheme):
        output, manifest = folder / f"{scheme}.safetensors", folder / f"{scheme}.json"
        options = {"scheme": scheme, "cutoff": CUTOFF, "max_neighbors": 250, "max_offsets": None}
        build_graphs(structures=structures, scheme=options, output=output, manifest=manifest)
        return read_graphs(output), read_json(manifest)

    return build


@pytest.fixture(scope="session", params=["mdl", "ocp"])
def odd(request, build_odd):
    return build_odd(request.param)


def test_odd_crystals_are_counted(odd):
    graphs, manifest = odd
    edges = np.diff(graphs.edge_ptr)
    assert (edges[NORMAL] > 0, *edges[1:]) == (True, 2, 0, 0)
    counts = manifest["counts"]
    assert (counts["isolated_atoms"], counts["graphs_without_edges"]) == (1 + 1 + 2, 2)


@pytest.mark.parametrize("pooling", sorted(POOLINGS))
@pytest.mark.parametrize("encoder", sorted(MODELS))
def test_odd_crystals_are_trained_on_with_finite_gradients(encoder, pooling, odd):
    graphs, _ = odd
    model = MODELS[encoder]
    options = {key: SMALL.get(key, value) for key, value in model["options"].items()}
    torch.manual_seed(0)
    model = {**model, "options": options, "head": {**model["head"], "channels": 16}}
    network = build_network(model=model, pooling=pooling, pooling_entry=POOLINGS[pooling], cutoff=CUTOFF)
    on_device = DeviceGraphs(graphs, device=torch.device("cpu"), vectors=network.encoder.needs_vectors)
    for chosen in ([ISOLATED], [SINGLE, SINGLE], [EMPTY], [NORMAL, ISOLATED, SINGLE, EMPTY]):
        network.zero_grad()
        batch, targets = on_device.batch(np.array(chosen))
        predicted = network(batch)
        loss = (predicted.value - targets).abs().mean()
        if predicted.aux_loss is not None:
            loss = loss + predicted.aux_loss.mean()
        loss.backward()
        assert predicted.value.isfinite().all()
        assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)
