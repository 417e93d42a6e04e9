"""Every operator on three nodes, computed by hand."""

import math

import pytest
import torch
from torch import tensor

from gnnpool.pooling.dense_diff import DenseDiffPooling
from gnnpool.pooling.gmt import GMTPooling
from gnnpool.pooling.max import MaxPooling
from gnnpool.pooling.mean import MeanPooling
from gnnpool.pooling.memory import MemoryPooling
from gnnpool.pooling.min import MinPooling
from gnnpool.pooling.phi_mean import PhiMeanPooling
from gnnpool.pooling.random_attention import RandomAttentionPooling
from gnnpool.pooling.set2set import Set2SetPooling
from gnnpool.pooling.set_transformer import SetTransformerPooling
from gnnpool.pooling.softmax_mean import SoftmaxMeanPooling
from gnnpool.pooling.std import StdPooling
from gnnpool.pooling.sum import SumPooling

X = tensor([[1.0, 4.0], [2.0, 1.0], [6.0, 1.0]], dtype=torch.float64)
TOTAL = tensor([[9.0, 6.0]], dtype=torch.float64)
EYE = torch.eye(2, dtype=torch.float64)


def blank(pooling):
    """The operator in float64 with all weights zero."""
    with torch.no_grad():
        for p in pooling.parameters():
            p.zero_()
    return pooling.double()


def pass_values(block):
    """Let an attention block of zero weights return its first input plus the mean of the second."""
    block.attn.in_proj_weight.data[4:] = EYE
    block.attn.out_proj.weight.data[:] = EYE


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MeanPooling, [3.0, 2.0]),
        (SumPooling, [9.0, 6.0]),
        (MaxPooling, [6.0, 4.0]),
        (MinPooling, [1.0, 1.0]),
    ],
)
def test_elementary_operators(kind, expected, water):
    assert kind(2)(X, water).x.tolist() == [expected]


def test_std_is_that_of_the_population(water):
    found = StdPooling(2, eps=1e-12)(X, water).x
    torch.testing.assert_close(found, tensor([[math.sqrt(14 / 3), math.sqrt(2)]], dtype=torch.float64))


def test_std_of_one_node_is_the_root_of_eps(batch_of):
    x = X[:1].clone().requires_grad_()
    found = StdPooling(2, eps=1e-4)(x, batch_of((1, []))).x
    found.sum().backward()
    assert found.tolist() == [pytest.approx([1e-2, 1e-2])]
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_std_survives_a_mean_far_from_zero(water):
    found = StdPooling(2)((X + 1e4).float(), water).x
    torch.testing.assert_close(found, StdPooling(2)(X, water).x.float(), rtol=1e-4, atol=0)


@pytest.mark.parametrize(("kind", "grad"), [(MaxPooling, [0, 0.5, 0.5]), (MinPooling, [1, 0, 0])])
def test_nodes_that_share_an_extreme_share_its_gradient(kind, grad, water):
    x = tensor([[1.0], [2.0], [2.0]], requires_grad=True)
    kind(1)(x, water).x.sum().backward()
    assert x.grad.flatten().tolist() == grad


def test_set2set_with_a_query_of_zero_attends_to_all_alike(water):
    torch.testing.assert_close(blank(Set2SetPooling(2))(X, water).x, tensor([[0, 0, 3, 2.0]]).double())


def test_set2set_asks_with_what_it_found(water):
    pooling = blank(Set2SetPooling(2, steps=2))
    pooling.lstm.bias_ih.data[:] = tensor([50.0, 50, 0, 0, 0, 0, 50, 50])  # input and output gates open
    pooling.lstm.weight_ih.data[4:6, 2:] = 50 * EYE  # candidate: the sign of what was found
    # The second query is tanh(1) in both channels, which scores the nodes 5, 3 and 7 tanh(1).
    query = math.tanh(1)
    weight = (query * X.sum(1)).softmax(0)
    expected = torch.cat([tensor([query, query]).double(), weight @ X])
    torch.testing.assert_close(pooling(X, water).x[0], expected, rtol=1e-6, atol=0)


def test_set_transformer_with_equal_attention_adds_means(water):
    pooling = blank(SetTransformerPooling(2, heads=2))
    for block in (*pooling.encoders, pooling.pma.mab, *pooling.decoders):
        pass_values(block)
    pooling.pma.lin.weight.data[:] = EYE
    pooling.pma.seed.data[:] = tensor([10.0, 20.0])
    # nodes: x + mean; seed: s + mean of those = s + 2 mean; decoder doubles: 2 s + 4 mean
    assert pooling(X, water).x.tolist() == [[32.0, 48.0]]


def test_gmt_with_equal_attention_adds_means(water):
    pooling = blank(GMTPooling(2, seeds=2, heads=1))
    for block in (pooling.pma1.mab, *pooling.encoders, pooling.pma2.mab):
        pass_values(block)
    for gather in (pooling.pma1, pooling.pma2):
        gather.lin.weight.data[:] = EYE
    pooling.pma1.seed.data[0] = tensor([[10.0, 0.0], [0.0, 20.0]])
    pooling.pma2.seed.data[:] = tensor([100.0, 200.0])
    # seeds: s + mean; among seeds: s + mean + (5, 10) + mean; their mean: (10, 20) + 2 mean
    assert pooling(X, water).x.tolist() == [[116.0, 224.0]]


