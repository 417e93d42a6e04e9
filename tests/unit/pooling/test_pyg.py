"""Aggregations of torch-geometric by name."""

import pytest
import torch
from torch_geometric.nn import aggr

from gnnpool.errors import ConfigError
from gnnpool.pooling.build import build_pooling


def build(name, *, order_dependent=False, **options):
    entry = {"operators": [{"pyg": name, **options}], "order_dependent": order_dependent}
    return build_pooling("mine", entry, 8)


def test_aggregation_is_the_one_of_that_name_and_options(assorted, nodes):
    x = nodes(assorted, 8)
    pooling = build("SoftmaxAggregation", t=0.3, learn=True).double()
    expected = aggr.SoftmaxAggregation(t=0.3)(x, assorted.batch)
    torch.testing.assert_close(pooling(x, assorted).x, expected)
    assert [p.numel() for p in pooling.parameters()] == [1]


@pytest.mark.parametrize(
    ("name", "options", "width"),
    [
        ("MeanAggregation", {}, 8),
        ("MultiAggregation", {"aggrs": ["mean", "std", "max"]}, 24),
        ("QuantileAggregation", {"q": [0.25, 0.75]}, 16),
        ("SortAggregation", {"k": 3}, 24),
        ("Set2Set", {"processing_steps": 2}, 16),
        ("GraphMultisetTransformer", {"k": 3, "heads": 2}, 8),
        ("DeepSetsAggregation", {"local_nn": [16, 6], "global_nn": [5]}, 5),
        ("AttentionalAggregation", {"gate_nn": [16, 1], "nn": [12]}, 12),
    ],
)
def test_width_is_found_and_every_weight_learns(name, options, width, assorted, nodes):
    pooling = build(name, **options).double()
    assert pooling.out_channels == width
    pooled = pooling(nodes(assorted, 8), assorted).x
    assert pooled.shape == (5, width)
    if parameters := list(pooling.parameters()):
        pooled.square().sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in parameters)


@pytest.mark.parametrize(
    ("name", "options", "seen"),
    [
        ("MeanAggregation", {}, False),
        ("SoftmaxAggregation", {}, False),
        ("SumAggregation", {}, True),
        ("SortAggregation", {"k": 3}, True),
    ],
)
def test_sees_size_is_measured(name, options, seen):
    assert build(name, **options).sees_size is seen


@pytest.mark.parametrize("name", ["LSTMAggregation", "GRUAggregation"])
def test_recurrent_aggregations_run_over_the_padding_and_are_refused(name):
    for declared in (False, True):
        with pytest.raises(ConfigError, match=f"pyg '{name}': the result depends on which graphs share"):
            build(name, order_dependent=declared)


def test_order_dependent_aggregation_is_taken_where_declared():
    options = {"max_num_elements": 4, "num_layers": 1}
    with pytest.raises(ConfigError, match="order of the atoms"):
        build("MLPAggregation", **options)
    pooling = build("MLPAggregation", order_dependent=True, out_channels=5, **options)
    assert pooling.order_dependent
    assert pooling.out_channels == 5


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "SoftmaxAggregation",
            {"lern": True},
            "'mine', pyg 'SoftmaxAggregation': .*'lern'; options: t, learn",
        ),
        ("SortAggregation", {}, "missing a required argument: 'k'; options: k"),
    ],
)
def test_wrong_option_is_reported_with_the_known_ones(name, options, message):
    with pytest.raises(TypeError, match=message):
        build(name, **options)


def test_same_seed_draws_the_same_weights():
    weights = []
    for _ in range(2):
        torch.manual_seed(5)
        weights.append(
            torch.cat([p.flatten() for p in build("AttentionalAggregation", gate_nn=[1]).parameters()])
        )
    assert torch.equal(*weights)
