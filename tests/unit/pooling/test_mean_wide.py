"""The mean with a given number of weights."""

import pytest
import torch

from gnnpool.pooling.build import build_pooling
from gnnpool.pooling.mean import MeanPooling
from gnnpool.pooling.mean_wide import MeanWidePooling


@pytest.mark.parametrize("weights", [41, 300, 30_000, 91_234])
def test_it_has_the_wanted_number_of_weights_to_half_a_hidden_unit(weights):
    pooling = MeanWidePooling(20, weights=weights)
    assert pooling.out_channels == 20
    assert abs(sum(p.numel() for p in pooling.parameters()) - weights) <= (2 * 20 + 1) / 2


def test_too_few_weights_are_refused_with_pooling_and_option():
    with pytest.raises(ValueError, match=r"pooling 'mean_wide'.*weights: expected at least 41, got 40"):
        build_pooling("mean_wide", {"options": {"weights": 40}}, 20)


def test_without_the_hidden_layer_it_is_the_mean(assorted, nodes):
    pooling, x = MeanWidePooling(6).double(), nodes(assorted, 6)
    torch.nn.init.zeros_(pooling.lin2.weight)
    torch.nn.init.zeros_(pooling.lin2.bias)
    torch.testing.assert_close(pooling(x, assorted).x, MeanPooling(6)(x, assorted).x)


def test_it_sees_nothing_but_the_mean(water, nodes):
    pooling, x = MeanWidePooling(6).double(), nodes(water, 6)
    same_mean = x.mean(0, keepdim=True).expand_as(x)
    torch.testing.assert_close(pooling(x, water).x, pooling(same_mean, water).x)
