"""Laws of every encoder, found by the listing of their folder."""

import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import gnnpool.models
from gnnpool import plugins
from gnnpool.config import read_config
from gnnpool.models.base import Encoder

FOLDER = Path(__file__).parents[2] / "config"
MODELS = read_config([FOLDER / "config.yaml", FOLDER / "principle.yaml"])["models"]
SMALL = {"channels": 16, "layers": 3}
TOLERANCE = {"rtol": 0, "atol": 1e-9}  # in float64, of embeddings of order one

# The published network's first layer multiplies vectors that are still zero.
UNTRAINED = {"torchmd": {"attention.0.mix.weight"}}
# The published network leaves an atom's own images out of the neighbor embedding, and which images
# are the atom's own depends on the choice of the cell.
TELLS_OWN_IMAGES = {"torchmd"}
# The control reads the species alone.
READS_NO_EDGES = {"no_edges"}

pytestmark = pytest.mark.parametrize("name", plugins.names("gnnpool.models"))


def load(name):
    return plugins.load("gnnpool.models", name, Encoder)


def build(name, *, cutoff=5.0, dtype=torch.float64, **small):
    """An encoder with the options of the configuration, but narrow and of few layers."""
    entries = [model["options"] for model in MODELS.values() if model["encoder"] == name]
    assert entries, f"{FOLDER}: expected an entry of 'models' with the encoder {name!r}"
    options = {key: (SMALL | small).get(key, value) for key, value in entries[0].items()}
    torch.manual_seed(0)
    return load(name)(cutoff=cutoff, **options).to(dtype)


def embed(encoder, graphs):
    """Embeddings for evaluation; an encoder that asks for no directions gets none."""
    encoder.eval()
    with torch.no_grad():
        return encoder(graphs if encoder.needs_vectors else replace(graphs, edge_vector=None))


def trained(name, graphs, **options):
    """An encoder that has seen the graphs in training mode, so that normalizations are not trivial."""
    encoder = build(name, **options)
    encoder.train()
    encoder(graphs)
    return encoder


def pooled(x, graphs):
    """Mean of the embeddings of each graph."""
    sums = x.new_zeros(graphs.num_graphs, x.shape[1]).index_add(0, graphs.batch, x)
    return sums / graphs.sizes[:, None]


def test_each_node_gets_a_finite_embedding_of_the_announced_width(name, crystal_batches):
    encoder = trained(name, crystal_batches)
    x = embed(encoder, crystal_batches)
    assert x.shape == (crystal_batches.num_nodes, encoder.out_channels)
    assert x.dtype == torch.float64
    assert x.isfinite().all()
    # No channel is the same for all atoms.
    assert x.std(dim=0).min() > (1e-4 if name in READS_NO_EDGES else 1e-3)


@pytest.mark.parametrize("determinant", [1, -1], ids=["proper", "improper"])
def test_turning_the_crystals_changes_nothing(name, crystal_batches, determinant):
    rotation, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=generator(1)))
    rotation = rotation * rotation.det() * determinant
    turned = replace(crystal_batches, edge_vector=crystal_batches.edge_vector @ rotation.T)
    encoder = trained(name, crystal_batches)
    torch.testing.assert_close(embed(encoder, turned), embed(encoder, crystal_batches), **TOLERANCE)


@pytest.mark.parametrize("scheme", ["mdl", "ocp"])
def test_the_choice_of_the_origin_changes_nothing(name, crystals, graphs_of, scheme):
    # Rattled, because of equally near images mdl keeps one, and which depends on the origin.
    rattled = [crystal.rattled() for crystal in crystals.values()]
    moved = [crystal.moved(np.array([1.7, -0.6, 2.9])) for crystal in rattled]
    graphs = graphs_of(rattled, scheme)
    encoder = trained(name, graphs)
    torch.testing.assert_close(embed(encoder, graphs_of(moved, scheme)), embed(encoder, graphs), **TOLERANCE)


def test_embeddings_follow_the_order_of_the_atoms(name, crystal_batches):
    graphs = crystal_batches
    atoms = torch.arange(graphs.num_nodes).split(graphs.sizes.tolist())
    order = torch.cat([own.flip(0) for own in atoms])
    new_place = order.argsort()
    target, edges = new_place[graphs.target].sort()
    reordered = replace(
        graphs,
        species=graphs.species[order],
        source=new_place[graphs.source][edges],
        target=target,
        shell=graphs.shell[edges],
        edge_vector=graphs.edge_vector[edges],
    )
    encoder = trained(name, graphs)
    torch.testing.assert_close(embed(encoder, reordered), embed(encoder, graphs)[order], **TOLERANCE)


@pytest.mark.parametrize("scheme", ["mdl", "ocp"])
def test_a_graph_alone_equals_the_graph_in_any_batch(name, crystals, graphs_of, scheme):
    every = list(crystals.values())
    graphs, backwards = graphs_of(every, scheme), graphs_of(every[::-1], scheme)
    encoder = trained(name, graphs)
    alone = [embed(encoder, graphs_of([crystal], scheme)) for crystal in every]
    torch.testing.assert_close(embed(encoder, graphs), torch.cat(alone), **TOLERANCE)
    torch.testing.assert_close(embed(encoder, backwards), torch.cat(alone[::-1]), **TOLERANCE)


