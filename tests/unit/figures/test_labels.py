import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnpool.figures._labels import place_labels, spread_labels

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


def test_without_points_there_are_no_labels():
    assert len(spread_labels([], gap=3, low=0, high=1)) == 0


SIZE = [0.5, 0.1]
inches = st.tuples(st.floats(0, 4), st.floats(0, 3))


@given(st.lists(inches, min_size=1, max_size=12))
def test_placed_labels_are_inside_and_free_of_each_other_and_of_points(points):
    points = np.array(points)
    sizes = np.array([SIZE] * len(points))
    placed = place_labels(points, sizes, room=(4, 3))
    boxes = [(x, y, x + 0.5, y + 0.1) for x, y in placed]
    for i, (left, below, right, above) in enumerate(boxes):
        assert min(left, below) >= 0
        assert right <= 4
        assert above <= 3
        assert not [p for p in points if left < p[0] < right and below < p[1] < above]
        others = boxes[:i] + boxes[i + 1 :]
        assert not [o for o in others if left < o[2] and o[0] < right and below < o[3] and o[1] < above]


def test_a_lonely_label_is_at_the_right_of_its_point():
    ((x, y),) = place_labels(np.array([[1.0, 1.0]]), np.array([SIZE]), room=(4, 3))
    assert x == pytest.approx(1.06)
    assert y == pytest.approx(1.0 - 0.05)


def test_a_label_without_room_is_left_out():
    assert place_labels(np.array([[0.1, 0.1]]), np.array([SIZE]), room=(0.4, 0.4)) == [None]
