import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnnpool.data.nearest_atoms import nearest_atoms

WITHIN = 0.1


def by_all_pairs(fractional, lattice):
    first, second = np.triu_indices(len(fractional), k=1)
    apart = fractional[first] - fractional[second]
    distances = np.linalg.norm((apart - np.rint(apart)) @ lattice, axis=1)
    return distances.min(initial=np.inf)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.sampled_from([0.02, 0.1, 0.5, 3.0]))
def test_the_nearest_pair_is_that_of_all_pairs(seed, atoms, spread):
    """In oblique cells, across faces, edges and corners, and outside of the cell."""
    generator = np.random.default_rng(seed)
    lattice = 4 * np.eye(3) + generator.uniform(-1.2, 1.2, (3, 3))
    fractional = generator.integers(-3, 4, (atoms, 3)) + spread * generator.normal(size=(atoms, 3))
    nearest = by_all_pairs(fractional, lattice)
    found = nearest_atoms(fractional, lattice, within=WITHIN)
    if nearest >= WITHIN:
        assert found is None
    else:
        first, second, distance = found
        assert first < second
        assert distance == pytest.approx(nearest, abs=1e-9)
        assert by_all_pairs(fractional[[first, second]], lattice) == pytest.approx(nearest, abs=1e-9)


def test_many_atoms_at_one_place_are_found_without_all_their_pairs():
    first, second, distance = nearest_atoms(np.full((20_000, 3), 0.25), 5 * np.eye(3), within=WITHIN)
    assert first != second
    assert distance == 0


def test_an_image_of_an_atom_itself_does_not_count():
    assert nearest_atoms(np.array([[0.0, 1.0, 0.999999]]), np.eye(3), within=WITHIN) is None
