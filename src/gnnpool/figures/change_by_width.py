"""Change of the error against the width of the pooled vector, a line for each pooling."""

from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from gnnpool.analysis.values import AVERAGE, TRAINED
from gnnpool.analysis.values import UNITS as VALUE_UNITS
from gnnpool.figures import style
from gnnpool.figures._coverage import place_name
from gnnpool.figures._gaps import setting_gap_notes, write_gap
from gnnpool.figures._noise import draw_noise, noise_notes
from gnnpool.figures._page import CHANGE, finish, open_panels
from gnnpool.figures.base import Drawing, Source
from gnnpool.records import BASELINE
from gnnpool.wording import TIMES, interval, number, statistic_notes

NEEDS = ("networks",)

UNITS = VALUE_UNITS | {"width": "channels of the pooled vector"}
_SHAPE = {"width": 2.9, "height": 2.6, "columns": 3}  # inches
# Factor between the places of two poolings at the same width, so that their intervals stand apart.
_APART = 1.05
# How far an interval may widen the axis, as a multiple of what the points take.
_WIDEN = 0.5
_UNMAPPED = {"marker": "s", "markersize": 5, "linestyle": "none", "markerfacecolor": style.PAPER}
_LEVEL = {"linewidth": 0.9, "linestyle": (0, (2, 1.5))}


def build(source: Source) -> Drawing:
    """Draw the figure: for each setting a panel for each dataset, and one for their average.

    Args:
        source: Poolings that differ in nothing but ``width`` are on one line; one without a width stands at
            the width of its own vector, as the check of its network measured it, or is a level line.

    Returns:
        Tidy: a line for each change that is there: base (the pooling without its width), width (missing
        where it is not known), mapped, and the columns of
        :func:`gnnpool.analysis.values.assessed_values`. Mean pooling without a width is zero and not there.
    """
    values = source.values()
    tidy = _with_widths(values[(values["state"] == TRAINED) & (values["pooling"] != BASELINE)], source)
    tidy = tidy[(tidy["dataset"] != AVERAGE) | (tidy["n_datasets"] > 1)].reset_index(drop=True)
    with style.styled():
        several = [AVERAGE] if len(source.spec.datasets) > 1 else []
        shown = [*source.spec.datasets, *several]
        names = [(source.name("datasets", dataset), "") for dataset in shown]
        groups = [(source.setting(*setting), names) for setting in source.spec.settings]
        figure, rows = open_panels(groups, **_SHAPE)
        bases = _bases(tidy)
        for (model, edges), panels in zip(source.spec.settings, rows, strict=True):
            chosen = tidy[(tidy["model"] == model) & (tidy["edges"] == edges)]
            for axes, dataset in zip(panels, shown, strict=True):
                _draw(axes, chosen[chosen["dataset"] == dataset], bases, source, model)
            panels[0].set_ylabel(CHANGE)
        finish(
            figure,
            title=source.spec.title,
            notes=[*_notes(source), *noise_notes(source, tidy), *setting_gap_notes(source, values)],
            legend=_legend(tidy, source),
        )
    return Drawing(figure, tidy, UNITS, _describe(source, tidy, values))


def _with_widths(values: pd.DataFrame, source: Source) -> pd.DataFrame:
    """The values with the pooling without its width, and the width."""
    known = [source.traits.get(pooling) for pooling in values["pooling"]]
    pairs = zip(known, values["pooling"], strict=True)
    bases = [traits.base if traits else pooling for traits, pooling in pairs]
    mapped = [bool(traits and traits.width) for traits in known]
    widths = [
        traits.width if traits and traits.width else source.pooled_channels.get((model, pooling))
        for traits, model, pooling in zip(known, values["model"], values["pooling"], strict=True)
    ]
    found = pd.DataFrame({"base": bases, "width": widths, "mapped": mapped}, index=values.index)
    return pd.concat([found.astype({"width": float}), values], axis=1)


def _bases(tidy: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(tidy["base"]))


