import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gnnpool.errors import DataError
from gnnpool.graphs.neighbors import (
    Cells,
    Edges,
    find_neighbors,
    keep_nearest,
    lexicographic_order,
    nearest_first,
    pair_reach,
)
from gnnpool.graphs.ties import shortest_images


def all_images(positions, lattice, cutoff):
    """The same edges from every image that could be near, one after the other."""
    heights = 1 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    spread = np.ptp(positions @ np.linalg.inv(lattice), axis=0)
    reach = np.ceil(cutoff / heights + spread).astype(int)
    found = []
    for shift in itertools.product(*(range(-n, n + 1) for n in reach)):
        apart = positions[None] + np.array(shift) @ lattice - positions[:, None]
        for i, j in np.argwhere(np.linalg.norm(apart, axis=2) <= cutoff + 1e-8):
            if i != j or any(shift):
                found.append((i, j, *shift))
    return found


def as_tuples(edges):
    return list(zip(edges.target, edges.source, *edges.shift.T, strict=True))


def vectors(edges, positions, lattice):
    return positions[edges.source] + edges.shift @ lattice - positions[edges.target]


@pytest.mark.parametrize("cutoff", [3.0, 8.0])
def test_the_search_finds_what_a_walk_through_all_images_finds(crystal, cutoff):
    edges = find_neighbors(Cells.of(crystal), cutoff=cutoff, max_offsets=None)
    assert sorted(as_tuples(edges)) == sorted(all_images(*crystal, cutoff))


@st.composite
def random_cells(draw, *, atoms, skew):
    """Positions and lattice of a skewed cell with distinct atoms, some of them outside of it."""
    lattice = 4 * np.eye(3) + draw(arrays(float, (3, 3), elements=st.floats(-skew, skew)))
    fractional = draw(arrays(float, (atoms, 3), elements=st.floats(-1.5, 1.5)))
    images = np.rint(fractional[:, None] - fractional[None])
    apart = np.linalg.norm((fractional[:, None] - fractional[None] - images) @ lattice, axis=2)
    assume(abs(np.linalg.det(lattice)) >= 10 and apart[np.triu_indices(atoms, 1)].min() >= 0.1)
    return fractional @ lattice, lattice


@settings(max_examples=40, deadline=None)
@given(random_cells(atoms=4, skew=2))
def test_the_search_is_complete_in_random_cells(cell):
    positions, lattice = cell
    found = as_tuples(find_neighbors(Cells.of((positions, lattice)), cutoff=4.0, max_offsets=None))
    assert len(found) == len(set(found))
    # What lies within rounding of the cutoff may be found or not.
    assert (
        {*all_images(positions, lattice, 4.0 - 1e-6)}
        <= {*found}
        <= {*all_images(positions, lattice, 4.0 + 1e-6)}
    )


def test_lengths_are_those_of_the_edge_vectors(crystal):
    edges = find_neighbors(Cells.of(crystal), cutoff=8.0, max_offsets=None)
    np.testing.assert_allclose(edges.length, np.linalg.norm(vectors(edges, *crystal), axis=1), atol=1e-10)


def test_every_edge_has_its_reverse(crystal):
    edges = find_neighbors(Cells.of(crystal), cutoff=8.0, max_offsets=None)
    reverse = zip(edges.source, edges.target, *-edges.shift.T, strict=True)
    assert sorted(as_tuples(edges)) == sorted(reverse)


def test_no_atom_is_its_own_neighbor_but_its_images_are(copper):
    edges = find_neighbors(Cells.of(copper), cutoff=8.0, max_offsets=None)
    assert len(edges) == 176
    assert np.abs(edges.shift).max(axis=1).min() >= 1


@pytest.mark.parametrize(("name", "count"), [("rocksalt", 6), ("copper", 12)])
def test_the_first_shell_of_known_crystals(name, count, request):
    positions, lattice = request.getfixturevalue(name)
    edges = find_neighbors(Cells.of((positions, lattice)), cutoff=3.0, max_offsets=None)
    assert np.bincount(edges.target).tolist() == [count] * len(positions)


def test_a_neighbor_exactly_at_the_cutoff_counts(simple_cubic):
    assert len(find_neighbors(Cells.of(simple_cubic(4.0)), cutoff=4.0, max_offsets=None)) == 6
    assert len(find_neighbors(Cells.of(simple_cubic(4.0)), cutoff=4.0 - 1e-6, max_offsets=None)) == 0
    assert len(find_neighbors(Cells.of(simple_cubic(0.7)), cutoff=0.7, max_offsets=None)) == 6


def test_edges_do_not_depend_on_which_image_of_an_atom_is_given(quartz):
    positions, lattice = quartz
    moved = positions + np.array([[n, -n, 2 * n] for n in range(len(positions))]) @ lattice
    inside = find_neighbors(Cells.of((positions, lattice)), cutoff=5.0, max_offsets=None)
    outside = find_neighbors(Cells.of((moved, lattice)), cutoff=5.0, max_offsets=None)
    assert sorted(vectors(inside, positions, lattice).round(6).tolist()) == sorted(
        vectors(outside, moved, lattice).round(6).tolist()
    )
    assert outside.shift.max() > inside.shift.max()


