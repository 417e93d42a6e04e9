"""Change of the test error with noise in the structures: displaced atoms and strained cells."""

from collections.abc import Mapping
from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.perturbed import NOISE, UNITS, growth_by_condition
from gnnpool.analysis.values import NOT_PLANNED
from gnnpool.figures import style
from gnnpool.figures._coverage import coverage, coverage_notes, place_name, places
from gnnpool.figures._gaps import GAPS, write_gap
from gnnpool.figures._page import finish, open_panels
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import MINUS, number

NEEDS = ("perturbed",)

_SHAPE = {"width": 3.2, "height": 2.3, "columns": 2}  # inches
_AXES = {"displaced": "standard deviation of displacements, Å", "strained": "change of lattice vectors, %"}
# Lines stand beside each other in this part of the smallest step between two levels.
_SPREAD = 0.35


def build(source: Source) -> Drawing:
    """Draw the figure: a row of panels for each dataset and setting, a panel for each kind of noise.

    Args:
        source: What it is made from. Trials that do not predict for changed structures are gaps.

    Returns:
        Tidy: rows of :func:`gnnpool.analysis.perturbed.growth_by_condition` for displaced atoms and strained
        cells, and amount, the level as a number (Å or %).
    """
    found = source.perturbed
    found = found[found["seed"].isin(source.seeds) & found["pooling"].isin(source.spec.poolings)]
    tidy = growth_by_condition(
        found[found["axis"].isin(NOISE)],
        statistic=source.statistic,
        confidence=source.confidence,
        margin=source.margin,
    )
    tidy["amount"] = pd.to_numeric(tidy["level"])
    covered = coverage(source, found)
    shown, looks = places(source, covered), _looks(source)
    planned = set(covered.loc[covered["state"] != NOT_PLANNED, "pooling"])
    with style.styled():
        groups = [(place.name, [(axis.capitalize(), "") for axis in NOISE]) for place in shown]
        figure, rows = open_panels(groups, **_SHAPE)
        for place, row in zip(shown, rows, strict=True):
            own = tidy[(tidy[CONDITION[:3]] == list(place.key)).all(axis=1)]
            for axis, panel in zip(NOISE, row, strict=True):
                drawn = own[own["axis"] == axis]
                if drawn.empty:
                    write_gap(panel, GAPS.get(place.conditions[0].state, GAPS[NOT_PLANNED]))
                else:
                    _draw(panel, drawn, looks)
                    panel.set(xlabel=_AXES[axis], ylabel="change of the error, %")
        legend = [
            Line2D([], [], markersize=4, linewidth=0.8, label=source.name("poolings", pooling), **look)
            for pooling, look in looks.items()
            if pooling in planned
        ]
        notes = [*_notes(source), *coverage_notes(source, covered)]
        finish(figure, title=source.spec.title, notes=notes, legend=legend)
    return Drawing(figure, tidy, UNITS | {"amount": "Å or %"}, _describe(source, tidy, covered))


def _looks(source: Source) -> dict[str, dict]:
    colors = source.colors(source.spec.poolings)
    return {
        pooling: {"color": style.stroke(color), "marker": style.MARKERS[i % len(style.MARKERS)]}
        for i, (pooling, color) in enumerate(colors.items())
    }


def _draw(axes: Axes, drawn: pd.DataFrame, looks: Mapping[str, Mapping]) -> None:
    there = [pooling for pooling in looks if (drawn["pooling"] == pooling).any()]
    amounts = sorted(drawn["amount"].unique())
    step = min((b - a for a, b in pairwise(amounts)), default=1.0)
    for place, pooling in enumerate(there):
        line = drawn[drawn["pooling"] == pooling].sort_values("amount")
        shift = _SPREAD * step * (place / max(1, len(there) - 1) - 0.5)
        ends = [line["value"] - line["low"], line["high"] - line["value"]]
        options = {"markersize": 3.2, "linewidth": 0.8, "elinewidth": 0.9, **looks[pooling]}
        axes.errorbar(line["amount"] + shift, line["value"], yerr=ends, **options)
    axes.axhline(0, color=style.SOFT, linewidth=0.6, zorder=0.5)
    axes.set_xticks(amounts, [f"{amount:g}".replace("-", MINUS) for amount in amounts])
    axes.yaxis.grid(True)


def _notes(source: Source) -> list[str]:
    return [
        "Change of the mean absolute error of the test structures with noise, in percent of the error of the "
        f"same trials without noise; lines: {source.percent} intervals over the seeds (corrected resampled "
        "t).",
        "The target stays that of the structure without noise. A part of the change is therefore right: the "
        "quantity itself changes with the structure.",
    ]


def _describe(source: Source, tidy: pd.DataFrame, covered: pd.DataFrame) -> str:
    sentences = [f"{source.spec.title}: change of the test error with noise in the structures."]
    for (dataset, model, edges, pooling, axis), line in tidy.groupby([*CONDITION, "axis"], sort=False):
        last = line.loc[line["amount"].abs().idxmax()]
        where = place_name(source, dataset, model, edges)
        unit = "Å" if axis == "displaced" else "%"
        sentences.append(
            f"{where}, {source.name('poolings', pooling)}: {number(last['value'], digits=1)} % {axis} by "
            f"{last['amount']:g} {unit}."
        )
    return " ".join([*sentences, *coverage_notes(source, covered)])
