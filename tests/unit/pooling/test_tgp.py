"""Poolers of the optional package torch-geometric-pool by name."""

import pytest
import torch

from gnnpool.errors import ConfigError
from gnnpool.pooling.build import build_pooling

pytest.importorskip("tgp", reason="needs the extra tgp")

# The package makes a sparse tensor, for which torch warns once.
pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")


def build(name, **options):
    return build_pooling("mine", {"operators": [{"tgp": name, **options}]}, 8)


def test_keeping_all_nodes_is_mean_pooling(assorted, nodes):
    x = nodes(assorted, 8)
    torch.testing.assert_close(build("nopool")(x, assorted).x, build_pooling("mean", None, 8)(x, assorted).x)


@pytest.mark.parametrize(
    ("name", "options", "has_loss"),
    [
        ("mincut", {"k": 3}, True),
        ("dmon", {"k": 3}, True),
        ("topk", {"ratio": 0.5}, False),
        ("asap", {}, False),
    ],
)
def test_pooler_gives_a_vector_and_a_loss_for_each_graph(name, options, has_loss, assorted, nodes):
    pooling = build(name, **options).double()
    pooled = pooling(nodes(assorted, 8), assorted)
    assert pooled.x.shape == (5, pooling.out_channels)
    assert (pooled.aux_loss is not None) == has_loss
    (pooled.x.square().sum() + (pooled.aux_loss.mean() if has_loss else 0)).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in pooling.parameters())


def test_pooler_whose_loss_depends_on_the_batch_is_refused():
    with pytest.raises(ConfigError, match="tgp 'diff': the result depends on which graphs share the batch"):
        build("diff", k=3)


def test_missing_option_is_named():
    with pytest.raises(TypeError, match="'mine', tgp 'mincut': missing a required argument: 'k'"):
        build("mincut")
