"""One crystal in its cell, atoms colored by a number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.patches import Circle

from gnnpool.data.elements import covalent_radius, symbol
from gnnpool.explain.projection import Scene, make_scene
from gnnpool.figures import style

# Radius drawn: so many Å, and so much of the covalent radius. Neighbors rarely touch, so that atoms behind
# are seen, and small ones have room for their symbol.
_LEAST_RADIUS, _SHARE_OF_RADIUS = 0.3, 0.35
_MISSING = "#c8c8c8"
# Points; smaller letters are left out.
_LEAST_TEXT = 3.5


@dataclass(frozen=True)
class Crystal:
    """Atoms in their cell.

    Args:
        lattice: Rows are vectors, Å, ``[3, 3]``.
        fractional: Coordinates in units of the lattice vectors, ``[N, 3]``.
        numbers: Atomic numbers, ``[N]``.
    """

    lattice: np.ndarray
    fractional: np.ndarray
    numbers: np.ndarray


def draw_crystal(
    axes: Axes,
    crystal: Crystal,
    values: Sequence[float],
    *,
    colors: Colormap,
    scale: Normalize,
    size: tuple[float, float],
) -> None:
    """Draw a crystal, parallel projection; atoms on faces of the cell are drawn on the opposite ones too.

    Radii grow with the covalent radius. The edges at the corner farthest from the viewer are
    dashed. Vacuum is cut off, where
    the edges are faint. A missing value is gray.

    Args:
        axes: To draw on.
        crystal: What to draw.
        values: Of each atom, ``[N]``.
        colors: From numbers to colors.
        scale: From values to the numbers that ``colors`` takes.
        size: Width and height of the axes, inches.
    """
    scene = make_scene(crystal.lattice, crystal.fractional)
    atoms, places = scene.atoms, scene.places
    radii = np.array([_radius(number) for number in crystal.numbers[atoms]])
    points = _frame(axes, places, radii, scene.edges, size)
    _draw_cell(axes, scene)
    for rank, i in enumerate(np.argsort(places[:, 2], kind="stable")):
        value = values[atoms[i]]
        color = colors(scale(value)) if np.isfinite(value) else _MISSING
        order = 3 + rank / len(places)
        axes.add_patch(
            Circle(
                places[i, :2],
                radii[i],
                facecolor=color,
                edgecolor=style.INK,
                linewidth=0.5,
                zorder=order,
                clip_on=False,
            )
        )
        letters = symbol(int(crystal.numbers[atoms[i]]))
        text = min(style.SMALL, 2.1 * radii[i] * points / max(len(letters), 1.5))
        if text >= _LEAST_TEXT:
            axes.text(
                *places[i, :2],
                letters,
                size=text,
                color=_legible(color),
                ha="center",
                va="center_baseline",
                zorder=order,
            )


def _radius(number: int) -> float:
    return _LEAST_RADIUS + _SHARE_OF_RADIUS * covalent_radius(number)


def _frame(
    axes: Axes, places: np.ndarray, radii: np.ndarray, edges: np.ndarray, size: tuple[float, float]
) -> float:
    """Make everything visible at equal scales; returns points for each Å."""
    low = np.minimum((places[:, :2] - radii[:, None]).min(0), edges[..., :2].min((0, 1)))
    high = np.maximum((places[:, :2] + radii[:, None]).max(0), edges[..., :2].max((0, 1)))
    unit = 1.04 * ((high - low) / size).max()  # Å for each inch
    half, middle = unit * np.array(size) / 2, (low + high) / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set_axis_off()
    return 72 / unit


def _draw_cell(axes: Axes, scene: Scene) -> None:
    farthest = scene.edges[..., 2].min()
    for ends, cut in zip(scene.edges, scene.cut, strict=True):
        hidden = np.isclose(ends[:, 2].min(), farthest)
        axes.plot(
            *ends[:, :2].T,
            color=style.FAINT if cut else style.SOFT,
            linewidth=0.5 if hidden else 0.7,
            linestyle=(0, (3, 3)) if hidden else "-",
            zorder=1 if hidden else 2,
        )


def _legible(color: str | tuple[float, ...]) -> str:
    """Ink on light colors, white on dark ones."""
    if isinstance(color, str):
        return style.INK
    red, green, blue = color[:3]
    return style.INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
