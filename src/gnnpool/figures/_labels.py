"""Labels beside points, moved as little as it takes to keep them apart."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import isotonic_regression


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
