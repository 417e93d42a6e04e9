"""The crystal graph convolutional network, as an encoder."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.graphs.features import FoldedGaussians
from gnnpool.models.base import Encoder

_ELEMENTS = 100


class CGCNN(Encoder):
    r"""Gated crystal graph convolutions with batch normalisation.

    .. math:: x_i \leftarrow \mathrm{BN}\Big(x_i + \frac{1}{|\mathcal N(i)|} \sum_{j \in \mathcal N(i)}
              \sigma(W_f z_{ij} + b_f) \odot \mathrm{softplus}(W_s z_{ij} + b_s)\Big),
              \quad z_{ij} = [x_i, x_j, g(d_{ij})]

    A node without edges keeps its value. Before the convolutions, linear layers with ReLU process
    the one-hot species.

    Args:
        cutoff: Å, the range of the Gaussians g.
        channels: Channels F of the node embeddings.
        pre_layers: Linear layers before the convolutions.
        layers: Convolutions.
        gaussians: Number of Gaussians.
        gaussian_width: In units of the cutoff.

    Shape:
        species ``[N]``, source and target ``[E]``, edge_length ``[E]`` (Å) -> ``[N, F]``.

    Source:
        Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018), with the mean over neighbors and the
        layer order of MatDeepLearn.
    """

    def __init__(
        self,
        *,
        cutoff: float,
        channels: int,
        pre_layers: int,
        layers: int,
        gaussians: int,
        gaussian_width: float,
    ) -> None:
        super().__init__(out_channels=channels)
        widths = [_ELEMENTS] + [channels] * pre_layers
        self.pre = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.basis = FoldedGaussians(gaussians, width=gaussian_width, cutoff=cutoff)
        self.convolutions = nn.ModuleList(_Convolution(channels, gaussians) for _ in range(layers))
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in range(layers))

    def embed(
        self, species: Tensor, source: Tensor, target: Tensor, edge_length: Tensor, edge_vector: Tensor | None
    ) -> Tensor:
        """See :class:`Encoder`."""
        first, *others = self.pre
        # A linear layer on a one-hot vector is a row lookup.
        x = F.relu(F.embedding(species, first.weight.t()) + first.bias)
        for layer in others:
            x = F.relu(layer(x))
        polynomials = self.basis(edge_length)
        degree = torch.zeros_like(x[:, 0]).index_add(0, target, torch.ones_like(edge_length))
        share = degree.clamp(min=1).reciprocal().unsqueeze(1)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            weight = self.basis.fold(convolution.edge_weight)
            x = norm(convolution(x, source, target, polynomials, weight, share))
        return x


class _Convolution(nn.Module):
    """One convolution; the two gates' weights are stacked: rows [filter, core], columns [x_i, x_j, g]."""

    def __init__(self, channels: int, gaussians: int) -> None:
        super().__init__()
        self.channels = channels
        self.gates = nn.Linear(2 * channels + gaussians, 2 * channels)

    @property
    def edge_weight(self) -> Tensor:
        return self.gates.weight[:, 2 * self.channels :]

    def forward(
        self, x: Tensor, source: Tensor, target: Tensor, polynomials: Tensor, weight: Tensor, share: Tensor
    ) -> Tensor:
        c = self.channels
        # The node part of W z is made once for each node, not once for each edge.
        at_target = F.linear(x, self.gates.weight[:, :c], self.gates.bias)  # [N, 2F]
        at_source = F.linear(x, self.gates.weight[:, c : 2 * c])  # [N, 2F]
        z = at_target.index_select(0, target) + at_source.index_select(0, source) + polynomials @ weight.t()
        message = torch.sigmoid(z[:, :c]) * F.softplus(z[:, c:])  # [E, F]
        return x + torch.zeros_like(x).index_add(0, target, message) * share
