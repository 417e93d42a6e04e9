"""One box for each pooling over the datasets' values, every dataset drawn and named."""

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnnpool.analysis.values import AVERAGE, NO_BASELINE, NOT_PLANNED, NOT_TRAINED, five_numbers
from gnnpool.analysis.wording import NO_TEST, gap_notes, label_of
from gnnpool.errors import ConfigError
from gnnpool.figures import style
from gnnpool.figures._labels import spread_labels

# One value has no quartiles. Two have, on the line between them, and the figure says what they are worth.
LEAST_FOR_BOX = 2

# Lengths in inches. The x axis counts inches too, so that text and boxes share one measure.
_LEFT, _RIGHT, _LEAST_WIDTH, _HEIGHT = 0.85, 0.72, 4.5, 3.1
_LINE = style.SMALL * 1.4 / 72
# Inside the slot of one pooling, from its left edge.
_BOX, _BOX_WIDTH, _POINT, _NAME = 0.38, 0.36, 0.72, 0.95

_GAPS = {
    NOT_PLANNED: f"{NO_TEST}\n(not planned)",
    NOT_TRAINED: "not trained",
    NO_BASELINE: "mean pooling\nnot trained",
}


def draw(
    values: pd.DataFrame, *, title: str, labels: Mapping[str, Mapping[str, str]], notes: Sequence[str]
) -> Figure:
    """Draw the datasets' error changes: box, median, whiskers to the least and greatest value.

    A pooling with one value has its point and no box.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values` for one setting; averages are
            not drawn.
        title: Above the axes.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        notes: Sentences below the axes; how to read the boxes, and the gaps, are added to them.

    Returns:
        The figure; nothing is saved.

    Raises:
        ConfigError: If the values are of several settings.
    """
    values = values[values["dataset"] != AVERAGE]
    settings = values[["model", "edges"]].drop_duplicates()
    if len(settings) != 1:
        raise ConfigError(
            f"figure {title!r}: settings: found {len(settings)}, expected 1 for the kind box_by_pooling"
        )
    groups = dict(tuple(values.groupby("pooling", sort=False)))
    slot = (
        _NAME + 0.15 + max(style.text_width(_name(row, labels), style.SMALL) for row in values.itertuples())
    )
    heads = [_wrap(label_of(labels, "poolings", pooling), slot - 0.3, style.FONT_SIZE) for pooling in groups]
    notes = [*notes, *_reading(values), *gap_notes(values, labels)]

    with style.styled():
        axes = _canvas(len(groups) * slot, title=title, notes=notes, head_lines=max(map(len, heads)))
        _scale(axes, values)
        colors = style.pooling_colors(groups, labels.get("poolings", ()))
        for i, (pooling, group) in enumerate(groups.items()):
            _write_head(axes, heads[i], group, left=i * slot)
            _draw_pooling(axes, group, left=i * slot, color=colors[pooling], labels=labels)
    return axes.figure


