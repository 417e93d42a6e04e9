"""Errors epoch by epoch: training and validation, and the epochs whose weights are tested."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.histories import ERRORS, curves_over_seeds
from gnnpool.analysis.values import TRAINED
from gnnpool.figures import style
from gnnpool.figures._coverage import (
    Place,
    coverage,
    coverage_notes,
    in_unit,
    place_name,
    places,
    seeds_remark,
)
from gnnpool.figures._gaps import write_gap
from gnnpool.figures._panels import Group, Shape, open_panels
from gnnpool.figures.base import Drawing, Source
from gnnpool.records import BASELINE

NEEDS = ("history",)

UNITS = {f"{error}_{name}": "target unit" for error in ERRORS for name in ("median", "lowest", "highest")}
_SHAPE = Shape(width=1.4, height=1.05, left=0.42, below=0.3, columns=4)
_TRAIN, _VAL, _REFERENCE = "#E69F00", "#0072B2", style.INK


def build(source: Source) -> Drawing:
    """Draw the figure: a row of panels for each dataset and setting, a panel for each pooling.

    Args:
        source: What it is made from; its histories are drawn.

    Returns:
        Tidy: a line for each condition and epoch, those of mean pooling among them: the columns of
        :func:`gnnpool.analysis.histories.curves_over_seeds`, and unit (of the target).
    """
    histories = source.histories
    histories = histories[histories["seed"].isin(source.seeds)]
    curves = curves_over_seeds(histories)
    units = source.trials().groupby("dataset")["unit"].first()
    curves["unit"] = curves["dataset"].map(units)
    covered = coverage(source, histories)
    by_condition = dict(tuple(curves.groupby(CONDITION)))
    shown = places(source, covered)
    groups = [_group(source, place, units.get(place.key[0])) for place in shown]
    notes = [*_NOTES, *coverage_notes(source, covered)]
    with style.styled():
        title = source.entry["title"]
        figure, rows = open_panels(groups, _SHAPE, title=title, notes=notes, legend=_legend())
        for place, row in zip(shown, rows, strict=True):
            reference = by_condition.get((*place.key, BASELINE))
            drawn = [by_condition.get(place.condition(condition)) for condition in place.conditions]
            for axes, condition, curve in zip(row, place.conditions, drawn, strict=True):
                if curve is None:
                    write_gap(axes, condition.state)
                else:
                    _draw(axes, curve, None if condition.pooling == BASELINE else reference)
            _scale(row, [curve for curve in (*drawn, reference) if curve is not None])
    return Drawing(figure, curves, UNITS, _describe(source, curves, histories, covered))


def _group(source: Source, place: Place, unit: str | None) -> Group:
    panels = [(source.name("poolings", row.pooling), seeds_remark(source, row)) for row in place.conditions]
    return Group(f"{place.name}: {in_unit('mean absolute error', unit)}", panels)


_NOTES = (
    "Lines: median over the seeds; bands: least and greatest seed. Marks at the foot: the epochs of the "
    "seeds with the least validation error, whose weights are tested.",
    "The training error is that of the passes over the data while the weights change, the validation error "
    "that after each of them.",
)


def _legend() -> list[tuple[object, str]]:
    return [
        (Line2D([], [], color=_VAL, linewidth=1.2), "validation"),
        (Line2D([], [], color=_TRAIN, linewidth=1.2), "training"),
        (Patch(color=_VAL, alpha=0.25, linewidth=0), "least to greatest seed"),
        (
            Line2D([], [], color=_REFERENCE, linewidth=0.8, linestyle=(0, (2, 1.5))),
            "validation of mean pooling",
        ),
        (Line2D([], [], color=style.INK, marker="^", markersize=4, linestyle="none"), "chosen epochs"),
    ]


def _draw(axes: Axes, curve: pd.DataFrame, reference: pd.DataFrame | None) -> None:
    for error, color in (("train_mae", _TRAIN), ("val_mae", _VAL)):
        ends = curve[f"{error}_lowest"], curve[f"{error}_highest"]
        axes.fill_between(curve["epoch"], *ends, color=color, alpha=0.25, linewidth=0)
        axes.plot(curve["epoch"], curve[f"{error}_median"], color=color, linewidth=0.9)
    if reference is not None:
        dashed = {"color": _REFERENCE, "linewidth": 0.6, "linestyle": (0, (2, 1.5))}
        axes.plot(reference["epoch"], reference["val_mae_median"], **dashed)
    chosen = curve.loc[curve["n_chosen"] > 0, "epoch"]
    foot = axes.get_xaxis_transform()
    axes.plot(
        chosen, [0.05] * len(chosen), "^", color=style.INK, markersize=3.5, transform=foot, clip_on=False
    )


def _scale(row: list[Axes], curves: list[pd.DataFrame]) -> None:
    """The same axes for all panels of a row."""
    if not curves:
        for axes in row:
            axes.set(xticks=[], yticks=[])
        return
    every = pd.concat(curves)
    medians = every[[f"{error}_median" for error in ERRORS]].to_numpy()
    positive = medians[medians > 0]
    # Epochs at the start, and single seeds, may be off by orders of magnitude.
    low, high = (positive.min(), positive.max()) if len(positive) else (0.1, 1.0)
    last = int(every["epoch"].max())
    for axes in row:
        axes.set_xlim(min(1, last - 1), last)
        axes.set_xticks([1, last] if last > 1 else [1])
        axes.set_yscale("log")
        axes.set_ylim(low / (high / low) ** 0.25 / 1.1, high * 1.1)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{error:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="minor", length=0)
        axes.set_xlabel("epoch", size=style.SMALL, labelpad=-6)


def _describe(source: Source, curves: pd.DataFrame, histories: pd.DataFrame, covered: pd.DataFrame) -> str:
    sentences = [
        f"{source.entry['title']}: training and validation error over the epochs, median and range over the "
        "seeds."
    ]
    units = dict(curves[["dataset", "unit"]].drop_duplicates().itertuples(index=False))
    chosen = dict(tuple(histories[histories["chosen"]].groupby(CONDITION)))
    for row in covered[covered["state"] == TRAINED].itertuples():
        best = chosen.get((row.dataset, row.model, row.edges, row.pooling))
        if best is None:
            continue
        least, greatest = best["epoch"].min(), best["epoch"].max()
        epochs = f"epoch {least}" if least == greatest else f"epochs {least} to {greatest}"
        where = place_name(source, row.dataset, row.model, row.edges)
        sentences.append(
            f"{where}, {source.name('poolings', row.pooling)}: chosen "
            f"{epochs} (n = {len(best)}), where the median validation error is "
            f"{best['val_mae'].median():.3g} {units[row.dataset]} and the training error "
            f"{best['train_mae'].median():.3g}."
        )
    return " ".join([*sentences, *coverage_notes(source, covered)])
