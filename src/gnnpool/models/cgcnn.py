"""The crystal graph convolutional network, as an encoder."""

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count, Positive
from gnnpool.graphs.features import FoldedGaussians
from gnnpool.models.base import Encoder

_ELEMENTS = 100


class CGCNN(Encoder):
    r"""Gated crystal graph convolutions with batch normalization.

    .. math:: x_i \leftarrow \mathrm{BN}\Big(x_i + \frac{1}{|\mathcal N(i)|} \sum_{j \in \mathcal N(i)}
              \sigma(W_f z_{ij} + b_f) \odot \mathrm{softplus}(W_s z_{ij} + b_s)\Big),
              \quad z_{ij} = [x_i, x_j, g(d_{ij})]

    For a node without edges the mean is zero. Before the convolutions, linear layers with ReLU
    process the one-hot species.

    Args:
        cutoff: Å, the range of the Gaussians g.
        channels: Channels F of the node embeddings.
        pre_layers: Linear layers before the convolutions.
        layers: Convolutions.
        gaussians: Number of Gaussians.
        gaussian_width: In units of the cutoff.

    Shape:
        species ``[N]``, source, target and shell ``[E]``, shell_length ``[S]`` (Å) -> ``[N, F]``, or
        ``[N, layers F]`` with all_layers.

    Source:
        Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018), with the mean over neighbors and the
        layer order of MatDeepLearn.
    """

    def __init__(
        self,
        *,
        cutoff: float,
        channels: Count,
        pre_layers: Count,
        layers: Count,
        gaussians: Count,
        gaussian_width: Positive,
    ) -> None:
        super().__init__(out_channels=channels, layers=layers)
        widths = [_ELEMENTS] + [channels] * pre_layers
        self.pre = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.basis = FoldedGaussians(gaussians, width=gaussian_width, cutoff=cutoff)
        self.convolutions = nn.ModuleList(_Convolution(channels, gaussians) for _ in range(layers))
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in range(layers))

    def embed(
        self,
        species: Tensor,
        source: Tensor,
        target: Tensor,
        shell: Tensor,
        shell_length: Tensor,
        edge_vector: Tensor | None,
    ) -> Tensor:
        """See :class:`Encoder`."""
        first, *others = self.pre
        # A linear layer on a one-hot vector is a row lookup.
        x = F.relu(F.embedding(species, first.weight.t()) + first.bias)  # type: ignore[operator]
        for layer in others:
            x = F.relu(layer(x))
        polynomials = self.basis(shell_length)
        degree = torch.zeros_like(x[:, 0]).index_add(0, target, x.new_ones(len(target)))
        share = degree.clamp(min=1).reciprocal().unsqueeze(1)
        after_each = []
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x, source, target, shell, polynomials, self.basis.fold, share))
            if self.all_layers:
                after_each.append(x)
        return torch.cat(after_each, 1) if self.all_layers else x


class _Convolution(nn.Module):
    """One convolution; the weights of both gates are stacked: rows [filter, core], columns [x_i, x_j, g]."""

    def __init__(self, channels: int, gaussians: int) -> None:
        super().__init__()
        self.channels, self.gaussians = channels, gaussians
        self.gates = nn.Linear(2 * channels + gaussians, 2 * channels)

    def forward(
        self,
        x: Tensor,
        source: Tensor,
        target: Tensor,
        shell: Tensor,
        polynomials: Tensor,
        fold: Callable[[Tensor], Tensor],
        share: Tensor,
    ) -> Tensor:
        def gate(weight: Tensor, bias: Tensor) -> Tensor:  # [E, F]
            # Compute each part of W z once per node or shell, not once per edge.
            on_target, on_source, on_edge = weight.split([self.channels, self.channels, self.gaussians], 1)
            at_target, at_source = F.linear(x, on_target, bias), F.linear(x, on_source)  # [N, F]
            z = at_target.index_select(0, target) + at_source.index_select(0, source)
            return z + (polynomials @ fold(on_edge)).index_select(0, shell)

        # Two tensors, not two halves of one: the gradient of a half would be padded with zeros.
        open_, core = map(gate, self.gates.weight.chunk(2), self.gates.bias.chunk(2))
        message = torch.sigmoid(open_) * F.softplus(core)  # [E, F]
        return x + torch.zeros_like(x).index_add(0, target, message) * share
