"""Boxes of the datasets' values for each pooling, with or without the datasets themselves."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from gnnpool.analysis.values import AVERAGE, UNITS, five_numbers
from gnnpool.figures import style
from gnnpool.figures._gaps import GAPS, require_one_setting
from gnnpool.figures._labels import join, spread_labels, write_name
from gnnpool.figures._noise import draw_noise, noise_notes
from gnnpool.figures._page import CHANGE, finish, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import gap_notes, number, statistic_notes, unpaired_notes

# One value has no quartiles. Two have, on the line between them, and the figure says what they are worth.
LEAST_FOR_BOX = 2
SUMMARY = ("minimum", "q1", "median", "q3", "maximum")
# Inches: the place of a pooling without and with the names of its datasets, and the height of the axes.
_SLOT, _NAMED_SLOT, _HEIGHT = 1.25, 1.9, 3.7
_LETTER = 0.08  # inches, of the name of a pooling
# In units of this place: width of a box, where its points are, and where their names begin.
_WIDTH, _POINT, _NAME = 0.24, 0.2, 0.3


def build_boxes(source: Source, *, points: bool) -> Drawing:
    """Draw the datasets' changes: box, median, whiskers to the lowest and highest value.

    Args:
        source: What the figure is made from; it has one setting.
        points: Whether each dataset has its point and name beside the box.

    Returns:
        Tidy: the rows of :func:`gnnpool.analysis.values.assessed_values` without averages, and for
        each pooling n, minimum, q1, median, q3 and maximum over its datasets (%).

    Raises:
        ConfigError: If the figure has several settings.
    """
    require_one_setting(source.spec)
    values = source.values()
    values = values[values["dataset"] != AVERAGE]
    poolings = list(dict.fromkeys(values["pooling"]))
    drawn = values.assign(place=values["pooling"].map(poolings.index))
    drawn = drawn[drawn["value"].notna()]
    words = [word for pooling in poolings for word in source.name("poolings", pooling).split()]
    slot = max(_NAMED_SLOT if points else _SLOT, _LETTER * max(map(len, words)) + 0.2)
    with style.styled():
        figure = open_page(slot * len(poolings) + 1.2, _HEIGHT)
        axes = figure.add_subplot()
        _open(axes, source, values, slot)
        draw_noise(axes, values)
        colors = dict(enumerate(source.colors(poolings).values()))
        _draw_boxes(axes, drawn, colors, width=_WIDTH if points else 2 * _WIDTH)
        axes.set_xlim(-0.3 if points else -0.5, len(poolings) - (0.2 if points else 0.5))
        alone = drawn.groupby("place")["value"].transform("size") < LEAST_FOR_BOX
        shown = drawn if points else drawn[alone]
        shift = _POINT if points else 0.0
        marks = {"s": 20, "edgecolor": style.INK, "linewidth": 0.5, "zorder": 3.5}
        for place, group in shown.groupby("place"):
            axes.scatter(group["place"] + shift, group["value"], color=colors[place], **marks)
            if points:
                _name_datasets(axes, group, source)
        _write_gaps(axes, values, poolings)
        finish(figure, title=source.spec.title, notes=_notes(source, values, points))
    numbers = values.merge(five_numbers(values), how="left", left_on="pooling", right_index=True)
    units = UNITS | dict.fromkeys(SUMMARY, "%, over datasets")
    return Drawing(figure, numbers, units, _describe(values, source))


def _open(axes: Axes, source: Source, values: pd.DataFrame, slot: float) -> None:
    groups = dict(tuple(values.groupby("pooling", sort=False)))
    room = 0.9 * slot
    names = [style.fill(source.name("poolings", p), room, size=style.FONT_SIZE + 1) for p in groups]
    axes.set_xticks(range(len(groups)), names, size=style.FONT_SIZE, weight="bold")
    # The numbers of datasets stand below the names: labels of minor ticks at the same places.
    axes.xaxis.remove_overlapping_locs = False
    axes.set_xticks(range(len(groups)), [_count(group) for group in groups.values()], minor=True)
    lines = 1 + max(name.count("\n") for name in names)
    axes.tick_params(axis="x", which="minor", pad=4 + 1.25 * style.FONT_SIZE * lines)
    ends = [values["value"].min(), values["value"].max(), values["noise_floor"].max()]
    ends = [0.0 if pd.isna(end) else end for end in (*ends, -ends[-1])]
    low, high = (min(0.0, *ends), max(0.0, *ends)) if any(ends) else (-1.0, 1.0)
    margin = 0.07 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    axes.set_ylabel(CHANGE)
    axes.yaxis.grid(True)
    axes.axhline(0, color=style.INK, linewidth=0.9, zorder=2.5)
    mark = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "size": style.SMALL}
    axes.annotate("mean\npooling", (1, 0), (4, 0), va="center", **mark)


def _count(group: pd.DataFrame) -> str:
    n, planned = int(group["value"].notna().sum()), len(group)
    return f"n = {n}{f' of {planned}' if n < planned else ''} dataset{'' if planned == 1 else 's'}"


def _draw_boxes(axes: Axes, drawn: pd.DataFrame, colors: Mapping[int, str], *, width: float) -> None:
    several = drawn[drawn.groupby("place")["value"].transform("size") >= LEAST_FOR_BOX]
    if several.empty:
        return
    sns.boxplot(
        x=several["place"],
        y=several["value"],
        hue=several["place"],
        palette={place: style.tint(color) for place, color in colors.items()},
        legend=False,
        native_scale=True,
        whis=(0, 100),
        width=width,
        saturation=1,
        linecolor=style.INK,
        linewidth=0.8,
        medianprops={"linewidth": 1.8, "solid_capstyle": "butt"},
        ax=axes,
    )
    axes.set_xlabel("")
    axes.set_ylabel(CHANGE)


def _name_datasets(axes: Axes, group: pd.DataFrame, source: Source) -> None:
    axes.figure.draw_without_rendering()
    low, high = axes.get_ylim()
    gap = 1.4 * style.SMALL * (high - low) / (72 * axes.get_window_extent().height / axes.figure.dpi)
    heights = spread_labels(group["value"], gap=gap, low=low + gap / 2, high=high - gap / 2)
    for row, height in zip(group.itertuples(), heights, strict=True):
        join(axes, [row.place + _POINT, row.place + _NAME - 0.01], [row.value, height])
        write_name(axes, row.place + _NAME, height, _name(row, source))


def _write_gaps(axes: Axes, values: pd.DataFrame, poolings: list[str]) -> None:
    for pooling, group in values.groupby("pooling", sort=False):
        if group["value"].isna().all():
            # At the top, away from the line at zero: a gap is no change of 0 %.
            place = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "top"}
            words = GAPS[group["state"].mode().iloc[0]]
            axes.text(poolings.index(pooling), 0.98, words, color=style.SOFT, backgroundcolor="w", **place)


def _notes(source: Source, values: pd.DataFrame, points: bool) -> list[str]:
    counts = values.groupby("pooling")["value"].count()
    notes = [*statistic_notes(source.statistic, source.seeds), *unpaired_notes(values)]
    if (counts >= LEAST_FOR_BOX).any():
        tail = "; points: the datasets." if points else "."
        notes.append(f"Box: quartiles and median; whiskers: lowest and highest dataset{tail}")
    if (counts == 2).any():
        notes.append("A box of two datasets says no more than its two ends.")
    if (counts == 1).any():
        notes.append("No box where there is one dataset: the point is all there is.")
    if ((values["n_seeds"] > 0) & (values["n_seeds"] < values["n_seeds_planned"])).any():
        after = "k/n after a dataset: only k of its n seeds are trained."
        notes.append(after if points else "Not all seeds of all datasets are trained.")
    return [*notes, *noise_notes(source, values), *gap_notes(values, source.labels)]


def _name(row: object, source: Source) -> str:
    name = source.name("datasets", row.dataset)
    return name if row.n_seeds in (0, row.n_seeds_planned) else f"{name} {row.n_seeds}/{row.n_seeds_planned}"


def _describe(values: pd.DataFrame, source: Source) -> str:
    title = source.spec.title
    sentences = [f"{title}: change of the error relative to mean pooling in percent; negative is better."]
    valued = values[values["value"].notna()]
    for pooling, summary in five_numbers(values).iterrows():
        rows = valued[valued["pooling"] == pooling].set_index("dataset")["value"]
        name = source.name("poolings", pooling)
        median, lowest, highest = (number(summary[n], digits=1) for n in ("median", "minimum", "maximum"))
        best, worst = (source.name("datasets", slug) for slug in (rows.idxmin(), rows.idxmax()))
        said = (
            f"{len(rows)} datasets, median {median}, lowest {lowest} ({best}), highest {highest} ({worst})."
        )
        sentences.append(f"{name}: " + (f"1 dataset, {median} ({best})." if len(rows) == 1 else said))
    return " ".join([*sentences, *gap_notes(values, source.labels)])
