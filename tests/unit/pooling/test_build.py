"""Poolings as the configuration asks for them."""

import sys
from importlib.metadata import EntryPoint

import pytest
import torch

from gnnpool.errors import ConfigError
from gnnpool.pooling import MaxPooling, MeanPooling
from gnnpool.pooling.build import build_pooling


def test_combination_is_its_operators_side_by_side(assorted, nodes):
    x = nodes(assorted, 8)
    names = ["mean", "sum", "max", "min"]
    pooling = build_pooling("mamm", {"label": "MAMM", "operators": names}, 8)
    apart = torch.cat([build_pooling(name, None, 8)(x, assorted).x for name in names], 1)
    assert pooling.out_channels == 32
    assert torch.equal(pooling(x, assorted).x, apart)


def test_auxiliary_losses_of_a_combination_add_up(assorted, nodes):
    x = nodes(assorted, 8)
    with_loss = {"operator": "dense_diff", "options": {"link_weight": 1.0, "entropy_weight": 1.0}}
    pooling = build_pooling("all", {"operators": ["memory", "mean", with_loss]}, 8).double()
    memory, _, dense_diff = pooling.parts
    expected = memory(x, assorted).aux_loss + dense_diff(x, assorted).aux_loss
    assert torch.equal(pooling(x, assorted).aux_loss, expected)
    assert build_pooling("two", {"operators": ["mean", "max"]}, 8)(x, assorted).aux_loss is None


@pytest.mark.parametrize("operators", [["mean", "memory", "max"], ["memory"]])
def test_width_is_a_linear_map_of_the_joined_vectors(operators, assorted, nodes):
    x = nodes(assorted, 8)
    torch.manual_seed(0)
    plain = build_pooling("mine", {"operators": operators}, 8).double()(x, assorted)
    torch.manual_seed(0)
    pooling = build_pooling("mine", {"operators": operators, "width": 3}, 8).double()
    found = pooling(x, assorted)
    assert found.x.shape == (5, pooling.out_channels) == (5, 3)
    torch.testing.assert_close(found.x, plain.x @ pooling.linear.weight.t())
    torch.testing.assert_close(found.aux_loss, plain.aux_loss)


def test_beside_an_operator_of_all_layers_the_others_get_the_last_layer(assorted, nodes):
    x = nodes(assorted, 24)
    entry = {"operators": ["max", "layer_mean", "mean"]}
    pooling = build_pooling("mine", entry, 8, layers=3).double()
    assert pooling.needs_layers
    mean, last = MeanPooling(24)(x, assorted).x, x[:, 16:]
    expected = torch.cat([MaxPooling(8)(last, assorted).x, mean, mean[:, 16:]], 1)
    torch.testing.assert_close(pooling(x, assorted).x, expected)


def test_an_operator_of_all_layers_is_refused_where_the_encoder_returns_the_last_one_only():
    with pytest.raises(ConfigError, match="'layer_mean': needs the embeddings after each layer"):
        build_pooling("layer_mean", None, 8, layers=None)


@pytest.mark.parametrize(
    ("operators", "seen"), [(["mean", "max"], False), (["mean", "sum"], True), (["memory"], True)]
)
def test_a_combination_sees_the_size_if_one_operator_does(operators, seen):
    assert build_pooling("mine", {"operators": operators, "width": 3}, 8).sees_size is seen


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
def test_wrong_option_is_reported_with_pooling_and_operator(operator, options, error, message):
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

class Edges(Base):
    def pool(self, x, graphs):
        return Pooled(mean(x, graphs) + len(graphs.source))

class Total(Base):
    def pool(self, x, graphs):
        return Pooled(mean(x, graphs) * graphs.sizes.unsqueeze(1))

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
    assert pooling.sees_size is False  # measured: the plug-in states nothing
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
        ("Edges", "no attribute 'source'; a pooling that reads edges states needs_edges = True"),
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


def test_size_that_a_plugin_sees_is_measured(plugin):
    plugin("Total")
    assert build_pooling("mine", None, 8).sees_size is True


def test_checking_laws_draws_no_random_numbers_and_keeps_the_weights(plugin):
    plugin("Lawful")
    torch.manual_seed(0)
    build_pooling("mine", None, 8)
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(1))
    assert build_pooling("mine", None, 8).training
