"""Mean pooling with as many weights as another pooling: the control of size."""

from torch import Tensor, nn

from gnnpool.bounds import Count
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling


class MeanWidePooling(Pooling):
    r"""Mean of the node embeddings, followed by a hidden layer with a given number of weights.

    .. math:: h_g = \bar x_g + W_2\, \mathrm{relu}(W_1 \bar x_g + b_1) + b_2, \quad
              \bar x_g = \tfrac{1}{N_g} \sum_{i \in g} x_i

    The vector has the width of the mean, so the head is that of mean pooling and the network has just these
    weights more. Give the number by which the network of another pooling exceeds that of mean pooling: if
    that pooling has the lower error of the two, its weights alone are not the reason. The hidden layer stands
    after the mean, so it sees nothing that the mean has lost. Without it (W_2 = 0, b_2 = 0) this is mean
    pooling.

    Args:
        in_channels: Channels F of the node embeddings.
        weights: Number of weights; the hidden layer has the width for which (2 F + 1) H + F is nearest.
            The default is the number that MAMM adds to the head of CGCNN.

    Raises:
        ValueError: If they are too few for one hidden unit.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``. Cost: that of the mean, and 2 F H products for each graph.

    Source:
        Ours. Residual layer: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.
    """

    sees_size = False

    def __init__(self, in_channels: int, *, weights: Count = 30000) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        hidden = round((weights - in_channels) / (2 * in_channels + 1))
        if hidden < 1:
            raise ValueError(f"weights: expected at least {2 * in_channels + 1}, got {weights}")
        self.lin1 = nn.Linear(in_channels, hidden)
        self.lin2 = nn.Linear(hidden, in_channels)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        total = x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, x)
        mean = total / graphs.sizes.unsqueeze(1)
        return Pooled(mean + self.lin2(self.lin1(mean).relu()))
