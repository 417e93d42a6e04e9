"""Attention over the atoms of a crystal: by hand, in supercells, and in a short training."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import tensor

from gnnpool.data.sources import demo
from gnnpool.graphs import mdl, ocp
from gnnpool.graphs.batch import GraphBatch
from gnnpool.graphs.neighbors import Cells
from gnnpool.network import build_network
from gnnpool.pooling.crystal_attention import CrystalAttentionPooling
from gnnpool.pooling.mean import MeanPooling

X = tensor([[1.0, 4.0], [2.0, 1.0], [6.0, 1.0]], dtype=torch.float64)
U = 0.305
CORNER_AND_CENTER = [(0, 0, 0), (0.5, 0.5, 0.5)]
ANIONS = [(U, U, 0), (1 - U, 1 - U, 0), (0.5 + U, 0.5 - U, 0.5), (0.5 - U, 0.5 + U, 0.5)]
FRACTIONAL = {"rock salt": CORNER_AND_CENTER, "rutile": CORNER_AND_CENTER + ANIONS}
LATTICES = {"rock salt": 2.82 * (1 - np.eye(3)), "rutile": np.diag([4.594, 4.594, 2.959])}  # Å


def trained(channels, **options):
    """An operator in float64 whose weights are far from their initial values."""
    torch.manual_seed(0)
    pooling = CrystalAttentionPooling(channels, **options).double()
    for p in pooling.parameters():
        torch.nn.init.normal_(p)
    return pooling


def scored_by_surroundings(**options):
    """An operator that scores with tanh of the first channel of the surroundings; the second head negates."""
    pooling = CrystalAttentionPooling(2, heads=2, pairs=1, **options).double()
    with torch.no_grad():
        for p in pooling.parameters():
            p.zero_()
        pooling.surroundings.weight[0, 0] = 1
        pooling.score.weight[:, 0] = tensor([1.0, -1.0])
    return pooling


def crystal_graphs(cells: Sequence, assign: Callable, *, cutoff=5.0) -> GraphBatch:
    """Graphs of cells, each given as lattice ``[3, 3]`` and positions ``[N, 3]``, in Å."""
    source, target, length, first = [], [], [], 0
    for lattice, positions in cells:
        edges = assign(Cells.of((positions, lattice)), cutoff=cutoff, max_neighbors=250, max_offsets=None)
        vectors = positions[edges.source] + edges.shift @ lattice - positions[edges.target]
        length.append(np.linalg.norm(vectors, axis=1))
        source.append(edges.source + first)
        target.append(edges.target + first)
        first += len(positions)
    sizes = torch.tensor([len(positions) for _, positions in cells])
    return GraphBatch(
        species=torch.zeros(first, dtype=torch.int64),
        source=torch.from_numpy(np.concatenate(source)),
        target=torch.from_numpy(np.concatenate(target)),
        shell=torch.arange(sum(map(len, length))),
        shell_length=torch.from_numpy(np.concatenate(length)),
        edge_vector=None,
        batch=torch.arange(len(cells)).repeat_interleave(sizes),
        sizes=sizes,
        num_graphs=len(cells),
        max_nodes=int(sizes.max()),
    )


def cell_and_supercell(name, multiples):
    """Lattice and positions of a crystal's cell, and of a multiple of it, copy after copy."""
    lattice = LATTICES[name]
    positions = np.array(FRACTIONAL[name]) @ lattice
    shifts = [np.array(n) @ lattice for n in itertools.product(*map(range, multiples))]
    copies = np.concatenate([positions + shift for shift in shifts])
    return (lattice, positions), (lattice * np.array(multiples)[:, None], copies)


def test_weights_of_three_nodes_by_hand(water):
    # The first node is surrounded by the mean of the others, (4, 1), each other by the first, (1, 4).
    score = tensor([4.0, 1.0, 1.0], dtype=torch.float64).tanh()
    expected = torch.stack([score.softmax(0), (-score).softmax(0)], 1)
    pooling = scored_by_surroundings()
    torch.testing.assert_close(pooling.weights(X, water), expected)
    torch.testing.assert_close(pooling(X, water).x, (expected * X).sum(0, keepdim=True))


