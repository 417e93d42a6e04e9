"""Mean of the node embeddings after a small network on each node."""

import torch
from torch import Tensor, nn

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling

# Initial scale of the last layer: training starts near the mean, and gradients reach the first layer.
_SCALE = 0.01


class PhiMeanPooling(Pooling):
    r"""Mean of the node embeddings plus a network of each node alone.

    .. math:: h_g = \tfrac{1}{N_g} \sum_{i \in g} \big(x_i + \varphi(x_i)\big), \quad
              \varphi(x) = W_2\, \mathrm{relu}(W_1 x + b_1) + b_2

    With :math:`\varphi = 0` this is mean pooling; training starts near it. Set transformers also
    transform nodes by layers with ReLU, but let them interact: this is the control without interaction.

    Args:
        in_channels: Channels F of the node embeddings.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Zaheer et al., Deep Sets, NeurIPS 2017, with a residual connection and the mean.
    """

    sees_size = False

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.lin1 = nn.Linear(in_channels, in_channels)
        self.lin2 = nn.Linear(in_channels, in_channels)
        with torch.no_grad():
            self.lin2.weight.mul_(_SCALE)
            self.lin2.bias.zero_()

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        y = x + self.lin2(self.lin1(x).relu())
        total = y.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, y)
        return Pooled(total / graphs.sizes.unsqueeze(1))
