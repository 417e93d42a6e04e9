"""Laws of changed structures."""

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from gnnpool.data.build import build_structures
from gnnpool.data.structure import read_structures
from gnnpool.graphs.build import assign_all
from gnnpool.perturb.changes import AXES, MATRICES, changed, selected

SAME = [
    ("supercell", "2x1x1"),
    ("supercell", "skew"),
    ("rewritten", "basis"),
    ("rewritten", "origin_and_order"),
]
EVERY = [("displaced", 0.05), ("strained", 2), *SAME]
OCP = {"scheme": "ocp", "cutoff": 4.0, "max_neighbors": 250, "max_offsets": None}


@pytest.fixture(scope="module")
def crystals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    entry = {"source": "demo", "target": "energy", "unit": "eV/cell", "structures": 20}
    build_structures(
        raw=None,
        dataset="salts",
        entry=entry | {"options": {"target": "per_cell", "count": 20}},
        on_bad_row="error",
        structures=folder / "structures.parquet",
        manifest=folder / "manifest.json",
    )
    return read_structures(folder / "structures.parquet")


def atoms(crystals, place):
    return slice(crystals.node_ptr[place], crystals.node_ptr[place + 1])


def crystal(crystals, place):
    own = atoms(crystals, place)
    return Structure(crystals.lattices[place], crystals.numbers[own], crystals.fractional[own])


def test_every_axis_is_tried():
    assert {axis for axis, _ in EVERY} == set(AXES)


@pytest.mark.parametrize(("axis", "level"), EVERY)
def test_positions_are_those_of_the_fractional_coordinates(crystals, axis, level):
    found = changed(crystals, axis, level, seed=1).structures
    assert found.ids == crystals.ids
    for place in range(len(found)):
        own = atoms(found, place)
        np.testing.assert_allclose(
            found.fractional[own] @ found.lattices[place], found.positions[own], atol=1e-9
        )


@pytest.mark.parametrize(("axis", "level"), EVERY)
def test_a_change_depends_on_seed_and_name_alone(crystals, axis, level):
    whole = changed(crystals, axis, level, seed=1).structures
    part = changed(selected(crystals, [7, 3]), axis, level, seed=1).structures
    for place, origin in ((0, 7), (1, 3)):
        np.testing.assert_array_equal(
            part.positions[atoms(part, place)], whole.positions[atoms(whole, origin)]
        )


@pytest.mark.parametrize(("axis", "level"), SAME)
def test_the_same_crystal_in_another_cell_is_the_same_crystal(crystals, axis, level):
    found = changed(crystals, axis, level, seed=1)
    assert found.cells == (2 if axis == "supercell" else 1)
    matcher = StructureMatcher(primitive_cell=False, scale=False, stol=1e-3, ltol=1e-3, angle_tol=1e-2)
    for place in range(len(crystals)):
        expected = crystal(crystals, place).make_supercell(MATRICES.get(level, np.eye(3, dtype=int)))
        assert matcher.fit(expected, crystal(found.structures, place))


@pytest.mark.parametrize(("axis", "level"), SAME)
def test_atoms_of_the_same_crystal_have_the_same_neighbors(crystals, axis, level):
    """With edges to every image: the lengths of all edges, as often as there are cells."""
    found = changed(crystals, axis, level, seed=1)
    (before, _), (after, _) = assign_all(crystals, OCP), assign_all(found.structures, OCP)
    np.testing.assert_allclose(np.sort(after.length), np.sort(np.tile(before.length, found.cells)), atol=1e-5)


def test_the_cell_is_really_another_one(crystals):
    for level in ("basis", "origin_and_order"):
        found = changed(crystals, "rewritten", level, seed=1).structures
        assert not np.allclose(found.positions, crystals.positions)
    assert not np.allclose(
        changed(crystals, "rewritten", "basis", seed=1).structures.lattices, crystals.lattices
    )


def test_displacements_have_the_standard_deviation_and_grow_in_the_same_direction(crystals):
    small, large = (changed(crystals, "displaced", s, seed=1).structures.positions for s in (0.01, 0.1))
    moved = large - crystals.positions
    assert moved.std() == pytest.approx(0.1, rel=0.15)
    np.testing.assert_allclose(moved, 10 * (small - crystals.positions), atol=1e-9)
    assert not np.allclose(
        moved, changed(crystals, "displaced", 0.1, seed=2).structures.positions - crystals.positions
    )


def test_strain_changes_every_length_by_its_percent(crystals):
    found = changed(crystals, "strained", -2, seed=1)
    assert (found.level, found.cells) == ("-2", 1)
    for place in range(len(crystals)):
        old, new = crystal(crystals, place), crystal(found.structures, place)
        np.testing.assert_allclose(new.lattice.abc, 0.98 * np.array(old.lattice.abc))
        np.testing.assert_allclose(new.distance_matrix, 0.98 * old.distance_matrix, atol=1e-9)
