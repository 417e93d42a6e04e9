"""Means of the node embeddings after every layer of the encoder."""

from torch import Tensor

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling


class LayerMeanPooling(Pooling):
    r"""Means of the embeddings after each of the encoder's L layers, side by side.

    .. math:: h_g = \tfrac{1}{N_g} \sum_{i \in g} \big[x_i^{(1)}, \ldots, x_i^{(L)}\big]

    The last F channels are mean pooling; with one layer the operator is mean pooling.

    Args:
        in_channels: Channels L F of the embeddings after all layers together.

    Shape:
        x ``[N, L F]`` -> ``Pooled(x=[G, L F])``.

    Source:
        Jumping knowledge by concatenation: Xu et al., Representation Learning on Graphs with Jumping
        Knowledge Networks, ICML 2018, followed by the mean over the nodes.
    """

    sees_size = False
    needs_layers = True

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        total = x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, x)
        return Pooled(total / graphs.sizes.unsqueeze(1))
