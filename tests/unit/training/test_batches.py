import numpy as np
import pytest
import torch

from gnnpool.errors import DataError
from gnnpool.graphs.file import GraphSet, read_graphs
from gnnpool.training.batches import DeviceGraphs, cut

CPU = torch.device("cpu")


@pytest.fixture
def graphs(salts):
    return read_graphs(salts / "graphs.safetensors")


def test_a_batch_holds_the_chosen_graphs_in_the_chosen_order(graphs, rng):
    device_graphs = DeviceGraphs(graphs, device=CPU, vectors=True)
    vectors = graphs.edge_vectors()
    chosen = rng.permutation(len(graphs))[:7]
    batch, target = device_graphs.batch(chosen)
    np.testing.assert_allclose(target, graphs.targets[chosen], rtol=1e-6)
    node = edge = 0
    for place, g in enumerate(chosen):
        nodes = slice(graphs.node_ptr[g], graphs.node_ptr[g + 1])
        edges = slice(graphs.edge_ptr[g], graphs.edge_ptr[g + 1])
        n, e = nodes.stop - nodes.start, edges.stop - edges.start
        assert (batch.batch[node : node + n] == place).all()
        np.testing.assert_array_equal(batch.species[node : node + n] + 1, graphs.numbers[nodes])
        np.testing.assert_array_equal(batch.source[edge : edge + e], graphs.source[edges].astype(int) + node)
        np.testing.assert_array_equal(batch.target[edge : edge + e], graphs.target[edges].astype(int) + node)
        np.testing.assert_array_equal(batch.edge_vector[edge : edge + e], vectors[edges])
        node, edge = node + n, edge + e
    assert (batch.num_nodes, len(batch.source)) == (node, edge)
    assert batch.num_graphs == 7
    assert batch.max_nodes == int(batch.sizes.max())
    assert (batch.target.diff() >= 0).all()


def test_the_length_of_an_edge_is_that_of_its_vector(graphs):
    np.testing.assert_allclose(np.linalg.norm(graphs.edge_vectors(), axis=1), graphs.length, atol=2e-6)


def test_padding_puts_every_node_into_its_graph(graphs):
    batch, _ = DeviceGraphs(graphs, device=CPU, vectors=False).batch(np.array([3, 0, 5]))
    dense = batch.to_dense(batch.species.float().unsqueeze(1) + 1)
    assert dense.shape == (3, batch.max_nodes, 1)
    assert torch.equal(dense.squeeze(2) > 0, batch.mask)
    assert torch.equal(dense[batch.mask].flatten(), batch.species + 1.0)


def test_the_dense_adjacency_is_one_however_many_edges_join_two_nodes(graphs):
    batch, _ = DeviceGraphs(graphs, device=CPU, vectors=False).batch(np.arange(4))
    adjacency = batch.dense_adjacency
    assert set(adjacency.unique().tolist()) <= {0.0, 1.0}
    pairs = {(int(s), int(t)) for s, t in zip(batch.source, batch.target, strict=True)}
    assert len(pairs) < len(batch.source)
    assert adjacency.sum() == len(pairs)


@pytest.mark.parametrize(
    ("count", "sizes"), [(20, [10, 10]), (21, [10, 11]), (22, [10, 10, 2]), (1, [1]), (9, [9])]
)
def test_a_last_batch_of_one_graph_joins_the_one_before(count, sizes):
    index = np.arange(count)
    batches = cut(index, 10)
    assert [len(b) for b in batches] == sizes
    np.testing.assert_array_equal(np.concatenate(batches), index)


def test_a_graph_without_nodes_is_refused(graphs):
    emptied = {**vars(graphs), "node_ptr": np.concatenate([[0], graphs.node_ptr])}
    emptied["edge_ptr"] = np.concatenate([[0], graphs.edge_ptr])
    with pytest.raises(DataError, match="dataset salts: graph 0 has no node"):
        DeviceGraphs(GraphSet(**emptied), device=CPU, vectors=False)


def test_an_edge_without_length_is_refused(graphs):
    length = graphs.length.copy()
    length[5] = 0
    with pytest.raises(DataError, match="dataset salts: edge 5 has length 0"):
        DeviceGraphs(GraphSet(**{**vars(graphs), "length": length}), device=CPU, vectors=False)
