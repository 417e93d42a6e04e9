"""Prediction against target of every test structure, a panel for each pooling."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from gnnpool.analysis.change import CONDITION
from gnnpool.figures import style
from gnnpool.figures._coverage import coverage, coverage_notes, in_unit, place_name, places, seeds_remark
from gnnpool.figures._gaps import GAPS, write_gap
from gnnpool.figures._page import finish, open_panels
from gnnpool.figures.base import Drawing, Source

NEEDS = ("predictions",)

UNITS = dict.fromkeys(["target", "prediction", "error"], "unit")
_SHAPE = {"width": 1.85, "height": 2.1, "columns": 4}  # inches
# Axes reach beyond the targets by this part of their range; predictions farther off are drawn at the edge.
_BEYOND = 0.1
# Points of this opacity times the root of their number look equally dense.
_OPACITY = 10.0


def build(source: Source) -> Drawing:
    """Draw the figure: a row of panels for each dataset and setting, a panel for each pooling.

    Args:
        source: What it is made from; its test errors are drawn.

    Returns:
        Tidy: a line for each test structure of each seed: the columns of
        :func:`gnnpool.analysis.test_errors.read_test_errors`, and unit (of the target).
    """
    poolings = source.spec.poolings
    tested = source.test_errors
    tested = tested[tested["seed"].isin(source.seeds) & tested["pooling"].isin(poolings)]
    units = source.trials().groupby("dataset")["unit"].first()
    tidy = tested.assign(unit=tested["dataset"].map(units)).reset_index(drop=True)
    covered = coverage(source, tidy)
    by_condition = dict(tuple(tidy.groupby(CONDITION)))
    shown, groups = places(source, covered), []
    for place in shown:
        found = [by_condition.get(place.condition(row)) for row in place.conditions]
        panels = [_head(f, row, source) for f, row in zip(found, place.conditions, strict=True)]
        groups.append((in_unit(place.name, units.get(place.key[0])), panels))
    ranges = {place: _range(group["target"]) for place, group in tidy.groupby(CONDITION[:3])}
    colors = source.colors(poolings)
    with style.styled():
        figure, rows = open_panels(groups, **_SHAPE)
        for place, row in zip(shown, rows, strict=True):
            for axes, condition in zip(row, place.conditions, strict=True):
                drawn = by_condition.get(place.condition(condition))
                if drawn is None:
                    write_gap(axes, GAPS[condition.state])
                else:
                    _draw(axes, drawn, *ranges[place.key], color=colors[condition.pooling])
        notes = [*_NOTES, *_beyond(tidy, ranges), *coverage_notes(source, covered)]
        finish(figure, title=source.spec.title, notes=notes)
    return Drawing(figure, tidy, UNITS, _describe(source, by_condition, covered))


_NOTES = (
    "Each point: a test structure of a seed; on the line the prediction is right. MAE: mean absolute error "
    "over all of them. A structure may be tested by several seeds.",
)


def _head(found: pd.DataFrame | None, row: object, source: Source) -> tuple[str, str]:
    """Name of a panel, and what is below it."""
    name = source.name("poolings", row.pooling)
    if found is None:
        return name, ""
    few = seeds_remark(source, row)
    return name, f"MAE {found['error'].mean():.3g}, n = {len(found)}" + (f" ({few})" if few else "")


def _range(targets: pd.Series) -> tuple[float, float]:
    low, high = targets.min(), targets.max()
    room = _BEYOND * (high - low) or 1.0
    return low - room, high + room


def _beyond(tidy: pd.DataFrame, ranges: dict) -> list[str]:
    """Say how many predictions lie outside of their axes."""
    count = sum(
        int((~group["prediction"].between(*ranges[place])).sum())
        for place, group in tidy.groupby(CONDITION[:3])
    )
    if not count:
        return []
    return [
        f"{count} of {len(tidy)} predictions lie beyond the axes and are drawn as triangles at their edge."
    ]


def _draw(axes: Axes, drawn: pd.DataFrame, low: float, high: float, *, color: str) -> None:
    axes.axline((low, low), (high, high), color=style.INK, linewidth=0.7, zorder=3)
    inside = drawn["prediction"].between(low, high)
    opacity = float(np.clip(_OPACITY / np.sqrt(len(drawn)), 0.08, 0.8))
    # As pixels: thousands of points make a PDF that no reader opens quickly.
    options = {"color": style.stroke(color), "linewidth": 0, "rasterized": True, "ax": axes, "clip_on": False}
    sns.scatterplot(drawn[inside], x="target", y="prediction", s=5, alpha=opacity, **options)
    far = drawn[~inside]
    for beyond, edge, marker in ((far["prediction"] > high, high, "^"), (far["prediction"] < low, low, "v")):
        at_edge = far[beyond].assign(prediction=edge)
        sns.scatterplot(at_edge, x="target", y="prediction", s=12, marker=marker, **options)
    axes.set(xlim=(low, high), ylim=(low, high), box_aspect=1)
    axes.set_xlabel("target", size=style.SMALL, labelpad=1)
    axes.set_ylabel("prediction", size=style.SMALL, labelpad=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=3, min_n_ticks=2, steps=[1, 2, 2.5, 5, 10]))


def _describe(source: Source, by_condition: dict, covered: pd.DataFrame) -> str:
    sentences = [f"{source.spec.title}: predictions against targets of the test structures."]
    for row in covered.itertuples():
        condition = row.dataset, row.model, row.edges, row.pooling
        found = by_condition.get(condition)
        if found is None:
            continue
        where = place_name(source, row.dataset, row.model, row.edges)
        error = in_unit(f"{found['error'].mean():.3g}", found["unit"].iloc[0]).replace(",", "")
        correlation = found["target"].corr(found["prediction"]) if found["target"].nunique() > 1 else np.nan
        also = "" if pd.isna(correlation) else f", correlation {correlation:.2f}"
        seeds = f"{row.n_seeds} of {source.n_planned(*condition)} seeds"
        sentences.append(
            f"{where}, {source.name('poolings', row.pooling)}: mean "
            f"absolute error {error}{also}, n = {len(found)}, {seeds}."
        )
    return " ".join([*sentences, *coverage_notes(source, covered)])
