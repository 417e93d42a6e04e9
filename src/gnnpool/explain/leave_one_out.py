"""Contributions of atoms: the prediction with an atom minus the prediction without it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gnnpool.explain.reduced import items_without, nodes_with_company, without_each
from gnnpool.graphs.batch import GraphBatch
from gnnpool.network import Network
from gnnpool.pooling.base import Pooling

# Nodes and edges of reduced graphs worked on at once: with 100 channels in float64 some 100 MB.
AT_ONCE = 2**17


@dataclass(frozen=True)
class Contributions:
    """Predictions of a network for some graphs, and the contributions of their atoms.

    Args:
        prediction: Of each graph, target unit, float64 ``[G]``.
        contribution: Of each node, target unit, float64 ``[N]``; missing where a graph has one node.
        weights: Of each node, ``[N, heads]``; None if the pooling offers none.
    """

    prediction: Tensor
    contribution: Tensor
    weights: Tensor | None


def leave_one_out(network: Network, graphs: GraphBatch, *, at_once: int = AT_ONCE) -> Contributions:
    r"""Leave every atom out of the pooling once.

    .. math:: c_i = f\big(\{x_j\}_{j \in g}\big) - f\big(\{x_j\}_{j \in g,\, j \neq i}\big)

    f is pooling and head. The encoder runs once, on whole graphs: the effect of atom i on the
    embeddings of its neighbors stays. Poolings that read edges receive those between the remaining
    nodes. Pooling and head compute in float64, because differences of nearly equal numbers are taken;
    they stay in float64.

    Args:
        network: On the CPU; it is put into evaluation mode.
        graphs: Whole graphs.
        at_once: Nodes and edges of reduced graphs to work on at once.

    Returns:
        Predictions and contributions, in the order of the graphs and their nodes.
    """
    network.eval()
    network.pooling.double()
    network.head.double()
    with torch.inference_mode():
        x = network.encoder(graphs).double()
        graphs = replace(graphs, shell_length=graphs.shell_length.double(), edge_vector=None)
        prediction = network.read_out(x, graphs).value
        contribution = torch.full_like(x[:, 0], torch.nan)
        for absent in _portions(graphs, at_once):
            node, reduced = without_each(graphs, absent)
            without = network.read_out(x.index_select(0, node), reduced).value
            whole = prediction.index_select(0, graphs.batch.index_select(0, absent))
            contribution[absent] = whole - without
        return Contributions(prediction, contribution, attention(network.pooling, x, graphs))


def attention(pooling: Pooling, x: Tensor, graphs: GraphBatch) -> Tensor | None:
    """Weights of the nodes, of poolings that have a method ``weights(x, graphs)``.

    Args:
        pooling: An operator, or several side by side in ``parts``.
        x: Node embeddings ``[N, F]``.
        graphs: Which node belongs to which graph, and the edges.

    Returns:
        ``[N, heads]``, operators with weights one after the other; None if there is no such operator.
    """
    parts = getattr(pooling, "parts", [pooling])
    found = [
        part.weights(x[:, -part.in_channels :], graphs)
        for part in parts
        if callable(getattr(part, "weights", None))
    ]
    return torch.cat(found, 1) if found else None


def _portions(graphs: GraphBatch, at_once: int) -> Iterator[Tensor]:
    """Portions of the nodes to leave out whose reduced graphs fit the memory; at least one node each."""
    absent = nodes_with_company(graphs)
    if not len(absent):
        return
    items = items_without(graphs, absent)
    # A node whose items begin in the same multiple of the limit belongs to the same portion.
    portion = (items.cumsum(0) - items) // at_once
    yield from absent.split(torch.unique_consecutive(portion, return_counts=True)[1].tolist())
