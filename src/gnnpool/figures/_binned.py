"""Median absolute error of each pooling in bins of a quantity of the structures."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gnnpool.analysis.binned import binned_errors
from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.values import NOT_PLANNED, TRAINED
from gnnpool.figures import style
from gnnpool.figures._coverage import coverage, coverage_notes, in_unit, place_name, places
from gnnpool.figures._gaps import write_gap
from gnnpool.figures._panels import Group, Shape, open_panels
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import MINUS

UNITS = {**dict.fromkeys(["median", "low", "high"], "unit"), "n": "structures"}
_SHAPE = Shape(width=3.0, height=1.6, left=0.55, below=0.74, columns=2)
# Poolings stand beside each other in this part of a bin.
_SPREAD = 0.6
# Axes reach this many times as far as the greatest median.
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
    poolings = source.entry["poolings"]
    tested = tested[tested["seed"].isin(source.seeds) & tested["pooling"].isin(poolings)]
    tidy = binned_errors(tested, by=by, confidence=source.confidence)
    tidy["unit"] = tidy["dataset"].map(source.trials().groupby("dataset")["unit"].first())
    covered = coverage(source, tested)
    shown = places(source, covered)
    panels = [(place.name, "") for place in shown]
    colors = {pooling: style.stroke(color) for pooling, color in source.colors(poolings).items()}
    signs = dict(zip(poolings, style.MARKERS * (len(poolings) // len(style.MARKERS) + 1), strict=False))
    notes = [*_notes(source, tidy), *coverage_notes(source, covered)]
    legend = [
        (_sign(colors[p], signs[p]), source.name("poolings", p)) for p in poolings if p in _planned(covered)
    ]
    by_place = dict(tuple(tidy.groupby(CONDITION[:3])))
    with style.styled():
        groups = [Group("", panels)] if panels else []
        figure, axes = open_panels(groups, _SHAPE, title=source.entry["title"], notes=notes, legend=legend)
        for place, panel in zip(shown, axes[0] if axes else [], strict=True):
            drawn = by_place.get(place.key)
            if drawn is None:
                write_gap(panel, place.conditions[0].state)
            else:
                _draw(panel, drawn, poolings, colors, signs, quantity.get(place.key[0], by))
    units = UNITS | {"from": unit, "to": unit}
    return Drawing(figure, tidy, units, _describe(source, tidy, covered))


def _planned(covered: pd.DataFrame) -> set[str]:
    return set(covered.loc[covered["state"] != NOT_PLANNED, "pooling"])


def _sign(color: object, marker: str) -> Line2D:
    return Line2D([], [], color=color, marker=marker, markersize=4, linewidth=0.8)


def _draw(
    axes: Axes, drawn: pd.DataFrame, poolings: Sequence[str], colors: Mapping, signs: Mapping, quantity: str
) -> None:
    there = [pooling for pooling in poolings if (drawn["pooling"] == pooling).any()]
    step = _SPREAD / max(1, len(there) - 1)
    for i, pooling in enumerate(there):
        line = drawn[drawn["pooling"] == pooling].sort_values("bin")
        x = line["bin"] + (i * step - _SPREAD / 2 if len(there) > 1 else 0.0)
        axes.vlines(x, line["low"], line["high"], color=colors[pooling], linewidth=0.9, alpha=0.7)
        options = {"color": colors[pooling], "marker": signs[pooling], "markersize": 3.2}
        axes.plot(x, line["median"], linewidth=0.6, **options)
    bins = drawn.groupby("bin").agg(
        least=("from", "min"), most=("to", "max"), n=("n", "max"), few=("n", "min")
    )
    ranges = bool((bins["least"] < bins["most"]).any())
    ticks = [_bin(row, ranges) for row in bins.itertuples()]
    widest = max(style.text_width(line, style.SMALL) for tick in ticks for line in tick.split("\n"))
    room = 0.92 * _SHAPE.width / len(ticks)
    axes.set_xticks(bins.index, ticks, size=style.SMALL * min(1.0, room / widest))
    axes.set_xlim(bins.index.min() - 0.5, bins.index.max() + 0.5)
    for edge in bins.index[1:]:
        axes.axvline(edge - 0.5, color=style.FAINT, linewidth=0.6, zorder=0.5)
    # One wide interval would press all points together: it leaves the panel.
    top = drawn["median"].max()
    axes.set_ylim(
        0, 1.06 * min(_BEYOND * top, drawn["high"].max() if drawn["high"].notna().any() else top) or 1
    )
    axes.set_xlabel(quantity, labelpad=2)
    unit = drawn["unit"].iloc[0]
    axes.set_ylabel(in_unit("median error", None if pd.isna(unit) else unit), labelpad=2)
    axes.yaxis.grid(True, color=style.FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def _bin(row: object, ranges: bool) -> str:
    """What a bin is, and how many structures it has for each pooling."""
    n = f"n = {row.n}" if row.few == row.n else f"n \N{GREATER-THAN OR EQUAL TO} {row.few}"
    to = f"to {_short(row.most)}" if row.least < row.most else ""
    return "\n".join([_short(row.least), *([to] if ranges else []), n])


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
    sentences = [f"{source.entry['title']}: median absolute errors of the test structures in bins."]
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
