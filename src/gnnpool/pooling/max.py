"""Largest value of each channel over the nodes."""

from torch import Tensor

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._extremum import extremum_over_nodes
from gnnpool.pooling.base import Pooled, Pooling


class MaxPooling(Pooling):
    r"""Largest value of each channel over the nodes of each graph.

    .. math:: h_{g,f} = \max_{i \in g} x_{i,f}

    Nodes with the same largest value receive equal parts of its gradient, so the gradient does not depend
    on the order of the nodes.

    Args:
        in_channels: Channels F of the node embeddings.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        "Maximum" of the benchmark paper.
    """

    sees_size = False

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels, out_channels=in_channels)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        return Pooled(extremum_over_nodes(x, graphs, "amax"))
