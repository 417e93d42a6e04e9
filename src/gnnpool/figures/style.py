"""How every figure looks: colors, type and sizes for print."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

import matplotlib
from matplotlib.colors import to_rgb
from matplotlib.textpath import TextPath

# Okabe and Ito's palette, which people with any color vision tell apart; black is kept for lines.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
INK, SOFT, FAINT = "#1a1a1a", "#5a5a5a", "#d9d9d9"
FONT_SIZE, SMALL = 8.0, 7.0  # points
# Behind words that lie on lines.
BACKING = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
DPI = 300


def styled() -> AbstractContextManager:
    """Settings in force while a figure is drawn and saved; those of the process stay as they are."""
    return matplotlib.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": FONT_SIZE,
            "axes.titlesize": FONT_SIZE + 1,
            "axes.labelsize": FONT_SIZE,
            "axes.linewidth": 0.6,
            "axes.edgecolor": SOFT,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.major.size": 0,
            "text.color": INK,
            "axes.labelcolor": INK,
            "ytick.color": INK,
            "xtick.color": INK,
            # Letters stay letters in the PDF: they can be searched and edited.
            "pdf.fonttype": 42,
        }
    )


def pooling_colors(poolings: Iterable[str], catalog: Iterable[str]) -> dict[str, str]:
    """Give each pooling its color, as far as possible the same in every figure.

    A pooling takes the color of its place in the catalog, or the next one that no other pooling of
    the figure has. After seven poolings the colors repeat; poolings are always named too.

    Args:
        poolings: The poolings drawn.
        catalog: All poolings that have a label, in the order of the configuration.

    Returns:
        Color by pooling.
    """
    order = list(dict.fromkeys([*catalog, *poolings]))
    colors: dict[str, str] = {}
    for pooling in poolings:
        place = order.index(pooling)
        wanted = [PALETTE[(place + step) % len(PALETTE)] for step in range(len(PALETTE))]
        colors[pooling] = next((color for color in wanted if color not in colors.values()), wanted[0])
    return colors


def tint(color: str) -> tuple[float, ...]:
    """A color mixed with white, opaque, so that thick lines stand out on it."""
    return tuple(0.7 * part + 0.3 for part in to_rgb(color))


def text_width(text: str, size: float) -> float:
    """Width of a line of text in inches, for a font size in points."""
    with styled():
        return TextPath((0, 0), text, size=size).get_extents().width / 72 if text.strip() else 0.0
