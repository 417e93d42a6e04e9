"""Median absolute error of each pooling in bins of a quantity of the structures."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gnnpool.analysis.binned import binned_errors
from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.values import NOT_PLANNED, TRAINED
from gnnpool.figures import style
from gnnpool.figures._coverage import coverage, coverage_notes, in_unit, place_name, places
from gnnpool.figures._gaps import GAPS, write_gap
from gnnpool.figures._page import finish, open_panels
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import MINUS

UNITS = {**dict.fromkeys(["median", "low", "high"], "unit"), "n": "structures"}
_SHAPE = {"width": 3.6, "height": 2.5, "columns": 2}  # inches
# Poolings stand beside each other in this part of a bin.
_SPREAD = 0.6
# Axes reach this many times as far as the highest median.
_BEYOND = 2.5


def build_binned(
    source: Source, tested: pd.DataFrame, *, by: str, quantity: Mapping[str, str], unit: str
) -> Drawing:
    """Draw the figure: a panel for each dataset and setting, in it a line for each pooling.

    Args:
        source: What it is made from.
        tested: Rows of :func:`gnnpool.analysis.test_errors.read_test_errors` with a further column.
        by: That column.
        quantity: Its name for the x axis by dataset, with its unit.
        unit: Of that column, for the tidy table.

    Returns:
        Tidy: the rows of :func:`gnnpool.analysis.binned.binned_errors`, and unit (of the target).
    """
    poolings = source.spec.poolings
    tested = tested[tested["seed"].isin(source.seeds) & tested["pooling"].isin(poolings)]
    tidy = binned_errors(tested, by=by, confidence=source.confidence)
    tidy["unit"] = tidy["dataset"].map(source.trials().groupby("dataset")["unit"].first())
    covered = coverage(source, tested)
    shown = places(source, covered)
    colors = source.colors(poolings).values()
    looks = {
        pooling: {"color": style.stroke(color), "marker": style.MARKERS[i % len(style.MARKERS)]}
        for i, (pooling, color) in enumerate(zip(poolings, colors, strict=True))
    }
    planned = set(covered.loc[covered["state"] != NOT_PLANNED, "pooling"])
    legend = [
        Line2D([], [], markersize=4, linewidth=0.8, label=source.name("poolings", pooling), **look)
        for pooling, look in looks.items()
        if pooling in planned
    ]
    by_place = dict(tuple(tidy.groupby(CONDITION[:3])))
    with style.styled():
        groups = [("", [(place.name, "") for place in shown])] if shown else []
        figure, axes = open_panels(groups, **_SHAPE)
        for place, panel in zip(shown, axes[0] if axes else [], strict=True):
            drawn = by_place.get(place.key)
            if drawn is None:
                write_gap(panel, GAPS[place.conditions[0].state])
            else:
                _draw(panel, drawn, looks)
                _describe_axes(panel, drawn, quantity.get(place.key[0], by))
        notes = [*_notes(source, tidy), *coverage_notes(source, covered)]
        finish(figure, title=source.spec.title, notes=notes, legend=legend)
    units = UNITS | {"from": unit, "to": unit}
    return Drawing(figure, tidy, units, _describe(source, tidy, covered))


def _draw(axes: Axes, drawn: pd.DataFrame, looks: Mapping[str, Mapping]) -> None:
    there = [pooling for pooling in looks if (drawn["pooling"] == pooling).any()]
    shifts = np.linspace(-0.5, 0.5, len(there)) * _SPREAD if len(there) > 1 else [0.0]
    for pooling, shift in zip(there, shifts, strict=True):
        line = drawn[drawn["pooling"] == pooling].sort_values("bin")
        ends = [line["median"] - line["low"], line["high"] - line["median"]]
        options = {"markersize": 3.2, "linewidth": 0.6, "elinewidth": 0.9, **looks[pooling]}
        axes.errorbar(line["bin"] + shift, line["median"], yerr=ends, **options)


def _describe_axes(axes: Axes, drawn: pd.DataFrame, quantity: str) -> None:
    bins = drawn.groupby("bin").agg(
        first=("from", "min"), last=("to", "max"), n=("n", "max"), few=("n", "min")
    )
    ranges = bool((bins["first"] < bins["last"]).any())
    size = style.SMALL if len(bins) < 6 else style.SMALL - 1
    axes.set_xticks(bins.index, [_bin(row, ranges) for row in bins.itertuples()], size=size)
    axes.set_xlim(bins.index.min() - 0.5, bins.index.max() + 0.5)
    for edge in bins.index[1:]:
        axes.axvline(edge - 0.5, color=style.FAINT, linewidth=0.6, zorder=0.5)
    # One wide interval would press all points together: it leaves the panel.
    top = drawn["median"].max()
    highest = drawn[["high", "median"]].max().max()
    axes.set_ylim(0, 1.06 * min(_BEYOND * top, highest) or 1)
    unit = drawn["unit"].iloc[0]
    axes.set_xlabel(quantity)
    axes.set_ylabel(in_unit("median error", None if pd.isna(unit) else unit))
    axes.yaxis.grid(True)


def _bin(row: object, ranges: bool) -> str:
    """What a bin is, and how many structures it has for each pooling."""
    n = f"n = {row.n}" if row.few == row.n else f"n \N{GREATER-THAN OR EQUAL TO} {row.few}"
    to = f"to {_short(row.last)}" if row.first < row.last else ""
    return "\n".join([_short(row.first), *([to] if ranges else []), n])


def _short(value: float) -> str:
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", MINUS)


def _notes(source: Source, tidy: pd.DataFrame) -> list[str]:
    notes = [
        "Points: median absolute error of the test structures in a bin, a structure that several seeds test "
        f"with its mean over them; lines: {source.percent} intervals from the order of the errors, which may "
        "leave the panel; n: structures in a bin.",
        "Bins of about as many structures each. Poolings share their test structures, so overlapping "
        "intervals do not mean that two are alike.",
    ]
    if tidy["low"].isna().any():
        notes.append("No interval where a bin has too few structures.")
    return notes


def _describe(source: Source, tidy: pd.DataFrame, covered: pd.DataFrame) -> str:
    sentences = [f"{source.spec.title}: median absolute errors of the test structures in bins."]
    trained = covered[covered["state"] == TRAINED]
    by_condition = dict(tuple(tidy.groupby(CONDITION)))
    for row in trained.itertuples():
        line = by_condition[(row.dataset, row.model, row.edges, row.pooling)].sort_values("bin")
        first, last = line.iloc[0], line.iloc[-1]
        where = place_name(source, row.dataset, row.model, row.edges)
        name = f"{where}, {source.name('poolings', row.pooling)}"
        ends = [first, last] if len(line) > 1 else [first]
        sentences.append(f"{name}: {', '.join(map(_said, ends))}.")
    return " ".join([*sentences, *coverage_notes(source, covered)])


def _said(row: pd.Series) -> str:
    bounds = " to ".join(dict.fromkeys([_short(row["from"]), _short(row["to"])]))
    return f"{row['median']:.3g} at {bounds} (n = {row['n']})"
