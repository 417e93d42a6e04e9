"""What a pooling gains against what it costs: seconds of a training, and parameters."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from gnnpool.analysis.cost import UNITS as COST_UNITS
from gnnpool.analysis.cost import relative_cost
from gnnpool.analysis.overall import overall_changes
from gnnpool.analysis.values import AVERAGE
from gnnpool.analysis.values import UNITS as VALUE_UNITS
from gnnpool.figures import style
from gnnpool.figures._gaps import setting_gap_notes
from gnnpool.figures._labels import name_points
from gnnpool.figures._noise import draw_noise, noise_notes
from gnnpool.figures._page import CHANGE, finish, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.records import BASELINE
from gnnpool.wording import TIMES, interval, number, statistic_notes

_COSTS = {"seconds_ratio": "seconds of a training", "parameters_ratio": "parameters"}
_WIDTH, _HEIGHT = 7.6, 3.9  # inches, of the two panels of a setting
# Multiples at which an axis is ticked: the first row of which three or more are in sight.
_TICKS = (
    (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50),
    (0.5, 0.7, 1, 1.5, 2, 3, 4, 6),
    (0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5),
)
# How far an interval may widen the axis, as a multiple of what the points take.
_WIDEN = 0.5


def build(source: Source) -> Drawing:
    """Draw the figure: for each setting one panel for seconds and one for parameters.

    Args:
        source: What it is made from.

    Returns:
        Tidy: a line for each setting and pooling that has a change: the columns of
        :func:`gnnpool.analysis.values.assessed_values`, of the average over the datasets or, if
        there is one dataset alone, of that one; and those of
        :func:`gnnpool.analysis.cost.relative_cost`.
    """
    values = source.values()
    costs = relative_cost(source.trials())
    tidy = overall_changes(values).merge(costs, on=["model", "edges", "pooling"], how="left")
    settings = source.spec.settings
    with style.styled():
        figure = open_page(_WIDTH, _HEIGHT * len(settings))
        panels = figure.subplots(len(settings), len(_COSTS), sharey="row", squeeze=False)
        for row, (model, edges) in zip(panels, settings, strict=True):
            chosen = tidy[(tidy["model"] == model) & (tidy["edges"] == edges)]
            row[0].set_title(source.setting(model, edges), x=-0.2)
            row[0].set_ylabel(CHANGE)
            for axes, cost in zip(row, _COSTS, strict=True):
                _draw_panel(axes, chosen, cost, source)
        finish(figure, title=source.spec.title, notes=_notes(source, values, tidy, costs))
    return Drawing(figure, tidy, VALUE_UNITS | COST_UNITS, _describe(source, values, tidy))


def _draw_panel(axes: Axes, tidy: pd.DataFrame, cost: str, source: Source) -> None:
    drawn = tidy[tidy[cost].notna()]
    reach = ["_lowest", "_highest"] if cost == "seconds_ratio" else [""]
    _scale(axes, tidy, drawn[[f"{cost}{end}" for end in reach]].to_numpy().ravel())
    draw_noise(axes, tidy)
    axes.axhline(0, color=style.INK, linewidth=0.9, zorder=1)
    axes.axvline(1, color=style.INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.grid(True)
    axes.set_xlabel(f"{_COSTS[cost]}, relative to mean pooling")
    colors = source.colors(drawn["pooling"])
    for row in drawn.itertuples():
        x, color = getattr(row, cost), style.stroke(colors[row.pooling])
        thin = {"color": style.tint(color), "linewidth": 0.9, "zorder": 2}
        axes.vlines(x, row.low, row.high, **thin)
        if cost == "seconds_ratio":
            axes.hlines(row.value, row.seconds_ratio_lowest, row.seconds_ratio_highest, **thin)
        face = color if row.significant else style.PAPER
        axes.scatter(x, row.value, s=26, color=face, edgecolor=color, linewidth=1.2, zorder=3)
    axes.scatter(1, 0, s=26, marker="s", color=style.INK, zorder=3)
    names = [source.name("poolings", pooling) for pooling in (BASELINE, *drawn["pooling"])]
    name_points(axes, [1.0, *drawn[cost]], [0.0, *drawn["value"]], names)


def _scale(axes: Axes, tidy: pd.DataFrame, ratios: Iterable[float]) -> None:
    floor = tidy["noise_floor"].max()
    inner = [0.0, *tidy["value"], *([] if pd.isna(floor) else [floor, -floor])]
    extent = max(inner) - min(inner) or 1.0
    # A wide interval of one pooling would press all others together: it leaves the panel.
    low = max(min(inner) - _WIDEN * extent, min([min(inner), *tidy["low"].dropna()]))
    high = min(max(inner) + _WIDEN * extent, max([max(inner), *tidy["high"].dropna()]))
    axes.set_ylim(low - 0.06 * extent, high + 0.06 * extent)
    axes.set_xscale("log")
    lowest, highest = min(0.9, *ratios, 0.9), max(1.15, *ratios, 1.15)
    wide = (highest / lowest) ** 0.12
    lowest, highest = lowest / wide, highest * wide
    axes.set_xlim(lowest, highest)
    rows = [[tick for tick in row if lowest <= tick <= highest] for row in _TICKS]
    axes.set_xticks(next((row for row in rows if len(row) > 2), rows[-1]))
    axes.xaxis.set_major_formatter(f"{TIMES}{{x:g}}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _notes(source: Source, values: pd.DataFrame, tidy: pd.DataFrame, costs: pd.DataFrame) -> list[str]:
    notes = [
        *statistic_notes(source.statistic, source.seeds),
        "Points: averages over the datasets with equal weights, or the change on the only dataset; upright "
        f"lines: {source.percent} intervals, which may leave the panel. Hollow: the interval includes zero, "
        "or there is none.",
        "Seconds: processor time of whole trainings on a CPU (without the processes of a compiler), wall "
        "time on a GPU; of each seed against the median of mean pooling on the same kind of device, "
        "then over the datasets. Level lines: lowest and highest dataset.",
    ]
    for row in costs[costs["pooling"] == BASELINE].itertuples():
        setting = source.setting(row.model, row.edges)
        notes.append(
            f"Mean pooling, {setting}: {row.parameters:,.0f} parameters, {row.seconds:.3g} s a training "
            "(median)."
        )
    averages = tidy[tidy["dataset"] == AVERAGE]
    if averages["datasets"].nunique() > 1:
        notes.append("These averages are not over the same datasets and do not compare directly.")
    return [*notes, *noise_notes(source, tidy), *setting_gap_notes(source, values)]


def _describe(source: Source, values: pd.DataFrame, tidy: pd.DataFrame) -> str:
    title = source.spec.title
    sentences = [
        f"{title}: change of the error relative to mean pooling in percent, negative is better, against "
        "seconds of a training and parameters, as multiples of those of mean pooling."
    ]
    for row in tidy.itertuples():
        of = f"{row.n_datasets} datasets" if row.dataset == AVERAGE else source.name("datasets", row.dataset)
        seconds = "unknown" if pd.isna(row.seconds_ratio) else f"{TIMES}{row.seconds_ratio:.2f}"
        parameters = "unknown" if pd.isna(row.parameters_ratio) else f"{TIMES}{row.parameters_ratio:.2f}"
        change = f"{number(row.value, digits=1)} ({interval(row.low, row.high, digits=1)}; {of})"
        name = f"{source.setting(row.model, row.edges)}, {source.name('poolings', row.pooling)}"
        sentences.append(f"{name}: {change}, seconds {seconds}, parameters {parameters}.")
    return " ".join([*sentences, *setting_gap_notes(source, values)])
