"""How every figure looks: colors, type and sizes for print."""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cache

import matplotlib
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

# Okabe and Ito's palette, which people with any color vision tell apart; black is kept for lines.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
INK, SOFT, FAINT = "#1a1a1a", "#5a5a5a", "#d9d9d9"
# The page itself, also where the page around it is dark.
PAPER = "white"
# Lower errors are blue, higher ones orange; nothing is white.
BETTER, WORSE = "#0072B2", "#D55E00"
CHANGES = LinearSegmentedColormap.from_list("changes", [BETTER, PAPER, WORSE])
# Of poolings beside each other, beside their color.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FONT_SIZE, SMALL = 8.0, 7.0  # points
LINE = SMALL * 1.4 / 72  # inches from one line of small letters to the next
# Behind words that lie on lines.
BACKING = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
DPI = 300
_WORD = re.compile(r"(?:± )?\S+(?: %\S*)?")


def styled() -> AbstractContextManager:
    """Settings in force while a figure is drawn and saved; those of the process stay as they are."""
    return matplotlib.rc_context(
        {
            "font.family": "DejaVu Sans",
            "figure.facecolor": PAPER,
            "axes.facecolor": PAPER,
            "savefig.facecolor": PAPER,
            "savefig.transparent": False,
            "font.size": FONT_SIZE,
            "axes.titlesize": FONT_SIZE + 1,
            "axes.labelsize": FONT_SIZE,
            "axes.linewidth": 0.6,
            "axes.edgecolor": SOFT,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.major.size": 0,
            "ytick.major.size": 2,
            "ytick.major.width": 0.6,
            "xtick.labelsize": SMALL,
            "ytick.labelsize": SMALL,
            "hatch.linewidth": 0.5,
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


def stroke(color: str) -> str | tuple[float, ...]:
    """A color for thin lines: light ones are darkened, so that they are seen on white."""
    red, green, blue = to_rgb(color)
    light = 0.3 * red + 0.59 * green + 0.11 * blue > 0.7
    return tuple(0.75 * part for part in (red, green, blue)) if light else color


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text in inches, for a font size in points."""
    if not text.strip():
        return 0.0
    with styled():
        font = FontProperties(weight="bold" if bold else "normal")
        return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width / 72)


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines, at spaces but for those between a number and its sign or percent.

    Args:
        text: The words.
        width: Greatest width of a line, inches; a longer word stays whole.
        size: Of the letters, points.
        bold: Whether they are.
    """
    space = text_width("n n", size, bold=bold) - text_width("nn", size, bold=bold)
    lines: list[list[str]] = [[]]
    used = 0.0
    for word in _WORD.findall(text):
        # Letters reach not quite to the ends of their room, hence a word between two others.
        long = text_width(f"n{word}n", size, bold=bold) - text_width("nn", size, bold=bold)
        if lines[-1] and used + space + long > width:
            lines.append([])
        used = long + (used + space if lines[-1] else 0.0)
        lines[-1].append(word)
    return [" ".join(words) for words in lines]
