"""Clusters whose contents are means: by the formula, and what they reduce to."""

import pytest
import torch

from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.cluster_mean import ClusterMeanPooling
from gnnpool.pooling.mean import MeanPooling


def made(channels, **options):
    torch.manual_seed(0)
    pooling = ClusterMeanPooling(channels, **options).double()
    for p in pooling.parameters():
        torch.nn.init.normal_(p)
    return pooling


def by_the_formula(pooling: ClusterMeanPooling, x, graphs: GraphBatch):
    """The docstring, graph by graph."""
    vectors = []
    for g in range(graphs.num_graphs):
        own = (graphs.batch == g).nonzero().flatten()
        n, first = len(own), int(own[0])
        adjacency = torch.zeros(n, n, dtype=x.dtype)
        for source, target, length in zip(graphs.source, graphs.target, graphs.edge_length, strict=True):
            if graphs.batch[target] == g:
                adjacency[target - first, source - first] += torch.exp(-length / pooling.reach)
        adjacency /= adjacency.sum(1, keepdim=True).clamp(min=1e-300)
        s = torch.softmax(pooling.assign(x[own]), 1)
        c, content, links = s.sum(0) / n, s.t() @ x[own] / n, s.t() @ adjacency @ s / n
        mean, links = content / c[:, None], links / c[:, None]
        convolved = torch.relu(
            mean @ pooling.lin_root.weight.t()
            + links @ mean @ pooling.lin_rel.weight.t()
            + pooling.lin_root.bias
        )
        vectors.append((c[:, None] * (mean + convolved)).sum(0))
    return torch.stack(vectors)


@pytest.mark.parametrize("clusters", [1, 3])
def test_the_vector_is_that_of_the_formula(clusters, assorted, nodes):
    pooling, x = made(4, clusters=clusters, reach=2.0), nodes(assorted, 4)
    torch.testing.assert_close(pooling(x, assorted).x, by_the_formula(pooling, x, assorted))


def test_without_the_convolution_it_is_the_mean(assorted, nodes):
    pooling, x = made(4), nodes(assorted, 4)
    for layer in (pooling.lin_root, pooling.lin_rel):
        torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(pooling.lin_root.bias)
    torch.testing.assert_close(pooling(x, assorted).x, MeanPooling(4)(x, assorted).x)


def test_one_cluster_is_a_layer_after_the_mean(water, nodes):
    pooling, x = made(4, clusters=1), nodes(water, 4)
    mean = x.mean(0, keepdim=True)
    expected = mean + (pooling.lin_root(mean) + pooling.lin_rel(mean)).relu()
    torch.testing.assert_close(pooling(x, water).x, expected)


def test_an_empty_cluster_changes_nothing_and_is_finite(water, nodes):
    pooling, x = made(4, clusters=2).float(), nodes(water, 4).float()
    alone = made(4, clusters=1).float()
    alone.load_state_dict(
        {**pooling.state_dict(), "assign.weight": torch.zeros(1, 4), "assign.bias": torch.zeros(1)}
    )
    pooling.assign.bias.data[:] = torch.tensor([0.0, -1e4])  # its softmax is zero in float32
    torch.testing.assert_close(pooling(x, water).x, alone(x, water).x)
