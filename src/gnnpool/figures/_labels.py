"""Labels beside points, moved as little as it takes to keep them apart."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import isotonic_regression

# Around a point: right, then up and down in turn, left last.
_ANGLES = np.radians([0, 30, -30, 60, -60, 90, -90, 120, -120, 150, -150, 180])


def spread_labels(heights: Sequence[float], *, gap: float, low: float, high: float) -> np.ndarray:
    """Place labels at least a gap apart, near their heights in the least-squares sense.

    With the heights sorted, label i minus i gaps must not decrease: an isotonic regression.

    Args:
        heights: Where the labels would stand alone.
        gap: Least distance between two labels, in the same unit.
        low: Least position.
        high: Greatest position; given up if the labels do not fit.

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


def place_labels(
    points: np.ndarray,
    sizes: np.ndarray,
    *,
    width: float,
    height: float,
    others: np.ndarray | None = None,
    reach: float = 0.06,
) -> list[tuple[float, float] | None]:
    """Find a place for the label of each point, near it and free of other labels and of all points.

    Places are tried around each point in growing circles, those at its right first.

    Args:
        points: Where the points are, inches from the lower left of the axes, ``[n, 2]``.
        sizes: Widths and heights of the labels, inches, ``[n, 2]``.
        width: Of the axes, inches.
        height: Of the axes, inches.
        others: Further points that shall stay free, ``[m, 2]``.
        reach: Radius of the sign of a point, inches.

    Returns:
        Lower left corner of each label; None for one that finds no room.
    """
    every = points if others is None else np.vstack([points, others])
    signs = np.hstack([every - reach, every + reach])
    taken = [*signs]
    placed: list[tuple[float, float] | None] = [None] * len(points)
    for i in np.argsort(-points[:, 1], kind="stable") if len(points) else []:
        for corner in _corners(points[i], sizes[i], reach=reach, farthest=max(width, height)):
            box = np.array([*corner, *(corner + sizes[i])])
            inside = (box[:2] >= 0).all() and box[2] <= width and box[3] <= height
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                placed[i] = (float(corner[0]), float(corner[1]))
                break
    return placed


def _corners(point: np.ndarray, size: np.ndarray, *, reach: float, farthest: float) -> Iterator[np.ndarray]:
    """Lower left corners of labels around a point, the nearest first."""
    distance = reach
    while distance < farthest:
        for angle in _ANGLES:
            toward = np.array([np.cos(angle), np.sin(angle)])
            yield point + distance * toward + (np.sign(np.round(toward, 6)) - 1) / 2 * size
        distance *= 1.35


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())