def test_a_neighbor_counts_once_for_each_edge_and_less_when_far(batch_of):
    graphs = batch_of((3, [(1, 0), (1, 0), (2, 0)]))
    graphs = replace(graphs, shell_length=tensor([1.0, 1.0, 2.0], dtype=torch.float64))
    near = np.exp([-1 / 0.7, -1 / 0.7, -2 / 0.7])
    around = (near * [0.2, 0.2, 0.9]).sum() / near.sum()
    found = scored_by_surroundings(reach=0.7).weights(X / 10 + tensor([[0, 0], [0, 0], [0.3, 0]]), graphs)
    expected = tensor([around, 0.0, 0.0], dtype=torch.float64).tanh().softmax(0)
    torch.testing.assert_close(found[:, 0], expected)


def test_the_surroundings_of_an_atom_are_its_coordination_shell():
    # In rock salt the six nearest neighbors are of the other kind, the twelve next of the same.
    cell, _ = cell_and_supercell("rock salt", (1, 1, 1))
    graphs = crystal_graphs([cell], ocp.assign_edges, cutoff=8.0)
    near, plain = (
        scored_by_surroundings(**options).weights(tensor([[1.0, 0], [0, 0]]).double(), graphs)[:, 0]
        for options in ({}, {"reach": float("inf")})
    )
    # tanh of the cation's share in the surroundings of the anion, less that of its share in its own.
    assert (near[1] / near[0]).log() > 0.5
    assert (plain[1] / plain[0]).log().abs() < 0.2


def test_an_infinite_reach_takes_the_plain_mean_over_the_edges(batch_of):
    graphs = batch_of((3, [(1, 0), (1, 0), (2, 0)]))
    graphs = replace(graphs, shell_length=tensor([1.0, 3.0, 7.0], dtype=torch.float64))
    found = scored_by_surroundings(reach=float("inf")).weights(X, graphs)
    expected = tensor([(2 + 2 + 6) / 3, 0, 0], dtype=torch.float64).tanh().softmax(0)
    torch.testing.assert_close(found[:, 0], expected)


@pytest.mark.parametrize("heads", [1, 3])
def test_before_training_it_is_mean_pooling(heads, assorted, nodes):
    x = nodes(assorted, 12)
    torch.manual_seed(0)
    pooling = CrystalAttentionPooling(12, heads=heads).double()
    torch.testing.assert_close(pooling(x, assorted).x, MeanPooling(12)(x, assorted).x, rtol=0, atol=1e-12)


def test_constant_scores_give_mean_pooling(assorted, nodes):
    x = nodes(assorted, 12)
    pooling = trained(12)
    torch.nn.init.zeros_(pooling.node.weight)
    torch.nn.init.zeros_(pooling.surroundings.weight)
    assert pooling.score(pooling.node(x).tanh()).abs().min() > 1e-2
    torch.testing.assert_close(pooling(x, assorted).x, MeanPooling(12)(x, assorted).x)


@pytest.mark.parametrize("name", sorted(LATTICES))
@pytest.mark.parametrize("multiples", [(2, 1, 1), (2, 2, 1)])
def test_ocp_edges_give_a_supercell_the_vector_of_its_cell(name, multiples, nodes):
    cell, supercell = cell_and_supercell(name, multiples)
    graphs, graphs_of_supercell = (crystal_graphs([c], ocp.assign_edges) for c in (cell, supercell))
    x = nodes(graphs, 12)
    copies = int(np.prod(multiples))
    pooling = trained(12)
    weights = pooling.weights(x, graphs)
    assert (weights - 1 / len(x)).abs().max() > 0.1
    found = pooling.weights(x.repeat(copies, 1), graphs_of_supercell)
    torch.testing.assert_close(found, weights.repeat(copies, 1) / copies, rtol=1e-10, atol=0)
    vector = pooling(x.repeat(copies, 1), graphs_of_supercell).x
    torch.testing.assert_close(vector, pooling(x, graphs).x, rtol=1e-10, atol=1e-12)