def test_memory_with_equal_keys_sums_the_nodes(water):
    pooling = blank(MemoryPooling(2, clusters=4, heads=3))
    pooling.lin1.weight.data[:] = EYE
    pooling.lin2.weight.data[:] = -2 * EYE
    pooled = pooling(X, water)
    torch.testing.assert_close(pooled.x, -2 * TOTAL)
    torch.testing.assert_close(pooled.aux_loss, torch.zeros(1).double())  # already as sharp as its own


def test_memory_loss_of_two_clusters(batch_of):
    pooling = blank(MemoryPooling(1, clusters=2, heads=1, aux_weight=0.5))
    pooling.keys.data[:] = tensor([[[0.0], [1.0]]])
    pooling.head_weight.data[:] = 3.0
    # One node at 0: shares 1 / (1 + 0) and 1 / (1 + 1), that is 2/3 and 1/3; then softmax of 2 and 1.
    s = torch.tensor([2.0, 1.0]).double().softmax(0)
    p = s**2 / s  # a lone node is all that a cluster has: p = s, and the loss is zero
    assert torch.equal(p / p.sum(), s)
    assert pooling(tensor([[0.0]]).double(), batch_of((1, []))).aux_loss.item() == pytest.approx(0, abs=1e-12)
    # Two nodes, at 0 and at 1, mirror each other: popularities are 1, p is proportional to s squared.
    p = s**2 / (s**2).sum()
    divergence = 2 * (p * (p / s).log()).sum()
    found = pooling(tensor([[0.0], [1.0]]).double(), batch_of((2, []))).aux_loss
    torch.testing.assert_close(found, (0.5 * divergence).view(1))


def test_dense_diff_with_equal_assignment(water):
    pooling = blank(DenseDiffPooling(2, clusters=4, link_weight=10.0, entropy_weight=100.0))
    pooling.embed.lin_root.weight.data[:] = EYE
    pooling.embed_clusters.lin_root.weight.data[:] = 3 * EYE
    pooled = pooling(X, water)
    torch.testing.assert_close(pooled.x, 3 * TOTAL)
    # A has four ones among nine entries, S S' is 1/4 throughout; A' is 4/16 throughout, to be 1.
    link = math.sqrt(4 * 0.75**2 + 5 * 0.25**2) / 9 + 0.75 * 4 / 16
    assert pooled.aux_loss.item() == pytest.approx(10 * link + 100 * math.log(4))


def test_dense_diff_and_memory_have_no_loss_at_weight_zero(water):
    assert DenseDiffPooling(2).double()(X, water).aux_loss is None
    assert MemoryPooling(2, aux_weight=0.0).double()(X, water).aux_loss is None


def test_softmax_mean_goes_from_the_mean_to_the_maximum(water):
    pooling = SoftmaxMeanPooling(2).double()
    torch.testing.assert_close(pooling(X, water).x, TOTAL / 3)
    pooling.beta.data[:] = tensor([math.log(2), 1000.0])
    # First channel: weights in the ratio 2 to 4 to 64.
    torch.testing.assert_close(pooling(X, water).x, tensor([[(2 + 8 + 384) / 70, 4.0]]).double())


def test_phi_mean_adds_the_mean_of_its_network(water):
    pooling = blank(PhiMeanPooling(2))
    torch.testing.assert_close(pooling(X, water).x, TOTAL / 3)
    pooling.lin1.weight.data[:] = EYE
    pooling.lin1.bias.data[:] = -1.5
    pooling.lin2.weight.data[:] = 10 * EYE
    pooling.lin2.bias.data[:] = 100.0
    # Above 1.5: 0.5 and 4.5 in the first channel, 2.5 in the second.
    expected = TOTAL / 3 + 100 + 10 * tensor([[5.0, 2.5]]).double() / 3
    torch.testing.assert_close(pooling(X, water).x, expected)


def test_random_attention_is_the_softmax_of_a_fixed_vector(water):
    pooling = RandomAttentionPooling(2).double()
    assert not list(pooling.parameters())
    pooling.vector[:] = tensor([math.log(2), 0.0])
    torch.testing.assert_close(pooling.weights(X, water)[:, 0], tensor([2.0, 4.0, 64.0]).double() / 70)
    torch.testing.assert_close(pooling(X, water).x[0, 0], tensor((2 + 8 + 384) / 70).double())


def test_dense_diff_gives_a_node_the_mean_of_the_sources_of_its_edges(batch_of):
    pooling = blank(DenseDiffPooling(2))
    pooling.embed.lin_rel.weight.data[:] = EYE
    pooling.embed_clusters.lin_root.weight.data[:] = EYE
    fan = batch_of((3, [(0, 1), (2, 1), (2, 1)]))  # only the second node has neighbors, one of them twice
    torch.testing.assert_close(pooling(X, fan).x, (X[0] + X[2]).view(1, 2) / 2)


@pytest.mark.parametrize("heads", [3, 0, 7])
@pytest.mark.parametrize("kind", [GMTPooling, SetTransformerPooling])
def test_heads_must_divide_the_channels(kind, heads):
    with pytest.raises(ValueError, match=f"divisor of the 100 channels, got {heads}"):
        kind(100, heads=heads)
