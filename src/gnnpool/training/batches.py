"""The graphs of a trial on its device, and mini-batches taken from them by index arithmetic."""

from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np
import torch
from torch import Tensor

from gnnpool.errors import DataError
from gnnpool.graphs.batch import GraphBatch
from gnnpool.graphs.file import GraphSet

Batch = tuple[GraphBatch, Tensor]

# Nodes and edges fetched at once, so that many small batches share the cost of the calls.
_FETCH = 2**16
# Graphs whose lengths are compared at once.
_GRAPHS_AT_ONCE = 1000


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
        step, degree = _arrivals(graphs)
        lengths, self._shells, shell = _shells(graphs)
        self._first_node = graphs.node_ptr[:-1]
        self._first_edge = graphs.edge_ptr[:-1]
        self._first_shell = np.cumsum(self._shells) - self._shells

        def put(array: np.ndarray, dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(array.astype(np.int64) if array.dtype.kind == "u" else array).to(
                device, dtype
            )

        self._species = put(graphs.numbers, torch.int64) - 1
        self._degree = put(degree, torch.int64)
        self._step = put(step, torch.int32)
        self._shell = put(shell, torch.int32)
        self._shell_length = put(lengths, torch.float32)
        self._vector = put(graphs.edge_vectors(), torch.float32) if vectors else None
        self._targets = put(graphs.targets, torch.float32)

    def batch(self, index: np.ndarray) -> Batch:
        """Make a batch of some graphs.

        Args:
            index: Numbers of the graphs, in the order of the batch, int64 ``[G]``.

        Returns:
            The batch, and the targets of its graphs ``[G]``.
        """
        return next(self.batches([index]))

    def batches(self, groups: Iterable[np.ndarray]) -> Iterator[Batch]:
        """Make one batch of each group of graphs, as :meth:`batch` does.

        Small groups are fetched together; their batches are views.

        Args:
            groups: Numbers of the graphs of each batch.
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
            limit: Nodes and edges of a part, which its last graph may exceed; None for one part.

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
        nodes, edges, shells = (
            np.add.reduceat(counts[index], first) for counts in (self._nodes, self._edges, self._shells)
        )
        sizes, _, node = self._places(index, self._first_node, self._nodes)
        _, owner, edge = self._places(index, self._first_edge, self._edges)
        *_, place = self._places(index, self._first_shell, self._shells)
        # Shells are numbered from the first one of the group.
        before = np.cumsum(self._shells[index]) - self._shells[index]
        before -= np.repeat(np.cumsum(shells) - shells, graphs)
        chosen, before = torch.from_numpy(np.stack([index, before])).to(self.device, non_blocking=True)
        shell = before.index_select(0, owner).add_(self._shell.index_select(0, edge))
        vector = None if self._vector is None else self._vector.index_select(0, edge)
        pieces = zip(
            np.maximum.reduceat(self._nodes[index], first).tolist(),
            sizes.split(graphs),
            self._targets.index_select(0, chosen).split(graphs),
            self._species.index_select(0, node).split(nodes.tolist()),
            self._degree.index_select(0, node).split(nodes.tolist()),
            self._step.index_select(0, edge).split(edges.tolist()),
            shell.split(edges.tolist()),
            self._shell_length.index_select(0, place).split(shells.tolist()),
            repeat(None) if vector is None else vector.split(edges.tolist()),
            strict=False,
        )
        for largest, size, wanted, species, degree, step, shell, length, vector in pieces:
            target = torch.repeat_interleave(degree, output_size=len(step))
            batch = GraphBatch(
                species=species,
                source=target + step,
                target=target,
                shell=shell,
                shell_length=length,
                edge_vector=vector,
                batch=torch.repeat_interleave(size, output_size=len(species)),
                sizes=size,
                num_graphs=len(size),
                max_nodes=largest,
            )
            yield batch, wanted

    def _places(
        self, index: np.ndarray, first: np.ndarray, counts: np.ndarray
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Number of items of each chosen graph, owner of each item, and its place in the flat tensors."""
        count = counts[index]
        ends = np.cumsum(count)
        numbers = torch.from_numpy(np.stack([count, first[index] - (ends - count)]))
        number, skip = numbers.to(self.device, non_blocking=True)
        owner = torch.repeat_interleave(number, output_size=int(ends[-1]))
        place = torch.arange(len(owner), device=self.device).add_(skip.index_select(0, owner))
        return number, owner, place


def cut(index: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut an epoch into batches; a last batch of one graph joins the one before.

    Batch normalization needs more than one value, and a graph alone may be a single node.

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


def _shells(graphs: GraphSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct lengths of each graph, their number, and the shell of each edge, counted in its graph."""
    owner = np.repeat(np.arange(len(graphs), dtype=np.uint64), np.diff(graphs.edge_ptr))
    lengths, numbers, shell = [], [], np.empty(len(owner), dtype=np.int32)
    for begin in range(0, len(graphs), _GRAPHS_AT_ONCE):
        end = min(begin + _GRAPHS_AT_ONCE, len(graphs))
        edges = slice(graphs.edge_ptr[begin], graphs.edge_ptr[end])
        bits = graphs.length[edges].astype(np.float32).view(np.uint32)
        # Sorted by graph and then by length: positive numbers and their bits have the same order.
        distinct, which = np.unique(owner[edges] << np.uint64(32) | bits, return_inverse=True)
        number = np.bincount((distinct >> np.uint64(32)).astype(np.int64) - begin, minlength=end - begin)
        first = np.cumsum(number) - number
        shell[edges] = which - first[owner[edges].astype(np.int64) - begin]
        lengths.append(distinct.astype(np.uint32).view(np.float32))
        numbers.append(number)
    return np.concatenate(lengths), np.concatenate(numbers), shell
