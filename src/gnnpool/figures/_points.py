"""Named points: each label beside its point, with a line where it had to move."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from gnnpool.figures import style
from gnnpool.figures._labels import place_labels

# A label nearer than this needs no line to its point, inches.
_NEAR = 0.12


def name_points(axes: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str]) -> list[str]:
    """Write the names of points beside them, none on another or on a point.

    Args:
        axes: Their limits must be final.
        x: Positions in the axes' own units.
        y: The same.
        names: One for each point; an empty one only keeps its point free.

    Returns:
        The names for which there was no room.
    """
    figure = axes.figure
    box = axes.get_position()
    size = np.array([box.width * figure.get_figwidth(), box.height * figure.get_figheight()])
    to_inches = axes.transData + axes.transAxes.inverted()
    points = to_inches.transform(np.column_stack([x, y]).astype(float).reshape(-1, 2)) * size
    height = style.SMALL * 1.25 / 72
    sizes = np.array([(style.text_width(name, style.SMALL) + 0.05, height) for name in names]).reshape(-1, 2)
    named = np.array([bool(name) for name in names], dtype=bool)
    placed = place_labels(points[named], sizes[named], width=size[0], height=size[1], others=points[~named])
    names = [name for name in names if name]
    for point, corner, extent, name in zip(points[named], placed, sizes[named], names, strict=True):
        if corner is not None:
            _write(axes, name, point, np.array(corner), extent, size)
    return [name for name, corner in zip(names, placed, strict=True) if corner is None]


def _write(
    axes: Axes, name: str, point: np.ndarray, corner: np.ndarray, extent: np.ndarray, size: np.ndarray
) -> None:
    nearest = np.clip(point, corner, corner + extent)
    if np.hypot(*(nearest - point)) > _NEAR:
        ends = np.array([point, nearest]) / size
        axes.plot(*ends.T, color=style.SOFT, linewidth=0.4, transform=axes.transAxes, zorder=2)
    place = (corner[0] + 0.025) / size[0], (corner[1] + extent[1] / 2) / size[1]
    text = axes.text(*place, name, transform=axes.transAxes, size=style.SMALL, va="center_baseline", zorder=4)
    text.set_path_effects([withStroke(linewidth=2, foreground=style.PAPER)])