def _canvas(width: float, *, title: str, notes: Sequence[str], head_lines: int) -> Axes:
    """Axes of a width in inches, with the room that the words around them need."""
    total = max(_LEFT + width + _RIGHT, _LEAST_WIDTH)
    titles = _wrap(title, total - 0.4, style.FONT_SIZE + 2)
    lines = [line for note in notes for line in _wrap(note, total - 0.25, style.SMALL)]
    bottom = 0.3 + _LINE * (head_lines + 1 + len(lines))
    height = bottom + _HEIGHT + 0.2 + 0.2 * len(titles)
    figure = Figure(figsize=(total, height))
    axes = figure.add_axes((_LEFT / total, bottom / height, width / total, _HEIGHT / height))
    figure.text(
        0.12 / total, 1 - 0.1 / height, "\n".join(titles), weight="bold", size=style.FONT_SIZE + 1, va="top"
    )
    figure.text(
        0.12 / total, 0.08 / height, "\n".join(lines), size=style.SMALL, color=style.SOFT, linespacing=1.3
    )
    axes.set_xlim(0, width)
    axes.set_xticks([])
    axes.set_ylabel("error change against mean pooling, %\n(negative is better)")
    axes.yaxis.grid(True, color=style.FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.axhline(0, color=style.INK, linewidth=0.9, zorder=2.5)
    axes.annotate(
        "mean\npooling",
        (1, 0),
        (4, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        size=style.SMALL,
    )
    return axes


def _scale(axes: Axes, values: pd.DataFrame) -> None:
    low, high = min(0.0, values["value"].min()), max(0.0, values["value"].max())
    if not high > low:
        low, high = -1.0, 1.0
    margin = 0.07 * (high - low)
    axes.set_ylim(low - margin, high + margin)


def _draw_pooling(axes: Axes, group: pd.DataFrame, *, left: float, color: str, labels: Mapping) -> None:
    drawn = group[group["value"].notna()]
    if drawn.empty:
        # At the top, away from the line at zero: a gap is no change of 0 %.
        axes.annotate(
            _GAPS[group["state"].mode().iloc[0]],
            (left + 0.2, 1),
            (0, -4),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            va="top",
            color=style.SOFT,
            bbox=style.BACKING,
        )
        return
    if len(drawn) >= LEAST_FOR_BOX:
        _draw_box(axes, drawn, center=left + _BOX, color=color)
    low, high = axes.get_ylim()
    gap = _LINE * (high - low) / _HEIGHT
    heights = spread_labels(drawn["value"], gap=gap, low=low + gap / 2, high=high - gap / 2)
    for row, height in zip(drawn.itertuples(), heights, strict=True):
        axes.plot(
            [left + _POINT, left + _NAME - 0.03],
            [row.value, height],
            color=style.SOFT,
            linewidth=0.4,
            zorder=2,
        )
        name = _name(row, labels)
        axes.text(
            left + _NAME, height, name, size=style.SMALL, va="center_baseline", bbox=style.BACKING, zorder=4
        )
    axes.scatter(
        [left + _POINT] * len(drawn),
        drawn["value"],
        s=20,
        color=color,
        edgecolor=style.INK,
        linewidth=0.5,
        zorder=3.5,
    )


def _draw_box(axes: Axes, drawn: pd.DataFrame, *, center: float, color: str) -> None:
    summary = five_numbers(drawn).iloc[0]
    numbers = {
        "whislo": summary["minimum"],
        "q1": summary["q1"],
        "med": summary["median"],
        "q3": summary["q3"],
        "whishi": summary["maximum"],
    }
    thin = {"color": style.INK, "linewidth": 0.8}
    axes.bxp(
        [numbers],
        positions=[center],
        widths=_BOX_WIDTH,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": style.tint(color), "edgecolor": style.INK, "linewidth": 0.8},
        medianprops={"color": style.INK, "linewidth": 1.8, "solid_capstyle": "butt"},
        whiskerprops=thin,
        capprops=thin,
        capwidths=_BOX_WIDTH / 2,
    )


def _write_head(axes: Axes, head: Sequence[str], group: pd.DataFrame, *, left: float) -> None:
    n, planned = int(group["value"].notna().sum()), len(group)
    of = f" of {planned}" if n < planned else ""
    lines = [(line, "bold") for line in head] + [(f"n = {n}{of} datasets", "normal")]
    for i, (line, weight) in enumerate(lines):
        axes.annotate(
            line,
            (left + 0.2, 0),
            (0, -5 - 72 * _LINE * i),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            va="top",
            weight=weight,
            size=style.FONT_SIZE if weight == "bold" else style.SMALL,
        )


def _reading(values: pd.DataFrame) -> list[str]:
    counts = values.groupby("pooling")["value"].count()
    notes = []
    if (counts >= LEAST_FOR_BOX).any():
        notes.append("Box: quartiles and median; whiskers: least and greatest dataset; points: the datasets.")
    if (counts == 2).any():
        notes.append("A box of two datasets says no more than its two points.")
    if (counts == 1).any():
        notes.append("No box where there is one dataset: the point is all there is.")
    if ((values["n_seeds"] > 0) & (values["n_seeds"] < values["n_seeds_planned"])).any():
        notes.append("k/n after a dataset: only k of its n seeds are trained.")
    return notes


def _name(row: object, labels: Mapping) -> str:
    name = label_of(labels, "datasets", row.dataset)
    return name if row.n_seeds in (0, row.n_seeds_planned) else f"{name} {row.n_seeds}/{row.n_seeds_planned}"


def _wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines of at most a width in inches, at spaces."""
    per_letter = style.text_width(text, size) / max(1, len(text))
    return textwrap.wrap(text, max(8, int(width / per_letter)), break_long_words=False) or [""]
