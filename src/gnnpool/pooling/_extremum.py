"""Largest or smallest values over the nodes, with a backward pass several times faster than torch's."""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from gnnpool.graphs.batch import Nodes


def extremum_over_nodes(x: Tensor, graphs: Nodes, reduce: str) -> Tensor:
    """Largest or smallest value of each channel over the nodes of each graph.

    Nodes with the same extreme value receive equal parts of its gradient.

    Args:
        x: Node embeddings ``[N, F]``.
        graphs: Which node belongs to which graph.
        reduce: "amax" or "amin".

    Returns:
        ``[G, F]``.
    """
    return _Extremum.apply(x, graphs.batch, graphs.num_graphs, reduce)


class _Extremum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, batch: Tensor, num_graphs: int, reduce: str) -> Tensor:
        index = batch.unsqueeze(1).expand_as(x)
        extreme = x.new_zeros(num_graphs, x.shape[1]).scatter_reduce(0, index, x, reduce, include_self=False)
        ctx.save_for_backward(x, batch, extreme)
        return extreme

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, batch, extreme = ctx.saved_tensors  # type: ignore[attr-defined]
        # In place the comparison yields numbers 0 and 1; a boolean tensor takes several times as long.
        hit = extreme.index_select(0, batch).eq_(x)
        hits = torch.zeros_like(extreme).index_add_(0, batch, hit)
        return (gradient / hits).index_select(0, batch).mul_(hit), None, None, None
