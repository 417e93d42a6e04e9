"""Boxes of the datasets' values for each pooling, with or without the datasets themselves."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from gnnpool.analysis.values import AVERAGE, UNITS, five_numbers
from gnnpool.figures import style
from gnnpool.figures._gaps import GAPS, require_one_setting
from gnnpool.figures._labels import spread_labels
from gnnpool.figures._noise import draw_noise, noise_notes
from gnnpool.figures._page import Page, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import gap_notes, number, statistic_notes, unpaired_notes

# One value has no quartiles. Two have, on the line between them, and the figure says what they are worth.
LEAST_FOR_BOX = 2
SUMMARY = ("minimum", "q1", "median", "q3", "maximum")

# Lengths in inches. The x axis counts inches too, so that text and boxes share one measure.
_LEFT, _RIGHT, _LEAST_WIDTH, _HEIGHT, _ABOVE = 0.85, 0.72, 4.5, 3.1, 0.05
_BOX_WIDTH, _PLAIN_SLOT, _PLAIN_WIDTH = 0.36, 1.3, 0.6
# Inside the slot of one pooling, from its left edge, where its points are drawn.
_BOX, _POINT, _NAME = 0.38, 0.72, 0.95


def build_boxes(source: Source, *, points: bool) -> Drawing:
    """Draw the datasets' error changes: box, median, whiskers to the least and greatest value.

    Args:
        source: What the figure is made from; its entry has one setting.
        points: Whether each dataset has its point and name beside the box.

    Returns:
        Tidy: the rows of :func:`gnnpool.analysis.values.assessed_values` without averages, and for
        each pooling n, minimum, q1, median, q3 and maximum over its datasets (%).

    Raises:
        ConfigError: If the entry has several settings.
    """
    require_one_setting(source.entry)
    values = source.values()
    values = values[values["dataset"] != AVERAGE]
    groups = dict(tuple(values.groupby("pooling", sort=False)))
    slot = _slot(source, values, points)
    names = [source.name("poolings", pooling) for pooling in groups]
    heads = [style.wrap(name, slot - 0.3, style.FONT_SIZE, bold=True) for name in names]
    with style.styled():
        page = _open(source, values, slot * len(groups), max(map(len, heads)), points)
        axes = _axes(page, slot * len(groups))
        _scale(axes, values)
        draw_noise(axes, values)
        colors = source.colors(groups)
        for i, (pooling, group) in enumerate(groups.items()):
            _write_head(
                axes, heads[i], group, at=i * slot + 0.2 if points else (i + 0.5) * slot, points=points
            )
            if group["value"].isna().all():
                _write_gap(axes, group, left=i * slot)
            elif points:
                _draw_with_points(axes, group, left=i * slot, color=colors[pooling], source=source)
            else:
                _draw_plain(axes, group, center=(i + 0.5) * slot, color=colors[pooling])
    numbers = values.merge(five_numbers(values), how="left", left_on="pooling", right_index=True)
    units = UNITS | dict.fromkeys(SUMMARY, "%, over datasets")
    return Drawing(page.figure, numbers, units, _describe(values, source))


def _slot(source: Source, values: pd.DataFrame, points: bool) -> float:
    """Width of the place of a pooling: for the names of the datasets, and each word of its own name."""
    words = [word for p in source.entry["poolings"] for word in source.name("poolings", p).split()]
    longest = max(style.text_width(word, style.FONT_SIZE, bold=True) for word in words)
    if not points:
        return max(_PLAIN_SLOT, longest + 0.3)
    names = max(style.text_width(_name(row, source), style.SMALL) for row in values.itertuples())
    return max(_NAME + 0.15 + names, longest + 0.3)


def _open(source: Source, values: pd.DataFrame, width: float, head_lines: int, points: bool) -> Page:
    notes = [
        *statistic_notes(source.statistic, source.seeds),
        *unpaired_notes(values),
        *_reading(values, points),
        *noise_notes(source, values),
        *gap_notes(values, source.labels),
    ]
    return open_page(
        max(_LEFT + width + _RIGHT, _LEAST_WIDTH),
        _ABOVE + _HEIGHT + 0.12 + style.LINE * (head_lines + 1),
        title=source.entry["title"],
        notes=notes,
    )


def _axes(page: Page, width: float) -> Axes:
    axes = page.axes(_LEFT, _ABOVE, width, _HEIGHT)
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
    ends = [values["value"].min(), values["value"].max(), values["noise_floor"].max()]
    ends = [0.0 if pd.isna(end) else end for end in (*ends, -ends[-1])]
    low, high = min(0.0, *ends), max(0.0, *ends)
    if not high > low:
        low, high = -1.0, 1.0
    margin = 0.07 * (high - low)
    axes.set_ylim(low - margin, high + margin)


def _write_gap(axes: Axes, group: pd.DataFrame, *, left: float) -> None:
    # At the top, away from the line at zero: a gap is no change of 0 %.
    axes.annotate(
        GAPS[group["state"].mode().iloc[0]],
        (left + 0.2, 1),
        (0, -4),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        va="top",
        color=style.SOFT,
        bbox=style.BACKING,
    )


def _draw_plain(axes: Axes, group: pd.DataFrame, *, center: float, color: str) -> None:
    drawn = group[group["value"].notna()]
    if len(drawn) >= LEAST_FOR_BOX:
        _draw_box(axes, drawn, center=center, width=_PLAIN_WIDTH, color=color)
    else:
        _draw_points(axes, drawn, at=center, color=color)


def _draw_with_points(axes: Axes, group: pd.DataFrame, *, left: float, color: str, source: Source) -> None:
    drawn = group[group["value"].notna()]
    if len(drawn) >= LEAST_FOR_BOX:
        _draw_box(axes, drawn, center=left + _BOX, width=_BOX_WIDTH, color=color)
    low, high = axes.get_ylim()
    gap = style.LINE * (high - low) / _HEIGHT
    heights = spread_labels(drawn["value"], gap=gap, low=low + gap / 2, high=high - gap / 2)
    for row, height in zip(drawn.itertuples(), heights, strict=True):
        ends = [left + _POINT, left + _NAME - 0.03], [row.value, height]
        axes.plot(*ends, color=style.SOFT, linewidth=0.4, zorder=2)
        name = _name(row, source)
        axes.text(
            left + _NAME, height, name, size=style.SMALL, va="center_baseline", bbox=style.BACKING, zorder=4
        )
    _draw_points(axes, drawn, at=left + _POINT, color=color)


def _draw_points(axes: Axes, drawn: pd.DataFrame, *, at: float, color: str) -> None:
    axes.scatter(
        [at] * len(drawn), drawn["value"], s=20, color=color, edgecolor=style.INK, linewidth=0.5, zorder=3.5
    )


def _draw_box(axes: Axes, drawn: pd.DataFrame, *, center: float, width: float, color: str) -> None:
    summary = five_numbers(drawn).iloc[0]
    ends = ("whislo", "q1", "med", "q3", "whishi")
    numbers = dict(zip(ends, summary[list(SUMMARY)], strict=True))
    thin = {"color": style.INK, "linewidth": 0.8}
    axes.bxp(
        [numbers],
        positions=[center],
        widths=width,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": style.tint(color), "edgecolor": style.INK, "linewidth": 0.8},
        medianprops={"color": style.INK, "linewidth": 1.8, "solid_capstyle": "butt"},
        whiskerprops=thin,
        capprops=thin,
        capwidths=width / 2,
    )


def _write_head(axes: Axes, head: Sequence[str], group: pd.DataFrame, *, at: float, points: bool) -> None:
    n, planned = int(group["value"].notna().sum()), len(group)
    of, noun = f" of {planned}" if n < planned else "", "dataset" if planned == 1 else "datasets"
    lines = [(line, "bold") for line in head] + [(f"n = {n}{of} {noun}", "normal")]
    for i, (line, weight) in enumerate(lines):
        axes.annotate(
            line,
            (at, 0),
            (0, -5 - 72 * style.LINE * i),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="left" if points else "center",
            va="top",
            weight=weight,
            size=style.FONT_SIZE if weight == "bold" else style.SMALL,
        )


def _reading(values: pd.DataFrame, points: bool) -> list[str]:
    counts = values.groupby("pooling")["value"].count()
    notes = []
    if (counts >= LEAST_FOR_BOX).any():
        tail = "; points: the datasets." if points else "."
        notes.append(f"Box: quartiles and median; whiskers: least and greatest dataset{tail}")
    if (counts == 2).any():
        notes.append("A box of two datasets says no more than its two ends.")
    if (counts == 1).any():
        notes.append("No box where there is one dataset: the point is all there is.")
    if ((values["n_seeds"] > 0) & (values["n_seeds"] < values["n_seeds_planned"])).any():
        after = "k/n after a dataset: only k of its n seeds are trained."
        notes.append(after if points else "Not all seeds of all datasets are trained.")
    return notes


def _name(row: object, source: Source) -> str:
    name = source.name("datasets", row.dataset)
    return name if row.n_seeds in (0, row.n_seeds_planned) else f"{name} {row.n_seeds}/{row.n_seeds_planned}"


def _describe(values: pd.DataFrame, source: Source) -> str:
    title = source.entry["title"]
    sentences = [f"{title}: error change against mean pooling in percent; negative is better."]
    valued = values[values["value"].notna()]
    for pooling, summary in five_numbers(values).iterrows():
        rows = valued[valued["pooling"] == pooling].set_index("dataset")["value"]
        name = source.name("poolings", pooling)
        median, least, greatest = (
            number(summary[name], digits=1) for name in ("median", "minimum", "maximum")
        )
        best, worst = (source.name("datasets", slug) for slug in (rows.idxmin(), rows.idxmax()))
        told = f"median {median}, least {least} ({best}), greatest {greatest} ({worst})"
        alone = len(rows) == 1
        sentences.append(
            f"{name}: " + (f"1 dataset, {median} ({best})." if alone else f"{len(rows)} datasets, {told}.")
        )
    return " ".join([*sentences, *gap_notes(values, source.labels)])
