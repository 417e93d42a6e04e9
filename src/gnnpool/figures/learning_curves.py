"""Learning curves: training and validation error over the epochs, and the epochs whose weights are tested."""

import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.histories import ERRORS, curves_over_seeds
from gnnpool.analysis.values import TRAINED
from gnnpool.figures import style
from gnnpool.figures._coverage import coverage, coverage_notes, in_unit, place_name, places, seeds_remark
from gnnpool.figures._gaps import GAPS, write_gap
from gnnpool.figures._page import finish, open_panels
from gnnpool.figures.base import Drawing, Source
from gnnpool.records import BASELINE

NEEDS = ("history",)

UNITS = {f"{error}_{name}": "target unit" for error in ERRORS for name in ("median", "lowest", "highest")}
_SHAPE = {"width": 1.85, "height": 1.6, "columns": 4}  # inches
_TRAIN, _VAL = "#E69F00", "#0072B2"
_REFERENCE = {"color": style.INK, "linewidth": 0.7, "linestyle": (0, (2, 1.5))}
_NOTES = (
    "Lines: median over the seeds; bands: lowest to highest seed. Marks at the foot: the epochs of the "
    "seeds whose weights are tested.",
    "The training error is that of the passes over the data while the weights change, the validation error "
    "that after each of them.",
)


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
    units = source.trials().groupby("dataset")["unit"].first()
    curves = curves_over_seeds(histories)
    curves["unit"] = curves["dataset"].map(units)
    covered = coverage(source, histories)
    by_condition = dict(tuple(curves.groupby(CONDITION)))
    shown, groups = places(source, covered), []
    for place in shown:
        title = f"{place.name}: {in_unit('mean absolute error', units.get(place.key[0]))}"
        names = [(source.name("poolings", c.pooling), seeds_remark(source, c)) for c in place.conditions]
        groups.append((title, names))
    with style.styled():
        figure, rows = open_panels(groups, **_SHAPE)
        for place, row in zip(shown, rows, strict=True):
            reference = by_condition.get((*place.key, BASELINE))
            drawn = [by_condition.get(place.condition(condition)) for condition in place.conditions]
            _scale(row, [curve for curve in (*drawn, reference) if curve is not None])
            for axes, condition, curve in zip(row, place.conditions, drawn, strict=True):
                if curve is None:
                    write_gap(axes, GAPS[condition.state])
                    continue
                _draw(axes, curve)
                if reference is not None and condition.pooling != BASELINE:
                    axes.plot(reference["epoch"], reference["val_mae_median"], **_REFERENCE)
        notes = [*_NOTES, *coverage_notes(source, covered)]
        finish(figure, title=source.spec.title, notes=notes, legend=_legend())
    return Drawing(figure, curves, UNITS, _describe(source, curves, histories, covered))


def _legend() -> list[Artist]:
    return [
        Line2D([], [], color=_VAL, linewidth=1.2, label="validation"),
        Line2D([], [], color=_TRAIN, linewidth=1.2, label="training"),
        Patch(color=_VAL, alpha=0.25, linewidth=0, label="lowest to highest seed"),
        Line2D([], [], label="validation of mean pooling", **_REFERENCE),
        Line2D([], [], color=style.INK, marker="^", markersize=4, linestyle="none", label="chosen epochs"),
    ]


def _draw(axes: Axes, curve: pd.DataFrame) -> None:
    for error, color in (("train_mae", _TRAIN), ("val_mae", _VAL)):
        ends = curve[f"{error}_lowest"], curve[f"{error}_highest"]
        axes.fill_between(curve["epoch"], *ends, color=color, alpha=0.25, linewidth=0)
        line = {"x": "epoch", "y": f"{error}_median", "color": color, "linewidth": 0.9}
        sns.lineplot(curve, **line, estimator=None, ax=axes)
    axes.set_ylabel("")
    axes.set_xlabel("epoch", size=style.SMALL, labelpad=-6)
    chosen = curve.loc[curve["n_chosen"] > 0, "epoch"]
    marks = {"color": style.INK, "markersize": 3.5, "transform": axes.get_xaxis_transform(), "clip_on": False}
    axes.plot(chosen, [0.05] * len(chosen), "^", **marks)


def _scale(row: list[Axes], curves: list[pd.DataFrame]) -> None:
    """The same axes for all panels of a row."""
    if not curves:
        return
    every = pd.concat(curves)
    medians = every[[f"{error}_median" for error in ERRORS]].to_numpy()
    positive = medians[medians > 0]
    # Epochs at the start, and single seeds, may be off by orders of magnitude.
    low, high = (positive.min(), positive.max()) if len(positive) else (0.1, 1.0)
    last = int(every["epoch"].max())
    for axes in row:
        axes.set(xlim=(min(1, last - 1), last), xticks=[1, last] if last > 1 else [1])
        axes.set(yscale="log", ylim=(low / (high / low) ** 0.25 / 1.1, high * 1.1))
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def _describe(source: Source, curves: pd.DataFrame, histories: pd.DataFrame, covered: pd.DataFrame) -> str:
    sentences = [
        f"{source.spec.title}: training and validation error over the epochs, median and range over the "
        "seeds."
    ]
    units = dict(curves[["dataset", "unit"]].drop_duplicates().itertuples(index=False))
    chosen = dict(tuple(histories[histories["chosen"]].groupby(CONDITION)))
    for row in covered[covered["state"] == TRAINED].itertuples():
        best = chosen.get((row.dataset, row.model, row.edges, row.pooling))
        if best is None:
            continue
        first, last = best["epoch"].min(), best["epoch"].max()
        epochs = f"epoch {first}" if first == last else f"epochs {first} to {last}"
        where = place_name(source, row.dataset, row.model, row.edges)
        sentences.append(
            f"{where}, {source.name('poolings', row.pooling)}: chosen "
            f"{epochs} (n = {len(best)}), where the median validation error is "
            f"{best['val_mae'].median():.3g} {units[row.dataset]} and the training error "
            f"{best['train_mae'].median():.3g}."
        )
    return " ".join([*sentences, *coverage_notes(source, covered)])
