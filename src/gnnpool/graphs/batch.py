"""Several graphs side by side: the input of encoders and poolings."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Nodes:
    """The N nodes of G graphs, sorted by graph: which node belongs to which graph.

    Args:
        batch: Graph of each node, int64 ``[N]``, ascending.
        sizes: Nodes in each graph, int64 ``[G]``, none zero.
        num_graphs: G, on the host: reading it never waits for the device.
        max_nodes: Largest entry of sizes, on the host.
    """

    batch: Tensor
    sizes: Tensor
    num_graphs: int
    max_nodes: int

    @classmethod
    def from_vector(cls, batch: Tensor, *, num_graphs: int | None = None) -> "Nodes":
        """Read the batch vector of torch-geometric.

        Args:
            batch: Graph of each node, int64 ``[N]``, ascending, as torch-geometric's DataLoader makes it.
            num_graphs: Number of graphs; None to take it from the vector.

        Returns:
            The nodes.

        Raises:
            ValueError: If the vector has another type, is not ascending, or leaves a graph empty.
        """
        return cls(**_membership(batch, num_graphs))

    @property
    def num_nodes(self) -> int:
        """Number N of nodes."""
        return self.batch.shape[0]

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


@dataclass(frozen=True)
class GraphBatch(Nodes):
    """Nodes of G graphs, their species, and the E edges inside the graphs.

    Edges are sorted by target node. An edge runs from source j to target i; its vector is
    r_j + n L - r_i, from the target to the image of the source, in Å. Edges of the same length in the
    same graph share a shell. What depends on the length alone is computed once for each of the S
    shells; there are at most half as many shells as edges.

    Args:
        source: Node where the edge starts, int64 ``[E]``.
        target: Node where the edge ends, int64 ``[E]``, ascending.
        shell: Shell of each edge, int64 ``[E]``.
        shell_length: Length of the edges of each shell, Å, ``[S]``; None if lengths are unknown.
        species: Atomic number less one, int64 ``[N]``; None if unknown. Encoders need it.
        edge_vector: Å, ``[E, 3]``, or None where the encoder needs no directions.
    """

    source: Tensor
    target: Tensor
    shell: Tensor
    shell_length: Tensor | None
    species: Tensor | None = None
    edge_vector: Tensor | None = None

    @classmethod
    def from_edges(
        cls,
        batch: Tensor,
        edge_index: Tensor,
        *,
        edge_length: Tensor | None = None,
        edge_vector: Tensor | None = None,
        species: Tensor | None = None,
        num_graphs: int | None = None,
    ) -> "GraphBatch":
        """Make a batch of tensors in the form of torch-geometric; every edge has a shell of its own.

        Args:
            batch: See :meth:`Nodes.from_vector`.
            edge_index: Source and target of each edge, int64 ``[2, E]``, in any order.
            edge_length: Å, ``[E]``.
            edge_vector: Å, ``[E, 3]``, from target to source.
            species: Atomic number less one, int64 ``[N]``.
            num_graphs: See :meth:`Nodes.from_vector`.

        Returns:
            The batch, its edges sorted by target.

        Raises:
            ValueError: If the batch vector is unusable, an edge has no node or joins two graphs, or the
                number of values does not fit.
        """
        membership = _membership(batch, num_graphs)
        _check_edges(batch, edge_index)
        edges, nodes = edge_index.shape[1], len(batch)
        _check_shape(edge_length=(edge_length, (edges,)), edge_vector=(edge_vector, (edges, 3)))
        _check_shape(species=(species, (nodes,)))
        target, order = edge_index[1].sort(stable=True)
        return cls(
            source=edge_index[0][order],
            target=target,
            shell=torch.arange(len(order), device=order.device),
            shell_length=None if edge_length is None else edge_length[order],
            species=species,
            edge_vector=None if edge_vector is None else edge_vector[order],
            **membership,
        )

    @classmethod
    def from_pyg(cls, data: Any) -> "GraphBatch":
        """Make a batch of a ``torch_geometric.data.Data`` or ``Batch``.

        Args:
            data: Has ``edge_index``; ``batch`` unless it is a single graph; ``edge_length`` (Å),
                ``edge_vector`` (Å) and ``z`` (atomic numbers) where the network or pooling needs them.

        Returns:
            The batch, its edges sorted by target.

        Raises:
            ValueError: If an atomic number is not between 1 and 100; see also :meth:`from_edges`.
        """
        batch, z = getattr(data, "batch", None), getattr(data, "z", None)
        if batch is None:
            batch = torch.zeros(data.num_nodes, dtype=torch.int64, device=data.edge_index.device)
        if z is not None and len(z) and (int(z.min()) < 1 or int(z.max()) > 100):
            raise ValueError(
                f"z: expected atomic numbers from 1 to 100, got {int(z.min())} to {int(z.max())}"
            )
        return cls.from_edges(
            batch,
            data.edge_index,
            edge_length=getattr(data, "edge_length", None),
            edge_vector=getattr(data, "edge_vector", None),
            species=None if z is None else z - 1,
            num_graphs=getattr(data, "num_graphs", None),
        )

    @property
    def edge_index(self) -> Tensor:
        """Source and target of each edge, int64 ``[2, E]``, in the order of torch-geometric."""
        return torch.stack([self.source, self.target])

    @cached_property
    def edge_length(self) -> Tensor:
        """Length of each edge, Å, ``[E]``.

        Raises:
            ValueError: If the lengths are unknown.
        """
        if self.shell_length is None:
            raise ValueError("edge lengths are unknown: give edge_length (Å, one for each edge)")
        return self.shell_length.index_select(0, self.shell)

    @cached_property
    def dense_adjacency(self) -> Tensor:
        """1 where at least one edge joins two nodes, however many parallel edges do, ``[G, M, M]``.

        Row is the source, column the target.
        """
        size = self.num_graphs * self.max_nodes**2
        row = self.slot.index_select(0, self.source)
        column = self.slot.index_select(0, self.target) % self.max_nodes
        dtype = None if self.shell_length is None else self.shell_length.dtype
        adjacency = torch.zeros(size, dtype=dtype, device=self.source.device)
        adjacency[row * self.max_nodes + column] = 1.0
        return adjacency.view(self.num_graphs, self.max_nodes, self.max_nodes)


def _membership(batch: Tensor, num_graphs: int | None) -> dict[str, Any]:
    """Fields of :class:`Nodes` from a batch vector."""
    if batch.dim() != 1 or batch.dtype != torch.int64:
        raise ValueError(f"batch: expected int64 [N], got {batch.dtype} {list(batch.shape)}")
    if not len(batch):
        raise ValueError("batch: expected at least one node, got none")
    if (batch.diff() < 0).any() or batch[0] < 0:
        raise ValueError(
            "batch: expected ascending graph numbers from 0, as PyG's DataLoader makes them; sort the nodes: "
            "order = batch.argsort(stable=True), x[order], batch[order]; renumber edge_index accordingly"
        )
    sizes = torch.bincount(batch, minlength=num_graphs or 0)
    if num_graphs is not None and len(sizes) > num_graphs:
        raise ValueError(
            f"batch: expected graph numbers below num_graphs = {num_graphs}, got {int(batch[-1])}"
        )
    if not sizes.all():
        raise ValueError(f"batch: graph {int(sizes.argmin())} has no node; leave empty graphs out")
    return {"batch": batch, "sizes": sizes, "num_graphs": len(sizes), "max_nodes": int(sizes.max())}


def _check_edges(batch: Tensor, edge_index: Tensor) -> None:
    if edge_index.dim() != 2 or len(edge_index) != 2 or edge_index.dtype != torch.int64:
        raise ValueError(
            f"edge_index: expected int64 [2, E], got {edge_index.dtype} {list(edge_index.shape)}"
        )
    if edge_index.numel() and (int(edge_index.min()) < 0 or int(edge_index.max()) >= len(batch)):
        raise ValueError(
            f"edge_index: expected nodes from 0 to {len(batch) - 1}, got {int(edge_index.min())} to "
            f"{int(edge_index.max())}"
        )
    if (apart := batch[edge_index[0]] != batch[edge_index[1]]).any():
        raise ValueError(f"edge_index: edge {int(apart.long().argmax())} joins nodes of two graphs")


def _check_shape(**given: tuple[Tensor | None, tuple[int, ...]]) -> None:
    for name, (values, expected) in given.items():
        if values is not None and tuple(values.shape) != expected:
            raise ValueError(f"{name}: expected shape {expected}, got {tuple(values.shape)}")
