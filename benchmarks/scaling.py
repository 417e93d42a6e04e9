"""How the cost grows: a training step with atoms, edges and batch size, an epoch with the dataset.

CGCNN and TorchMD, compiled, batches made on the way, one thread. Atoms and edges are varied apart from each
other, on 100 random graphs; batches and epochs are of crystals like perovskites with mdl edges.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import torch
from crystals import generate, graphs_of
from ours import endless_training, initial_network
from protocol import OURS, Claim, Results, arguments
from turns import Task, take_turns

from gnnpool.graphs.file import GraphSet
from gnnpool.training.allocation import keep_freed_memory
from gnnpool.training.batches import DeviceGraphs, cut
from gnnpool.training.engine import make_forward

LABELS = {"cgcnn": "CGCNN", "torchmd": "TorchMD"}
ATOMS, EDGES = (500, 1000, 2000, 4000, 8000), (2000, 4000, 8000, 16000, 32000)
BATCHES, DATASETS = (25, 50, 100, 200, 400), (250, 500, 1000, 2000, 4000)


def main() -> None:
    """Measure every curve, its sizes in turns."""
    given = arguments(__doc__)
    results = Results("scaling", given)
    keep_freed_memory()
    for model, label in LABELS.items():
        epoch = epochs_of(model, "eager" if given.quick else "compiled")
        for name, sized_by, sets in curves(quick=given.quick):
            tasks = {str(size): partial(epoch, graphs, batch) for size, (graphs, batch) in sets.items()}
            rounds = 1 if given.quick or sized_by == "crystals" else 5
            costs, _ = take_turns(tasks, rounds=rounds, warmup=1, apart=False)
            for size, seconds in costs.items():
                claim = Claim(name, label, peer="")
                results.add(claim, {OURS: seconds}, size=float(size), sized_by=sized_by)
    results.write()


def curves(*, quick: bool) -> Iterator[tuple[str, str, dict[int, tuple[GraphSet, int]]]]:
    """What is done, what it grows with, and for each size the graphs of an epoch and of a batch."""
    atoms, edges, batches, datasets = ((4, 8, 16),) * 4 if quick else (ATOMS, EDGES, BATCHES, DATASETS)
    many = graphs_of(generate("perovskites", max(*batches, *datasets)), "mdl")
    yield "training step", "atoms", {n: (random_graphs(n, edges[len(edges) // 2]), 100) for n in atoms}
    yield "training step", "edges", {n: (random_graphs(atoms[1], n), 100) for n in edges}
    yield "training step", "crystals in a batch", {n: (first(many, n), n) for n in batches}
    yield "training epoch", "crystals", {n: (first(many, n), 100) for n in datasets}


def random_graphs(atoms: int, edges: int) -> GraphSet:
    """Graphs, 100 if there are atoms enough, with so many atoms and edges in all and no geometry."""
    rng = np.random.default_rng(0)
    count = min(atoms, 100)
    sizes = np.full(count, atoms // count)
    degrees = np.diff(np.linspace(0, edges, count + 1).astype(np.int64))
    return GraphSet(
        numbers=rng.integers(1, 95, sizes.sum()).astype(np.uint8),
        positions=rng.random((sizes.sum(), 3)),
        lattices=np.tile(np.eye(3), (count, 1, 1)),
        node_ptr=np.cumsum([0, *sizes], dtype=np.int64),
        edge_ptr=np.cumsum([0, *degrees], dtype=np.int64),
        source=rng.integers(0, sizes[0], edges).astype(np.uint8),
        target=np.concatenate([np.sort(rng.integers(0, sizes[0], n)) for n in degrees]).astype(np.uint8),
        shift=rng.integers(-1, 2, (edges, 3)).astype(np.int8),
        length=rng.uniform(2, 8, edges).astype(np.float32),
        targets=rng.normal(size=count),
        metadata={"dataset": "random"},
    )


def first(graphs: GraphSet, count: int) -> GraphSet:
    """The first graphs of a set."""
    atoms, edges = graphs.node_ptr[count], graphs.edge_ptr[count]
    by_atom = {name: getattr(graphs, name)[:atoms] for name in ("numbers", "positions")}
    by_edge = {name: getattr(graphs, name)[:edges] for name in ("source", "target", "shift", "length")}
    by_graph = {name: getattr(graphs, name)[:count] for name in ("lattices", "targets")}
    ptr = {name: getattr(graphs, name)[: count + 1] for name in ("node_ptr", "edge_ptr")}
    return replace(graphs, **by_atom, **by_edge, **by_graph, **ptr)


def epochs_of(model: str, engine: str) -> Callable[[GraphSet, int], Task]:
    """What makes epochs of one network, compiled once for all of them."""
    network = initial_network(model, "mdl")

    def hold(graphs: GraphSet) -> DeviceGraphs:
        return DeviceGraphs(graphs, device=torch.device("cpu"), vectors=network.encoder.needs_vectors)

    sample, _ = hold(random_graphs(50, 200)).batch(np.arange(50))
    forward = make_forward(network, engine, sample=sample)

    def make(graphs: GraphSet, size: int) -> Task:
        steps = endless_training(network, forward, hold(graphs), count=len(graphs), size=size)
        number = len(cut(np.arange(len(graphs)), size))
        return Task(lambda: list(islice(steps, number)))

    return make


if __name__ == "__main__":
    main()
