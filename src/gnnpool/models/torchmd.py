"""The equivariant transformer of TorchMD-NET, as an encoder."""

import math
from itertools import islice, pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count
from gnnpool.errors import ConfigError
from gnnpool.models.base import Encoder

_ELEMENTS = 100


class _Edges(NamedTuple):
    """Edges, with the functions of their lengths that every layer uses.

    Args:
        source: Node where each edge starts, int64 ``[E]``.
        target: Node where each edge ends, int64 ``[E]``, ascending.
        shell: Shell of each edge, int64 ``[E]``.
        radial: Radial functions of the lengths of the shells ``[S, K]``, zero at the cutoff.
        envelope: Cosine cutoff of these lengths ``[S, 1]``.
        direction: Unit vector from target to source ``[E, 3]``.
    """

    source: Tensor
    target: Tensor
    shell: Tensor
    radial: Tensor
    envelope: Tensor
    direction: Tensor


class TorchMD(Encoder):
    r"""Attention over neighbors, with scalar features x and vector features v on each node.

    Linear layers with SiLU process the one-hot species z. A second embedding of the neighbors' species is
    then combined with the result; only this sum excludes an atom's own images:

    .. math:: x_i \leftarrow W_c \Big[x_i, \sum_{j \ne i} \mathrm{emb}(z_j) \odot \phi(d_{ij})
              (W_f e(d_{ij}) + b_f)\Big] + b_c, \qquad \phi(d) = \tfrac{1}{2}(1 + \cos \pi d / r)

    Attention layers follow; vectors start at zero. The result is the layer norm of x, which
    rotations, reflections and translations of the crystal leave unchanged.

    Args:
        cutoff: r, Å.
        channels: Channels F of the node embeddings.
        pre_layers: Linear layers before the attention layers, at least one.
        layers: Attention layers.
        heads: Attention heads, a divisor of channels.
        radial: Number K of radial functions.

    Raises:
        ConfigError: If the heads do not divide the channels.

    Shape:
        species ``[N]``, source, target and shell ``[E]``, shell_length ``[S]`` and edge_vector
        ``[E, 3]`` (Å, none of zero length) -> ``[N, F]``, or ``[N, layers F]`` with all_layers, the layer
        norm applied after each layer.

    Source:
        Thölke and De Fabritiis, "TorchMD-NET: Equivariant Transformers for Neural Network based
        Molecular Potentials", ICLR 2022, with MatDeepLearn's settings. The linear layers replace the
        published network's embedding of the species.
    """

    needs_vectors = True
    separable = True

    def __init__(
        self, *, cutoff: float, channels: Count, pre_layers: Count, layers: Count, heads: Count, radial: Count
    ) -> None:
        super().__init__(out_channels=channels, layers=layers)
        if channels % heads:
            raise ConfigError(f"torchmd: expected heads that divide the {channels} channels, found {heads}")
        self.cutoff = cutoff
        widths = [_ELEMENTS] + [channels] * pre_layers
        self.pre = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.radial = _ExpNormal(radial, cutoff=cutoff)
        self.neighborhood = _Neighborhood(channels, radial)
        self.attention = nn.ModuleList(
            _Attention(channels, heads, radial, first=i == 0, last=i == layers - 1) for i in range(layers)
        )
        self.norm = nn.LayerNorm(channels)

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
        length = shell_length.unsqueeze(1)  # [S, 1]
        envelope = 0.5 * (1 + torch.cos(math.pi * (length / self.cutoff).clamp(max=1)))
        direction = edge_vector / length.index_select(0, shell)  # type: ignore[arg-type]
        edges = _Edges(source, target, shell, self.radial(length) * envelope, envelope, direction)
        x = self.neighborhood(self._embed_species(species), species, edges)
        vectors, after_each = None, []
        for layer in self.attention:
            x, vectors = layer(x, vectors, edges)
            if self.all_layers:
                after_each.append(self.norm(x))
        return torch.cat(after_each, 1) if self.all_layers else self.norm(x)

    def _embed_species(self, species: Tensor) -> Tensor:
        """Apply the linear layers to all elements once and look up the rows of the nodes, ``[N, F]``."""
        first, *others = self.pre
        table = F.silu(first.weight.t() + first.bias)  # type: ignore[operator]  # of the identity: all one-hot vectors
        for layer in others:
            table = F.silu(layer(table))
        return table.index_select(0, species)


