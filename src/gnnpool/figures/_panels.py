"""Small panels in groups, as many beside each other as a page holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnnpool.figures import style
from gnnpool.figures._page import MARGIN, Page, open_page

_HEAD = style.LINE * 1.5  # above a group, for its title
_GAP = 0.08  # below a group, and at the right of the last panel


@dataclass(frozen=True)
class Group:
    """Panels that belong together.

    Args:
        title: Above them; may be empty.
        panels: For each panel its name and a remark below the name; both may be empty.
    """

    title: str
    panels: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Shape:
    """How large panels are, in inches.

    Args:
        width: Of a panel.
        height: Of a panel.
        left: Beside it, for what stands at its y axis.
        below: For what stands at its x axis.
        columns: Panels beside each other, at most.
    """

    width: float
    height: float
    left: float
    below: float
    columns: int


def open_panels(
    groups: Sequence[Group],
    shape: Shape,
    *,
    title: str,
    notes: Sequence[str],
    legend: Sequence[tuple[Artist, str]] = (),
) -> tuple[Figure, list[list[Axes]]]:
    """A page of panels.

    Args:
        groups: From top to bottom.
        shape: Of all panels.
        title: Above.
        notes: Sentences below.
        legend: Signs and what they mean, below the title.

    Returns:
        The figure, and for each group the axes of its panels.
    """
    columns = max(1, min(shape.columns, max((len(group.panels) for group in groups), default=1)))
    heads = [_heads(group, shape.width) for group in groups]
    above = [max(map(len, group), default=0) * style.LINE + 0.04 for group in heads]
    steps = [head + shape.height + shape.below for head in above]
    titles = [_HEAD if group.title else 0.0 for group in groups]
    lines = (ceil(len(group.panels) / columns) for group in groups)
    heights = [top + line * step + _GAP for top, line, step in zip(titles, lines, steps, strict=True)]
    width = max(MARGIN + columns * (shape.left + shape.width) + _GAP + MARGIN, 4.8)
    page = open_page(width, sum(heights), title=title, notes=notes, legend=legend)
    axes: list[list[Axes]] = []
    for i, group in enumerate(groups):
        top = sum(heights[:i])
        page.write(MARGIN, top, group.title, weight="bold", size=style.FONT_SIZE)
        axes.append([])
        for j, head in enumerate(heads[i]):
            left = MARGIN + shape.left + (j % columns) * (shape.left + shape.width)
            start = top + titles[i] + (j // columns) * steps[i]
            axes[-1].append(_open_panel(page, head, shape, left, start, above[i]))
    return page.figure, axes


def _open_panel(
    page: Page, head: Sequence[tuple[str, str]], shape: Shape, left: float, top: float, above: float
) -> Axes:
    for i, (text, weight) in enumerate(head):
        page.write(left, top + i * style.LINE, text, weight=weight)
    return page.axes(left, top + above, shape.width, shape.height)


def _heads(group: Group, width: float) -> list[list[tuple[str, str]]]:
    """Lines above each panel, with their weights."""
    heads = []
    for name, remark in group.panels:
        names = style.wrap(name, width, style.SMALL, bold=True) if name else []
        remarks = style.wrap(remark, width, style.SMALL) if remark else []
        heads.append([*((line, "bold") for line in names), *((line, "normal") for line in remarks)])
    return heads
