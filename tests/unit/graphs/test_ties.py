import numpy as np
import pytest

from gnnpool.graphs.neighbors import Cells, find_neighbors
from gnnpool.graphs.ties import shortest_images


def nearest_images(positions, lattice):
    """Vector from target to source of the chosen image, by ordered pair."""
    cells = Cells.of((positions, lattice))
    edges = shortest_images(cells, find_neighbors(cells, cutoff=8.0, max_offsets=None))
    vectors = positions[edges.source] + edges.shift @ lattice - positions[edges.target]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), edges.length, atol=1e-8)
    return dict(zip(zip(edges.target.tolist(), edges.source.tolist(), strict=True), vectors, strict=True))


def assert_equal_images(found, expected):
    assert found.keys() == expected.keys()
    for pair, vector in found.items():
        np.testing.assert_allclose(vector, expected[pair], atol=1e-6)


def test_the_shortest_image_of_each_pair_stays(crystal):
    cells = Cells.of(crystal)
    edges = find_neighbors(cells, cutoff=8.0, max_offsets=None)
    shortest = shortest_images(cells, edges)
    pairs = {(i, j) for i, j in zip(edges.target, edges.source, strict=True) if i != j}
    assert sorted(zip(shortest.target, shortest.source, strict=True)) == sorted(pairs)
    for i, j, length in zip(shortest.target, shortest.source, shortest.length, strict=True):
        assert length == pytest.approx(
            edges.length[(edges.target == i) & (edges.source == j)].min(), abs=1e-8
        )


def test_both_directions_of_a_pair_take_opposite_images(crystal, rocksalt, perovskite):
    for positions, lattice in (crystal, rocksalt, perovskite):
        images = nearest_images(positions, lattice)
        for (target, source), vector in images.items():
            np.testing.assert_allclose(vector, -images[source, target], atol=1e-9)


def test_images_do_not_depend_on_the_orientation_of_the_crystal(rocksalt, perovskite):
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    for positions, lattice in (rocksalt, perovskite):
        turned = nearest_images(positions @ turn, lattice @ turn)
        expected = {pair: v @ turn for pair, v in nearest_images(positions, lattice).items()}
        assert_equal_images(turned, expected)


def test_images_do_not_depend_on_the_cell_to_which_an_atom_is_assigned(rocksalt):
    positions, lattice = rocksalt
    moved = positions + np.random.default_rng(2).integers(-2, 3, size=positions.shape) @ lattice
    assert_equal_images(nearest_images(moved, lattice), nearest_images(positions, lattice))


def test_images_do_not_depend_on_the_sense_of_the_axes_but_for_pairs_at_plus_and_minus_v(rocksalt):
    positions, lattice = rocksalt
    images = nearest_images(positions, lattice)
    for pair, vector in nearest_images(positions, -lattice).items():
        same = np.allclose(vector, images[pair], atol=1e-6)
        assert same or np.allclose(vector, -images[pair], atol=1e-6)


def test_surroundings_decide_where_they_differ():
    # Atom 1 lies midway between two images of atom 0; atom 2 makes one side of it crowded.
    lattice = np.diag([4.0, 9.0, 9.0])
    positions = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    images = nearest_images(positions, lattice)
    np.testing.assert_allclose(images[1, 0], [-2.0, 0.0, 0.0], atol=1e-9)
    assert_equal_images(nearest_images(positions, -lattice), images)
    assert_equal_images(nearest_images(positions, lattice[[2, 0, 1]]), images)
    skewed = lattice + np.array([[0, 0, 0], [4.0, 0, 0], [0, 0, 0]])
    assert_equal_images(nearest_images(positions, skewed), images)