class _ExpNormal(nn.Module):
    r"""Trainable radial functions, Gaussian in the exponential of the length.

    .. math:: e_k(d) = \exp\left(-\beta_k (e^{-5 d / r} - \mu_k)^2\right)
    """

    def __init__(self, count: int, *, cutoff: float) -> None:
        super().__init__()
        self.decay = 5.0 / cutoff
        # As published: exp(-r) with r in Å, although exp(-5 d / r) never falls below exp(-5).
        lowest = math.exp(-cutoff)
        self.means = nn.Parameter(torch.linspace(lowest, 1.0, count))
        self.betas = nn.Parameter(torch.full((count,), (2 / count * (1 - lowest)) ** -2))

    def forward(self, length: Tensor) -> Tensor:
        """Lengths ``[S, 1]`` in Å -> ``[S, K]``."""
        return torch.exp(-self.betas * (torch.exp(-self.decay * length) - self.means).square())


class _Neighborhood(nn.Module):
    """Combines each node with the species around it, weighted by distance."""

    def __init__(self, channels: int, radial: int) -> None:
        super().__init__()
        self.species = nn.Embedding(_ELEMENTS, channels)
        self.filter = _xavier(radial, channels)
        self.combine = _xavier(2 * channels, channels)

    def forward(self, x: Tensor, species: Tensor, edges: _Edges) -> Tensor:
        other = (edges.source != edges.target).unsqueeze(1)
        weight = (self.filter(edges.radial) * edges.envelope).index_select(0, edges.shell) * other  # [E, F]
        message = self.species(species).index_select(0, edges.source) * weight
        return self.combine(torch.cat([x, _sum_at(edges.target, message, len(x))], dim=1))


