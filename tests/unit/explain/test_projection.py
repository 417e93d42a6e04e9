import numpy as np
import pytest

from gnnpool.explain.projection import find_slab, make_scene, view_of, with_images

CUBE = 4.0 * np.eye(3)
SKEWED = np.array([[3.0, 0.2, 0.1], [-1.4, 2.6, 0.0], [0.3, 0.5, 4.0]])


def test_an_atom_in_a_corner_is_drawn_in_all_eight():
    atoms, images = with_images(np.array([[0.0, 1.0, -1e-6]]))
    assert atoms.tolist() == [0] * 8
    assert {tuple(image) for image in images.round(3) + 0.0} == set(np.ndindex(2, 2, 2))


@pytest.mark.parametrize(
    ("place", "images"), [((0.5, 0.5, 0.5), 1), ((0.0, 0.4, 0.4), 2), ((0.99, 0, 0.3), 4)]
)
def test_atoms_on_faces_and_edges_are_drawn_on_the_opposite_ones(place, images):
    assert len(with_images(np.array([place]))[0]) == images


@pytest.mark.parametrize("lattice", [CUBE, SKEWED, SKEWED[::-1]])
def test_the_view_keeps_lengths_and_handedness(lattice):
    view = view_of(lattice)
    np.testing.assert_allclose(view @ view.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view) == pytest.approx(1)
    # Upright: the third vector does not lean to either side.
    assert (lattice[2] @ view.T)[0] == pytest.approx(0, abs=1e-12)


def test_distances_between_atoms_are_those_of_the_crystal():
    fractional = np.array([[0.1, 0.2, 0.3], [0.6, 0.7, 0.55]])
    scene = make_scene(SKEWED, fractional)
    first, second = (scene.places[scene.atoms == atom][0] for atom in (0, 1))
    expected = np.linalg.norm((fractional[0] - fractional[1]) @ SKEWED)
    assert np.linalg.norm(first - second) == pytest.approx(expected)


def test_a_bulk_crystal_has_its_twelve_edges():
    scene = make_scene(CUBE, np.array([[0.5, 0.5, 0.5]]))
    lengths = np.linalg.norm(scene.edges[:, 0] - scene.edges[:, 1], axis=1)
    np.testing.assert_allclose(lengths, 4.0)
    assert len(lengths) == 12
    assert not scene.cut.any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_vacuum_beside_a_slab_is_cut_off_and_the_slab_is_whole(axis):
    """Three layers 2 Å apart in a cell of 20 Å, cut in two by the face of the cell."""
    lengths = np.full(3, 3.0)
    lengths[axis] = 20.0
    fractional = np.full((3, 3), 0.5)
    fractional[:, axis] = [0.0, 0.1, 0.9]
    found, shifted, low, high = find_slab(np.diag(lengths), fractional)
    assert found == axis
    np.testing.assert_allclose(20 * shifted[:, axis], [2, 4, 0], atol=1e-6)
    assert (20 * low, 20 * high) == pytest.approx((-1, 5))
    scene = make_scene(np.diag(lengths), fractional)
    assert scene.cut.sum() == 8
    upright = np.linalg.norm(scene.edges[~scene.cut][:, 0] - scene.edges[~scene.cut][:, 1], axis=1)
    np.testing.assert_allclose(upright, 6.0)
    heights = sorted(np.linalg.norm(place - scene.places[scene.atoms == 2][0]) for place in scene.places)
    assert heights == pytest.approx([0, 2, 4], abs=1e-6)


def test_a_crystal_without_vacuum_is_not_cut():
    assert find_slab(CUBE, np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]))[0] is None
