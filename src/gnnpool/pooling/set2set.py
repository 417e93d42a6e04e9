"""Attention over the nodes with a recurrent query."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count
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

    def __init__(self, in_channels: int, *, steps: Count = 3) -> None:
        super().__init__(in_channels, out_channels=2 * in_channels)
        if steps < 1:
            raise ValueError(f"Set2SetPooling: expected steps >= 1, got {steps}")
        self.steps = steps
        self.lstm = nn.LSTMCell(2 * in_channels, in_channels)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """See :class:`Pooling`."""
        # A query is both output and input of the cell, so that what multiplies it is one sum of weights.
        weight = self.lstm.weight_ih + F.pad(self.lstm.weight_hh, (0, self.in_channels))
        on_query, on_found = weight.split(self.in_channels, 1)
        bias = self.lstm.bias_ih + self.lstm.bias_hh
        # The first query is the same for all graphs, so one row of it is enough.
        query, memory = _cell(bias.unsqueeze(0), 0.0)
        found = _read(x, query, graphs)
        for _ in range(self.steps - 1):
            gates = torch.addmm(F.linear(query, on_query, bias), found, on_found.t())
            query, memory = _cell(gates, memory)
            found = _read(x, query, graphs)
        return Pooled(torch.cat([query.expand(graphs.num_graphs, -1), found], 1))


def _cell(gates: Tensor, memory: Tensor | float) -> tuple[Tensor, Tensor]:
    """Output and memory of the LSTM's cell, given the sums ``[G, 4 F]`` that its gates take."""
    take, keep, new, show = gates.chunk(4, 1)
    memory = keep.sigmoid() * memory + take.sigmoid() * new.tanh()
    return show.sigmoid() * memory.tanh(), memory


def _read(x: Tensor, query: Tensor, graphs: GraphBatch) -> Tensor:
    """Mean of the nodes of each graph, weighted by attention to its query: ``[1 or G, F]`` -> ``[G, F]``."""
    asked = query.expand(graphs.num_graphs, -1).index_select(0, graphs.batch)
    weighted = x * softmax_over_nodes((x * asked).sum(1, keepdim=True), graphs)
    return x.new_zeros(graphs.num_graphs, x.shape[1]).index_add(0, graphs.batch, weighted)
