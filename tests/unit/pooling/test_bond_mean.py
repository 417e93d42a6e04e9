"""The mean over the bonds, computed by hand."""

from dataclasses import replace

import pytest
import torch
from torch import tensor

from gnnpool.pooling.bond_mean import BondMeanPooling
from gnnpool.pooling.mean import MeanPooling

X = tensor([[1.0, 4.0], [2.0, 1.0], [6.0, 1.0]], dtype=torch.float64)
# Targets of the edges of the fixture `water`, and their sources: 0 <- 1, 0 <- 2, 1 <- 0, 2 <- 0.
SOURCES = [1, 2, 0, 0]


def known(*, reach, target=0.0, source=0.0, length=0.0, bias=0.0):
    """An operator with one channel of bonds, which reads the first channel of each end."""
    pooling = BondMeanPooling(2, channels=1, reach=reach).double()
    with torch.no_grad():
        pooling.target.weight[:] = tensor([[target, 0.0]])
        pooling.source.weight[:] = tensor([[source, 0.0]])
        pooling.length[:] = length
        pooling.target.bias[:] = bias
    return pooling


@pytest.fixture
def bent(water):
    """Bonds of 1 Å and 2 Å."""
    lengths = tensor([1.0, 2.0, 1.0, 2.0], dtype=torch.float64)
    return replace(water, shell_length=lengths[: len(water.shell)])


def test_the_first_channels_are_the_mean(assorted, nodes):
    x = nodes(assorted, 6)
    found = BondMeanPooling(6).double()(x, assorted).x
    assert found.shape == (5, 6 + 32)
    torch.testing.assert_close(found[:, :6], MeanPooling(6)(x, assorted).x)


def test_a_constant_on_every_bond_has_itself_as_its_mean(bent):
    assert known(reach=0.3, bias=2.5)(X, bent).x[0, 2].item() == pytest.approx(2.5)


def test_an_infinite_reach_gives_the_mean_over_all_edges(bent):
    assert bent.source.tolist() == SOURCES
    expected = X[SOURCES, 0].mean().item()
    assert known(reach=torch.inf, source=1.0)(X, bent).x[0, 2].item() == pytest.approx(expected)


def test_weights_fall_with_the_length(bent):
    near, far = torch.exp(tensor([-1 / 0.5, -2 / 0.5]).double()).tolist()
    expected = (near * (2 + 1) + far * (6 + 1)) / (2 * near + 2 * far)
    assert known(reach=0.5, source=1.0)(X, bent).x[0, 2].item() == pytest.approx(expected)
    shortest = known(reach=0.01, length=1.0)(X, bent).x[0, 2].item()
    assert shortest == pytest.approx(1.0)  # Å


def test_a_bond_is_a_relu_of_both_ends_and_the_length(bent):
    pooling = known(reach=torch.inf, target=1.0, source=-1.0, length=0.5, bias=-0.25)
    by_hand = [1 - 2 + 0.25, 1 - 6 + 0.75, 2 - 1 + 0.25, 6 - 1 + 0.75]
    expected = sum(max(0, value) for value in by_hand) / 4
    assert pooling(X, bent).x[0, 2].item() == pytest.approx(expected)


def test_a_graph_without_edges_has_no_bonds(batch_of):
    found = known(reach=0.5, bias=1.0)(X, batch_of((3, []))).x
    assert found[0].tolist() == [3.0, 2.0, 0.0]


def test_parallel_edges_count_separately(batch_of):
    once, twice = ([(0, 1), (1, 0)] * n + [(0, 2), (2, 0)] for n in (1, 2))
    a, b = (known(reach=1.0, source=1.0)(X, batch_of((3, edges))).x[0, 2].item() for edges in (once, twice))
    assert a == pytest.approx((2 + 1 + 6 + 1) / 4)
    assert b == pytest.approx((2 * (2 + 1) + 6 + 1) / 6)
