"""Atoms assigned to clusters whose contents are means, then a convolution among the clusters."""

import torch
from torch import Tensor, nn

from gnnpool.bounds import Count, Positive
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooled, Pooling


class ClusterMeanPooling(Pooling):
    r"""Hierarchical pooling that keeps the vector of a supercell: nodes to K clusters, clusters to one mean.

    .. math::
        S = \mathrm{softmax}(W x + b), \quad
        c = \tfrac{1}{N} S^\top 1, \quad
        X = \tfrac{1}{N} S^\top x, \quad
        A' = \tfrac{1}{N} S^\top A S, \quad
        h_g = \sum_k c_k \Big(\bar x_k + \mathrm{relu}\big(W_1 \bar x_k
              + W_2 \textstyle\sum_l \bar a_{kl} \bar x_l + b_1\big)\Big)

    with :math:`\bar x_k = X_k / c_k` and :math:`\bar a_{kl} = A'_{kl} / c_k`. A holds the share of each
    neighbor in the surroundings of a node, with weights :math:`e^{-d_{ij} / \lambda}`; its rows are targets
    and sum to 1, or to 0 for a node without edges. So c_k is the share of the atoms that are in cluster k,
    :math:`\bar x_k` their mean, and :math:`\bar a_{kl}` the share of cluster l in their surroundings.

    dense_diff also learns S and joins the clusters by a convolution, but its clusters hold sums and its A is
    1 where any edge joins two nodes, so that its vector grows with the cell. Here all three are divided by N
    and parallel edges count separately: with edges that do not depend on the choice of the cell (ocp), a
    supercell has the vector of its cell. With mdl edges, a supercell has other edges and another vector.

    As :math:`\sum_k c_k \bar x_k` is the mean over the nodes, the operator without its convolution is mean
    pooling. With K = 1 it is a layer after the mean.

    Args:
        in_channels: Channels F of the node embeddings.
        clusters: K, the number of dense_diff.
        reach: Length :math:`\lambda`, Å; as in crystal_attention, 0.5 Å selects the coordination shell.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F])``. Cost: 2 F K products for each node, K for each edge, 2 F² for
        each cluster; (F + 1) K + (2 F + 1) F weights.

    Source:
        Ours. Soft clusters: Ying et al., Hierarchical Graph Representation Learning with Differentiable
        Pooling, NeurIPS 2018.
    """

    sees_size = False  # with edges that do not depend on the choice of the cell (ocp)
    needs_edges = True

    def __init__(self, in_channels: int, *, clusters: Count = 10, reach: Positive = 0.5) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.reach = reach
        self.assign = nn.Linear(in_channels, clusters)
        self.lin_root = nn.Linear(in_channels, in_channels)
        self.lin_rel = nn.Linear(in_channels, in_channels, bias=False)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:  # type: ignore[override]
        """See :class:`Pooling`."""
        tiny = torch.finfo(x.dtype).tiny
        assignment = self.assign(x).softmax(1)  # [N, K]
        values = torch.cat([x, self._surroundings(assignment, graphs), x.new_ones(len(x), 1)], 1)
        contents = graphs.to_dense(assignment).transpose(1, 2) @ graphs.to_dense(values)  # [G, K, F + K + 1]
        contents = contents / graphs.sizes.view(-1, 1, 1)
        content, links, share = contents.split([x.shape[1], assignment.shape[1], 1], 2)
        mean, links = content / share.clamp(min=tiny), links / share.clamp(min=tiny)
        embedding = (self.lin_root(mean) + self.lin_rel(links @ mean)).relu()
        return Pooled((content + share * embedding).sum(1))

    def _surroundings(self, assignment: Tensor, graphs: GraphBatch) -> Tensor:
        """A S: the clusters in the surroundings of each node, ``[N, K]``."""
        near = torch.exp(-graphs.edge_length.to(assignment.dtype) / self.reach).unsqueeze(1)  # [E, 1]
        around = near * assignment.index_select(0, graphs.source)
        total = torch.zeros_like(assignment).index_add(0, graphs.target, around)
        weight = torch.zeros_like(assignment[:, :1]).index_add(0, graphs.target, near)
        return total / weight.clamp(min=torch.finfo(near.dtype).tiny)
