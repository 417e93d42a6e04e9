"""Attention blocks of the set transformers; nodes are padded only where a product needs it."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.graphs.batch import Nodes


class AttentionBlock(nn.Module):
    r"""Multi-head attention and one linear layer, both with a residual connection, without normalization.

    .. math:: h = x + \mathrm{Attention}(x, y, y), \quad \mathrm{block}(x, y) = h + \mathrm{relu}(W h + b)

    Weights have the names and initial values of torch.nn.MultiheadAttention. Scores are plain matrix
    products, because the backward pass of fused GPU kernels is not deterministic. As in PyG, x is added
    as it is and scores are divided by the root of F / heads; the authors add the projected query and
    divide by the root of F.

    Args:
        channels: F.
        heads: Must divide F.

    Raises:
        ValueError: If it does not.

    Source:
        Lee et al., Set Transformer, ICML 2019.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        if heads < 1 or channels % heads:
            raise ValueError(f"heads: expected a divisor of the {channels} channels, got {heads}")
        self.heads = heads
        self.attn = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.lin = nn.Linear(channels, channels)

    def among_nodes(self, x: Tensor, graphs: Nodes) -> Tensor:
        """Let the nodes of each graph attend to each other: block(x, x), ``[N, F]`` -> ``[N, F]``."""
        projected = graphs.to_dense(F.linear(x, self.attn.in_proj_weight, self.attn.in_proj_bias))
        attended = self._attend(projected, absent=~graphs.mask)  # [G, M, F]
        return self._finish(x, attended.flatten(0, 1).index_select(0, graphs.slot))

    def forward(self, x: Tensor) -> Tensor:
        """Let items attend to each other, the same number in each graph, ``[G, K, F]`` -> ``[G, K, F]``."""
        return self._finish(x, self._attend(F.linear(x, self.attn.in_proj_weight, self.attn.in_proj_bias)))

    def over_nodes(self, seeds: Tensor, x: Tensor, graphs: Nodes) -> Tensor:
        """Let seeds attend to the nodes of each graph: ``[K, F]`` and ``[N, F]`` -> ``[G, K, F]``."""
        return self._attend_from(seeds, x, graphs.to_dense)

    def over(self, seeds: Tensor, y: Tensor) -> Tensor:
        """Let seeds attend to the items of each graph: ``[K, F]`` and ``[G, M, F]`` -> ``[G, K, F]``."""
        return self._attend_from(seeds, y, lambda y, fill: y)

    def _attend(self, projected: Tensor, *, absent: Tensor | None = None) -> Tensor:
        """Attention among projected items ``[G, M, 3 F]``, ``[G, M, F]``."""
        query, key, value = projected.unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        score = (query * query.shape[-1] ** -0.5) @ key.transpose(2, 3)  # [G, heads, M, M]
        if absent is not None:
            score = score.masked_fill(absent[:, None, None, :], -torch.inf)
        return (score.softmax(3) @ value).transpose(1, 2).flatten(2)

    def _attend_from(self, seeds: Tensor, y: Tensor, pad: Callable[..., Tensor]) -> Tensor:
        """Let seeds attend to items y, which ``pad`` turns into ``[G, M, ...]``."""
        channels = y.shape[-1]
        weight, bias = self.attn.in_proj_weight[2 * channels :], self.attn.in_proj_bias[2 * channels :]
        score = pad(F.linear(y, self._directions(seeds)), fill=-torch.inf)  # [G, M, heads K]
        share = score.transpose(1, 2).softmax(2)  # [G, heads K, M]
        if len(seeds) == 1:
            # Values are linear in the items, so project the few weighted sums instead of all items.
            by_head = weight.unflatten(0, (self.heads, -1))
            attended = torch.einsum("ghf,hdf->ghd", share @ pad(y, fill=0.0), by_head).flatten(1) + bias
            return self._finish(seeds, attended.unsqueeze(1))
        value = pad(F.linear(y, weight, bias), fill=0.0).unflatten(2, (self.heads, -1)).transpose(1, 2)
        attended = (share.unflatten(1, (self.heads, -1)) @ value).transpose(1, 2).flatten(2)
        return self._finish(seeds, attended)

    def _directions(self, seeds: Tensor) -> Tensor:
        """Vectors whose products with an item are its scores, ``[heads K, F]``.

        Queries are the same for all graphs, so multiply them with the weights of the keys once instead
        of computing keys. The keys' bias adds a constant to all scores, which softmax cancels.
        """
        weight, bias, channels = self.attn.in_proj_weight, self.attn.in_proj_bias, seeds.shape[1]
        query = F.linear(seeds, weight[:channels], bias[:channels]).unflatten(1, (self.heads, -1))
        query = (query * query.shape[-1] ** -0.5).transpose(0, 1)  # [heads, K, F / heads]
        return (query @ weight[channels : 2 * channels].unflatten(0, (self.heads, -1))).flatten(0, 1)

    def _finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """Output projection, residual connections and the linear layer, in the shape of ``attended``."""
        h = x + self.attn.out_proj(attended)
        return h + self.lin(h).relu()


class SeedAttention(nn.Module):
    r"""Learned seeds that attend to the nodes of each graph.

    .. math:: \mathrm{gather}(x) = \mathrm{block}(S, \mathrm{relu}(W x + b))

    Args:
        channels: F.
        seeds: Number K of seeds S, ``[K, F]``.
        heads: Must divide F.

    Source:
        "Pooling by multihead attention" of Lee et al., Set Transformer, ICML 2019. The linear layer with
        ReLU is in the paper and in PyG, but not in the authors' code.
    """

    def __init__(self, channels: int, *, seeds: int, heads: int) -> None:
        super().__init__()
        self.lin = nn.Linear(channels, channels)
        self.seed = nn.Parameter(torch.empty(1, seeds, channels))
        self.mab = AttentionBlock(channels, heads)
        nn.init.xavier_uniform_(self.seed)

    def over_nodes(self, x: Tensor, graphs: Nodes) -> Tensor:
        """Attend to the nodes of each graph: ``[N, F]`` -> ``[G, K, F]``."""
        return self.mab.over_nodes(self.seed.squeeze(0), self.lin(x).relu(), graphs)

    def forward(self, x: Tensor) -> Tensor:
        """Attend to the same number of items in each graph: ``[G, M, F]`` -> ``[G, K, F]``."""
        return self.mab.over(self.seed.squeeze(0), self.lin(x).relu())