def _draw(axes: Axes, tidy: pd.DataFrame, bases: list[str], source: Source, model: str) -> None:
    if tidy.empty:
        write_gap(axes, "no trial")
        return
    draw_noise(axes, tidy)
    axes.axhline(0, color=style.INK, linewidth=0.9, zorder=1)
    colors = source.colors(bases)  # those of the figure, so that a base looks alike in every panel
    for i, base in enumerate(bases):
        own, color = tidy[tidy["base"] == base].sort_values("width"), style.stroke(colors[base])
        shift = _APART ** (i - (len(bases) - 1) / 2)
        own = own.assign(place=own["width"] * shift)
        placed, mapped = own[own["width"].notna()], own[own["mapped"]]
        axes.vlines(placed["place"], placed["low"], placed["high"], color=style.tint(color), linewidth=0.9)
        marker = style.MARKERS[i % len(style.MARKERS)]
        line = {"color": color, "marker": marker, "markeredgecolor": color, "linewidth": 1.1}
        sns.lineplot(mapped, x="place", y="value", estimator=None, ax=axes, legend=False, **line)
        alone = own[~own["mapped"]]
        axes.plot(alone["place"], alone["value"], color=color, **_UNMAPPED)
        for row in alone[alone["width"].isna()].itertuples():
            axes.axhline(row.value, color=color, **_LEVEL)
    if channels := source.pooled_channels.get((model, BASELINE)):
        axes.plot([channels], [0], color=style.INK, **_UNMAPPED)
    _scale(axes, tidy, [channels] if channels else [])
    axes.set(xlabel="width of the pooled vector", ylabel="")


def _scale(axes: Axes, tidy: pd.DataFrame, more: Sequence[float]) -> None:
    inner = [0.0, *tidy["value"]]
    extent = max(inner) - min(inner) or 1.0
    # A wide interval of one pooling would press all others together: it leaves the panel.
    low = max(min(inner) - _WIDEN * extent, min([min(inner), *tidy["low"].dropna()]))
    high = min(max(inner) + _WIDEN * extent, max([max(inner), *tidy["high"].dropna()]))
    axes.set_ylim(low - 0.06 * extent, high + 0.06 * extent)
    widths = sorted({*tidy["width"].dropna(), *more})
    axes.set_xscale("log")
    if widths:
        axes.set_xlim(widths[0] / 1.3, widths[-1] * 1.3)
    axes.set_xticks(widths)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(True)


def _legend(tidy: pd.DataFrame, source: Source) -> list[Artist]:
    colors = source.colors(_bases(tidy))
    lines: list[Artist] = [
        Line2D(
            [],
            [],
            color=style.stroke(colors[base]),
            marker=style.MARKERS[i % len(style.MARKERS)],
            markersize=4,
            linewidth=1.1,
            label=source.name("poolings", base),
        )
        for i, base in enumerate(_bases(tidy))
    ]
    if source.pooled_channels:
        lines.append(Line2D([], [], color=style.INK, label="without a map", **_UNMAPPED))
    if (~tidy["mapped"] & tidy["width"].isna()).any():
        lines.append(Line2D([], [], color=style.INK, label="without a map, width not known", **_LEVEL))
    return lines


def _notes(source: Source) -> list[str]:
    return [
        *statistic_notes(source.statistic, source.seeds),
        f"Upright lines: {source.percent} intervals, which may leave the panel; corrected resampled t over "
        "the seeds of a dataset; of the average, t over the datasets, or that of the seeds if wider. Points "
        "of one width stand side by side.",
        "Width: channels of the vector that the head gets, after a trained linear map. Zero: mean pooling "
        "without a map. At one width all poolings have the same head.",
    ]


def _describe(source: Source, tidy: pd.DataFrame, values: pd.DataFrame) -> str:
    sentences = [
        f"{source.spec.title}: change of the error relative to mean pooling in percent, negative is better, "
        "against the width of the pooled vector."
    ]
    for row in tidy.itertuples():
        width = "width not known" if pd.isna(row.width) else f"width {row.width:g}"
        mapped = "" if row.mapped else ", without a map"
        datasets = f"{row.n_datasets} {TIMES} " if row.dataset == AVERAGE else ""
        place = place_name(source, row.dataset, row.model, row.edges)
        sentences.append(
            f"{place}, {source.name('poolings', row.base)}, {width}{mapped}: {number(row.value, digits=1)} "
            f"({interval(row.low, row.high, digits=1)}; n = {datasets}{row.n_seeds})."
        )
    return " ".join([*sentences, *setting_gap_notes(source, values)])
