"""Training steps of gnnpool and of the peer on the same batch, equal before they are measured."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from crystals import OPTION, config, graphs_of, inputs, scheme
from ours import deviation, initial_network, training_step
from peer import PlainNetwork, as_data
from protocol import OURS, PEER, Claim, Results, arguments
from torch_geometric.loader import DataLoader
from turns import Task, take_turns

from gnnpool.graphs.file import GraphSet
from gnnpool.training.allocation import keep_freed_memory
from gnnpool.training.batches import DeviceGraphs
from gnnpool.training.engine import make_forward
from gnnpool.training.step import accumulate_gradients, training_limit


def measure(
    benchmark: str,
    doc: str,
    *,
    name: str,
    model: str,
    reach: Mapping[str, tuple[float, float]],
    rounds: Mapping[str, int],
    with_kept_memory: bool,
    limit: str = "",
) -> None:
    """Compare the training steps of a model on every input under both edge schemes.

    Args:
        benchmark: Name of the script.
        doc: Its documentation.
        name: What is claimed.
        model: Model of the configuration.
        reach: Claimed reach and aim by edge scheme.
        rounds: Rounds by edge scheme.
        with_kept_memory: Whether the peer is also measured with gnnpool's setting of malloc.
        limit: The largest cost; printed if the reach is missed.
    """
    given = arguments(doc, **OPTION, edges={"choices": list(reach), "help": "one edge scheme alone"})
    size, results = 4 if given.quick else 100, Results(benchmark, given)
    engine = "eager" if given.quick else "compiled"
    for case, structures in inputs(given.structures, size).items():
        for edges in [given.edges] if given.edges else reach:
            least, best = reach[edges]
            graphs, case_of_edges = graphs_of(structures, edges), f"{case}, {edges}"
            competitors = {
                OURS: partial(our_step, graphs, model, edges, engine, size),
                f"{OURS}, eager": partial(our_step, graphs, model, edges, "eager", size),
                PEER: partial(peer_step, graphs, model, edges, size),
            }
            if with_kept_memory:
                kept = partial(peer_step, graphs, model, edges, size, keep_memory=True)
                competitors[f"{PEER}, freed memory kept"] = kept
            costs, found = take_turns(
                competitors,
                rounds=2 if given.quick else rounds[edges],
                warmup=1,
                verify=partial(verify, case_of_edges),
                apart=not given.quick,
            )
            claim = Claim(name, case_of_edges, reach=least, aim=best, limit=limit)
            results.add(claim, costs, deviation=found)
    results.write()


def our_step(graphs: GraphSet, model: str, edges: str, engine: str, size: int) -> Task:
    """A step on the first graphs, made as :mod:`gnnpool.training.loop` makes it."""
    keep_freed_memory()
    network = initial_network(model, edges)
    held = DeviceGraphs(graphs, device=torch.device("cpu"), vectors=network.encoder.needs_vectors)
    parts = list(held.batches(held.divide(np.arange(size), training_limit(network, held))))
    forward = make_forward(network, engine, sample=parts[0][0])
    predicted = torch.cat([forward(graphs).value.detach() for graphs, _ in parts])
    step = training_step(network)
    call = partial(step, lambda: accumulate_gradients(forward, parts, size))
    return Task(call, predicted.numpy())


def peer_step(graphs: GraphSet, model: str, edges: str, size: int, *, keep_memory: bool = False) -> Task:
    """The same step in plain torch-geometric, from the same weights."""
    if keep_memory:
        keep_freed_memory()
    network = initial_network(model, edges)
    entry, cutoff = config()["models"][model], scheme(edges)["cutoff"]
    plain = PlainNetwork(entry, cutoff=cutoff).copy(network).train()
    loader = DataLoader(as_data(graphs, entry, cutoff=cutoff)[:size], batch_size=size)
    data = next(iter(loader))
    step = training_step(plain)
    call = partial(step, lambda: F.l1_loss(plain(data), data.y).backward())
    return Task(call, plain(data).detach().numpy())


def verify(what: str, outcomes: Mapping[str, np.ndarray]) -> float:
    """Largest relative difference of what the competitors predict from what the peer predicts."""
    peer = torch.from_numpy(outcomes[PEER])
    return max(
        deviation(torch.from_numpy(found), peer, what=f"{what}, {name}") for name, found in outcomes.items()
    )
