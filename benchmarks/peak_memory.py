"""Peak memory of a TorchMD training step on `ocp` edges against torch-geometric's MessagePassing.

Counted is what torch allocates in one step on a batch of 100 beyond what was there before, as its
profiler sees it: messages, what is kept for the backward pass, gradients.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

import numpy as np
import torch
import torch.nn.functional as F
from crystals import OPTION, config, graphs_of, inputs, scheme
from ours import deviation
from peer import PlainNetwork, as_data
from protocol import OURS, PEER, Claim, Results, arguments
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torch_geometric.loader import DataLoader

from gnnpool.graphs.file import GraphSet
from gnnpool.network import build_network
from gnnpool.training.batches import DeviceGraphs
from gnnpool.training.engine import make_forward
from gnnpool.training.seeding import prepare_torch
from gnnpool.training.step import accumulate_gradients, training_limit

CPU = torch.device("cpu")
CUTOFF = scheme("ocp")["cutoff"]
MODELS = ("torchmd_h128", "torchmd")


def main() -> None:
    """Measure both widths on every input."""
    given = arguments(__doc__, **OPTION)
    size, results = 4 if given.quick else 100, Results("peak_memory", given)
    for case, structures in inputs(given.structures, size).items():
        graphs = graphs_of(structures, "ocp")
        for name in MODELS[:1] if given.quick else MODELS:
            model = config()["models"][name]
            engines = ("eager",) if given.quick else ("compiled", "eager")
            steps, found = competitors(graphs, model, np.arange(size), engines)
            claim = Claim(
                "peak memory of a TorchMD training step",
                f"{case}, ocp, {model['options']['channels']} channels",
                reach=2,
                aim=4,
                quantity="peak memory",
            )
            results.add(claim, {name: [peak_memory(step)] for name, step in steps.items()}, deviation=found)
    results.write()


def competitors(
    graphs: GraphSet, model: Mapping, index: np.ndarray, engines: Sequence[str]
) -> tuple[dict[str, Callable[[], object]], float]:
    """Steps by competitor, and the largest relative difference of their gradients, of equal weights."""
    prepare_torch(init_seed=0, threads=1, deterministic=True)
    ours = build_network(model=model, pooling="mean", pooling_entry=None, cutoff=CUTOFF).train()
    plain = PlainNetwork(model, cutoff=CUTOFF).copy(ours).train()
    data = next(iter(DataLoader(as_data(graphs, model, cutoff=CUTOFF)[: len(index)], batch_size=len(index))))
    held = DeviceGraphs(graphs, device=CPU, vectors=True)
    parts = held.divide(index, training_limit(ours, held))
    gradients, steps = {}, {}
    for engine in engines:
        forward = make_forward(ours, engine, sample=held.batch(parts[0])[0])
        gradients[engine] = lambda forward=forward: accumulate_gradients(
            forward, held.batches(parts), size=len(index)
        )
    gradients[PEER] = lambda: F.l1_loss(plain(data), data.y).backward()
    names = {engines[0]: OURS, **{engine: f"{OURS}, {engine}" for engine in engines[1:]}, PEER: PEER}
    for key, name in names.items():
        network = plain if key == PEER else ours
        steps[name] = training_step(network, gradients[key])
    return steps, difference(ours, gradients[engines[0]], plain, gradients[PEER])


def difference(ours: nn.Module, our_pass: Callable, plain: nn.Module, their_pass: Callable) -> float:
    """Largest relative difference of the gradients that both make, parameter by parameter."""
    for network, gradients in ((ours, our_pass), (plain, their_pass)):
        network.zero_grad(set_to_none=True)
        gradients()
    theirs = {name.replace(".output.", ".update."): p.grad for name, p in plain.encoder.named_parameters()}
    found = [
        deviation(p.grad, theirs[name], what=name)
        for name, p in ours.encoder.named_parameters()
        if p.grad is not None and p.grad.any()
    ]
    return max(found)


def training_step(network: nn.Module, gradients: Callable[[], object]) -> Callable[[], None]:
    """Gradients and a step of AdamW."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-5, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        gradients()
        optimizer.step()

    return step


def peak_memory(step: Callable[[], object]) -> float:
    """Most MiB that a step holds at once beyond what was there before."""
    step()  # makes the averages of AdamW
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        step()
    events = [e for e in profiled.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = accumulate(e.nbytes() for e in sorted(events, key=lambda e: e.start_ns()))
    return max(held) / 2**20


if __name__ == "__main__":
    main()
