"""Making the shuffled batches of an epoch against torch-geometric's DataLoader.

Batches of 100 graphs for CGCNN. The peer stores the Gaussians of every edge, as MatDeepLearn does; beside
it is the same loader of edge lengths alone, which a network would then have to expand in every step.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from crystals import OPTION, config, graphs_of, inputs, scheme
from peer import as_data
from protocol import OURS, PEER, Claim, Results, arguments
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader
from turns import Task, divided, take_turns

from gnnpool.graphs.file import GraphSet
from gnnpool.training.allocation import keep_freed_memory
from gnnpool.training.batches import DeviceGraphs, cut
from gnnpool.training.seeding import prepare_torch

REACH = {"mdl": (20, 35), "ocp": (8, 12)}
ROUNDS = {"mdl": 30, "ocp": 10}
LENGTHS = f"{PEER}, lengths alone"
COPIES = "copies of what the edges hold; a batch takes less than a hundredth of the training step on it"


def main() -> None:
    """Measure every input under both edge schemes."""
    given = arguments(__doc__, **OPTION)
    size, count = (4, 12) if given.quick else (100, None)
    results = Results("batch_making", given)
    for case, structures in inputs(given.structures, count).items():
        for edges, (reach, aim) in REACH.items():
            graphs, cutoff = graphs_of(structures, edges), scheme(edges)["cutoff"]
            costs, difference = take_turns(
                {
                    OURS: partial(our_epoch, graphs, size),
                    PEER: partial(peer_epoch, graphs, size, cutoff, features=True),
                    LENGTHS: partial(peer_epoch, graphs, size, cutoff, features=False),
                },
                rounds=2 if given.quick else ROUNDS[edges],
                verify=verify,
                apart=not given.quick,
            )
            claim = Claim("making a batch", f"{case}, {edges}", reach=reach, aim=aim, limit=COPIES)
            number = len(cut(np.arange(len(graphs)), size))
            results.add(claim, divided(costs, number), deviation=difference)
    results.write()


def our_epoch(graphs: GraphSet, size: int) -> Task:
    """All batches of an epoch, and the first graphs as a batch."""
    prepare_torch(init_seed=0, threads=1, deterministic=True)
    keep_freed_memory()
    held = DeviceGraphs(graphs, device=torch.device("cpu"), vectors=False)

    def epoch() -> None:
        order = torch.randperm(len(graphs)).numpy()
        for _ in held.batches(cut(order, size)):
            pass

    batch, target = held.batch(np.arange(size))
    return Task(epoch, contents(batch.species, batch.edge_index, batch.edge_length, batch.batch, target))


def peer_epoch(graphs: GraphSet, size: int, cutoff: float, *, features: bool) -> Task:
    """The same from objects with features or lengths at their edges."""
    torch.set_num_threads(1)
    data = as_data(graphs, config()["models"]["cgcnn"], cutoff=cutoff)
    if not features:
        lengths = np.split(graphs.length, graphs.edge_ptr[1:-1])
        data = [
            Data(x=one.x, edge_index=one.edge_index, edge_attr=torch.from_numpy(length), y=one.y)
            for one, length in zip(data, lengths, strict=True)
        ]
    loader = DataLoader(data, batch_size=size, shuffle=True)

    def epoch() -> None:
        for _ in loader:
            pass

    first = next(iter(DataLoader(data, batch_size=size)))
    length = torch.zeros(0) if features else first.edge_attr
    return Task(epoch, contents(first.x.argmax(1), first.edge_index, length, first.batch, first.y))


def contents(*tensors: torch.Tensor) -> np.ndarray:
    """Species, edges, lengths, graphs and targets one after the other."""
    return torch.cat([tensor.flatten().double() for tensor in tensors]).numpy()


def verify(outcomes: Mapping[str, np.ndarray]) -> float:
    """Refuse batches that differ in anything."""
    if not np.array_equal(outcomes[OURS], outcomes[LENGTHS]):
        raise RuntimeError("making a batch: nodes, edges, lengths or targets differ from the peer's")
    return 0.0


if __name__ == "__main__":
    main()
