import numpy as np
import pytest

from gnnpool.graphs import mdl, ocp
from gnnpool.graphs.neighbors import Cells

LIMITS = {"cutoff": 8.0, "max_neighbors": 250, "max_offsets": None}


def self_images(edges):
    return np.count_nonzero(edges.source == edges.target)


def test_mdl_counts_of_cells_done_by_hand(cesium_chloride, perovskite, simple_cubic, copper):
    assert len(mdl.assign_edges(Cells.of(cesium_chloride(4.0)), **LIMITS)) == 2
    assert len(mdl.assign_edges(Cells.of(cesium_chloride(3.0)), **LIMITS)) == 2
    assert len(mdl.assign_edges(Cells.of(perovskite), **LIMITS)) == 20
    assert len(mdl.assign_edges(Cells.of(simple_cubic(3.0)), **LIMITS)) == 0
    assert len(mdl.assign_edges(Cells.of(copper), **LIMITS)) == 0


def test_ocp_counts_of_cells_done_by_hand(cesium_chloride, simple_cubic, copper):
    edges = ocp.assign_edges(Cells.of(cesium_chloride(4.0)), **LIMITS)
    assert (len(edges), self_images(edges)) == (128, 64)
    assert len(ocp.assign_edges(Cells.of(cesium_chloride(3.0)), **LIMITS)) == 336
    assert len(ocp.assign_edges(Cells.of(simple_cubic(3.0)), **LIMITS)) == 80
    assert len(ocp.assign_edges(Cells.of(simple_cubic(9.0)), **LIMITS)) == 0
    assert len(ocp.assign_edges(Cells.of(copper), **LIMITS)) == 176


def test_ocp_counts_of_a_perovskite_with_neighbors_exactly_at_the_cutoff(perovskite):
    edges = ocp.assign_edges(Cells.of(perovskite), **LIMITS)
    assert (len(edges), self_images(edges), np.bincount(edges.target).max()) == (824, 160, 172)
    assert edges.length.max() == pytest.approx(8.0, abs=1e-9)


@pytest.mark.parametrize("scheme", [mdl, ocp])
def test_edges_are_sorted_by_target_then_length(scheme, crystal):
    edges = scheme.assign_edges(Cells.of(crystal), **LIMITS)
    keys = list(zip(edges.target, edges.length.round(7), strict=True))
    assert keys == sorted(keys)


def test_mdl_edges_are_some_of_the_ocp_edges(crystal):
    limits = {**LIMITS, "max_neighbors": 10_000}
    few, many = (
        set(zip(edges.target, edges.source, *edges.shift.T, strict=True))
        for edges in (
            mdl.assign_edges(Cells.of(crystal), **limits),
            ocp.assign_edges(Cells.of(crystal), **limits),
        )
    )
    assert few <= many
    assert {edge[:2] for edge in few} == {edge[:2] for edge in many if edge[0] != edge[1]}


def test_mdl_has_one_edge_for_each_ordered_pair_at_the_minimum_image(quartz):
    positions, lattice = quartz
    edges = mdl.assign_edges(Cells.of((positions, lattice)), **LIMITS)
    shifts = np.stack(np.meshgrid(*[range(-2, 3)] * 3), axis=-1).reshape(-1, 3)
    apart = positions[None, :, None] + (shifts @ lattice)[None, None] - positions[:, None, None]
    nearest = np.linalg.norm(apart, axis=-1).min(axis=-1)
    assert len(edges) == 9 * 8
    np.testing.assert_allclose(edges.length, nearest[edges.target, edges.source], atol=1e-9)


def test_mdl_leaves_out_pairs_beyond_the_cutoff(slab):
    positions, lattice = slab
    positions[2] = positions[0] + [0, 0, 9.0]
    edges = mdl.assign_edges(Cells.of((positions, lattice)), **LIMITS)
    assert sorted(zip(edges.target, edges.source, strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]


def test_ocp_surroundings_are_the_same_in_a_supercell(quartz):
    positions, lattice = quartz
    double = np.concatenate([positions, positions + lattice[2]])
    once = ocp.assign_edges(Cells.of((positions, lattice)), **LIMITS)
    twice = ocp.assign_edges(Cells.of((double, lattice * [[1], [1], [2]])), **LIMITS)
    assert np.bincount(twice.target).tolist() == np.bincount(once.target).tolist() * 2
    for atom in range(18):
        np.testing.assert_allclose(
            twice.length[twice.target == atom], once.length[once.target == atom % 9], atol=1e-8
        )


@pytest.mark.parametrize("scheme", [mdl, ocp])
def test_at_most_max_neighbors_stay_for_each_target(scheme, rocksalt):
    edges = scheme.assign_edges(Cells.of(rocksalt), cutoff=8.0, max_neighbors=6, max_offsets=None)
    assert np.bincount(edges.target).tolist() == [6] * 8
    assert edges.capped == 8


def test_mdl_keeps_the_nearest_other_atoms(rocksalt):
    edges = mdl.assign_edges(Cells.of(rocksalt), cutoff=8.0, max_neighbors=3, max_offsets=None)
    np.testing.assert_allclose(edges.length, 2.82, atol=1e-9)
