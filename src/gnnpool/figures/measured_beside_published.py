"""Ours against theirs: one point with its interval for each entry that the paper prints."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from gnnpool.analysis.published import (
    DATASETS,
    UNITS,
    compare_to_published,
    count_verdicts,
    verdict_notes,
)
from gnnpool.analysis.values import AVERAGE
from gnnpool.analysis.verdict import AGREES, DIFFERS, UNDECIDED
from gnnpool.figures import style
from gnnpool.figures._labels import name_points
from gnnpool.figures._page import finish, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import number, statistic_notes

# Color and marker of each verdict.
_SIGNS = {AGREES: ("#009E73", "o"), DIFFERS: ("#D55E00", "D"), UNDECIDED: ("#8a8a8a", "s")}
_SIZE = 5.4  # inches
# Entries that differ, or lie farthest from the diagonal, have their names; more would hide the points.
_NAMED = 12
# Axes are linear up to this change, %, and reach this many times as far as the points.
_LINEAR, _BEYOND = 10.0, 1.25
_TICKS = (-300, -100, -30, -10, -5, 0, 5, 10, 30, 100, 300)


def build(source: Source) -> Drawing:
    """Draw the figure.

    Args:
        source: What it is made from; entries that the paper does not print are left out.

    Returns:
        Tidy: the rows of :func:`gnnpool.analysis.published.compare_to_published`, entries that
        one of the two does not have among them.
    """
    tidy = compare_to_published(source.values(), confidence=source.confidence, margin=source.margin)
    drawn = tidy[tidy["difference"].notna()]
    with style.styled():
        figure = open_page(_SIZE, _SIZE)
        axes = figure.add_subplot()
        _scale(axes, drawn)
        axes.set_xlabel("change in the paper, %")
        axes.set_ylabel("our change, %\n(negative is better)")
        _draw(axes, drawn)
        if drawn.empty:
            place = {"transform": axes.transAxes, "ha": "center", "color": style.SOFT}
            axes.text(0.5, 0.55, "no entry that both have", **place)
        finish(figure, title=source.spec.title, notes=_notes(source, tidy, drawn), legend=_legend())
        far = _named(drawn)
        # All points keep their room, the unnamed ones under names of no width.
        names = [_name(row, source) if row.Index in far else "" for row in drawn.itertuples()]
        name_points(axes, drawn["published"], drawn["value"], names)
    return Drawing(figure, tidy, UNITS, _describe(source, tidy, drawn))


def _legend() -> list[Line2D]:
    plain = {"linestyle": "none", "markersize": 5}
    signs = [
        Line2D([], [], marker=marker, color=color, label=verdict, **plain)
        for verdict, (color, marker) in _SIGNS.items()
    ]
    hollow = {"color": style.INK, "marker": "o", "markerfacecolor": style.PAPER}
    average = Line2D([], [], label="average over datasets", **hollow, **plain)
    return [*signs, average, Line2D([], [], color=style.INK, linewidth=0.9, label="ours = theirs")]


def _scale(axes: Axes, drawn: pd.DataFrame) -> None:
    """The same scale on both axes: linear about zero, where most changes are, logarithmic beyond."""
    ends = [-_LINEAR, _LINEAR, *drawn["value"], *drawn["published"]]
    limits = _BEYOND * min(ends), _BEYOND * max(ends)
    for side in ("x", "y"):
        getattr(axes, f"set_{side}scale")("symlog", linthresh=_LINEAR, linscale=1.5)
        getattr(axes, f"set_{side}lim")(limits)
        axis = getattr(axes, f"{side}axis")
        axis.set_ticks([tick for tick in _TICKS if limits[0] <= tick <= limits[1]])
        axis.set_ticks([], minor=True)
        axis.set_major_formatter(FuncFormatter(lambda change, _: number(change, digits=0)))


def _draw(axes: Axes, drawn: pd.DataFrame) -> None:
    axes.plot(axes.get_xlim(), axes.get_xlim(), color=style.INK, linewidth=0.9, zorder=1.5)
    for line in (axes.axhline, axes.axvline):
        line(0, color=style.SOFT, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1.5)
    axes.grid(True)
    for (verdict, average), rows in drawn.groupby(["verdict", drawn["dataset"] == AVERAGE]):
        color, marker = _SIGNS[verdict]
        axes.vlines(rows["published"], rows["low"], rows["high"], color=color, alpha=0.35, linewidth=0.8)
        look = {"color": style.PAPER if average else color, "edgecolor": color, "marker": marker}
        sns.scatterplot(rows, x="published", y="value", s=20, linewidth=1.1, zorder=3, ax=axes, **look)


def _named(drawn: pd.DataFrame) -> set:
    distance = (drawn["value"] - drawn["published"]).abs()
    order = drawn.assign(first=drawn["verdict"] == DIFFERS, distance=distance)
    return set(order.sort_values(["first", "distance"], ascending=False).index[:_NAMED])


def _name(row: object, source: Source) -> str:
    return f"{source.name('datasets', row.dataset)}: {source.name('poolings', row.pooling)}"


def _lacking(tidy: pd.DataFrame) -> list[str]:
    theirs = tidy["published"].notna() & tidy["value"].isna()
    counts = tidy.loc[theirs, "state"].value_counts()
    notes = [f"Printed, but none of ours: {count} ({state})." for state, count in counts.items()]
    others = int((tidy["verdict"].notna() & tidy["difference"].isna()).sum())
    if others:
        notes.append(f"Averages over other datasets than the paper's {DATASETS}, not drawn: {others}.")
    return notes


def _notes(source: Source, tidy: pd.DataFrame, drawn: pd.DataFrame) -> list[str]:
    notes = [
        count_verdicts(drawn),
        *_lacking(tidy),
        *statistic_notes(source.statistic, source.seeds),
        f"Upright lines: {source.percent} intervals of ours, which may leave the panel; the paper prints "
        f"none. Axes: linear to ± {_LINEAR:g} %, logarithmic beyond.",
        *verdict_notes(drawn, confidence=source.confidence, margin=source.margin),
    ]
    if len(drawn) > _NAMED:
        notes.append(f"Named: {_NAMED} entries, those that differ first, then by distance from the line.")
    return notes


def _describe(source: Source, tidy: pd.DataFrame, drawn: pd.DataFrame) -> str:
    sentences = [
        f"{source.spec.title}: our changes against those that the paper prints, in percent; negative is "
        "better.",
        count_verdicts(drawn),
        *_lacking(tidy),
    ]
    for row in drawn[drawn["verdict"] == DIFFERS].itertuples():
        where = f"{source.setting(row.model, row.edges)}, {_name(row, source)}"
        ours, theirs = number(row.value, digits=1), number(row.published, digits=1)
        sentences.append(f"Differs: {where}: ours {ours}, theirs {theirs}.")
    return " ".join(sentences)
