"""Arithmetic mean of the node embeddings."""

from torch import Tensor

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling


class MeanPooling(Pooling):
    r"""Mean of the node embeddings of each graph.

    .. math:: h_g = \tfrac{1}{N_g} \sum_{i \in g} x_i

    Args:
        in_channels: Channels F of the node embeddings.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        The baseline of the benchmark paper.
    """

    sees_size = False

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        total = x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, x)
        return Pooled(total / graphs.sizes.unsqueeze(1))
