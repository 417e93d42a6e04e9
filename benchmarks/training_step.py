"""A CGCNN training step and the making of its batch, against torch-geometric's CGConv and DataLoader.

Peer: the same network from torch-geometric's own parts, as its users write it: stored Gaussians, CGConv,
BatchNorm1d, global mean pooling, AdamW. Embedded crystals, batches of 100, both edge schemes.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import CGConv, global_mean_pool

from gnnpool.data.build import build_structures
from gnnpool.graphs.build import build_graphs
from gnnpool.graphs.file import GraphSet, read_graphs
from gnnpool.network import build_network
from gnnpool.training.batches import DeviceGraphs
from gnnpool.training.engine import make_forward

CUTOFF = 8.0
MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 100, "pre_layers": 3, "layers": 4, "gaussians": 50, "gaussian_width": 0.2},
    "head": {"layers": 3, "channels": 100, "activation": "relu"},
}
ROUNDS = {"mdl": 30, "ocp": 8}


class PlainCGCNN(nn.Module):
    """The same layers as ours, from torch-geometric's parts."""

    def __init__(self) -> None:
        super().__init__()
        self.pre = nn.ModuleList([nn.Linear(100, 100) for _ in range(3)])
        self.convolutions = nn.ModuleList([CGConv(100, 50, aggr="mean") for _ in range(4)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(100) for _ in range(4)])
        self.post = nn.ModuleList([nn.Linear(100, 100) for _ in range(3)])
        self.last = nn.Linear(100, 1)

    def forward(self, data: Data) -> torch.Tensor:
        x = data.x
        for layer in self.pre:
            x = F.relu(layer(x))
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x, data.edge_index, data.edge_attr))
        x = global_mean_pool(x, data.batch)
        for layer in self.post:
            x = F.relu(layer(x))
        return self.last(x).squeeze(1)


def crystals(scheme: str, folder: Path) -> GraphSet:
    """Graphs of 200 embedded crystals."""
    entry = {"source": "demo", "target": "energy", "unit": "eV/atom", "structures": 200}
    build_structures(
        raw=None,
        dataset="demo",
        entry={**entry, "options": {"target": "per_atom", "count": 200}},
        on_bad_row="error",
        structures=folder / "structures.parquet",
        manifest=folder / "manifest.json",
    )
    options = {"scheme": scheme, "cutoff": CUTOFF, "max_neighbors": 250, "max_offsets": None}
    files = {"output": folder / "graphs.safetensors", "manifest": folder / "graphs.json"}
    build_graphs(structures=folder / "structures.parquet", scheme=options, **files)
    return read_graphs(files["output"])


def as_data(graphs: GraphSet) -> list[Data]:
    """The same graphs as torch-geometric's objects, Gaussians stored."""
    centers = torch.linspace(0, 1, 50)
    found = []
    for g in range(len(graphs)):
        nodes = slice(graphs.node_ptr[g], graphs.node_ptr[g + 1])
        edges = slice(graphs.edge_ptr[g], graphs.edge_ptr[g + 1])
        index = np.stack([graphs.source[edges], graphs.target[edges]]).astype(np.int64)
        length = torch.from_numpy(graphs.length[edges]).unsqueeze(1) / CUTOFF
        found.append(
            Data(
                x=F.one_hot(torch.from_numpy(graphs.numbers[nodes].astype(np.int64)) - 1, 100).float(),
                edge_index=torch.from_numpy(index),
                edge_attr=torch.exp(-0.5 * ((length - centers) / 0.2) ** 2),
                y=torch.tensor([graphs.targets[g]], dtype=torch.float32),
            )
        )
    return found


def step_of(network: nn.Module, predict: Callable) -> Callable[[object, torch.Tensor], None]:
    """A training step of a network."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)

    def step(batch: object, target: torch.Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        F.l1_loss(predict(batch), target).backward()
        optimizer.step()

    return step


def measure(scheme: str) -> dict[str, float]:
    """Median CPU milliseconds of each competitor, taking turns."""
    with tempfile.TemporaryDirectory() as folder:
        graphs = crystals(scheme, Path(folder))
    ours = DeviceGraphs(graphs, device=torch.device("cpu"), vectors=False)
    first = np.arange(100)
    batch, target = ours.batch(first)
    loader = DataLoader(as_data(graphs)[:100], batch_size=100)
    data = next(iter(loader))
    torch.manual_seed(0)
    plain = PlainCGCNN()
    steps = {"step, torch-geometric": (step_of(plain, plain), data, data.y)}
    for engine in ("eager", "compiled"):
        network = build_network(model=MODEL, pooling="mean", pooling_entry=None, cutoff=CUTOFF).train()
        forward = make_forward(network, engine, sample=batch)
        predict = lambda b, forward=forward: forward(b).value  # noqa: E731
        steps[f"step, {engine}"] = (step_of(network, predict), batch, target)
    calls = {name: (lambda s=s, b=b, t=t: s(b, t)) for name, (s, b, t) in steps.items()}
    calls["batch, torch-geometric"] = lambda: next(iter(loader))
    calls["batch, ours"] = lambda: ours.batch(first)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(ROUNDS[scheme] + 2):
        for name, call in calls.items():
            started = time.process_time()
            call()
            if round_ >= 2:
                seconds[name].append(time.process_time() - started)
    print(f"\n{scheme}: {len(batch.source) / 100:.0f} edges a graph, batch of 100\n")
    return {name: 1e3 * statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Print one table for each edge scheme."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    print(f"torch {torch.__version__}, one thread, medians of process CPU time")
    for scheme in ROUNDS:
        found = measure(scheme)
        print("| what | ms | times faster than torch-geometric |\n| --- | ---: | ---: |")
        for name, milliseconds in found.items():
            peer = found[name.split(",")[0] + ", torch-geometric"]
            print(f"| {name} | {milliseconds:.2f} | {peer / milliseconds:.2f} |")


if __name__ == "__main__":
    main()
