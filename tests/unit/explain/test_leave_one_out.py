"""Contributions with known answers."""

import pytest
import torch
from torch import nn

from gnnpool.explain.leave_one_out import leave_one_out
from gnnpool.graphs.batch import GraphBatch
from gnnpool.heads import Head
from gnnpool.network import Network
from gnnpool.pooling.build import build_pooling

CHANNELS = 4


class Given(nn.Module):
    """An encoder whose embeddings are given."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def forward(self, graphs):
        return self.x


def graphs_of_sizes(*sizes):
    sizes = torch.tensor(sizes)
    none = torch.zeros(0, dtype=torch.long)
    return GraphBatch(
        species=torch.zeros(int(sizes.sum()), dtype=torch.long),
        source=none,
        target=none,
        shell=none,
        shell_length=torch.zeros(0),
        edge_vector=None,
        batch=torch.arange(len(sizes)).repeat_interleave(sizes),
        sizes=sizes,
        num_graphs=len(sizes),
        max_nodes=int(sizes.max()),
    )


@pytest.fixture
def explain():
    """Explain graphs of some sizes with a linear head; gives embeddings, network and what is found."""

    def explain(pooling, *sizes, entry=None, **options):
        torch.manual_seed(3)
        graphs = graphs_of_sizes(*sizes)
        x = torch.randn(graphs.num_nodes, CHANNELS)
        pool = build_pooling(pooling, entry, CHANNELS)
        network = Network(Given(x), pool, Head([pool.out_channels], activation="relu"))
        return x.double(), network, leave_one_out(network, graphs, **options)

    return explain


def test_under_a_sum_and_a_linear_head_contributions_add_up_to_the_prediction_less_the_bias(explain):
    _, network, found = explain("sum", 3, 5)
    first, second = found.contribution.split([3, 5])
    expected = found.prediction - network.head.last.bias
    torch.testing.assert_close(torch.stack([first.sum(), second.sum()]), expected)


def test_under_a_mean_an_atom_contributes_its_distance_from_the_others(explain):
    x, network, found = explain("mean", 4)
    others = (x.sum(0) - x) / 3
    expected = (x.mean(0) - others) @ network.head.last.weight[0]
    torch.testing.assert_close(found.contribution, expected)
    torch.testing.assert_close(found.contribution.sum(), torch.zeros((), dtype=torch.float64))


def test_under_a_maximum_only_atoms_with_a_maximal_channel_contribute(explain):
    x, _, found = explain("max", 9)
    greatest = set(x.argmax(0).tolist())
    assert {i for i, c in enumerate(found.contribution.tolist()) if c != 0} == greatest


def test_a_cell_of_one_atom_has_no_contribution_and_still_a_prediction(explain):
    _, _, found = explain("sum", 1, 2, 1)
    assert found.contribution.isnan().tolist() == [True, False, False, True]
    assert found.prediction.isfinite().all()
    _, _, alone = explain("gmt", 1)
    assert alone.contribution.isnan().all()


def test_how_many_are_worked_on_at_once_changes_nothing(explain):
    _, _, whole = explain("set2set", 3, 1, 6, 2)
    for at_once in (1, 7, 20):
        _, _, parts = explain("set2set", 3, 1, 6, 2, at_once=at_once)
        torch.testing.assert_close(parts.contribution, whole.contribution, equal_nan=True)


def test_scale_and_shift_of_the_target_scale_contributions_and_do_not_shift_them(explain):
    _, network, found = explain("sum", 3)
    network.shift.fill_(100.0)
    network.scale.fill_(10.0)
    again = leave_one_out(network, graphs_of_sizes(3))
    torch.testing.assert_close(again.contribution, 10 * found.contribution)


def test_weights_are_given_where_an_operator_has_them(explain):
    _, _, found = explain("crystal_attention", 3, 2)
    assert found.weights.shape == (5, 4)
    torch.testing.assert_close(found.weights[:3].sum(0), torch.ones(4, dtype=torch.float64))
    _, _, found = explain("pair", 3, 2, entry={"operators": ["mean", "crystal_attention"]})
    assert found.weights.shape == (5, 4)
    assert explain("mean", 3)[2].weights is None
