"""Poolings as the configuration asks for them."""

import sys
from importlib.metadata import EntryPoint

import pytest
import torch

from gnnpool.errors import ConfigError
from gnnpool.pooling.compose import build_pooling


def test_combination_is_its_operators_side_by_side(assorted, nodes):
    x = nodes(assorted, 8)
    names = ["mean", "sum", "max", "min"]
    pooling = build_pooling("mamm", {"label": "MAMM", "operators": names}, 8)
    apart = torch.cat([build_pooling(name, None, 8)(x, assorted).x for name in names], 1)
    assert pooling.out_channels == 32
    assert torch.equal(pooling(x, assorted).x, apart)


def test_auxiliary_losses_of_a_combination_add_up(assorted, nodes):
    x = nodes(assorted, 8)
    pooling = build_pooling("all", {"operators": ["memory", "mean", "dense_diff"]}, 8).double()
    memory, _, dense_diff = pooling.parts
    expected = memory(x, assorted).aux_loss + dense_diff(x, assorted).aux_loss
    assert torch.equal(pooling(x, assorted).aux_loss, expected)
    assert build_pooling("two", {"operators": ["mean", "max"]}, 8)(x, assorted).aux_loss is None


def test_options_reach_their_operator():
    assert build_pooling("gmt", {"options": {"seeds": 3}}, 8).pma1.seed.shape == (1, 3, 8)
    entry = {"operators": ["mean", {"operator": "set_transformer", "options": {"seeds": 2, "heads": 2}}]}
    assert build_pooling("mine", entry, 8).out_channels == 8 + 16


def test_keys_of_the_head_are_not_looked_at():
    entry = {"label": "Mean", "head": "gradual", "encoder_decoder": {"weight": 1.0, "detach": False}}
    assert build_pooling("mean", entry, 8).out_channels == 8


@pytest.mark.parametrize(
    ("operator", "options", "error", "message"),
    [
        (
            "gmt",
            {"head": 3},
            TypeError,
            "'mine', operator 'gmt': .*'head'; options: seeds, encoder_blocks, heads",
        ),
        (
            "gmt",
            {"heads": 3},
            ValueError,
            "'mine', operator 'gmt': heads: expected a divisor of the 8 channels",
        ),
        ("std", {"eps": 0}, ValueError, "expected eps > 0, got 0"),
        ("set2set", {"steps": 0}, ValueError, "expected steps >= 1, got 0"),
    ],
)
def test_wrong_option_is_told_with_pooling_and_operator(operator, options, error, message):
    with pytest.raises(error, match=message):
        build_pooling("mine", {"operators": [{"operator": operator, "options": options}]}, 8)


PLUGIN = """
import torch
from gnnpool.pooling.base import Pooled, Pooling

def mean(x, graphs):
    total = x.new_zeros(graphs.num_graphs, x.shape[1]).index_add(0, graphs.batch, x)
    return total / graphs.sizes.unsqueeze(1)

class Base(Pooling):
    def __init__(self, in_channels, *, power: float = 1.0):
        super().__init__(in_channels, out_channels=in_channels)

class Lawful(Base):
    def pool(self, x, graphs):
        return Pooled(mean(x, graphs).tanh(), mean(x, graphs).square().sum(1))

class FirstNode(Base):
    def pool(self, x, graphs):
        return Pooled(x[graphs.ptr[:-1]])

class Centered(Base):
    def pool(self, x, graphs):
        return Pooled(mean(x - x.mean(0), graphs))

class SharedLoss(Base):
    def pool(self, x, graphs):
        return Pooled(mean(x, graphs), mean(x, graphs).square().sum(1) * graphs.max_nodes)

class Sample(Base):
    def pool(self, x, graphs):
        centered = x - mean(x, graphs)[graphs.batch]
        return Pooled((mean(centered**2, graphs) * (graphs.sizes / (graphs.sizes - 1)).unsqueeze(1)).sqrt())

class Broken(Base):
    def pool(self, x, graphs):
        raise KeyError("nothing")
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A function that makes a class of the plug-in above the operator "mine" of another package."""
    (tmp_path / "a_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_plugin", raising=False)

    def install(kind):
        point = EntryPoint("mine", f"a_plugin:{kind}", "gnnpool.poolings")
        monkeypatch.setattr("gnnpool.plugins._entry_points", lambda group: [point] * (group == point.group))

    return install


def test_plugin_that_keeps_the_laws_is_an_operator_like_ours(plugin, assorted, nodes):
    plugin("Lawful")
    pooling = build_pooling("both", {"operators": ["mine", "mean"]}, 8)
    assert pooling(nodes(assorted, 8), assorted).x.shape == (5, 16)
    with pytest.raises(TypeError, match=r"'mine', operator 'mine'.*'powr'; options: power"):
        build_pooling("mine", {"options": {"powr": 1}}, 8)


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        ("FirstNode", "depends on the order of the atoms; order_dependent: true would accept that"),
        ("Centered", "depends on which graphs share the batch"),
        ("SharedLoss", "depends on which graphs share the batch"),
        ("Sample", "not finite for a graph of one node"),
        ("Broken", "fails on small graphs: KeyError"),
    ],
)
def test_plugin_that_breaks_a_law_is_refused_by_that_law(plugin, kind, law):
    plugin(kind)
    with pytest.raises(ConfigError, match=f"pooling 'mine', operator 'mine': .*{law}"):
        build_pooling("mine", None, 8)


def test_dependence_on_order_is_accepted_where_declared_and_nothing_else(plugin):
    plugin("FirstNode")
    assert build_pooling("mine", {"order_dependent": True}, 8).order_dependent
    assert build_pooling("two", {"operators": ["mean", "mine"], "order_dependent": True}, 8).order_dependent
    assert not build_pooling("mean", None, 8).order_dependent
    plugin("Centered")
    with pytest.raises(ConfigError, match="share the batch"):
        build_pooling("mine", {"order_dependent": True}, 8)


def test_checking_laws_draws_no_random_numbers_and_keeps_the_weights(plugin):
    plugin("Lawful")
    torch.manual_seed(0)
    build_pooling("mine", None, 8)
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(1))
    assert build_pooling("mine", None, 8).training
