"""What every pooling operator is: node embeddings in, one vector for each graph out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

from gnnpool.graphs.batch import GraphBatch


@dataclass(frozen=True)
class Pooled:
    """What a pooling gives.

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
    defines :meth:`pool`.

    Laws, held by contract tests over every operator: the result does not depend on the order of
    the nodes inside a graph nor on which graphs share the batch; it is finite for a graph with one
    node; gradients reach every parameter and the input.

    Args:
        in_channels: Channels F of the node embeddings.
        out_channels: Channels D of the pooled vector.
    """

    order_dependent = False

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels

    @abstractmethod
    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """Pool checked input; see :meth:`forward`."""

    def forward(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """Pool node embeddings.

        Args:
            x: Node embeddings ``[N, F]``, in the order of ``graphs``.
            graphs: Which node belongs to which graph, and the edges.

        Returns:
            One vector for each graph, ``[G, D]``, and the auxiliary loss if there is one.

        Raises:
            ValueError: If x does not fit the graphs or the operator.
        """
        expected = (graphs.num_nodes, self.in_channels)
        if tuple(x.shape) != expected:
            raise ValueError(
                f"{type(self).__name__}: expected node embeddings {expected}, got {tuple(x.shape)}"
            )
        return self.pool(x, graphs)
