"""Trainings on a device that stop after each step, and the time that a step takes there."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F
from crystals import config, scheme
from ours import endless_training, initial_network, training_step

from gnnpool.graphs.file import GraphSet, read_graphs
from gnnpool.network import Network
from gnnpool.training.batches import DeviceGraphs
from gnnpool.training.engine import make_forward
from gnnpool.training.step import evaluation_limit, training_limit


class OurTraining:
    """A training of one of gnnpool's networks.

    Args:
        path: File of graphs.
        model: Model of the configuration.
        edges: Edge scheme of the configuration.
        device: Where.
        engine: "eager" or "compiled".
        pooling: Pooling of the configuration.
    """

    def __init__(
        self, path: Path, model: str, edges: str, device: torch.device, *, engine: str, pooling: str = "mean"
    ) -> None:
        self.graphs: GraphSet = read_graphs(path)
        self.network: Network = initial_network(model, edges, pooling).to(device)
        self.held = DeviceGraphs(self.graphs, device=device, vectors=self.network.encoder.needs_vectors)
        size = min(config()["training"]["batch_size"], len(self.graphs))
        limit = training_limit(self.network, self.held)
        self._first = list(self.held.batches(self.held.divide(torch.arange(size).numpy(), limit)))
        self._forward = make_forward(self.network, engine, sample=self._first[0][0])
        self.steps = endless_training(
            self.network, self._forward, self.held, count=len(self.graphs), size=size
        )

    def first(self) -> torch.Tensor:
        """What the network says of the first batch while it trains."""
        return torch.cat([self._forward(graphs).value.detach() for graphs, _ in self._first])

    def predict(self) -> None:
        """Predict for all graphs, as a validation does."""
        parts = self.held.divide(torch.arange(len(self.graphs)).numpy(), evaluation_limit(self.held))
        self.network.eval()
        with torch.inference_mode():
            torch.cat([self.network(batch).value for batch, _ in self.held.batches(parts)]).cpu()
        self.network.train()


class PeerTraining:
    """The same training in plain torch-geometric: batches made on the host and moved, step after step.

    Args:
        path: File of graphs.
        model: Model of the configuration.
        edges: Edge scheme of the configuration.
        device: Where.
    """

    def __init__(self, path: Path, model: str, edges: str, device: torch.device) -> None:
        from peer import PlainNetwork, as_data

        entry, cutoff = config()["models"][model], scheme(edges)["cutoff"]
        self._data = as_data(read_graphs(path), entry, cutoff=cutoff)
        self._device = device
        plain = PlainNetwork(entry, cutoff=cutoff).copy(initial_network(model, edges))
        self._network = plain.to(device).train()
        self.steps = self._train()

    @torch.no_grad()
    def first(self) -> torch.Tensor:
        """What the network says of the first batch while it trains."""
        return self._network(next(iter(self._loader(shuffle=False))).to(self._device)).detach()

    def _loader(self, *, shuffle: bool) -> Iterable:
        from torch_geometric.loader import DataLoader

        size, pinned = config()["training"]["batch_size"], self._device.type == "cuda"
        return DataLoader(self._data, batch_size=size, shuffle=shuffle, pin_memory=pinned)

    def _train(self) -> Iterator[None]:
        step, network, loader = training_step(self._network), self._network, self._loader(shuffle=True)
        while True:
            for batch in loader:
                batch = batch.to(self._device, non_blocking=True)
                step(lambda batch=batch: F.l1_loss(network(batch), batch.y).backward())
                yield


def in_order(steps: Iterator[None], deterministic: bool) -> Iterator[None]:
    """The same steps, each with torch's switch for deterministic algorithms set, which is one for all."""
    while True:
        if torch.cuda.is_available():
            torch.use_deterministic_algorithms(deterministic, warn_only=True)
        yield next(steps)


def seconds_of_a_step(steps: Iterator[None], count: int, device: torch.device) -> float:
    """Wall seconds of a step, over some steps between two synchronisations."""
    synchronize(device)
    started = time.perf_counter()
    for _ in islice(steps, count):
        pass
    synchronize(device)
    return (time.perf_counter() - started) / count


def synchronize(device: torch.device) -> None:
    """Wait until a device has finished all operations."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
