"""Self-attention among the nodes, then attention of a learned seed to them."""

from torch import Tensor, nn

from gnnpool.bounds import Count, Natural
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._attention import AttentionBlock, SeedAttention
from gnnpool.pooling.base import Pooled, Pooling


class SetTransformerPooling(Pooling):
    r"""Self-attention among the nodes, attention of learned seeds to the nodes, self-attention of the seeds.

    .. math:: h_g = \mathrm{flat}\big(B_\mathrm{dec}(\mathrm{gather}_S(B_\mathrm{enc}(x)))\big),
              \quad B(x) = \mathrm{block}(x, x)

    Block and gather are those of :mod:`gnnpool.pooling._attention` and follow PyG. The authors' network
    is deeper: three blocks with inducing points (ISAB) among the nodes, two blocks among the seeds, and
    layer normalization as an option. Attention among the nodes needs memory that grows with the square
    of the largest graph.

    Args:
        in_channels: Channels F of the node embeddings.
        seeds: Number of seeds.
        encoder_blocks: Blocks among the nodes.
        decoder_blocks: Blocks among the seeds.
        heads: Attention heads; must divide F.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, seeds F])``.

    Source:
        Lee et al., Set Transformer, ICML 2019, as a readout in Buterez et al., Graph Neural
        Networks with Adaptive Readouts, NeurIPS 2022.
    """

    sees_size = False

    def __init__(
        self,
        in_channels: int,
        *,
        seeds: Count = 1,
        encoder_blocks: Natural = 1,
        decoder_blocks: Natural = 1,
        heads: Count = 4,
    ) -> None:
        super().__init__(in_channels, out_channels=seeds * in_channels)
        self.encoders = nn.ModuleList(AttentionBlock(in_channels, heads) for _ in range(encoder_blocks))
        self.pma = SeedAttention(in_channels, seeds=seeds, heads=heads)
        self.decoders = nn.ModuleList(AttentionBlock(in_channels, heads) for _ in range(decoder_blocks))

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        for block in self.encoders:
            x = block.among_nodes(x, graphs)  # type: ignore[operator]
        h = self.pma.over_nodes(x, graphs)  # [G, seeds, F]
        for block in self.decoders:
            h = block(h)
        return Pooled(h.flatten(1))
