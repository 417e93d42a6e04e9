"""Operators against torch-geometric's, one graph at a time, with the same weights."""

import pytest
import torch
from torch_geometric.nn import MemPooling, aggr
from torch_geometric.nn.dense import DenseGraphConv, dense_diff_pool
from torch_geometric.utils import to_dense_adj

from gnnpool.pooling.dense_diff import DenseDiffPooling
from gnnpool.pooling.gmt import GMTPooling
from gnnpool.pooling.max import MaxPooling
from gnnpool.pooling.mean import MeanPooling
from gnnpool.pooling.memory import MemoryPooling
from gnnpool.pooling.min import MinPooling
from gnnpool.pooling.set2set import Set2SetPooling
from gnnpool.pooling.set_transformer import SetTransformerPooling
from gnnpool.pooling.std import StdPooling
from gnnpool.pooling.sum import SumPooling

CHANNELS = 12
TOLERANCE = {"rtol": 0, "atol": 1e-9}  # in float64, of numbers of order one


def compare(pooling, reference, graphs, x):
    """Values, auxiliary losses and gradients of the nodes, of all graphs at once and one by one."""
    mine, theirs = (x.clone().requires_grad_() for _ in range(2))
    pooled = pooling.double()(mine, graphs)
    expected, losses = zip(*(reference(part) for part in theirs.split(graphs.sizes.tolist())), strict=True)
    expected = torch.cat(expected)
    torch.testing.assert_close(pooled.x, expected, **TOLERANCE)
    weights = torch.linspace(-1, 1, expected.numel(), dtype=x.dtype).view_as(expected)
    scalars = [(pooled.x * weights).sum(), (expected * weights).sum()]
    if pooled.aux_loss is not None:
        torch.testing.assert_close(pooled.aux_loss, torch.stack(losses), **TOLERANCE)
        scalars = [scalars[0] + pooled.aux_loss.sum(), scalars[1] + sum(losses)]
    for scalar in scalars:
        scalar.backward()
    torch.testing.assert_close(mine.grad, theirs.grad, **TOLERANCE)


def aggregated(aggregation):
    """An aggregation as a function of the nodes of one graph."""
    aggregation = aggregation.double()
    return lambda x: (aggregation(x, torch.zeros(len(x), dtype=torch.int64), dim_size=1), None)


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        (MeanPooling, aggr.MeanAggregation),
        (SumPooling, aggr.SumAggregation),
        (MaxPooling, aggr.MaxAggregation),
        (MinPooling, aggr.MinAggregation),
    ],
)
def test_elementary_operators(kind, reference, assorted, nodes):
    compare(kind(CHANNELS), aggregated(reference()), assorted, nodes(assorted, CHANNELS))


def test_std(assorted, nodes):
    pooling = StdPooling(CHANNELS, eps=1e-30)
    x = nodes(assorted, CHANNELS)
    expected = aggr.StdAggregation()(x, assorted.batch)
    torch.testing.assert_close(pooling(x, assorted).x, expected, **TOLERANCE)


def test_set2set(assorted, nodes):
    reference = aggr.Set2Set(CHANNELS, processing_steps=3)
    pooling = Set2SetPooling(CHANNELS)
    pooling.lstm.load_state_dict({k.removesuffix("_l0"): v for k, v in reference.lstm.state_dict().items()})
    compare(pooling, aggregated(reference), assorted, nodes(assorted, CHANNELS))


@pytest.mark.parametrize(("seeds", "blocks", "heads"), [(1, 1, 4), (3, 2, 2)])
def test_set_transformer(seeds, blocks, heads, assorted, nodes):
    reference = aggr.SetTransformerAggregation(CHANNELS, seeds, blocks, blocks, heads=heads)
    pooling = SetTransformerPooling(
        CHANNELS, seeds=seeds, encoder_blocks=blocks, decoder_blocks=blocks, heads=heads
    )
    pooling.load_state_dict(nameless_blocks(reference))
    compare(pooling, aggregated(reference), assorted, nodes(assorted, CHANNELS))


def test_gmt(assorted, nodes):
    reference = aggr.GraphMultisetTransformer(CHANNELS, k=10, heads=4)
    pooling = GMTPooling(CHANNELS)
    pooling.load_state_dict(nameless_blocks(reference))
    compare(pooling, aggregated(reference), assorted, nodes(assorted, CHANNELS))


def nameless_blocks(reference):
    """Weights of a reference whose self-attention blocks wrap the one block that they are."""
    drop = {f"{k}.{i}.mab.": f"{k}.{i}." for k in ("encoders", "decoders") for i in range(2)}
    weights = {}
    for key, value in reference.state_dict().items():
        for old, new in drop.items():
            key = key.replace(old, new)
        weights[key] = value
    return weights


@pytest.mark.parametrize("heads", [1, 5])
def test_memory(heads, assorted, nodes):
    first = MemPooling(CHANNELS, CHANNELS, heads=heads, num_clusters=10, tau=2.0).double()
    second = MemPooling(CHANNELS, CHANNELS, heads=heads, num_clusters=1).double()
    pooling = MemoryPooling(CHANNELS, heads=heads, tau=2.0, aux_weight=0.7).double()
    with torch.no_grad():
        pooling.keys.copy_(first.k)
        pooling.head_weight.copy_(first.conv.weight.flatten())
        pooling.lin1.weight.copy_(first.lin.weight)
        pooling.lin2.weight.copy_(second.lin.weight)

    def reference(x):
        clusters, assignment = first(x)
        vector, _ = second(torch.nn.functional.leaky_relu(clusters))
        return vector.squeeze(1), 0.7 * MemPooling.kl_loss(assignment)

    compare(pooling, reference, assorted, nodes(assorted, CHANNELS))


def test_dense_diff(assorted, nodes):
    pooling = DenseDiffPooling(CHANNELS, clusters=6, link_weight=1.0, entropy_weight=1.0).double()
    convolutions = []
    for layer in (pooling.assign, pooling.embed, pooling.embed_clusters):
        width = layer.lin_rel.out_features
        convolutions.append(DenseGraphConv(CHANNELS, width, aggr="mean").double())
        convolutions[-1].load_state_dict(layer.state_dict())
    assign, embed, embed_clusters = convolutions
    edges = assorted.edge_index.split(edges_of(assorted), dim=1)
    firsts = iter(assorted.ptr.tolist())
    mine = iter(edges)

    def reference(x):
        sources_and_targets = next(mine) - next(firsts)
        # Rows are targets, so that a node hears from the sources of its edges.
        adjacency = to_dense_adj(sources_and_targets.flip(0), max_num_nodes=len(x)).clamp(max=1).double()
        s = assign(x, adjacency)
        x, adjacency, link, entropy = dense_diff_pool(embed(x, adjacency).relu(), adjacency, s)
        z = embed_clusters(x, adjacency).relu()
        vector, _, link_2, entropy_2 = dense_diff_pool(z, adjacency, x.new_zeros(1, 6, 1))
        return vector.squeeze(1), link + entropy + link_2 + entropy_2

    compare(pooling, reference, assorted, nodes(assorted, CHANNELS))


def edges_of(graphs):
    """Number of edges in each graph."""
    counts = torch.zeros(graphs.num_graphs, dtype=torch.int64)
    return counts.index_add(0, graphs.batch[graphs.target], torch.ones_like(graphs.target)).tolist()