class _Attention(nn.Module):
    r"""One attention layer.

    With h the layer norm of x, q, k, V linear in h, and D_k, D_V linear in the radial functions
    followed by SiLU, each head weights an edge by a sum over its channels (there is no softmax)

    .. math:: a_{ij} = \phi(d_{ij})\, \mathrm{silu}\big(\textstyle\sum q_i \odot k_j \odot D_k(d_{ij})\big)

    and the three channel blocks (s, p, t) of V_j * D_V(d_ij), for scalar, push and transport, give

    .. math:: y_i = \sum_j a_{ij} s_{ij}, \qquad w_i = \sum_j p_{ij} \hat r_{ij} + t_{ij} \odot v_j

    The blocks (A, B, C) linear in v_i and (o, m, g) linear in y_i update the node:

    .. math:: x_i \leftarrow x_i + o_i + m_i \odot \langle A v_i, B v_i \rangle, \qquad
              v_i \leftarrow v_i + w_i + g_i \odot C v_i

    The first layer's v is zero and the last layer's v is not read. The weights have the published shape
    in every layer, with the blocks ordered such that these two layers need only the leading ones; the
    other rows are not used, nor are the first layer's A, B, C.
    """

    def __init__(self, channels: int, heads: int, radial: int, *, first: bool, last: bool) -> None:
        super().__init__()
        self.channels, self.heads = channels, heads
        self.reads, self.writes = not first, not last
        carries = self.reads and self.writes
        self.value_blocks = 1 + self.writes + carries
        self.update_blocks = 1 + self.reads + carries
        self.mix_blocks = 2 + self.writes
        self.norm = nn.LayerNorm(channels)
        self.query = _xavier(channels, channels)
        self.key = _xavier(channels, channels)
        self.key_filter = _xavier(radial, channels)
        self.value = _xavier(channels, 3 * channels)
        self.value_filter = _xavier(radial, 3 * channels)
        self.mix = _xavier(channels, 3 * channels, bias=False)
        self.update = _xavier(channels, 3 * channels)

    def forward(self, x: Tensor, vectors: Tensor | None, edges: _Edges) -> tuple[Tensor, Tensor | None]:
        """Update scalars ``[N, F]`` and vectors ``[N, 3, F]``; vectors that are zero or not read are None."""
        y, w = self._receive(self.norm(x), vectors, edges)
        o, *gates = self._leading(self.update, y, self.update_blocks)
        x = x + o
        if self.reads:
            a, b, *c = self._leading(self.mix, vectors, self.mix_blocks)  # type: ignore[arg-type]
            x = x + gates[0] * (a * b).sum(1)
            if self.writes:
                w = vectors + w + gates[1].unsqueeze(1) * c[0]  # type: ignore[operator]
        return x, w

    def _receive(self, h: Tensor, vectors: Tensor | None, edges: _Edges) -> tuple[Tensor, Tensor | None]:
        """Sums y ``[N, F]`` and w ``[N, 3, F]`` of the incoming messages; w is None in the last layer."""
        value = self._leading(self.value, h, self.value_blocks)
        # Separate tensors, not blocks of one: the gradient of a block would be padded with zeros.
        blocks = zip(
            self.value_filter.weight.split(self.channels),
            self.value_filter.bias.split(self.channels),
            strict=True,
        )
        strength = [
            F.silu(F.linear(edges.radial, *block)).index_select(0, edges.shell)
            for block in islice(blocks, self.value_blocks)
        ]
        scalar = strength[0] * value[0].index_select(0, edges.source)
        message = (self._by_head(scalar) * self._weigh(h, edges).unsqueeze(2)).flatten(1)
        y = _sum_at(edges.target, message, len(h))
        if not self.writes:
            return y, None
        push = strength[1] * value[1].index_select(0, edges.source)
        message = push.unsqueeze(1) * edges.direction.unsqueeze(2)  # [E, 3, F]
        if self.reads:
            # t and v both belong to the source: compute their product once per node.
            carried = (value[2].unsqueeze(1) * vectors).index_select(0, edges.source)  # type: ignore[operator]
            message = torch.addcmul(message, strength[2].unsqueeze(1), carried)
        return y, _sum_at(edges.target, message, len(h))

    def _weigh(self, h: Tensor, edges: _Edges) -> Tensor:
        """Attention of each head on each edge, ``[E, heads]``."""
        query = self.query(h).index_select(0, edges.target)
        key = self.key(h).index_select(0, edges.source)
        strength = F.silu(self.key_filter(edges.radial)).index_select(0, edges.shell)
        score = self._by_head(query * key * strength).sum(2)
        return F.silu(score) * edges.envelope.index_select(0, edges.shell)

    def _by_head(self, x: Tensor) -> Tensor:
        """``[E, F]`` -> ``[E, heads, F / heads]``."""
        return x.view(len(x), self.heads, self.channels // self.heads)

    def _leading(self, linear: nn.Linear, x: Tensor, blocks: int) -> tuple[Tensor, ...]:
        """First blocks of F channels of a linear layer."""
        rows = blocks * self.channels
        bias = None if linear.bias is None else linear.bias[:rows]
        return F.linear(x, linear.weight[:rows], bias).split(self.channels, dim=-1)


def _xavier(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    """A linear layer with the published initialization: Xavier-uniform weights, zero biases."""
    linear = nn.Linear(inputs, outputs, bias=bias)
    nn.init.xavier_uniform_(linear.weight)
    if bias:
        nn.init.zeros_(linear.bias)
    return linear


def _sum_at(target: Tensor, message: Tensor, nodes: int) -> Tensor:
    """Sum the messages ``[E, ...]`` that arrive at each node, ``[N, ...]``."""
    return message.new_zeros(nodes, *message.shape[1:]).index_add(0, target, message)