def test_embeddings_see_the_species_and_the_lengths(name, crystal_batches):
    encoder = trained(name, crystal_batches)
    reference = embed(encoder, crystal_batches)
    other = replace(crystal_batches, species=crystal_batches.species + 1)
    stretched = replace(
        crystal_batches,
        shell_length=0.9 * crystal_batches.shell_length,
        edge_vector=0.9 * crystal_batches.edge_vector,
    )
    linked = torch.bincount(crystal_batches.target, minlength=len(reference)) > 0
    for changed, rows in ((other, slice(None)), (stretched, linked)):
        change = (embed(encoder, changed) - reference)[rows].abs().amax(dim=1)
        if changed is stretched and name in READS_NO_EDGES:
            assert change.max() == 0
        else:
            assert change.min() > 1e-4


SINGLE = [("copper", "mdl", 0), ("copper", "ocp", 42), ("lone xenon", "ocp", 0)]


@pytest.mark.parametrize(("crystal", "scheme", "edges"), SINGLE)
def test_a_cell_of_one_atom_trains_with_and_without_edges(name, crystals, graphs_of, crystal, scheme, edges):
    graphs = graphs_of([crystals[crystal]] * 2, scheme)
    assert len(graphs.source) == 2 * edges
    encoder = build(name)
    x = encoder(graphs)
    x.square().sum().backward()
    assert x.isfinite().all()
    assert all(p.grad.isfinite().all() for p in encoder.parameters() if p.grad is not None)


def test_finite_gradients_reach_every_parameter(name, crystal_batches):
    encoder = build(name)
    encoder(crystal_batches).pow(3).sum().backward()
    gradients = {key: p.grad for key, p in encoder.named_parameters()}
    without = {key for key, gradient in gradients.items() if gradient is None or not gradient.any()}
    assert without == UNTRAINED.get(name, set())
    assert all(gradient.isfinite().all() for key, gradient in gradients.items() if key not in without)


# Below and above the shortest lattice translation: without and with edges from an atom to its own images.
@pytest.mark.parametrize("cutoff", [2.5, 5.0])
def test_ocp_edges_give_a_supercell_the_embeddings_of_its_cell(name, crystals, graphs_of, cutoff):
    every = [crystal.rattled() for crystal in crystals.values()]
    graphs = graphs_of(every, "ocp", cutoff)
    doubled = graphs_of([crystal.doubled() for crystal in every], "ocp", cutoff)
    own_images = bool((graphs.source == graphs.target).any())
    assert own_images == (cutoff > 2.5)
    encoder = trained(name, graphs, cutoff=cutoff)
    x, x_doubled = embed(encoder, graphs), embed(encoder, doubled)
    atoms = x.split(graphs.sizes.tolist())
    change = x_doubled - torch.cat([own.repeat(2, 1) for own in atoms])
    change_pooled = pooled(x_doubled, doubled) - pooled(x, graphs)
    if own_images and name in TELLS_OWN_IMAGES:
        assert change_pooled.abs().max() > 1e-3
    else:
        assert change.abs().max() < 1e-9
        assert change_pooled.abs().max() < 1e-9


def test_mdl_edges_give_a_supercell_other_embeddings_than_its_cell(name, crystals, graphs_of):
    # One image for each pair of atoms: a larger cell has more pairs, so it shows more neighbors.
    graphs = graphs_of([crystals["rock salt"]], "mdl")
    doubled = graphs_of([crystals["rock salt"].doubled()], "mdl")
    assert len(doubled.source) > 2 * len(graphs.source)
    encoder = trained(name, graphs)
    change = pooled(embed(encoder, doubled), doubled) - pooled(embed(encoder, graphs), graphs)
    assert (change.abs().max() > 1e-3) == (name not in READS_NO_EDGES)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_embeddings_after_a_layer_are_those_of_an_encoder_that_ends_there(name, crystal_batches, layers):
    encoder = trained(name, crystal_batches)
    options = {"layers": layers, "weights": encoder.state_dict()}
    expected = embed(shortened(name, **options), crystal_batches)
    encoder.all_layers = True
    after_each = embed(encoder, crystal_batches).split(encoder.out_channels, dim=1)
    assert len(after_each) == encoder.layers == SMALL["layers"]
    torch.testing.assert_close(after_each[layers - 1], expected, **TOLERANCE)


def shortened(name, *, layers, weights):
    """An encoder of few layers with the weights of a longer one."""
    encoder = build(name, layers=layers)
    missing, _ = encoder.load_state_dict(weights, strict=False)
    assert not missing
    return encoder


def test_a_graph_without_species_is_refused(name, crystal_batches):
    with pytest.raises(ValueError, match="needs species"):
        build(name)(replace(crystal_batches, species=None))


def test_package_exports_the_class_of_the_file(name):
    assert getattr(gnnpool.models, load(name).__name__) is load(name)


def test_a_misspelled_option_is_refused(name):
    with pytest.raises(TypeError, match="chanels"):
        load(name)(cutoff=5.0, chanels=16)


def test_the_docstring_states_shapes_and_source(name):
    text = inspect.getdoc(load(name))
    assert "\nShape:\n" in text
    assert "\nSource:\n" in text


def generator(seed):
    return torch.Generator().manual_seed(seed)
