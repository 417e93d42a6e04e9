"""Mean of each channel, weighted by a softmax of the channel itself."""

import torch
from torch import Tensor, nn

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._softmax import softmax_over_nodes
from gnnpool.pooling.base import Pooled, Pooling


class SoftmaxMeanPooling(Pooling):
    r"""Weighted mean of each channel, with one trained number for each channel.

    .. math:: h_{g,c} = \sum_{i \in g} \mathrm{softmax}_{i \in g}(\beta_c x_{i,c})\, x_{i,c}

    Training starts at beta = 0, where this is the mean. It tends to the maximum for
    :math:`\beta \to \infty` and to the minimum for :math:`\beta \to -\infty`.

    Args:
        in_channels: Channels F of the node embeddings.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Softmax aggregation of Li et al., DeeperGCN: All You Need to Train Deeper GCNs, 2020, over the
        nodes of a graph instead of the neighbors of a node, with one beta for each channel.
    """

    sees_size = False

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.beta = nn.Parameter(torch.zeros(in_channels))

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        weighted = softmax_over_nodes(self.beta * x, graphs) * x
        return Pooled(x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, weighted))
