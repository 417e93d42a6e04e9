"""How every figure looks: colors, type and sizes for print."""

import textwrap
from collections.abc import Iterable
from contextlib import AbstractContextManager

import matplotlib
from matplotlib.colors import LinearSegmentedColormap, to_rgb

# The palette of Okabe and Ito, distinct in every kind of color vision; black is kept for lines.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
INK, SOFT, FAINT = "#1a1a1a", "#5a5a5a", "#d9d9d9"
# The page itself, also where the page around it is dark.
PAPER = "white"
# Lower errors are blue, higher ones orange; zero is white.
CHANGES = LinearSegmentedColormap.from_list("changes", ["#0072B2", PAPER, "#D55E00"])
# Of poolings beside each other, beside their color.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FONT_SIZE, SMALL = 8.0, 7.0  # points
DPI = 300
# Mean width of a character of prose, in units of the font size.
_CHARACTER = 0.54
_STYLE = {
    "font.family": "DejaVu Sans",
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "savefig.transparent": False,
    # Legend and labels come from configuration and data: a dollar sign is a dollar sign.
    "text.parse_math": False,
    "font.size": FONT_SIZE,
    "figure.titlesize": FONT_SIZE,
    "figure.titleweight": "bold",
    "axes.titlesize": FONT_SIZE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": FONT_SIZE,
    "axes.linewidth": 0.6,
    "axes.edgecolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.major.size": 2,
    "ytick.minor.size": 0,
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


def styled() -> AbstractContextManager:
    """Settings in force while a figure is drawn and saved; those of the process stay as they are."""
    return matplotlib.rc_context(_STYLE)


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
    """A color for thin lines; light colors are darkened to stand out on white."""
    red, green, blue = to_rgb(color)
    light = 0.3 * red + 0.59 * green + 0.11 * blue > 0.7
    return tuple(0.75 * part for part in (red, green, blue)) if light else color


def fill(text: str, width: float, *, size: float = SMALL) -> str:
    """Break a text into lines; a number keeps its sign and its percent.

    Args:
        text: The words.
        width: Width of a line in inches, about; a longer word stays whole.
        size: Of the letters, points.
    """
    bound = text.replace(" %", "\N{NO-BREAK SPACE}%").replace("± ", "±\N{NO-BREAK SPACE}")
    columns = max(1, int(72 * width / (_CHARACTER * size)))
    return textwrap.fill(bound, columns, break_long_words=False, break_on_hyphens=False)
