"""The page of a figure: panels in groups, the title above and the notes below.

Constrained layout makes room for what belongs to the axes. Title and notes lie outside of it, and saving
crops the page to all that is on it.
"""

from collections.abc import Sequence
from math import ceil

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnnpool.figures import style

CHANGE = "change of the error relative\nto mean pooling, %\n(negative is better)"
# Inches: narrowest page, between the axes and what is above and below, and a column and a line of a legend.
_LEAST_WIDTH, _BETWEEN, _COLUMN, _LINE = 4.8, 0.1, 1.7, 0.14


def open_page(width: float, height: float) -> Figure:
    """A figure for axes of about this size in inches."""
    return Figure(figsize=(max(width, _LEAST_WIDTH), height), layout="constrained")


def open_panels(
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]], *, width: float, height: float, columns: int
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of small panels.

    Args:
        groups: From top to bottom: a title, and for each panel its name and a remark below the name;
            all of them may be empty.
        width: Of a panel with its labels, inches.
        height: The same.
        columns: Panels beside each other, at most.

    Returns:
        The figure, and for each group the axes of its panels.
    """
    columns = max(1, min(columns, max((len(panels) for _, panels in groups), default=1)))
    rows = [ceil(len(panels) / columns) for _, panels in groups]
    figure = open_page(columns * width, max(1, sum(rows)) * height)
    parts = figure.subfigures(len(groups), 1, height_ratios=rows, squeeze=False)[:, 0] if groups else []
    every = []
    for part, (title, panels), count in zip(parts, groups, rows, strict=True):
        if title:
            part.suptitle(title, x=0.004, ha="left")
        axes = list(part.subplots(count, columns, squeeze=False).flat)
        for panel, (name, remark) in zip(axes, panels, strict=False):
            _head(panel, style.fill(name, 0.8 * width), style.fill(remark, 0.8 * width))
        for empty in axes[len(panels) :]:
            empty.set_axis_off()
        every.append(axes[: len(panels)])
    return figure, every


def finish(figure: Figure, *, title: str, notes: Sequence[str], legend: Sequence[Artist] = ()) -> Figure:
    """Write the title above the axes, with a legend below it, and the notes below the axes.

    Args:
        figure: Of :func:`open_page` or :func:`open_panels`.
        title: What it shows.
        notes: Sentences.
        legend: Artists with labels.
    """
    width, height = figure.get_size_inches()
    gap = above = _BETWEEN / height
    if legend:
        columns = max(1, min(len(legend), int(width / _COLUMN)))
        look = {"borderpad": 0, "borderaxespad": 0, "labelspacing": 0.35}
        figure.legend(handles=legend, loc="lower left", bbox_to_anchor=(0, 1 + gap), ncols=columns, **look)
        above += (_BETWEEN + ceil(len(legend) / columns) * _LINE) / height
    head = {"size": style.FONT_SIZE + 1, "weight": "bold"}
    figure.text(0, 1 + above, style.fill(title, width, size=style.FONT_SIZE + 2), **head)
    below = "\n".join(style.fill(note, width) for note in notes)
    figure.text(0, -gap, below, size=style.SMALL, color=style.SOFT, linespacing=1.3, va="top")
    return figure


def _head(axes: Axes, name: str, remark: str) -> None:
    lines = remark.count("\n") + 1 if remark else 0
    axes.set_title(name, size=style.SMALL, pad=3 + 1.45 * style.SMALL * lines)
    # The title keeps the room for it.
    options = {"size": style.SMALL, "va": "bottom", "textcoords": "offset points"}
    axes.annotate(remark, (0, 1), (0, 3), xycoords="axes fraction", **options).set_in_layout(False)
