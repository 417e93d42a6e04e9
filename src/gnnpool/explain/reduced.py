"""Crystals with one atom left out, many of them side by side."""

import torch
from torch import Tensor

from gnnpool.graphs.batch import GraphBatch


def nodes_with_company(graphs: GraphBatch) -> Tensor:
    """Nodes of graphs with more than one node, which can be left out, int64 ``[A]``, ascending."""
    return torch.nonzero(graphs.sizes.index_select(0, graphs.batch) > 1).squeeze(1)


def items_without(graphs: GraphBatch, absent: Tensor) -> Tensor:
    """Number of nodes and edges in the graph of each absent node, int64 ``[A]``."""
    graph = graphs.batch.index_select(0, absent)
    return (graphs.sizes + _edge_counts(graphs)).index_select(0, graph)


def without_each(graphs: GraphBatch, absent: Tensor) -> tuple[Tensor, GraphBatch]:
    """Leave out one node at a time: a graph of its own for each absent node.

    Nodes keep their order, and so do the edges between those that remain. No loop runs over nodes.

    Args:
        graphs: The whole graphs.
        absent: Nodes to leave out, one in each reduced graph, int64 ``[A]``, as
            :func:`nodes_with_company` lists them, or some of these.

    Returns:
        Which node of ``graphs`` each node of the reduced graphs is, int64 ``[N']``, and the reduced
        graphs, A of them, without edge vectors.
    """
    graph = graphs.batch.index_select(0, absent)
    sizes = graphs.sizes.index_select(0, graph)
    owner, node = _spread(sizes, graphs.ptr.index_select(0, graph))
    here = node != absent.index_select(0, owner)
    owner, node = owner[here], node[here]

    counts = _edge_counts(graphs)
    first_edge = counts.cumsum(0) - counts
    own, edge = _spread(counts.index_select(0, graph), first_edge.index_select(0, graph))
    source, target = graphs.source.index_select(0, edge), graphs.target.index_select(0, edge)
    gone = absent.index_select(0, own)
    here = (source != gone) & (target != gone)
    own, edge, source, target, gone = own[here], edge[here], source[here], target[here], gone[here]
    # A node moves up by the nodes before its graph, and by one more if it comes after the absent one.
    before = (sizes - 1).cumsum(0) - (sizes - 1) - graphs.ptr.index_select(0, graph)
    before = before.index_select(0, own)
    reduced = GraphBatch(
        species=graphs.species.index_select(0, node),
        source=source + before - (source > gone).long(),
        target=target + before - (target > gone).long(),
        shell=graphs.shell.index_select(0, edge),
        shell_length=graphs.shell_length,
        edge_vector=None,
        batch=owner,
        sizes=sizes - 1,
        num_graphs=len(absent),
        max_nodes=int(sizes.max()) - 1,
    )
    return node, reduced


def _edge_counts(graphs: GraphBatch) -> Tensor:
    """Edges of each graph, int64 ``[G]``; they are sorted by target, and so by graph."""
    return torch.bincount(graphs.batch.index_select(0, graphs.target), minlength=graphs.num_graphs)


def _spread(counts: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
    """Owner of each item, and its place, where owner k has ``counts[k]`` items from ``first[k]`` on."""
    owner = torch.repeat_interleave(counts)
    start = counts.cumsum(0) - counts
    return owner, torch.arange(len(owner)) - (start - first).index_select(0, owner)
