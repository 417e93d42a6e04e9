"""The page of a figure: title, legend, room for axes and notes, all measured in inches."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnnpool.figures import style

MARGIN = 0.12
_TITLE_LINE = 0.2  # height of a line of the title
_HANDLE = 0.45  # a sign of the legend and the room around it


@dataclass(frozen=True)
class Page:
    """A figure with a free rectangle for axes.

    Args:
        figure: The picture.
        width: Of the page and of the rectangle.
        height: Of the rectangle.
        below: From the lower edge of the page to that of the rectangle.
    """

    figure: Figure
    width: float
    height: float
    below: float

    def axes(self, left: float, top: float, width: float, height: float, **options: object) -> Axes:
        """Add axes.

        Args:
            left: From the left edge of the page.
            top: From the upper edge of the rectangle, downwards.
            width: Of the axes.
            height: Of the axes.
            options: Of :meth:`matplotlib.figure.Figure.add_axes`.
        """
        total = self.figure.get_figheight()
        bottom = self.below + self.height - top - height
        place = (left / self.width, bottom / total, width / self.width, height / total)
        return self.figure.add_axes(place, **options)

    def write(self, left: float, top: float, text: str, **options: object) -> None:
        """Write into the rectangle.

        Args:
            left: From the left edge of the page.
            top: From the upper edge of the rectangle, downwards.
            text: The words.
            options: Of :meth:`matplotlib.figure.Figure.text`.
        """
        place = (left / self.width, (self.below + self.height - top) / self.figure.get_figheight())
        self.figure.text(*place, text, **{"size": style.SMALL, "va": "top", **options})


def open_page(
    width: float,
    height: float,
    *,
    title: str,
    notes: Sequence[str],
    legend: Sequence[tuple[Artist, str]] = (),
) -> Page:
    """A page with its title above and its notes below a free rectangle.

    Args:
        width: Of the page.
        height: Of the rectangle for the axes and what belongs to them.
        title: Above.
        notes: Sentences below.
        legend: Signs and what they mean, below the title.
    """
    titles = style.wrap(title, width - 2 * MARGIN, style.FONT_SIZE + 1, bold=True)
    lines = [line for note in notes for line in style.wrap(note, width - 2 * MARGIN, style.SMALL)]
    columns, rows = _legend_size(legend, width)
    below = 0.1 + style.LINE * len(lines)
    above = 0.12 + _TITLE_LINE * len(titles) + (style.LINE * 1.1 * rows + 0.08 if rows else 0.0)
    total = below + height + above
    figure = Figure(figsize=(width, total), facecolor=style.PAPER)
    figure.text(
        MARGIN / width,
        1 - 0.1 / total,
        "\n".join(titles),
        weight="bold",
        size=style.FONT_SIZE + 1,
        va="top",
    )
    figure.text(
        MARGIN / width, 0.08 / total, "\n".join(lines), size=style.SMALL, color=style.SOFT, linespacing=1.3
    )
    if rows:
        _add_legend(figure, legend, columns, top=0.14 + _TITLE_LINE * len(titles))
    return Page(figure, width, height, below)


def _legend_size(legend: Sequence[tuple[Artist, str]], width: float) -> tuple[int, int]:
    """Columns and rows of a legend."""
    if not legend:
        return 0, 0
    widest = max(style.text_width(text, style.SMALL) for _, text in legend) + _HANDLE
    columns = max(1, min(len(legend), int((width - 2 * MARGIN) / widest)))
    return columns, ceil(len(legend) / columns)


def _add_legend(figure: Figure, legend: Sequence[tuple[Artist, str]], columns: int, *, top: float) -> None:
    figure.legend(
        [handle for handle, _ in legend],
        [text for _, text in legend],
        loc="upper left",
        bbox_to_anchor=(MARGIN / figure.get_figwidth(), 1 - top / figure.get_figheight()),
        ncols=columns,
        frameon=False,
        fontsize=style.SMALL,
        borderpad=0,
        borderaxespad=0,
        labelspacing=0.35,
        handlelength=2.0,
        handletextpad=0.6,
        columnspacing=1.4,
    )
