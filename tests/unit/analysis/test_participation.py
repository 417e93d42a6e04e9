import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gnnpool.analysis.participation import participation

CONTRIBUTIONS = arrays(float, st.integers(2, 30), elements=st.floats(-100, 100))


@pytest.mark.parametrize("count", [2, 7, 40])
def test_equal_contributions_have_participation_ratio_one(count):
    signs = np.resize([1, -1], count)
    assert participation(0.3 * signs, resolution=0) == pytest.approx(1)


@pytest.mark.parametrize("count", [2, 7, 40])
def test_a_single_contribution_has_participation_ratio_one_over_n(count):
    alone = np.zeros(count)
    alone[1] = -2.5
    assert participation(alone, resolution=0) == pytest.approx(1 / count)


def test_two_of_eight_atoms_are_a_quarter():
    assert participation([1, 0, 0, 0, -1, 0, 0, 0], resolution=0) == pytest.approx(0.25)


@given(CONTRIBUTIONS)
def test_the_share_is_between_one_atom_and_all_or_missing(contributions):
    share = participation(contributions, resolution=1e-9)
    assert np.isnan(share) or 1 / len(contributions) <= share * (1 + 1e-12) <= 1 + 1e-9


@given(CONTRIBUTIONS)
def test_a_supercell_has_the_share_of_its_cell(contributions):
    share = participation(contributions, resolution=1e-9)
    assert participation(np.tile(contributions, 3), resolution=1e-9) == pytest.approx(share, nan_ok=True)


@pytest.mark.parametrize("contributions", [[1.0], [], [0.0, 0.0], [np.nan, 1.0], [1e-8, -1e-9]])
def test_undefined_participation_is_missing(contributions):
    assert np.isnan(participation(contributions, resolution=1e-6))
