"""The interface of every pooling operator: node embeddings in, one vector for each graph out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

from gnnpool.graphs.batch import GraphBatch, Nodes


@dataclass(frozen=True)
class Pooled:
    """Result of a pooling.

    Args:
        x: One vector for each graph, ``[G, D]``.
        aux_loss: Auxiliary loss of each graph, weighted, ``[G]``, or None. Training adds its mean
            over the graphs of the batch to the error.
    """

    x: Tensor
    aux_loss: Tensor | None = None


class Pooling(nn.Module, ABC):
    """One pooling operator.

    A subclass takes ``in_channels`` and explicit keyword options, sets ``out_channels`` and
    defines :meth:`pool`. Its class states

    - ``sees_size``: whether the vector depends on how many atoms describe the crystal, so that a
      supercell has another vector than its cell. It is measured for operators of other packages.
    - ``needs_edges``: whether :meth:`pool` reads edges.
    - ``needs_layers``: whether x holds the embeddings after every layer of the encoder, side by side,
      ``[N, L F]``, and not those after the last layer alone; ``in_channels`` is then L F.
    - ``needs_species``: True if :meth:`pool` reads the species of the nodes, ``graphs.species``, which the
      network always provides. With a batch vector, such an operator takes them as an argument of its own.
    - ``order_dependent``: whether the order of the nodes matters. No operator of this package is.

    Contract tests verify for every operator: the result does not depend on the order of the nodes inside
    a graph nor on which graphs share the batch; it is finite for a graph with one node; gradients reach
    every parameter and the input; ``sees_size`` states whether a supercell has another vector.

    Args:
        in_channels: Channels F of the node embeddings.
        out_channels: Channels D of the pooled vector.
    """

    sees_size: bool | None = None
    needs_edges = False
    needs_layers = False
    order_dependent = False

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels

    @abstractmethod
    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """Pool checked input; see :meth:`forward`. With ``needs_edges``, graphs is a GraphBatch."""

    def forward(
        self,
        x: Tensor,
        graphs: Nodes | Tensor,
        *,
        edge_index: Tensor | None = None,
        edge_length: Tensor | None = None,
        num_graphs: int | None = None,
    ) -> Pooled | Tensor:
        """Pool node embeddings.

        Args:
            x: Node embeddings ``[N, F]``, in the order of ``graphs``.
            graphs: Which node belongs to which graph, with edges if ``needs_edges``; or the batch vector
                of torch-geometric, int64 ``[N]``, ascending. The other arguments belong to the vector.
            edge_index: Source and target of each edge, int64 ``[2, E]``.
            edge_length: Å, ``[E]``, for operators that read lengths.
            num_graphs: Number of graphs; None to take it from the vector.

        Returns:
            One vector for each graph, ``[G, D]``, and the auxiliary loss if there is one. For a batch
            vector, an operator without auxiliary loss returns the vectors as a plain tensor.

        Raises:
            ValueError: If x does not fit the graphs or the operator, edges are missing, or the batch
                vector is not ascending or leaves a graph empty.
        """
        if isinstance(graphs, Nodes):
            return self._pool_checked(x, graphs)
        if edge_index is None:
            graphs = Nodes.from_vector(graphs, num_graphs=num_graphs)
        else:
            graphs = GraphBatch.from_edges(graphs, edge_index, edge_length=edge_length, num_graphs=num_graphs)
        pooled = self._pool_checked(x, graphs)
        return pooled.x if pooled.aux_loss is None else pooled

    def _pool_checked(self, x: Tensor, graphs: Nodes) -> Pooled:
        expected = (graphs.num_nodes, self.in_channels)
        if tuple(x.shape) != expected:
            raise ValueError(
                f"{type(self).__name__}: expected node embeddings {expected}, got {tuple(x.shape)}"
            )
        if self.needs_edges and not isinstance(graphs, GraphBatch):
            raise ValueError(f"{type(self).__name__}: needs the edges of the graphs; give edge_index")
        return self.pool(x, graphs)
