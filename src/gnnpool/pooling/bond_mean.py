"""Mean over the atoms beside a mean over the bonds."""

import torch
from torch import Tensor, nn

from gnnpool.bounds import Count, Positive
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooled, Pooling


class BondMeanPooling(Pooling):
    r"""Mean of the node embeddings, joined with a mean over the edges whose weights fall with the length.

    .. math::
        h_g = \Big[\tfrac{1}{N_g} \sum_{i \in g} x_i, \;
              \frac{\sum_{j \to i} e^{-d_{ij} / \lambda}\, \varphi(x_i, x_j, d_{ij})}
                   {\sum_{j \to i} e^{-d_{ij} / \lambda}}\Big], \quad
        \varphi(x_i, x_j, d) = \mathrm{relu}(A x_i + B x_j + c\, d + b)

    The first F channels are mean pooling. The others describe pairs of atoms, which a mean over atoms holds
    only as far as the encoder has put them into the embeddings. The weights are normalized over all edges of
    a graph, so its shortest bonds count most; edges in both directions make the mean symmetric in the two
    ends. A graph without edges has zeros there.

    Parallel edges count separately. With edges that do not depend on the choice of the cell (ocp), a
    supercell therefore has the vector of its cell. With mdl edges it has another one: they keep one image of
    each pair of atoms, and a supercell has more pairs.

    Args:
        in_channels: Channels F of the node embeddings.
        channels: Channels K of the mean over the edges. The default keeps the cost below that of a
            convolution, which has F channels on each edge.
        reach: Length :math:`\lambda`, Å; as in crystal_attention, 0.5 Å selects the coordination shell.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F + K])``. Cost: 2 F K products for each node, K for each edge;
        (2 F + 2) K weights, and K more inputs of the head.

    Source:
        Ours. Bonds pooled beside atoms, by Set2Set: Chen et al., Graph Networks as a Universal Machine
        Learning Framework for Molecules and Crystals (MEGNet), Chem. Mater. 31, 3564 (2019).
    """

    sees_size = False  # with edges that do not depend on the choice of the cell (ocp)
    needs_edges = True

    def __init__(self, in_channels: int, *, channels: Count = 32, reach: Positive = 0.5) -> None:
        super().__init__(in_channels, out_channels=in_channels + channels)
        self.reach = reach
        self.target = nn.Linear(in_channels, channels)
        self.source = nn.Linear(in_channels, channels, bias=False)
        # 1/Å: within some Å, the length changes a hidden unit as much as the embeddings do.
        self.length = nn.Parameter(torch.empty(channels).uniform_(-0.1, 0.1))

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:  # type: ignore[override]
        """See :class:`Pooling`."""
        length = graphs.edge_length.to(x.dtype).unsqueeze(1)  # [E, 1]
        near = torch.exp(-length / self.reach)
        hidden = self.target(x).index_select(0, graphs.target) + length * self.length
        bond = (hidden + self.source(x).index_select(0, graphs.source)).relu()  # [E, K]
        graph = graphs.batch.index_select(0, graphs.target)
        total = x.new_zeros(graphs.num_graphs, bond.shape[1]).index_add(0, graph, near * bond)
        weight = x.new_zeros(graphs.num_graphs, 1).index_add(0, graph, near)
        atoms = x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, x)
        bonds = total / weight.clamp(min=torch.finfo(x.dtype).tiny)
        return Pooled(torch.cat([atoms / graphs.sizes.unsqueeze(1), bonds], 1))
