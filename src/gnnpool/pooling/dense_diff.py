"""Nodes assigned to clusters by a graph convolution, in two levels."""

import torch
from torch import Tensor, nn

from gnnpool.bounds import Count, NonNegative
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooled, Pooling

# Added to an assignment before its logarithm is taken, as in PyG.
_TINY = 1e-15


class DenseDiffPooling(Pooling):
    r"""Differentiable pooling in two levels: nodes to C clusters, clusters to one vector.

    .. math::
        S = \mathrm{softmax}(\mathrm{conv}_S(A, X)), \quad Z = \mathrm{relu}(\mathrm{conv}_Z(A, X)), \quad
        X' = S^\top Z, \quad A' = S^\top A S

    A is 1 where at least one edge joins two nodes; its rows are targets. Each conv is one linear graph
    convolution, without normalization: W_1 x_i + W_2 (mean of x over the neighbors of i) + b. The second
    level has one cluster, so its assignment is 1 and the vector is the sum over the C clusters. The
    output grows with the number of nodes.

    With a weight above 0, a graph of n nodes has the auxiliary loss, for each level and with n replaced
    by C in the second,

    .. math:: w_\mathrm{link} \frac{\lVert A - S S^\top \rVert_F}{n^2}
              - w_\mathrm{entropy} \frac{1}{n} \sum_{i,k} s_{ik} \log s_{ik}

    The sums run over the graph's own nodes, so neither padding nor the rest of the batch changes the loss.
    The loss is a pure number that is added to the error in the unit of the target, so the same weight has
    a larger effect where targets are small. At weight 0, the default, the losses are not computed.

    Args:
        in_channels: Channels F of the node embeddings.
        clusters: C. A share of the largest graph, as published, would make a graph's result depend
            on the rest of the dataset.
        link_weight: Weight of the link loss. 0 as in the training loop of PyG's current example, which
            discards both losses; the authors' code has the link loss behind a flag.
        entropy_weight: Weight of the entropy. 0 as in both; PyG's example of 2020 added both losses.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F], aux_loss=[G])``, aux_loss None if both weights are 0.

    Source:
        Ying et al., Hierarchical Graph Representation Learning with Differentiable Pooling,
        NeurIPS 2018. The published network has three convolutions with normalization in each level.
    """

    sees_size = True
    needs_edges = True

    def __init__(
        self,
        in_channels: int,
        *,
        clusters: Count = 10,
        link_weight: NonNegative = 0.0,
        entropy_weight: NonNegative = 0.0,
    ) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.link_weight = link_weight
        self.entropy_weight = entropy_weight
        self.assign = _DenseConvolution(in_channels, clusters)
        self.embed = _DenseConvolution(in_channels, in_channels)
        self.embed_clusters = _DenseConvolution(in_channels, in_channels)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:  # type: ignore[override]
        """See :class:`Pooling`."""
        present = graphs.mask.unsqueeze(2)
        nodes = graphs.to_dense(x)  # [G, M, F]
        adjacency = graphs.dense_adjacency.transpose(1, 2).to(x.dtype)  # [G, M, M]
        neighbors = _neighbor_mean(adjacency, nodes)
        assignment = self.assign(nodes, neighbors).softmax(2) * present  # [G, M, C]
        embedding = self.embed(nodes, neighbors).relu()
        clusters = assignment.transpose(1, 2) @ embedding  # [G, C, F]
        coarse = assignment.transpose(1, 2) @ adjacency @ assignment  # [G, C, C]
        embedding = self.embed_clusters(clusters, _neighbor_mean(coarse, clusters)).relu()
        return Pooled(embedding.sum(1), self._loss(adjacency, assignment, coarse, graphs.sizes))

    def _loss(self, adjacency: Tensor, assignment: Tensor, coarse: Tensor, sizes: Tensor) -> Tensor | None:
        """Weighted auxiliary loss of both levels, ``[G]``."""
        if not (self.link_weight or self.entropy_weight):
            return None
        clusters = coarse.shape[1]
        together = assignment.new_ones(len(coarse), clusters, 1)  # [G, C, 1]
        link = _link_loss(adjacency, assignment, sizes) + _link_loss(coarse, together, clusters)
        # A single cluster has no entropy.
        entropy = -(assignment * (assignment + _TINY).log()).sum((1, 2)) / sizes
        return self.link_weight * link + self.entropy_weight * entropy


class _DenseConvolution(nn.Module):
    """Linear in a node and in the mean over its neighbors: two tensors ``[G, M, F]`` -> ``[G, M, O]``."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.lin_rel = nn.Linear(in_channels, out_channels)
        self.lin_root = nn.Linear(in_channels, out_channels, bias=False)

    def forward(self, x: Tensor, neighbors: Tensor) -> Tensor:
        return self.lin_rel(neighbors) + self.lin_root(x)


def _neighbor_mean(adjacency: Tensor, x: Tensor) -> Tensor:
    """Weighted mean over neighbors, ``[G, M, F]``; 0 for a node without neighbors."""
    return adjacency @ x / adjacency.sum(2, keepdim=True).clamp(min=1)


def _link_loss(adjacency: Tensor, assignment: Tensor, size: Tensor | int) -> Tensor:
    """Distance of the adjacency ``[G, M, M]`` from S S^T, divided by the number of pairs, ``[G]``."""
    distance = torch.linalg.vector_norm(adjacency - assignment @ assignment.transpose(1, 2), dim=(1, 2))
    return distance / size**2
