"""Standard deviation of the node embeddings."""

from torch import Tensor

from gnnpool.bounds import Positive
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling


class StdPooling(Pooling):
    r"""Standard deviation of the node embeddings of each graph.

    .. math:: h_g = \sqrt{\tfrac{1}{N_g} \sum_{i \in g} (x_i - \bar{x}_g)^2 + \epsilon}

    The population form (division by N_g) is used, so a graph with one node gives sqrt(eps), not
    NaN. The mean is subtracted before squaring: the shorter form :math:`\overline{x^2} - \bar{x}^2` loses
    all digits where the mean is large.

    Args:
        in_channels: Channels F of the node embeddings.
        eps: Added under the root to keep the gradient finite at zero variance, dimensionless. The default
            is the variance below which PyG's StdAggregation returns zero.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Standard deviation of the benchmark paper, used beside mean, sum, maximum and minimum.
    """

    sees_size = False

    def __init__(self, in_channels: int, *, eps: Positive = 1e-5) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        if not eps > 0:
            raise ValueError(f"StdPooling: expected eps > 0, got {eps}")
        self.eps = eps

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        zeros = x.new_zeros(graphs.num_graphs, self.in_channels)
        count = graphs.sizes.unsqueeze(1)
        # Deviations sum to zero, so the gradient through the mean is zero: detach it.
        mean = zeros.index_add(0, graphs.batch, x.detach()) / count  # [G, F]
        deviation = x - mean.index_select(0, graphs.batch)  # [N, F]
        variance = zeros.index_add(0, graphs.batch, deviation.square()) / count  # [G, F]
        return Pooled((variance + self.eps).sqrt())
