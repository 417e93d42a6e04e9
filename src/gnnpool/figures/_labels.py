"""Names beside points, moved as little as it takes to keep them apart."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from scipy.optimize import isotonic_regression

from gnnpool.figures import style

# Places around a point, inches: to the right, then up and down in turn, to the left last; then farther away.
_ANGLES = np.radians([0, 30, -30, 60, -60, 90, -90, 120, -120, 150, -150, 180])
_TOWARD = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)]).round(6)
_REACH = 0.06
_DISTANCES = _REACH * 1.35 ** np.arange(14)
# A name nearer than this needs no line to its point, inches.
_NEAR = 0.12


def spread_labels(heights: Sequence[float], *, gap: float, low: float, high: float) -> np.ndarray:
    """Place labels at least a gap apart, near their heights in the least-squares sense.

    With the heights sorted, label i minus i gaps must not decrease: an isotonic regression.

    Args:
        heights: Where the labels would stand alone.
        gap: Shortest distance between two labels, in the same unit.
        low: Lowest position.
        high: Highest position; given up if the labels do not fit.

    Returns:
        The positions, in the order of the heights.
    """
    heights = np.asarray(heights, dtype=float)
    order = np.argsort(heights, kind="stable")
    steps = gap * np.arange(len(heights))
    fitted = isotonic_regression(heights[order] - steps).x if len(heights) else heights
    placed = np.empty_like(heights)
    placed[order] = np.clip(fitted, low, max(low, high - gap * (len(heights) - 1))) + steps
    return placed


def place_labels(points: np.ndarray, sizes: np.ndarray, *, room: Sequence[float]) -> list[np.ndarray | None]:
    """Find a place for the label of each point, near it and free of other labels and of all points.

    Args:
        points: Where the points are, inches from the lower left of the axes, ``[n, 2]``.
        sizes: Widths and heights of the labels, inches, ``[n, 2]``; a point without a label has no width.
        room: Width and height of the axes, inches.

    Returns:
        Lower left corner of each label; None for one that finds no room.
    """
    taken = np.hstack([points - _REACH, points + _REACH])
    placed: list[np.ndarray | None] = [None] * len(points)
    for i in np.argsort(-points[:, 1], kind="stable"):
        shifts = np.concatenate([distance * _TOWARD for distance in _DISTANCES])
        lower = points[i] + shifts + np.tile((np.sign(_TOWARD) - 1) / 2, (len(_DISTANCES), 1)) * sizes[i]
        upper = lower + sizes[i]
        inside = (lower >= 0).all(1) & (upper <= room).all(1)
        apart = (lower[:, None] >= taken[:, 2:]) | (upper[:, None] <= taken[:, :2])
        free = np.flatnonzero(inside & apart.any(2).all(1))
        if sizes[i, 0] > 0 and len(free):
            placed[i] = lower[free[0]]
            taken = np.vstack([taken, np.hstack([lower[free[0]], upper[free[0]]])])
    return placed


def name_points(axes: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str]) -> None:
    """Write the names of points beside them, none on another or on a point; one without room is left out.

    Args:
        axes: Their limits must be final.
        x: Positions in the axes' own units.
        y: The same.
        names: One for each point; an empty one only keeps its point free.
    """
    figure = axes.get_figure(root=True)
    figure.draw_without_rendering()
    room = axes.get_window_extent().size / figure.dpi
    to_inches = axes.transData + axes.transAxes.inverted()
    points = to_inches.transform(np.column_stack([x, y]).astype(float).reshape(-1, 2)) * room
    texts = [write_name(axes, 0, 0, name) for name in names]
    sizes = np.array([t.get_window_extent().size / figure.dpi if t.get_text() else (0, 0) for t in texts])
    placed = place_labels(points, sizes.reshape(-1, 2), room=room)
    for text, point, corner, size in zip(texts, points, placed, sizes, strict=True):
        if corner is None:
            text.remove()
            continue
        text.set(
            position=(corner[0] / room[0], (corner[1] + size[1] / 2) / room[1]), transform=axes.transAxes
        )
        nearest = np.clip(point, corner, corner + size)
        if np.hypot(*(nearest - point)) > _NEAR:
            join(axes, *(np.array([point, nearest]) / room).T, transform=axes.transAxes)


def write_name(axes: Axes, x: float, y: float, name: str) -> Text:
    """A name to the right of a place, legible on lines."""
    text = axes.text(x, y, name, size=style.SMALL, va="center", zorder=4, in_layout=False)
    text.set_path_effects([withStroke(linewidth=2, foreground=style.PAPER)])
    return text


def join(axes: Axes, x: Sequence[float], y: Sequence[float], **options: object) -> None:
    """A thin line from a point to its name."""
    axes.plot(x, y, color=style.SOFT, linewidth=0.4, zorder=2, scalex=False, scaley=False, **options)
