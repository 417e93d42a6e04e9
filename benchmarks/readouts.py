"""Poolings, forward and backward, against torch_geometric.nn.aggr, on random node embeddings.

100 graphs of 5 atoms as in perovskites, or of 2 to 40 atoms, 20 in mean; 100 channels. Weights are
copied where there are any, and the results are the same.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from crystals import config
from ours import deviation
from peer import readout
from protocol import OURS, PEER, Claim, Results, arguments
from turns import Task, divided, take_turns

from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooling
from gnnpool.pooling.build import build_pooling
from gnnpool.training.allocation import keep_freed_memory
from gnnpool.training.seeding import prepare_torch

LABELS = {"mamm": "MAMM", "set2set": "Set2Set", "gmt": "GMT", "set_transformer": "Set Transformer"}
REACH = {"mamm": (2, 3), "set2set": (2, 3), "gmt": (1.3, 2), "set_transformer": (1.3, 2)}
# The remaining cost on small graphs, where the nodes cost little.
PRODUCTS = "matrix products with weights, one row for each graph or node, which the peer makes as well"
# Passes in one measured turn: the resolution of the process clock is too coarse for one.
PASSES = 10


def main() -> None:
    """Measure every pooling on both kinds of graphs."""
    given = arguments(__doc__)
    results = Results("readouts", given)
    for case, sizes in graph_sizes(4 if given.quick else 100).items():
        for name, (reach, aim) in REACH.items():
            costs, difference = take_turns(
                {OURS: partial(our_passes, name, sizes), PEER: partial(peer_passes, name, sizes)},
                rounds=2 if given.quick else 15,
                verify=partial(verify, f"{name}, {case}"),
                apart=not given.quick,
            )
            claim = Claim(f"{LABELS[name]} forward and backward", case, reach=reach, aim=aim, limit=PRODUCTS)
            results.add(claim, divided(costs, PASSES), deviation=difference)
    results.write()


def graph_sizes(count: int) -> dict[str, np.ndarray]:
    """Nodes of each graph of a batch, by case."""
    return {"5 atoms": np.full(count, 5), "20 atoms": np.random.default_rng(0).integers(2, 39, count)}


def our_passes(name: str, sizes: np.ndarray) -> Task:
    """Passes through one of gnnpool's poolings."""
    keep_freed_memory()
    pooling, x = initial(name, sizes)
    graphs = unconnected(sizes)
    return passes(pooling, lambda x: pooling(x, graphs).x, x)


def peer_passes(name: str, sizes: np.ndarray) -> Task:
    """Passes through torch-geometric's aggregation with the same weights."""
    pooling, x = initial(name, sizes)
    reference = readout(name, pooling)
    graph = torch.repeat_interleave(torch.arange(len(sizes)), torch.from_numpy(sizes))
    return passes(reference, lambda x: reference(x, graph), x)


def initial(name: str, sizes: np.ndarray) -> tuple[Pooling, torch.Tensor]:
    """A pooling and node embeddings, the same in every process."""
    prepare_torch(init_seed=0, threads=1, deterministic=True)
    channels = config()["models"]["cgcnn"]["options"]["channels"]
    pooling = build_pooling(name, config()["poolings"].get(name), channels)
    return pooling, torch.randn(int(sizes.sum()), channels)


def unconnected(sizes: np.ndarray) -> GraphBatch:
    """Graphs without edges, which these poolings do not use."""
    count = torch.from_numpy(sizes)
    none = torch.zeros(0, dtype=torch.int64)
    return GraphBatch(
        species=torch.zeros(int(sizes.sum()), dtype=torch.int64),
        source=none,
        target=none,
        shell=none,
        shell_length=torch.zeros(0),
        edge_vector=None,
        batch=torch.repeat_interleave(torch.arange(len(sizes)), count),
        sizes=count,
        num_graphs=len(sizes),
        max_nodes=int(sizes.max()),
    )


def passes(module: torch.nn.Module, pool: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> Task:
    """Forward and backward passes; the outcome is the pooled vectors and the gradient of the nodes."""
    x = x.requires_grad_()
    weight = torch.linspace(-1, 1, pool(x).numel())

    def once() -> torch.Tensor:
        x.grad = None
        module.zero_grad(set_to_none=True)
        pooled = pool(x).flatten()
        pooled.backward(weight)
        return pooled.detach()

    outcome = torch.cat([once(), x.grad.flatten()])
    return Task(lambda: [once() for _ in range(PASSES)], outcome.numpy())


def verify(what: str, outcomes: Mapping[str, np.ndarray]) -> float:
    """Largest difference of pooled vectors and gradients, relative to the largest number."""
    return deviation(*(torch.from_numpy(outcomes[name]) for name in (OURS, PEER)), what=what)


if __name__ == "__main__":
    main()
