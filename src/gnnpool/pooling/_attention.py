"""Attention blocks of the set transformers, on nodes that are padded only where they must be."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.graphs.batch import GraphBatch


class AttentionBlock(nn.Module):
    r"""Multi-head attention and one linear layer, both with a shortcut, without normalization.

    .. math:: h = x + \mathrm{Attention}(x, y, y), \quad \mathrm{block}(x, y) = h + \mathrm{relu}(W h + b)

    Weights have the names and initial values of torch.nn.MultiheadAttention. What is linear is
    computed on the N nodes; only scores and values are padded to the largest graph. Scores are
    plain matrix products, since the fused kernels of a GPU give other bits in each backward pass.

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

    def among_nodes(self, x: Tensor, graphs: GraphBatch) -> Tensor:
        """Let the nodes of each graph attend to each other: block(x, x), ``[N, F]`` -> ``[N, F]``."""
        projected = graphs.to_dense(F.linear(x, self.attn.in_proj_weight, self.attn.in_proj_bias))
        found = self._attend(*projected.chunk(3, 2), absent=~graphs.mask)  # [G, M, F]
        return self._finish(x, found.flatten(0, 1).index_select(0, graphs.slot))

    def over_nodes(self, seeds: Tensor, x: Tensor, graphs: GraphBatch) -> Tensor:
        """Let seeds attend to the nodes of each graph: ``[1, K, F]`` and ``[N, F]`` -> ``[G, K, F]``."""
        query, key_value = self._project(seeds, x)
        key, value = graphs.to_dense(key_value).chunk(2, 2)
        return self._finish(seeds, self._attend(query, key, value, absent=~graphs.mask))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Let x attend to y, both without padding: ``[G or 1, K, F]`` and ``[G, M, F]`` -> ``[G, K, F]``."""
        query, key_value = self._project(x, y)
        return self._finish(x, self._attend(query, *key_value.chunk(2, -1)))

    def _project(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        weight, bias, channels = self.attn.in_proj_weight, self.attn.in_proj_bias, x.shape[-1]
        query = F.linear(x, weight[:channels], bias[:channels])
        return query, F.linear(y, weight[channels:], bias[channels:])

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, *, absent: Tensor | None = None) -> Tensor:
        query, key, value = (t.unflatten(2, (self.heads, -1)).transpose(1, 2) for t in (query, key, value))
        score = (query * query.shape[-1] ** -0.5) @ key.transpose(2, 3)  # [G, heads, K, M]
        if absent is not None:
            score = score.masked_fill(absent[:, None, None, :], -torch.inf)
        return (score.softmax(3) @ value).transpose(1, 2).flatten(2)  # [G, K, F]

    def _finish(self, x: Tensor, found: Tensor) -> Tensor:
        h = x + self.attn.out_proj(found)
        return h + self.lin(h).relu()


class SeedAttention(nn.Module):
    r"""Learned seeds that gather the nodes of each graph.

    .. math:: \mathrm{gather}(x) = \mathrm{block}(S, \mathrm{relu}(W x + b))

    Args:
        channels: F.
        seeds: Number K of seeds S, ``[K, F]``.
        heads: Must divide F.

    Source:
        "Pooling by multihead attention" of Lee et al., Set Transformer, ICML 2019.
    """

    def __init__(self, channels: int, *, seeds: int, heads: int) -> None:
        super().__init__()
        self.lin = nn.Linear(channels, channels)
        self.seed = nn.Parameter(torch.empty(1, seeds, channels))
        self.mab = AttentionBlock(channels, heads)
        nn.init.xavier_uniform_(self.seed)

    def over_nodes(self, x: Tensor, graphs: GraphBatch) -> Tensor:
        """Gather the nodes of each graph: ``[N, F]`` -> ``[G, K, F]``."""
        return self.mab.over_nodes(self.seed, self.lin(x).relu(), graphs)

    def forward(self, x: Tensor) -> Tensor:
        """Gather the same number of items in each graph: ``[G, M, F]`` -> ``[G, K, F]``."""
        return self.mab(self.seed, self.lin(x).relu())
