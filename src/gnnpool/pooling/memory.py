"""Nodes assigned to clusters by their distance from learned keys, in two layers."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count, NonNegative, Positive
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooled, Pooling

# Smallest assignment whose logarithm is taken, that of PyG.
_TINY = 1e-15


class MemoryPooling(Pooling):
    r"""Two memory layers: nodes to K clusters, leaky ReLU, clusters to one vector.

    .. math::
        s^{(h)}_{ik} \propto \big(1 + \lVert x_i - m^{(h)}_k \rVert^2 / \tau\big)^{-(1 + \tau) / 2}, \quad
        s_{ik} = \mathrm{softmax}_k\Big(\sum_h c_h s^{(h)}_{ik}\Big), \quad
        y_k = W_1 \sum_{i \in g} s_{ik} x_i, \quad
        h_g = W_2 \sum_k \mathrm{leaky\ relu}(y_k)

    A second layer with one cluster assigns everything to it whatever its keys are, so it is the sum
    and W_2, and has no keys here. The output grows with the number of nodes.

    The auxiliary loss of a graph pulls assignments towards their own sharpened form p,

    .. math:: w \sum_{i \in g} \sum_k p_{ik} \log \frac{p_{ik}}{s_{ik}}, \quad
              p_{ik} \propto s_{ik}^2 \Big/ \sum_{j \in g} s_{jk}

    Args:
        in_channels: Channels F of the node embeddings.
        clusters: K.
        heads: Number of sets of keys m.
        tau: Temperature; 1 is a Cauchy distribution.
        aux_weight: w. The published training takes one step in an epoch for this loss and one in
            each batch for the task, and the benchmark's datasets have 6 to 300 batches in an epoch,
            about 40 in the middle: 0.03 keeps that proportion.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F], aux_loss=[G])``.

    Source:
        Khasahmadi et al., Memory-Based Graph Networks, ICLR 2020; sizes of PyG's example.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        clusters: Count = 10,
        heads: Count = 5,
        tau: Positive = 1.0,
        aux_weight: NonNegative = 0.03,
    ) -> None:
        super().__init__(in_channels, out_channels=in_channels)
        self.tau = tau
        self.aux_weight = aux_weight
        self.keys = nn.Parameter(torch.empty(heads, clusters, in_channels).uniform_(-1, 1))
        self.head_weight = nn.Parameter(torch.empty(heads).uniform_(-(heads**-0.5), heads**-0.5))
        self.lin1 = nn.Linear(in_channels, in_channels, bias=False)
        self.lin2 = nn.Linear(in_channels, in_channels, bias=False)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """See :class:`Pooling`."""
        assignment = self._assign(x)  # [N, K]
        gathered = graphs.to_dense(assignment).transpose(1, 2) @ graphs.to_dense(x)  # [G, K, F]
        clusters = F.leaky_relu(self.lin1(gathered))
        return Pooled(self.lin2(clusters.sum(1)), self.aux_weight * _divergence(assignment, graphs))

    def _assign(self, x: Tensor) -> Tensor:
        keys = self.keys.flatten(0, 1)  # [H K, F]
        squared = x.square().sum(1, keepdim=True) + keys.square().sum(1) - 2 * x @ keys.t()  # [N, H K]
        near = (1 + squared.clamp(min=0) / self.tau) ** (-(1 + self.tau) / 2)
        near = near.view(-1, *self.keys.shape[:2])  # [N, H, K]
        share = near / near.sum(2, keepdim=True)
        return torch.einsum("nhk,h->nk", share, self.head_weight).softmax(1)


def _divergence(assignment: Tensor, graphs: GraphBatch) -> Tensor:
    """Divergence of the sharpened assignment from the assignment, summed over nodes, ``[G]``."""
    zeros = assignment.new_zeros(graphs.num_graphs, assignment.shape[1])
    popularity = zeros.index_add(0, graphs.batch, assignment)  # [G, K]
    sharp = assignment.square() / popularity.index_select(0, graphs.batch)
    sharp = (sharp / sharp.sum(1, keepdim=True)).clamp(min=_TINY)
    each = (sharp * (sharp.log() - assignment.clamp(min=_TINY).log())).sum(1)  # [N]
    return zeros[:, 0].index_add(0, graphs.batch, each)
