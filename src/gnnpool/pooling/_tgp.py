"""Any pooler of torch-geometric-pool, followed by the mean over its clusters, as a pooling."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from tgp.poolers import pooler_map
from tgp.src import SRCPooling
from torch import Tensor

from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling._laws import pooled_channels
from gnnpool.pooling._options import construct
from gnnpool.pooling.base import Pooled, Pooling


class TGPPooling(Pooling):
    r"""A pooler of torch-geometric-pool: nodes to clusters, then the mean over the clusters of a graph.

    .. math:: h_g = \tfrac{1}{K_g} \sum_k x'_k

    The pooler receives every pair of joined nodes once, however many edges join them. Its losses are one
    number for the batch, assigned to every graph; their weights are options of the pooler.

    Args:
        in_channels: Channels F of the node embeddings.
        pooler: From tgp.poolers.
        what: Pooling and pooler, for messages.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, D], aux_loss=[G] or None)``; D is measured on small graphs.

    Source:
        The torch-geometric-pool library of Bianchi, Marisca and Abate, and the sources in the
        documentation of the pooler.
    """

    needs_edges = True

    def __init__(self, in_channels: int, pooler: SRCPooling, *, what: str) -> None:
        super().__init__(in_channels, out_channels=0)
        self.pooler = pooler
        self.out_channels = pooled_channels(self, what=what)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:  # type: ignore[override]
        """See :class:`Pooling`."""
        graph, row, column = graphs.dense_adjacency.nonzero(as_tuple=True)
        edges = torch.stack([row, column]) + graphs.ptr.index_select(0, graph)
        # Some poolers replace missing weights by float32 ones.
        out = self.pooler(x=x, adj=edges, edge_weight=x.new_ones(len(graph)), batch=graphs.batch)
        if out.x.dim() == 3:
            present = out.x.new_ones(out.x.shape[:2]) if out.mask is None else out.mask.to(x.dtype)  # [G, K]
            total, count = (out.x * present.unsqueeze(2)).sum(1), present.sum(1)
        else:
            zeros = out.x.new_zeros(graphs.num_graphs, out.x.shape[1])
            total = zeros.index_add(0, out.batch, out.x)
            count = zeros[:, 0].index_add(0, out.batch, torch.ones_like(out.x[:, 0]))
        loss = sum(out.loss.values()).expand(graphs.num_graphs) if out.has_loss else None
        return Pooled(total / count.unsqueeze(1), loss)


def build_tgp(name: str, options: Mapping[str, Any], *, in_channels: int, what: str) -> TGPPooling:
    """Build a pooling from a pooler's name.

    Args:
        name: As in the library, such as "mincut".
        options: Keyword arguments of its constructor.
        in_channels: Channels F of the node embeddings.
        what: Pooling and pooler, for messages.

    Returns:
        The pooling.

    Raises:
        TypeError: If an option is unknown or missing.
        ConfigError: If it needs another package, or fails on small graphs.
    """
    kind = pooler_map[name]
    width = {"in_channels": in_channels} if "in_channels" in inspect.signature(kind).parameters else {}
    return TGPPooling(in_channels, construct(kind, {**width, **options}, what=what), what=what)
