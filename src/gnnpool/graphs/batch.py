"""Some graphs side by side: what encoders and poolings see."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class GraphBatch:
    """G graphs as one graph of N nodes and E edges that do not touch each other.

    Nodes are sorted by graph. Edges are sorted by target node. An edge runs from source j to
    target i; its vector is r_j + n L - r_i, from the target to the image of the source, in Å.
    Edges of a graph that are equally long form one of its shells. What depends on the length alone
    is computed once for each of the S shells; there are half as many as edges, or far fewer.

    Args:
        species: Atomic number less one, int64 ``[N]``.
        source: Node that the edge comes from, int64 ``[E]``.
        target: Node that the edge goes to, int64 ``[E]``, ascending.
        shell: Shell of each edge, int64 ``[E]``.
        shell_length: Length of the edges of each shell, Å, ``[S]``.
        edge_vector: Å, ``[E, 3]``, or None where the encoder needs no directions.
        batch: Graph of each node, int64 ``[N]``, ascending.
        sizes: Nodes in each graph, int64 ``[G]``.
        num_graphs: G, known without asking the device.
        max_nodes: Largest entry of sizes, known without asking the device.
    """

    species: Tensor
    source: Tensor
    target: Tensor
    shell: Tensor
    shell_length: Tensor
    edge_vector: Tensor | None
    batch: Tensor
    sizes: Tensor
    num_graphs: int
    max_nodes: int

    @property
    def num_nodes(self) -> int:
        """N."""
        return self.batch.shape[0]

    @property
    def edge_index(self) -> Tensor:
        """Source and target of each edge, int64 ``[2, E]``, in the order of torch-geometric."""
        return torch.stack([self.source, self.target])

    @cached_property
    def edge_length(self) -> Tensor:
        """Å, ``[E]``."""
        return self.shell_length.index_select(0, self.shell)

    @cached_property
    def ptr(self) -> Tensor:
        """First node of each graph, and N at the end, int64 ``[G + 1]``."""
        zero = self.sizes.new_zeros(1)
        return torch.cat([zero, self.sizes.cumsum(0)])

    @cached_property
    def slot(self) -> Tensor:
        """Place of each node in a padded ``[G * M]`` layout with M = max_nodes, int64 ``[N]``."""
        inside = torch.arange(self.num_nodes, device=self.batch.device) - self.ptr.index_select(0, self.batch)
        return inside + self.batch * self.max_nodes

    @cached_property
    def mask(self) -> Tensor:
        """Which places of the padded layout hold a node, bool ``[G, M]``."""
        places = torch.arange(self.max_nodes, device=self.sizes.device)
        return places < self.sizes.unsqueeze(1)

    def to_dense(self, x: Tensor, *, fill: float = 0.0) -> Tensor:
        """Pad node values to the largest graph of the batch.

        Args:
            x: Node values ``[N, F]``.
            fill: Value where there is no node.

        Returns:
            ``[G, M, F]``.
        """
        dense = x.new_full((self.num_graphs * self.max_nodes, x.shape[-1]), fill)
        return dense.index_copy_(0, self.slot, x).view(self.num_graphs, self.max_nodes, -1)

    @cached_property
    def dense_adjacency(self) -> Tensor:
        """1 where at least one edge joins two nodes, however many parallel edges do, ``[G, M, M]``.

        Row is the source, column the target.
        """
        size = self.num_graphs * self.max_nodes**2
        row = self.slot.index_select(0, self.source)
        column = self.slot.index_select(0, self.target) % self.max_nodes
        adjacency = torch.zeros(size, dtype=self.shell_length.dtype, device=self.shell_length.device)
        adjacency[row * self.max_nodes + column] = 1.0
        return adjacency.view(self.num_graphs, self.max_nodes, self.max_nodes)
