"""Attention over the atoms of a crystal, with scores that depend on their surroundings."""

import torch
from torch import Tensor, nn

from gnnpool.bounds import Count, Positive
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling._softmax import softmax_over_nodes
from gnnpool.pooling.base import Pooled, Pooling


class CrystalAttentionPooling(Pooling):
    r"""Weighted mean of the nodes; a node's weights depend on it and on its surroundings.

    .. math::
        w_{ij} = e^{-d_{ij} / \lambda}, \quad
        e_i = \sum_{j \to i} w_{ij} x_j \Big/ \sum_{j \to i} w_{ij}, \quad
        s_i = C \tanh(A x_i + B e_i + b), \quad
        \alpha_i^k = \mathrm{softmax}_{i \in g}(s_i^k), \quad
        h_g^k = \sum_{i \in g} \alpha_i^k x_i^k

    Head k weights its own slice :math:`x^k` of the channels. The sums over neighbors run over edges, so
    every periodic image of a neighbor counts. A node without edges has the surroundings 0.

    Equivalent atoms have the same score and weight, however many there are. With edges that do not
    depend on the choice of the cell (ocp), a supercell therefore has the vector of its cell.

    Before training this is mean pooling: hidden units come in pairs of equal weights whose contributions
    to the scores cancel. The two units of a pair have opposite gradients, so they differ after the first
    step; a last layer of zeros would give the layers before it no gradient.

    Args:
        in_channels: Channels F of the node embeddings.
        heads: Number of slices of the channels, each with its own weights; must divide F.
        pairs: Pairs of hidden units that score a node. As tanh is between -1 and 1, the
            scores of a head are bounded by the sum of its ``2 * pairs`` absolute weights in C.
        reach: Length :math:`\lambda`, Å. With 0.5 Å, the six nearest neighbors of an atom in rock salt
            have four fifths of the weight, so the surroundings are the coordination shell. Infinity gives
            the mean over all edges, which inside a cutoff of 8 Å is nearly the same for all atoms.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``.

    Source:
        Ours. Soft attention as a readout: Li et al., Gated Graph Sequence Neural Networks, ICLR 2016;
        heads: Lee et al., Set Transformer, ICML 2019; scores from neighbors: Lee et al.,
        Self-Attention Graph Pooling, ICML 2019; pairs: Chizat et al., On Lazy Training in
        Differentiable Programming, NeurIPS 2019.
    """

    sees_size = False  # with edges that do not depend on the choice of the cell (ocp)
    needs_edges = True

    def __init__(
        self, in_channels: int, *, heads: Count = 4, pairs: Count = 16, reach: Positive = 0.5
    ) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        if heads < 1 or in_channels % heads:
            raise ValueError(f"heads: expected a divisor of the {in_channels} channels, got {heads}")
        if pairs < 1:
            raise ValueError(f"pairs: expected at least 1, got {pairs}")
        if not reach > 0:
            raise ValueError(f"reach: expected a length > 0 Å, got {reach}")
        self.reach = reach
        self.node = nn.Linear(in_channels, 2 * pairs)
        self.surroundings = nn.Linear(in_channels, 2 * pairs, bias=False)
        # No bias: it would add a constant to all scores, which softmax cancels.
        self.score = nn.Linear(2 * pairs, heads, bias=False)
        with torch.no_grad():
            for weight in (self.node.weight, self.node.bias, self.surroundings.weight):
                weight[pairs:] = weight[:pairs]
            self.score.weight[:, pairs:] = -self.score.weight[:, :pairs]

    def weights(self, x: Tensor, graphs: GraphBatch) -> Tensor:
        """Weights of the nodes, ``[N, heads]``; each head's sum to 1 in each graph."""
        nearness = _nearness(graphs, self.reach).to(x.dtype)
        around = nearness @ graphs.to_dense(self.surroundings(x))  # [G, M, 2 pairs]
        hidden = self.node(x) + around.flatten(0, 1).index_select(0, graphs.slot)
        return softmax_over_nodes(self.score(hidden.tanh()), graphs)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:  # type: ignore[override]
        """See :class:`Pooling`."""
        weight = self.weights(x, graphs).unsqueeze(2)  # [N, heads, 1]
        weighted = (x.unflatten(1, (weight.shape[1], -1)) * weight).flatten(1)  # [N, F]
        return Pooled(x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, weighted))


def _nearness(graphs: GraphBatch, reach: float) -> Tensor:
    """Share of each node in the surroundings of each other, rows are targets, ``[G, M, M]``.

    Summing the edges of each pair first leaves one product of small matrices; gathering node values for
    each edge would move all channels of some hundred edges per atom.
    """
    size = graphs.max_nodes
    nearness = torch.exp(-graphs.edge_length / reach)  # [E]
    target = graphs.slot.index_select(0, graphs.target)
    source = graphs.slot.index_select(0, graphs.source) % size
    dense = nearness.new_zeros(graphs.num_graphs * size**2).index_add(0, target * size + source, nearness)
    dense = dense.view(-1, size, size)
    return dense / dense.sum(2, keepdim=True).clamp(min=torch.finfo(dense.dtype).tiny)
