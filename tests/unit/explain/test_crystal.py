"""One crystal, drawn."""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from gnnpool.explain.crystal import Crystal, draw_crystal

CAESIUM_CHLORIDE = Crystal(4.12 * np.eye(3), np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]]), np.array([55, 17]))


def circles(crystal, values):
    axes = Figure().add_axes((0, 0, 1, 1))
    colors, scale = matplotlib.colormaps["RdBu_r"], Normalize(-1, 1)
    draw_crystal(axes, crystal, values, colors=colors, scale=scale, size=(2, 2))
    return [patch for patch in axes.patches if isinstance(patch, Circle)]


def test_every_image_of_an_atom_has_its_color_and_size():
    drawn = circles(CAESIUM_CHLORIDE, [1.0, -1.0])
    assert len(drawn) == 9
    radii = sorted({round(circle.radius, 4) for circle in drawn})
    assert radii == pytest.approx([0.3 + 0.35 * 1.02, 0.3 + 0.35 * 2.44], abs=1e-4)
    red, blue = (matplotlib.colormaps["RdBu_r"](end) for end in (1.0, 0.0))
    assert sum(circle.get_facecolor() == red for circle in drawn) == 8
    assert sum(circle.get_facecolor() == blue for circle in drawn) == 1


def test_no_contribution_is_white_and_a_missing_one_gray():
    none, missing = (circles(CAESIUM_CHLORIDE, [value, 0.0])[0].get_facecolor() for value in (0.0, np.nan))
    assert min(none[:3]) > 0.95
    assert len(set(missing[:3])) == 1
    assert missing[0] < 0.9


def test_everything_lies_inside_the_axes_at_equal_scales():
    axes = Figure().add_axes((0, 0, 1, 1))
    options = {"colors": matplotlib.colormaps["RdBu_r"], "scale": Normalize(-1, 1), "size": (3, 2)}
    draw_crystal(axes, CAESIUM_CHLORIDE, [1.0, 0.5], **options)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert (right - left) / (top - bottom) == pytest.approx(3 / 2)
    for circle in axes.patches:
        x, y = circle.center
        assert left < x - circle.radius
        assert x + circle.radius < right
        assert bottom < y - circle.radius
        assert y + circle.radius < top
