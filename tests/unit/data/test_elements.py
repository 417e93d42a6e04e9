import pytest
from ase.data import chemical_symbols, covalent_radii

from gnnpool.data.elements import SYMBOLS, covalent_radius, symbol


def test_symbols_are_those_of_the_periodic_table():
    assert list(SYMBOLS) == chemical_symbols[1:101]
    assert symbol(26) == "Fe"


def test_radii_are_those_of_cordero():
    assert [covalent_radius(n) for n in range(1, 97)] == pytest.approx(covalent_radii[1:97])
    assert covalent_radius(100) == covalent_radius(96)
