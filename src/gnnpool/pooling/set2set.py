"""Attention over the nodes with a recurrent query."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gnnpool.bounds import Count
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._softmax import softmax_over_nodes
from gnnpool.pooling.base import Pooled, Pooling


class Set2SetPooling(Pooling):
    r"""Repeated attention to the nodes; each query depends on the result of the step before.

    .. math::
        q_t = \mathrm{LSTM}([q_{t-1}, r_{t-1}]), \quad
        \alpha_{i,t} = \mathrm{softmax}_{i \in g}(x_i \cdot q_t), \quad
        r_t = \sum_{i \in g} \alpha_{i,t} x_i, \quad
        h_g = [q_T, r_T]

    Only the query is recurrent, so the order of the nodes has no effect.

    Args:
        in_channels: Channels F of the node embeddings.
        steps: Number T of steps.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, 2 F])``.

    Source:
        Vinyals et al., Order Matters: Sequence to Sequence for Sets, ICLR 2016.
    """

    sees_size = False

    def __init__(self, in_channels: int, *, steps: Count = 3) -> None:
        super().__init__(in_channels, out_channels=2 * in_channels)
        if steps < 1:
            raise ValueError(f"Set2SetPooling: expected steps >= 1, got {steps}")
        self.steps = steps
        self.lstm = nn.LSTMCell(2 * in_channels, in_channels)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        # A query is both state and input of the cell, so add the two weight matrices that multiply it.
        weight = self.lstm.weight_ih + F.pad(self.lstm.weight_hh, (0, self.in_channels))
        on_query, on_attended = weight.split(self.in_channels, 1)
        bias = self.lstm.bias_ih + self.lstm.bias_hh
        # The first query is the same for all graphs, so one row is enough.
        query, memory = _cell(bias.unsqueeze(0), 0.0)
        attended = _attend(x, query, graphs)
        for _ in range(self.steps - 1):
            gates = torch.addmm(F.linear(query, on_query, bias), attended, on_attended.t())
            query, memory = _cell(gates, memory)
            attended = _attend(x, query, graphs)
        return Pooled(torch.cat([query.expand(graphs.num_graphs, -1), attended], 1))


def _cell(gates: Tensor, memory: Tensor | float) -> tuple[Tensor, Tensor]:
    """Output and cell state of the LSTM, ``[G, F]`` each, from its gates before activation, ``[G, 4 F]``."""
    input_, forget, candidate, output = gates.chunk(4, 1)
    memory = forget.sigmoid() * memory + input_.sigmoid() * candidate.tanh()
    return output.sigmoid() * memory.tanh(), memory


def _attend(x: Tensor, query: Tensor, graphs: Nodes) -> Tensor:
    """Mean of the nodes of each graph, weighted by attention to its query: ``[1 or G, F]`` -> ``[G, F]``."""
    query_of_node = query.expand(graphs.num_graphs, -1).index_select(0, graphs.batch)
    weighted = x * softmax_over_nodes((x * query_of_node).sum(1, keepdim=True), graphs)
    return x.new_zeros(graphs.num_graphs, x.shape[1]).index_add(0, graphs.batch, weighted)
