"""Attention over the nodes with a recurrent query."""

import torch
from torch import Tensor, nn

from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling._softmax import softmax_over_nodes
from gnnpool.pooling.base import Pooled, Pooling


class Set2SetPooling(Pooling):
    r"""Some steps of attention over the nodes, each asking with what the last one found.

    .. math::
        q_t = \mathrm{LSTM}([q_{t-1}, r_{t-1}]), \quad
        \alpha_{i,t} = \mathrm{softmax}_{i \in g}(x_i \cdot q_t), \quad
        r_t = \sum_{i \in g} \alpha_{i,t} x_i, \quad
        h_g = [q_T, r_T]

    Only the query is recurrent: the nodes are never put in an order.

    Args:
        in_channels: Channels F of the node embeddings.
        steps: Number T of steps.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, 2 F])``.

    Source:
        Vinyals et al., Order Matters: Sequence to Sequence for Sets, ICLR 2016.
    """

    def __init__(self, in_channels: int, *, steps: int = 3) -> None:
        super().__init__(in_channels, out_channels=2 * in_channels)
        if steps < 1:
            raise ValueError(f"Set2SetPooling: expected steps >= 1, got {steps}")
        self.steps = steps
        self.lstm = nn.LSTMCell(2 * in_channels, in_channels)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """See :class:`Pooling`."""
        found = x.new_zeros(1, self.out_channels)
        memory = None
        for _ in range(self.steps):
            # The first query is the same for all graphs, so one row of it is enough.
            query, state = (t.expand(graphs.num_graphs, -1) for t in self.lstm(found, memory))
            memory = query, state
            score = (x * query.index_select(0, graphs.batch)).sum(1, keepdim=True)  # [N, 1]
            weighted = x * softmax_over_nodes(score, graphs)
            found = torch.cat([query, torch.zeros_like(query).index_add(0, graphs.batch, weighted)], 1)
        return Pooled(found)
