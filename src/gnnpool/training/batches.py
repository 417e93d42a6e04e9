"""A trial's graphs on its device, and mini-batches cut out of them by index arithmetic."""

import numpy as np
import torch
from torch import Tensor

from gnnpool.errors import DataError
from gnnpool.graphs.batch import GraphBatch
from gnnpool.graphs.file import GraphSet


class DeviceGraphs:
    """All graphs of a trial as flat tensors on one device.

    Sizes are also kept on the host, so that making a batch never waits for the device.

    Args:
        graphs: The graph set.
        device: Where the tensors live.
        vectors: Whether the encoder needs edge directions.

    Raises:
        DataError: If a graph has no node, or an edge no length.
    """

    def __init__(self, graphs: GraphSet, *, device: torch.device, vectors: bool) -> None:
        self.device = device
        self._nodes = np.diff(graphs.node_ptr)
        self._edges = np.diff(graphs.edge_ptr)
        name = graphs.metadata.get("dataset", "?")
        if (self._nodes < 1).any():
            raise DataError(f"dataset {name}: graph {int(self._nodes.argmin())} has no node")
        if graphs.length.size and not graphs.length.min() > 0:
            raise DataError(f"dataset {name}: edge {int(graphs.length.argmin())} has length 0")

        def put(array: np.ndarray, dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(array.astype(np.int64) if array.dtype.kind == "u" else array).to(
                device, dtype
            )

        self.species = put(graphs.numbers, torch.int64) - 1
        self.source = put(graphs.source, torch.int32)
        self.target_node = put(graphs.target, torch.int32)
        self.length = put(graphs.length, torch.float32)
        self.vector = put(graphs.edge_vectors(), torch.float32) if vectors else None
        self.targets = put(graphs.targets, torch.float32)
        self._sizes = put(self._nodes, torch.int64)
        self._degrees = put(self._edges, torch.int64)
        self._first_node = put(graphs.node_ptr[:-1], torch.int64)
        self._first_edge = put(graphs.edge_ptr[:-1], torch.int64)

    def batch(self, index: np.ndarray) -> tuple[GraphBatch, Tensor]:
        """Put some graphs side by side.

        Args:
            index: Which graphs, in which order, int64 ``[G]``.

        Returns:
            The batch, and the targets of its graphs ``[G]``.
        """
        chosen = torch.from_numpy(index).to(self.device, non_blocking=True)
        sizes = self._sizes.index_select(0, chosen)
        graph, node, first = self._spread(self._first_node, sizes, chosen, int(self._nodes[index].sum()))
        counts = self._degrees.index_select(0, chosen)
        owner, edge, _ = self._spread(self._first_edge, counts, chosen, int(self._edges[index].sum()))
        offset = first.index_select(0, owner)
        batch = GraphBatch(
            species=self.species.index_select(0, node),
            source=self.source.index_select(0, edge) + offset,
            target=self.target_node.index_select(0, edge) + offset,
            edge_length=self.length.index_select(0, edge),
            edge_vector=None if self.vector is None else self.vector.index_select(0, edge),
            batch=graph,
            sizes=sizes,
            num_graphs=len(index),
            max_nodes=int(self._nodes[index].max()),
        )
        return batch, self.targets.index_select(0, chosen)

    def _spread(
        self, start: Tensor, counts: Tensor, chosen: Tensor, total: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Owner of each item of the batch, its place in the flat tensors, and each owner's first item."""
        places = torch.arange(len(chosen), device=self.device)
        owner = torch.repeat_interleave(places, counts, output_size=total)
        first = counts.cumsum(0) - counts
        skip = start.index_select(0, chosen) - first
        return owner, torch.arange(total, device=self.device) + skip.index_select(0, owner), first


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
