"""Attention to the nodes with random scores that are never trained."""

import torch
from torch import Tensor

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._softmax import softmax_over_nodes
from gnnpool.pooling.base import Pooled, Pooling


class RandomAttentionPooling(Pooling):
    r"""Weighted mean of the nodes; a fixed random vector scores them.

    .. math:: \alpha_i = \mathrm{softmax}_{i \in g}(v \cdot x_i), \quad h_g = \sum_{i \in g} \alpha_i x_i,
              \quad v \sim \mathcal N(0, 1 / F)

    v is drawn once and stored with the weights. It is the control of trained attention: unequal weights
    without training of the scores. With v = 0 this is mean pooling.

    Args:
        in_channels: Channels F of the node embeddings.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Ours.
    """

    sees_size = False

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.register_buffer("vector", torch.randn(in_channels) * in_channels**-0.5)

    def weights(self, x: Tensor, graphs: Nodes) -> Tensor:
        """Weights of the nodes, ``[N, 1]``; their sum is 1 in each graph."""
        return softmax_over_nodes((x @ self.vector).unsqueeze(1), graphs)  # type: ignore[operator]

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        weighted = x * self.weights(x, graphs)
        return Pooled(x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, weighted))
