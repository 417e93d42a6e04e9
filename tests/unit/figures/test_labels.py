import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnpool.figures._labels import spread_labels

heights = st.lists(st.floats(-100, 100), min_size=1, max_size=8)


@given(heights)
def test_labels_keep_apart_in_the_order_of_their_points(heights):
    placed = spread_labels(heights, gap=3, low=-110, high=110)
    order = np.argsort(heights, kind="stable")
    assert np.diff(placed[order]).min(initial=3) >= 3 - 1e-9
    assert placed.min() >= -110 - 1e-9
    assert placed.max() <= 110 + 1e-9


def test_labels_far_apart_stay_at_their_points():
    assert spread_labels([5, -5, 20], gap=3, low=-50, high=50) == pytest.approx([5, -5, 20])


def test_two_close_labels_move_by_the_same_length():
    assert spread_labels([0, 1], gap=3, low=-50, high=50) == pytest.approx([-1, 2])


def test_no_points_have_no_labels():
    assert len(spread_labels([], gap=3, low=0, high=1)) == 0
