"""Graph multiset transformer: several seeds attend to the nodes, one seed attends to their results."""

from torch import Tensor, nn

from gnnpool.bounds import Count, Natural
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._attention import AttentionBlock, SeedAttention
from gnnpool.pooling.base import Pooled, Pooling


class GMTPooling(Pooling):
    r"""Learned seeds attend to the nodes, then to each other; one last seed attends to all of them.

    .. math:: h_g = \mathrm{gather}_1\big(B(\mathrm{gather}_k(x))\big), \quad B(x) = \mathrm{block}(x, x)

    Block and gather are those of :mod:`gnnpool.pooling._attention`. They follow PyG (2.3 or later): keys
    and values are linear in the node embeddings and no edges are used. The authors compute them by graph
    convolutions (GMPool_G).

    Args:
        in_channels: Channels F of the node embeddings.
        seeds: Number k of seeds that attend to the nodes.
        encoder_blocks: Blocks among the seeds.
        heads: Attention heads; must divide F.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Baek et al., Accurate Learning of Graph Representations with Graph Multiset Pooling, ICLR 2021.
    """

    sees_size = False

    def __init__(
        self, in_channels: int, *, seeds: Count = 10, encoder_blocks: Natural = 1, heads: Count = 4
    ) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.pma1 = SeedAttention(in_channels, seeds=seeds, heads=heads)
        self.encoders = nn.ModuleList(AttentionBlock(in_channels, heads) for _ in range(encoder_blocks))
        self.pma2 = SeedAttention(in_channels, seeds=1, heads=heads)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        h = self.pma1.over_nodes(x, graphs)  # [G, k, F]
        for block in self.encoders:
            h = block(h)
        return Pooled(self.pma2(h).squeeze(1))
