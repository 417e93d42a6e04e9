"""Ours against theirs: one point with its interval for each entry that the paper prints."""

import pandas as pd
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
from gnnpool.figures._page import MARGIN, open_page
from gnnpool.figures._points import name_points
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import number, statistic_notes

# Color and marker of each verdict, and of an average that is over other datasets.
_SIGNS = {AGREES: ("#009E73", "o"), DIFFERS: ("#D55E00", "D"), UNDECIDED: ("#8a8a8a", "s")}
# Lengths in inches.
_LEFT, _SIZE, _BELOW = 0.75, 4.6, 0.5
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
        page = open_page(
            _LEFT + _SIZE + MARGIN,
            _SIZE + _BELOW,
            title=source.entry["title"],
            notes=_notes(source, tidy, drawn),
            legend=_legend(source),
        )
        axes = page.axes(_LEFT, 0.05, _SIZE, _SIZE)
        _scale(axes, drawn)
        axes.set_xlabel("change of the paper, %")
        axes.set_ylabel("our change, %\n(negative is better)")
        _draw(axes, drawn, source)
        if drawn.empty:
            axes.text(
                0.5, 0.55, "no entry that both have", transform=axes.transAxes, ha="center", color=style.SOFT
            )
    return Drawing(page.figure, tidy, UNITS, _describe(source, tidy, drawn))


def _legend(source: Source) -> list[tuple[Line2D, str]]:
    signs = [(_handle(color, marker), verdict) for verdict, (color, marker) in _SIGNS.items()]
    line = Line2D([], [], color=style.INK, linewidth=0.9)
    return [*signs, (_handle(style.INK, "o", hollow=True), "average over datasets"), (line, "ours = theirs")]


def _handle(color: str, marker: str, *, hollow: bool = False) -> Line2D:
    face = style.PAPER if hollow else color
    return Line2D([], [], linestyle="none", marker=marker, markersize=5, color=color, markerfacecolor=face)


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


def _draw(axes: Axes, drawn: pd.DataFrame, source: Source) -> None:
    ends = axes.get_xlim()
    axes.plot(ends, ends, color=style.INK, linewidth=0.9, zorder=1.5, scalex=False, scaley=False)
    for line in (axes.axhline, axes.axvline):
        line(0, color=style.SOFT, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1.5)
    axes.grid(True, color=style.FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    for row in drawn.itertuples():
        color, marker = _SIGNS[row.verdict]
        axes.plot([row.published] * 2, [row.low, row.high], color=color, alpha=0.35, linewidth=0.8, zorder=2)
        face = style.PAPER if row.dataset == AVERAGE else color
        axes.scatter(
            row.published,
            row.value,
            s=20,
            marker=marker,
            color=face,
            edgecolor=color,
            linewidth=1.1,
            zorder=3,
        )
    far = _named(drawn)
    # All points keep their room, the unnamed ones under names of no width.
    names = [_name(row, source) if row.Index in far else "" for row in drawn.itertuples()]
    name_points(axes, drawn["published"], drawn["value"], names)


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
        f"{source.entry['title']}: our changes against those that the paper prints, in percent; negative is "
        "better.",
        count_verdicts(drawn),
        *_lacking(tidy),
    ]
    for row in drawn[drawn["verdict"] == DIFFERS].itertuples():
        where = f"{source.setting(row.model, row.edges)}, {_name(row, source)}"
        ours, theirs = number(row.value, digits=1), number(row.published, digits=1)
        sentences.append(f"Differs: {where}: ours {ours}, theirs {theirs}.")
    return " ".join(sentences)
