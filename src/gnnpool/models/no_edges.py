"""The control of message passing: layers on each atom alone."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count
from gnnpool.models.base import Encoder

_ELEMENTS = 100


class NoEdges(Encoder):
    r"""CGCNN without messages: the same layers and widths, each on one atom.

    .. math:: x_i \leftarrow \mathrm{BN}\big(x_i + \sigma(W_f x_i + b_f) \odot
              \mathrm{softplus}(W_s x_i + b_s)\big)

    Before these layers, linear layers with ReLU process the one-hot species. The embedding of an atom depends
    on its element alone, so a pooling sees the composition and nothing of the structure. What a pooling gains
    here, it does not gain from the environments of the atoms.

    Args:
        cutoff: Å, not used.
        channels: Channels F of the node embeddings.
        pre_layers: Linear layers before the gated layers.
        layers: Gated layers, in the place of convolutions.

    Shape:
        species ``[N]`` -> ``[N, F]``, or ``[N, layers F]`` with all_layers; edges are not read.

    Source:
        Ours: :class:`gnnpool.models.cgcnn.CGCNN` with z_ij = x_i.
    """

    def __init__(self, *, cutoff: float, channels: Count, pre_layers: Count, layers: Count) -> None:
        super().__init__(out_channels=channels, layers=layers)
        widths = [_ELEMENTS] + [channels] * pre_layers
        self.pre = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.gates = nn.ModuleList(nn.Linear(channels, 2 * channels) for _ in range(layers))
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
        x = F.relu(F.embedding(species, first.weight.t()) + first.bias)  # type: ignore[operator]
        for layer in others:
            x = F.relu(layer(x))
        after_each = []
        for gates, norm in zip(self.gates, self.norms, strict=True):
            open_, core = gates(x).chunk(2, 1)
            x = norm(x + torch.sigmoid(open_) * F.softplus(core))
            after_each.append(x)
        return torch.cat(after_each, 1) if self.all_layers else x
