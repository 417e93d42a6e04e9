"""Mean over the elements of a crystal, weighted by their fractions and by attention."""

import torch
from torch import Tensor, nn

from gnnpool.bounds import NonNegative
from gnnpool.graphs.batch import GraphBatch, Nodes
from gnnpool.pooling._softmax import softmax_over_nodes
from gnnpool.pooling.base import Pooled, Pooling

_ELEMENTS = 100


class FractionAttentionPooling(Pooling):
    r"""Mean over the atoms of each element, then a weighted mean over the elements.

    .. math::
        m_e = \tfrac{1}{N_e} \sum_{i \in e} x_i, \quad
        w_e = \frac{f_e^p\, \exp(a \cdot m_e)}{\sum_{e' \in g} f_{e'}^p\, \exp(a \cdot m_{e'})}, \quad
        h_g = \sum_{e \in g} w_e m_e, \quad
        f_e = N_e / N_g

    With p = 1 and a = 0, where training starts, this is mean pooling: an element counts by its number of
    atoms. With p = 0 every element counts alike, so that a dopant has the weight of its host. Attention over
    atoms (crystal_attention) can weigh two sites of one element differently; this operator cannot.

    Args:
        in_channels: Channels F of the node embeddings.
        power: p, dimensionless; None to train it, starting at 1.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``. Cost: F + 1 products for each node, F + 1 weights.

    Source:
        Ours. Fractions and attention over the elements of a composition: Wang et al., Compositionally
        Restricted Attention-Based Network (CrabNet), npj Comput. Mater. 7, 77 (2021); weights of elements
        from their fractions: Goodall and Lee, Roost, Nat. Commun. 11, 6280 (2020).
    """

    sees_size = False
    needs_species = True

    def __init__(self, in_channels: int, *, power: NonNegative | None = None) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.power = nn.Parameter(torch.ones(())) if power is None else power
        # No bias: it would add a constant to all scores, which softmax cancels.
        self.score = nn.Linear(in_channels, 1, bias=False)
        nn.init.zeros_(self.score.weight)

    def forward(
        self,
        x: Tensor,
        graphs: Nodes | Tensor,
        *,
        edge_index: Tensor | None = None,
        edge_length: Tensor | None = None,
        num_graphs: int | None = None,
        species: Tensor | None = None,
    ) -> Pooled | Tensor:
        """Pool node embeddings; see :class:`Pooling`. Edges are not read.

        Args:
            x: Node embeddings ``[N, F]``.
            graphs: GraphBatch with species, or the batch vector of torch-geometric.
            edge_index: Not read.
            edge_length: Not read.
            num_graphs: See :class:`Pooling`.
            species: Atomic number less one, int64 ``[N]``; with a batch vector only.

        Raises:
            ValueError: If the species are unknown; see also :class:`Pooling`.
        """
        if isinstance(graphs, Nodes):
            return super().forward(x, graphs)
        no_edges = graphs.new_zeros(2, 0)
        batch = GraphBatch.from_edges(graphs, no_edges, species=species, num_graphs=num_graphs)
        return self._pool_checked(x, batch).x

    def weights(self, x: Tensor, graphs: Nodes) -> Tensor:
        """Weights of the nodes, ``[N, 1]``: w_e / N_e. Their sum is 1 in each graph."""
        species = getattr(graphs, "species", None)
        if species is None:
            raise ValueError("FractionAttentionPooling: needs the species of the nodes; give species")
        # The pairs are sorted by graph, so they can stand for the nodes of graphs.
        pairs, group, count = torch.unique(
            graphs.batch * _ELEMENTS + species, return_inverse=True, return_counts=True
        )
        owner = pairs // _ELEMENTS
        sizes = torch.bincount(owner, minlength=graphs.num_graphs)
        elements = Nodes(owner, sizes, graphs.num_graphs, graphs.max_nodes)
        number = count.to(x.dtype)
        # The score is linear, so that of the mean is the mean of the scores.
        score = x.new_zeros(len(pairs)).index_add(0, group, self.score(x).squeeze(1)) / number
        score = score + self.power * (number / graphs.sizes.index_select(0, owner)).log()
        weight = softmax_over_nodes(score.unsqueeze(1), elements) / number.unsqueeze(1)
        return weight.index_select(0, group)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        weighted = x * self.weights(x, graphs)
        return Pooled(x.new_zeros(graphs.num_graphs, self.in_channels).index_add(0, graphs.batch, weighted))