def test_mdl_edges_show_a_supercell_other_surroundings_than_its_cell(nodes):
    # One edge for each pair of atoms: in the cell of rock salt, no cation sees another one.
    cell, supercell = cell_and_supercell("rock salt", (2, 1, 1))
    graphs, graphs_of_supercell = (crystal_graphs([c], mdl.assign_edges) for c in (cell, supercell))
    x = nodes(graphs, 12)
    pooling = trained(12)
    change = pooling(x.repeat(2, 1), graphs_of_supercell).x - pooling(x, graphs).x
    assert change.abs().max() > 1e-3


def test_atoms_that_differ_only_in_their_neighbors_get_different_weights(batch_of, nodes):
    graphs = batch_of((4, [(2, 0), (3, 1)]))
    x = nodes(graphs, 12)
    x[1] = x[0]
    pooling = trained(12)
    first, second, *_ = pooling.weights(x, graphs)
    assert (first - second).abs().min() > 1e-4
    x[3] = x[2]
    first, second, *_ = pooling.weights(x, graphs)
    torch.testing.assert_close(first, second)


def test_atoms_without_neighbors_are_weighed_by_themselves_alone(batch_of, nodes):
    graphs = batch_of((3, []))
    x = nodes(graphs, 12)
    pooling = trained(12)
    expected = pooling.score(pooling.node(x).tanh()).softmax(0)
    torch.testing.assert_close(pooling.weights(x, graphs), expected)


def test_scores_stay_bounded_however_large_the_embeddings_are(assorted, nodes):
    pooling = trained(12, pairs=2)
    weights = pooling.weights(1e9 * nodes(assorted, 12), assorted)
    bound = pooling.score.weight.abs().sum(1)
    share = weights * assorted.sizes[assorted.batch].unsqueeze(1)
    assert (share >= (-2 * bound).exp()).all()
    assert (share <= (2 * bound).exp()).all()
    assert share.max() > 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "heads: expected a divisor of the 8 channels, got 3"),
        ({"heads": 0}, "heads: .* got 0"),
        ({"pairs": 0}, "pairs: expected at least 1, got 0"),
        ({"reach": 0.0}, "reach: expected a length > 0 Å, got 0.0"),
        ({"reach": float("nan")}, "reach: .* got nan"),
    ],
)
def test_an_impossible_option_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        CrystalAttentionPooling(8, **options)


def test_training_lowers_the_error_and_separates_the_weights_of_the_atoms():
    rows = demo.read(target="per_atom", count=24)
    cells = [(np.array(r.lattice), np.array(r.fractional) @ np.array(r.lattice)) for r in rows]
    graphs = crystal_graphs(cells, ocp.assign_edges, cutoff=4.0)
    symbols = [symbol for row in rows for site in row.species for symbol in site]
    species = torch.tensor([sorted(set(symbols)).index(symbol) for symbol in symbols])
    graphs = replace(graphs, species=species, shell_length=graphs.shell_length.float())
    energies = torch.tensor([row.target for row in rows])  # eV/atom
    model = {
        "encoder": "cgcnn",
        "options": {"channels": 16, "pre_layers": 1, "layers": 2, "gaussians": 20, "gaussian_width": 0.2},
        "head": {"layers": 1, "channels": 16, "activation": "relu"},
    }
    torch.manual_seed(0)
    network = build_network(model=model, pooling="crystal_attention", pooling_entry=None, cutoff=4.0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    errors = []
    for _ in range(60):
        error = (network(graphs).value - energies).abs().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.3 * errors[0]
    weights = network.pooling.weights(network.encoder(graphs), graphs)
    equal = 1 / graphs.sizes[graphs.batch].unsqueeze(1)
    assert (weights / equal - 1).abs().max() > 0.1
