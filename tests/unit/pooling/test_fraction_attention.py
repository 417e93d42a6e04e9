"""Weights of elements by their fractions and by attention, computed by hand."""

from dataclasses import replace

import pytest
import torch
from torch import tensor

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._laws import check_laws, probe_size
from gnnpool.pooling.build import build_pooling
from gnnpool.pooling.fraction_attention import FractionAttentionPooling
from gnnpool.pooling.mean import MeanPooling

X = tensor([[1.0, 4.0], [2.0, 1.0], [6.0, 1.0]], dtype=torch.float64)
SPECIES = tensor([7, 0, 0])  # O, H, H
OXYGEN, HYDROGEN = X[0], X[1:].mean(0)


@pytest.fixture
def molecule(water):
    return replace(water, species=SPECIES)


def pooled(graphs, *, power=None, score=(0.0, 0.0)):
    pooling = FractionAttentionPooling(2, power=power).double()
    pooling.score.weight.data[:] = tensor([score])
    return pooling(X, graphs).x[0]


def test_training_starts_at_the_mean_of_any_composition(assorted, nodes):
    species = torch.randint(3, (assorted.num_nodes,), generator=torch.Generator().manual_seed(0))
    graphs, x = replace(assorted, species=species), nodes(assorted, 6)
    found = FractionAttentionPooling(6).double()(x, graphs).x
    torch.testing.assert_close(found, MeanPooling(6)(x, graphs).x)


@pytest.mark.parametrize(("power", "oxygen"), [(0, 1 / 2), (1, 1 / 3), (2, 1 / 5)])
def test_the_power_of_the_fraction_sets_the_weight_of_an_element(molecule, power, oxygen):
    expected = oxygen * OXYGEN + (1 - oxygen) * HYDROGEN
    torch.testing.assert_close(pooled(molecule, power=power), expected)


def test_attention_scores_the_mean_of_an_element(molecule):
    oxygen, hydrogen = torch.exp(0.5 * OXYGEN[0]), 2 * torch.exp(0.5 * HYDROGEN[0])
    expected = (oxygen * OXYGEN + hydrogen * HYDROGEN) / (oxygen + hydrogen)
    torch.testing.assert_close(pooled(molecule, score=(0.5, 0.0)), expected)


def test_atoms_of_one_element_share_its_weight_whatever_their_embeddings(molecule):
    pooling = FractionAttentionPooling(2).double()
    pooling.score.weight.data[:] = 1
    weights = pooling.weights(X, molecule).flatten()
    assert weights[1] == weights[2]
    torch.testing.assert_close(weights.sum(), tensor(1.0, dtype=torch.float64))


def test_a_crystal_of_one_element_is_pooled_by_the_mean(water):
    torch.testing.assert_close(pooled(water, power=3, score=(2.0, 1.0)), X.mean(0))


def test_the_batch_vector_takes_the_species_as_an_argument(molecule):
    pooling = FractionAttentionPooling(2).double()
    found = pooling(X, molecule.batch, species=SPECIES)
    torch.testing.assert_close(found, pooling(X, molecule).x)


def test_nodes_without_species_are_refused():
    pooling = FractionAttentionPooling(2).double()
    for graphs in (Nodes.from_vector(tensor([0, 0, 0])), tensor([0, 0, 0])):
        with pytest.raises(ValueError, match="needs the species of the nodes"):
            pooling(X, graphs)


def test_the_early_checks_know_an_operator_that_reads_species_alone_and_in_a_combination():
    for entry in (None, {"operators": ["mean", "fraction_attention"], "width": 5}):
        pooling = build_pooling("fraction_attention", entry, 6)
        check_laws(pooling, what="pooling")
        assert not probe_size(pooling, what="pooling")
