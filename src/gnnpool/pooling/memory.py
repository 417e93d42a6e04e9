"""Nodes assigned to clusters by their distance from learned keys, in two layers."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count, NonNegative, Positive
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling.base import Pooled, Pooling

# Lower bound of an assignment before its logarithm is taken, as in PyG.
_TINY = 1e-15


class MemoryPooling(Pooling):
    r"""Two memory layers: nodes to K clusters, leaky ReLU, clusters to one vector.

    .. math::
        s^{(h)}_{ik} \propto \big(1 + \lVert x_i - m^{(h)}_k \rVert^2 / \tau\big)^{-(1 + \tau) / 2}, \quad
        s_{ik} = \mathrm{softmax}_k\Big(\sum_h c_h s^{(h)}_{ik}\Big), \quad
        y_k = W_1 \sum_{i \in g} s_{ik} x_i, \quad
        h_g = W_2 \sum_k \mathrm{leaky\ relu}(y_k)

    A second layer with one cluster assigns every node to it, whatever its keys are. So it is a sum
    followed by W_2, and has no keys here. The output grows with the number of nodes.

    In effect the operator is a sum. With the initial keys all s are close to 1/K, and the sum of y_k over
    k is W_1 times the sum of the nodes whatever s is, so s matters only in channels where y_k has both
    signs. Replacing all s by 1/K changed the predictions of trained networks by at most 2e-4 of their
    spread, and often by less than 1e-6.

    The auxiliary loss of a graph pulls assignments towards their own sharpened form p,

    .. math:: w \sum_{i \in g} \sum_k p_{ik} \log \frac{p_{ik}}{s_{ik}}, \quad
              p_{ik} \propto s_{ik}^2 \Big/ \sum_{j \in g} s_{jk}

    Args:
        in_channels: Channels F of the node embeddings.
        clusters: K.
        heads: Number of sets of keys m.
        tau: Temperature; 1 is a Cauchy distribution.
        aux_weight: w. The published training takes one step per epoch for this loss and one per batch
            for the task; at a median of about 40 batches per epoch, 0.03 keeps that proportion. The weight
            has no practical effect: the gradient of the loss is 1e-9 to 6e-6 of the error's gradient. At 0
            the loss is not computed.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, F], aux_loss=[G])``, aux_loss None if w is 0.

    Source:
        Khasahmadi et al., Memory-Based Graph Networks, ICLR 2020; sizes of PyG's example.
    """

    sees_size = True

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

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        assignment = self._assign(x)  # [N, K]
        gathered = graphs.to_dense(assignment).transpose(1, 2) @ graphs.to_dense(x)  # [G, K, F]
        clusters = F.leaky_relu(self.lin1(gathered))
        loss = self.aux_weight * _divergence(assignment, graphs) if self.aux_weight else None
        return Pooled(self.lin2(clusters.sum(1)), loss)

    def _assign(self, x: Tensor) -> Tensor:
        """Shares of the clusters in each node, ``[N, K]``."""
        keys = self.keys.flatten(0, 1)  # [H K, F]
        squared = x.square().sum(1, keepdim=True) + keys.square().sum(1) - 2 * x @ keys.t()  # [N, H K]
        near = (1 + squared.clamp(min=0) / self.tau) ** (-(1 + self.tau) / 2)
        near = near.view(-1, *self.keys.shape[:2])  # [N, H, K]
        share = near / near.sum(2, keepdim=True)
        return torch.einsum("nhk,h->nk", share, self.head_weight).softmax(1)


def _divergence(assignment: Tensor, graphs: Nodes) -> Tensor:
    """Divergence of the sharpened assignment from the assignment, summed over nodes, ``[G]``."""
    zeros = assignment.new_zeros(graphs.num_graphs, assignment.shape[1])
    popularity = zeros.index_add(0, graphs.batch, assignment)  # [G, K]
    sharp = assignment.square() / popularity.index_select(0, graphs.batch)
    sharp = (sharp / sharp.sum(1, keepdim=True)).clamp(min=_TINY)
    each = (sharp * (sharp.log() - assignment.clamp(min=_TINY).log())).sum(1)  # [N]
    return zeros[:, 0].index_add(0, graphs.batch, each)
