"""gnnpool's side of a training: networks with known weights, and steps as the training loop makes them."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import torch
from crystals import config, scheme
from torch import nn

from gnnpool.graphs.batch import GraphBatch
from gnnpool.network import Network, Prediction, build_network
from gnnpool.training.batches import DeviceGraphs, cut
from gnnpool.training.seeding import prepare_torch
from gnnpool.training.step import accumulate_gradients, training_limit


def initial_network(model: str, edges: str, pooling: str = "mean") -> Network:
    """A network of the configuration with the weights of seed 0, the same in every process."""
    prepare_torch(init_seed=0, threads=1, deterministic=config()["training"]["deterministic"])
    return build_network(
        model=config()["models"][model],
        pooling=pooling,
        pooling_entry=config()["poolings"].get(pooling),
        cutoff=scheme(edges)["cutoff"],
    ).train()


def training_step(network: nn.Module) -> Callable[[Callable[[], object]], None]:
    """A step of AdamW after clipping, as the configuration sets them, on gradients that it lets be made."""
    training = config()["training"]
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=training["learning_rate"], weight_decay=training["weight_decay"], fused=True
    )

    def step(gradients: Callable[[], object]) -> None:
        optimizer.zero_grad(set_to_none=True)
        gradients()
        nn.utils.clip_grad_norm_(network.parameters(), training["gradient_clip"])
        optimizer.step()

    return step


def endless_training(
    network: Network,
    forward: Callable[[GraphBatch], Prediction],
    held: DeviceGraphs,
    *,
    count: int,
    size: int,
) -> Iterator[None]:
    """Epoch after epoch, stopping after each step.

    Args:
        network: What is trained.
        forward: Its forward pass.
        held: The graphs.
        count: How many graphs there are.
        size: Graphs in a batch.
    """
    step, limit = training_step(network), training_limit(network, held)
    while True:
        indices = cut(torch.randperm(count).numpy(), size)
        divided = [held.divide(index, limit) for index in indices]
        stream = held.batches(part for parts in divided for part in parts)
        for index, parts in zip(indices, divided, strict=True):
            step(partial(accumulate_gradients, forward, islice(stream, len(parts)), len(index)))
            yield


def deviation(ours: torch.Tensor, theirs: torch.Tensor, *, what: str, tolerance: float = 1e-4) -> float:
    """Largest difference, relative to the largest number.

    Raises:
        RuntimeError: If it exceeds the tolerance: the two do not compute the same.
    """
    found = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    if not found <= tolerance:
        raise RuntimeError(
            f"{what}: gnnpool and the peer differ by {found:.1g}, expected at most {tolerance}"
        )
    return found