def test_cells_side_by_side_do_not_see_each_other(quartz, copper, slab):
    crystals = (quartz, copper, slab)
    together = find_neighbors(Cells.of(*crystals), cutoff=np.array([5.0, 4.0, 6.0]), max_offsets=None)
    expected, first = [], 0
    for crystal, cutoff in zip(crystals, (5.0, 4.0, 6.0), strict=True):
        alone = find_neighbors(Cells.of(crystal), cutoff=cutoff, max_offsets=None)
        expected += [(i + first, j + first, *shift) for i, j, *shift in as_tuples(alone)]
        first += len(crystal[0])
    assert as_tuples(together) == expected


def test_coincident_atoms_are_refused(rocksalt):
    positions, lattice = rocksalt
    positions[3] = positions[5] + lattice[0]
    with pytest.raises(DataError, match=r"atoms (3 and 5|5 and 3) coincide"):
        find_neighbors(Cells.of((positions, lattice)), cutoff=8.0, max_offsets=None)


def test_max_offsets_leaves_out_far_images(copper, cesium_chloride):
    assert len(find_neighbors(Cells.of(copper), cutoff=8.0, max_offsets=2)) == 104
    assert len(find_neighbors(Cells.of(cesium_chloride(3.0)), cutoff=8.0, max_offsets=2)) == 312
    assert len(find_neighbors(Cells.of(cesium_chloride(3.0)), cutoff=8.0, max_offsets=None)) == 336


@pytest.mark.parametrize("name", ["quartz", "triclinic"])
def test_a_limit_that_no_image_reaches_changes_nothing_for_atoms_in_the_cell(name, request):
    positions, lattice = request.getfixturevalue(name)
    inside = (positions @ np.linalg.inv(lattice) % 1.0) @ lattice
    free = find_neighbors(Cells.of((inside, lattice)), cutoff=8.0, max_offsets=None)
    limited = find_neighbors(Cells.of((inside, lattice)), cutoff=8.0, max_offsets=99)
    assert as_tuples(free) == as_tuples(limited)


def test_with_a_limit_only_images_within_the_cutoff_of_the_cell_are_searched():
    lattice = 9.0 * np.eye(3)
    positions = np.array([[0.0, 0, 0], [3 * 9.0 + 2.0, 0, 0]])
    assert len(find_neighbors(Cells.of((positions, lattice)), cutoff=8.0, max_offsets=None)) == 4
    assert len(find_neighbors(Cells.of((positions, lattice)), cutoff=8.0, max_offsets=9)) == 0


def edges_of(*rows):
    columns = np.array(rows, dtype=float)
    return Edges(
        columns[:, 0].astype(int), columns[:, 1].astype(int), columns[:, 3:].astype(int), columns[:, 2]
    )


def test_of_equally_long_edges_the_lower_source_then_the_lower_shift_stays():
    # target, source, length, shift; the first two lengths differ by less than the tolerance
    ties = edges_of(
        [0, 2, 1.0 - 1e-12, 0, 0, 0], [0, 1, 1.0, 1, 0, 0], [0, 1, 1.0, -1, 0, 0], [1, 0, 9.0, 0, 0, 0]
    )
    for order in itertools.permutations(range(4)):
        shuffled = ties.take(np.array(order))
        kept = keep_nearest(shuffled.take(nearest_first(shuffled)), 2)
        assert as_tuples(kept) == [(0, 1, -1, 0, 0), (0, 1, 1, 0, 0), (1, 0, 0, 0, 0)]
        assert kept.capped == 1


def test_the_nearest_neighbors_stay(crystal):
    edges = find_neighbors(Cells.of(crystal), cutoff=8.0, max_offsets=None)
    kept = keep_nearest(edges, 10)
    atoms = len(crystal[0])
    assert np.bincount(kept.target).tolist() == [10] * atoms
    assert kept.capped == atoms
    for atom in range(atoms):
        expected = np.sort(edges.length[edges.target == atom])[:10]
        np.testing.assert_allclose(kept.length[kept.target == atom], expected, atol=1e-8)


def test_atoms_count_as_capped_only_if_they_lost_edges(slab):
    edges = find_neighbors(Cells.of(slab), cutoff=3.5, max_offsets=None)
    degree = np.bincount(edges.target).tolist()
    assert degree == [12, 10, 10]
    assert keep_nearest(edges, 12).capped == 0
    assert keep_nearest(edges, 10).capped == 1
    assert keep_nearest(edges, 9).capped == 3


@settings(max_examples=40, deadline=None)
@given(random_cells(atoms=3, skew=3))
def test_all_shortest_images_are_within_the_reach_of_a_pair(cell):
    cells = Cells.of(cell)
    (reach,) = pair_reach(cells)
    near, all_ = (
        shortest_images(cells, find_neighbors(cells, cutoff=cutoff, max_offsets=None))
        for cutoff in (reach, reach + 4)
    )
    assert as_tuples(near) == as_tuples(all_)
    assert len(near) == 6


def test_the_reach_of_pairs_in_a_layer_does_not_grow_with_the_vacuum(slab):
    positions, lattice = slab
    thick = lattice * [[1], [1], [3]]
    thin, thicker = pair_reach(Cells.of((positions, lattice), (positions, thick)))
    assert thin == pytest.approx(thicker)
    assert thin < 8


@pytest.mark.parametrize("bound", [10, 2**40])  # the second one does not fit into one number
def test_the_order_is_that_of_a_lexicographic_sort(bound):
    generator = np.random.default_rng(1)
    columns = generator.integers(-bound, bound, size=(3, 500))
    columns[0] = generator.integers(0, 3, 500)
    order = lexicographic_order(*columns)
    assert columns[:, order].T.tolist() == sorted(columns.T.tolist())
