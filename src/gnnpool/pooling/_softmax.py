"""Softmax over the nodes of each graph."""

import torch
from torch import Tensor

from gnnpool.graphs.batch import Nodes


def softmax_over_nodes(score: Tensor, graphs: Nodes) -> Tensor:
    """Turn the scores of nodes into weights that sum to 1 in each graph.

    Padding the scores and applying torch's softmax is faster than gathering and scattering exponentials.

    Args:
        score: K scores for each node, ``[N, K]``.
        graphs: Which node belongs to which graph.

    Returns:
        Weights ``[N, K]``.
    """
    padded = graphs.to_dense(score, fill=-torch.inf)  # [G, M, K]
    weight = padded.transpose(1, 2).softmax(2).transpose(1, 2)
    return weight.flatten(0, 1).index_select(0, graphs.slot)
