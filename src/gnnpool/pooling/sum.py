"""Sum of the node embeddings."""

from torch import Tensor

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling


class SumPooling(Pooling):
    r"""Sum of the node embeddings of each graph; it grows with the number of nodes.

    .. math:: h_g = \sum_{i \in g} x_i

    Args:
        in_channels: Channels F of the node embeddings.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        "Add" of the benchmark paper; Xu et al., How Powerful are Graph Neural Networks?, ICLR 2019.
    """

    sees_size = True

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        return Pooled(x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, x))
