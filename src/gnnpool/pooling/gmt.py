"""Graph multiset transformer: many seeds gather the nodes, one gathers the seeds."""

from torch import Tensor, nn

from gnnpool.bounds import Count, Natural
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling._attention import AttentionBlock, SeedAttention
from gnnpool.pooling.base import Pooled, Pooling


class GMTPooling(Pooling):
    r"""Learned seeds gather the nodes, attend to each other, and are gathered by one last seed.

    .. math:: h_g = \mathrm{gather}_1\big(B(\mathrm{gather}_k(x))\big), \quad B(x) = \mathrm{block}(x, x)

    Block and gather are those of :mod:`gnnpool.pooling._attention`. The edges are not used: keys and
    values are linear in the node embeddings, as in PyG since 2.3, not graph convolutions of them.

    Args:
        in_channels: Channels F of the node embeddings.
        seeds: Number k of seeds that gather the nodes.
        encoder_blocks: Blocks among the seeds.
        heads: Attention heads; must divide F.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Baek et al., Accurate Learning of Graph Representations with Graph Multiset Pooling, ICLR 2021.
    """

    def __init__(
        self, in_channels: int, *, seeds: Count = 10, encoder_blocks: Natural = 1, heads: Count = 4
    ) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.pma1 = SeedAttention(in_channels, seeds=seeds, heads=heads)
        self.encoders = nn.ModuleList(AttentionBlock(in_channels, heads) for _ in range(encoder_blocks))
        self.pma2 = SeedAttention(in_channels, seeds=1, heads=heads)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """See :class:`Pooling`."""
        h = self.pma1.over_nodes(x, graphs)  # [G, k, F]
        for block in self.encoders:
            h = block(h)
        return Pooled(self.pma2(h).squeeze(1))
