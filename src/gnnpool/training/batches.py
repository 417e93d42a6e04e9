"""A trial's graphs on its device, and mini-batches cut out of them by index arithmetic."""

from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np
import torch
from torch import Tensor

from gnnpool.errors import DataError
from gnnpool.graphs.batch import GraphBatch
from gnnpool.graphs.file import GraphSet

Batch = tuple[GraphBatch, Tensor]

# Nodes and edges fetched at once: enough that many small batches share the cost of the calls.
_FETCH = 2**16


class DeviceGraphs:
    """All graphs of a trial as flat tensors on one device.

    Sizes are also kept on the host, so that making a batch never waits for the device.

    Args:
        graphs: The graph set.
        device: Where the tensors live.
        vectors: Whether the encoder needs edge directions.

    Raises:
        DataError: If a graph has no node, an edge has no length, or edges are not in order.
    """

    def __init__(self, graphs: GraphSet, *, device: torch.device, vectors: bool) -> None:
        self.device = device
        self._nodes = np.diff(graphs.node_ptr)
        self._edges = np.diff(graphs.edge_ptr)
        self._items = self._nodes + self._edges
        self._first_node = graphs.node_ptr[:-1]
        self._first_edge = graphs.edge_ptr[:-1]
        step, degree = _arrivals(graphs)

        def put(array: np.ndarray, dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(array.astype(np.int64) if array.dtype.kind == "u" else array).to(
                device, dtype
            )

        self._species = put(graphs.numbers, torch.int64) - 1
        self._degree = put(degree, torch.int64)
        self._step = put(step, torch.int32)
        self._length = put(graphs.length, torch.float32)
        self._vector = put(graphs.edge_vectors(), torch.float32) if vectors else None
        self._targets = put(graphs.targets, torch.float32)

    def batch(self, index: np.ndarray) -> Batch:
        """Put some graphs side by side.

        Args:
            index: Which graphs, in which order, int64 ``[G]``.

        Returns:
            The batch, and the targets of its graphs ``[G]``.
        """
        return next(self.batches([index]))

    def batches(self, groups: Iterable[np.ndarray]) -> Iterator[Batch]:
        """Make one batch of each group of graphs, as :meth:`batch` does.

        Small groups are fetched together and handed out as views.
        """
        waiting: list[np.ndarray] = []
        items = 0
        for group in groups:
            more = int(self._items[group].sum())
            if waiting and items + more > _FETCH:
                yield from self._fetch(waiting)
                waiting, items = [], 0
            waiting.append(group)
            items += more
        if waiting:
            yield from self._fetch(waiting)

    def divide(self, index: np.ndarray, limit: int | None) -> list[np.ndarray]:
        """Cut a batch into parts of about equal size.

        Args:
            index: Graphs of the batch.
            limit: Nodes and edges of a part, which its last graph may exceed; None leaves the batch whole.

        Returns:
            The parts, in order, none empty.
        """
        if limit is None:
            return [index]
        reached = np.cumsum(self._items[index])
        count = -(-int(reached[-1]) // limit)
        cuts = np.searchsorted(reached, reached[-1] * np.arange(1, count) / count)
        return [part for part in np.split(index, cuts) if len(part)]

    def _fetch(self, groups: list[np.ndarray]) -> Iterator[Batch]:
        index = np.concatenate(groups)
        graphs = [len(group) for group in groups]
        first = np.cumsum([0, *graphs[:-1]])
        sizes, node = self._places(index, self._first_node, self._nodes)
        _, edge = self._places(index, self._first_edge, self._edges)
        nodes = np.add.reduceat(self._nodes[index], first).tolist()
        edges = np.add.reduceat(self._edges[index], first).tolist()
        chosen = torch.from_numpy(index).to(self.device, non_blocking=True)
        pieces = zip(
            np.maximum.reduceat(self._nodes[index], first).tolist(),
            sizes.split(graphs),
            self._targets.index_select(0, chosen).split(graphs),
            self._species.index_select(0, node).split(nodes),
            self._degree.index_select(0, node).split(nodes),
            self._step.index_select(0, edge).split(edges),
            self._length.index_select(0, edge).split(edges),
            repeat(None) if self._vector is None else self._vector.index_select(0, edge).split(edges),
            strict=False,
        )
        for largest, size, wanted, species, degree, step, length, vector in pieces:
            target = torch.repeat_interleave(degree, output_size=len(step))
            batch = GraphBatch(
                species=species,
                source=target + step,
                target=target,
                edge_length=length,
                edge_vector=vector,
                batch=torch.repeat_interleave(size, output_size=len(species)),
                sizes=size,
                num_graphs=len(size),
                max_nodes=largest,
            )
            yield batch, wanted

    def _places(self, index: np.ndarray, start: np.ndarray, counts: np.ndarray) -> tuple[Tensor, Tensor]:
        """Number of items of each chosen graph, and the places of the items in the flat tensors."""
        count = counts[index]
        ends = np.cumsum(count)
        numbers = torch.from_numpy(np.stack([count, start[index] - (ends - count)]))
        number, skip = numbers.to(self.device, non_blocking=True)
        owner = torch.repeat_interleave(number, output_size=int(ends[-1]))
        return number, torch.arange(len(owner), device=self.device).add_(skip.index_select(0, owner))


def cut(index: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut an epoch into batches; a last batch of one graph joins the one before.

    Batch normalisation needs more than one value, and a graph alone may be a single node.

    Args:
        index: Graphs in the order of the epoch.
        size: Graphs in a batch.

    Returns:
        The batches.
    """
    starts = list(range(0, len(index), size))
    if len(starts) > 1 and len(index) - starts[-1] == 1:
        starts.pop()
    return np.split(index, starts[1:])


def _arrivals(graphs: GraphSet) -> tuple[np.ndarray, np.ndarray]:
    """Source less target of each edge, and the number of edges that arrive at each node."""
    name = graphs.metadata.get("dataset", "?")
    nodes = np.diff(graphs.node_ptr)
    if (nodes < 1).any():
        raise DataError(f"dataset {name}: graph {int(nodes.argmin())} has no node")
    if graphs.length.size and not graphs.length.min() > 0:
        raise DataError(f"dataset {name}: edge {int(graphs.length.argmin())} has length 0")
    target = np.repeat(graphs.node_ptr[:-1], np.diff(graphs.edge_ptr)) + graphs.target
    if (back := np.flatnonzero(np.diff(target) < 0)).size:
        raise DataError(f"dataset {name}: edge {back[0] + 1} is out of order, expected ascending targets")
    step = graphs.source.astype(np.int32) - graphs.target.astype(np.int32)
    return step, np.bincount(target, minlength=len(graphs.numbers))
