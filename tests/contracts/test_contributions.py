"""Laws of the contributions of atoms, for every operator and every pooling of the configuration."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from gnnpool import plugins
from gnnpool.explain.leave_one_out import leave_one_out
from gnnpool.explain.reduced import nodes_with_company, without_each
from gnnpool.heads import Head
from gnnpool.network import build_network

OPERATORS = plugins.names("gnnpool.pooling")
CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/config.yaml").read_text())
ENTRIES = dict.fromkeys(OPERATORS) | CONFIG["poolings"]
MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 20, "pre_layers": 1, "layers": 2, "gaussians": 20, "gaussian_width": 0.2},
    "head": {"layers": 2, "channels": 16, "activation": "relu"},
}

each_pooling = pytest.mark.parametrize("name", sorted(ENTRIES))


def network(name):
    torch.manual_seed(0)
    return build_network(model=MODEL, pooling=name, pooling_entry=ENTRIES[name], cutoff=5.0).eval()


def single(graphs):
    """Lengths in float32, as in training, where the encoder computes in it."""
    return replace(graphs, shell_length=graphs.shell_length.float(), edge_vector=None)


@each_pooling
def test_contributions_are_the_differences_of_one_prediction_after_the_other(name, crystals, graphs_of):
    """The batched way against a loop that pools the graph without one atom at a time."""
    graphs = single(graphs_of(list(crystals.values()), "ocp"))
    net = network(name)
    found = leave_one_out(net, graphs, at_once=500)
    assert found.prediction.shape == (len(crystals),)
    with torch.inference_mode():
        x = net.encoder(graphs).double()
        for node, graph in enumerate(graphs.batch.tolist()):
            if graphs.sizes[graph] == 1:
                assert found.contribution[node].isnan()
                continue
            kept, alone = by_hand(graphs, node)
            expected = found.prediction[graph] - net.read_out(x[kept], alone).value[0]
            torch.testing.assert_close(found.contribution[node], expected, rtol=1e-9, atol=1e-9)


def by_hand(graphs, node):
    """The graph of a node without it, atom by atom."""
    graph = graphs.batch[node]
    kept = [n for n in range(graphs.num_nodes) if graphs.batch[n] == graph and n != node]
    edges = [e for e, (s, t) in enumerate(graphs.edge_index.t().tolist()) if s in kept and t in kept]
    return kept, replace(
        graphs,
        species=graphs.species[kept],
        source=torch.tensor([kept.index(s) for s in graphs.source[edges].tolist()], dtype=torch.long),
        target=torch.tensor([kept.index(t) for t in graphs.target[edges].tolist()], dtype=torch.long),
        shell=graphs.shell[edges],
        shell_length=graphs.shell_length.double(),
        batch=torch.zeros(len(kept), dtype=torch.long),
        sizes=torch.tensor([len(kept)]),
        num_graphs=1,
        max_nodes=len(kept),
    )


@each_pooling
def test_atoms_that_are_alike_contribute_alike(name, crystals, graphs_of):
    """A doubled cell of rock salt: its two sodium atoms are alike, and so are its two chlorine atoms."""
    cell = crystals["rock salt"].doubled()
    graphs = single(graphs_of([cell], "ocp"))
    found = leave_one_out(network(name), graphs)
    for number in (11, 17):
        alike = found.contribution[graphs.species == number - 1]
        assert len(alike) == 2
        torch.testing.assert_close(alike, alike[:1].expand(2), rtol=1e-3, atol=1e-6)


def test_an_encoder_that_needs_directions_can_be_explained(crystals, graphs_of):
    graphs = graphs_of([crystals["rutile"], crystals["copper"]], "ocp")
    graphs = replace(single(graphs), edge_vector=graphs.edge_vector.float())
    options = {"channels": 16, "pre_layers": 1, "layers": 1, "heads": 2, "radial": 8}
    head = {"layers": 1, "channels": 8, "activation": "silu"}
    model = {"encoder": "torchmd", "options": options, "head": head}
    torch.manual_seed(0)
    net = build_network(model=model, pooling="sum", pooling_entry=None, cutoff=5.0)
    found = leave_one_out(net, graphs)
    titanium, oxygen = found.contribution[:2], found.contribution[2:6]
    torch.testing.assert_close(titanium, titanium[:1].expand(2), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(oxygen, oxygen[:1].expand(4), rtol=1e-3, atol=1e-5)
    assert abs(titanium[0] - oxygen[0]) > 1e-3


def test_under_a_sum_an_atom_adds_as_much_in_a_supercell(crystals, graphs_of):
    """With a head that is linear, and edges that do not depend on the choice of the cell."""
    net = network("sum")
    net.head = Head([20], activation="relu")
    cell = crystals["rutile"]
    once, twice = (leave_one_out(net, single(graphs_of([c], "ocp"))) for c in (cell, cell.doubled()))
    torch.testing.assert_close(twice.contribution, once.contribution.repeat(2), rtol=1e-4, atol=1e-5)


@each_pooling
def test_the_other_graphs_of_a_batch_change_no_contribution(name, crystals, graphs_of):
    chosen = ["rutile", "copper", "MoS2 sheet"]
    together = leave_one_out(network(name), single(graphs_of([crystals[c] for c in chosen], "mdl")))
    apart = [leave_one_out(network(name), single(graphs_of([crystals[c]], "mdl"))) for c in chosen]
    expected = torch.cat([a.contribution for a in apart])
    torch.testing.assert_close(together.contribution, expected, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("scheme", ["mdl", "ocp"])
def test_a_reduced_graph_has_the_edges_between_the_atoms_that_remain(scheme, crystals, graphs_of):
    graphs = graphs_of(list(crystals.values()), scheme)
    absent = nodes_with_company(graphs)
    node, reduced = without_each(graphs, absent)
    assert (reduced.target.diff() >= 0).all()
    assert (reduced.batch.diff() >= 0).all()
    assert torch.equal(reduced.sizes, torch.bincount(reduced.batch))
    for i, gone in enumerate(absent.tolist()):
        kept = node[reduced.batch == i]
        assert gone not in kept.tolist()
        own = reduced.batch[reduced.target] == i
        found = torch.stack([node[reduced.source[own]], node[reduced.target[own]]])
        here = (graphs.batch[graphs.target] == graphs.batch[gone]) & (graphs.edge_index != gone).all(0)
        assert torch.equal(found, graphs.edge_index[:, here])
        assert torch.equal(reduced.edge_length[own], graphs.edge_length[here])
