"""Small crystals of known surroundings."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure


@pytest.fixture
def rocksalt():
    """Conventional cell of NaCl, 8 atoms: positions and lattice, Å."""
    sodium = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return 5.64 * np.concatenate([sodium, sodium + 0.5]), 5.64 * np.eye(3)


@pytest.fixture
def copper():
    """Primitive cell of fcc copper, one atom."""
    return np.zeros((1, 3)), 3.6 * np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


@pytest.fixture
def cesium_chloride():
    """Two atoms in a cube, for a given edge in Å."""
    return lambda a: (np.array([[0.0] * 3, [a / 2] * 3]), a * np.eye(3))


@pytest.fixture
def simple_cubic():
    """One atom in a cube, for a given edge in Å."""
    return lambda a: (np.zeros((1, 3)), a * np.eye(3))


@pytest.fixture
def perovskite():
    """Five atoms in a cube of 4 Å."""
    fractional = np.array([[0.5] * 3, [0] * 3, [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    return 4.0 * fractional, 4.0 * np.eye(3)


@pytest.fixture
def quartz():
    """Alpha quartz, 9 atoms in a hexagonal cell."""
    lattice = Lattice.hexagonal(4.9134, 5.4052)
    sites = [[0.4699, 0, 2 / 3], [0.4141, 0.2681, 0.7854]]
    crystal = Structure.from_spacegroup("P3_221", lattice, ["Si", "O"], sites)
    return np.array(crystal.cart_coords), np.array(lattice.matrix)


@pytest.fixture
def triclinic():
    """Five atoms in a skewed cell, two of them outside of it."""
    lattice = np.array([[4.1, 0.0, 0.0], [2.9, 4.4, 0.0], [-3.3, 1.7, 5.2]])
    fractional = np.array(
        [[0, 0, 0], [0.31, 0.62, 0.17], [-0.4, 1.3, 0.55], [2.2, -1.7, 0.81], [0.999999, 0.5, 1e-17]]
    )
    return fractional @ lattice, lattice


@pytest.fixture
def slab():
    """Two layers of MoS2 in a cell with vacuum."""
    lattice = np.array([[3.19, 0, 0], [-1.595, 2.7626, 0], [0, 0, 25.0]])
    fractional = np.array([[1 / 3, 2 / 3, 0.5], [2 / 3, 1 / 3, 0.5626], [2 / 3, 1 / 3, 0.4374]])
    return fractional @ lattice, lattice


@pytest.fixture(params=["rocksalt", "copper", "perovskite", "quartz", "triclinic", "slab", "left_handed"])
def crystal(request):
    """Each of the crystals above in turn, and one of which the lattice is left-handed."""
    if request.param == "left_handed":
        positions, lattice = request.getfixturevalue("quartz")
        return positions, lattice[[1, 0, 2]]
    return request.getfixturevalue(request.param)
