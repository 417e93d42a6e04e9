"""Poolings by datasets: every change as a colored field with its interval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from gnnpool.analysis.values import AVERAGE, NO_BASELINE, NOT_PLANNED, NOT_TRAINED, TRAINED, UNITS
from gnnpool.figures import style
from gnnpool.figures._gaps import setting_gap_notes
from gnnpool.figures._noise import noise_notes
from gnnpool.figures._page import MARGIN, Page, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import NO_TEST, interval, number, statistic_notes, unpaired_notes

# Lengths in inches: a field, what is between the datasets and their average, and the scale of colors.
_LEAST_WIDTH, _HEIGHT, _BESIDE, _SCALE, _GAP = 0.7, 0.34, 0.1, 0.5, 0.12
_TINY = 6.0  # points
# Colors are full from this part of the changes on, so that one outlier does not whiten all others.
_FULL = 0.9
_GAPS = {NOT_PLANNED: NO_TEST, NOT_TRAINED: "not trained", NO_BASELINE: "no baseline"}


@dataclass(frozen=True)
class _Map:
    """What all maps of a figure share: columns with heads, width of a field, and the change of full color."""

    columns: Sequence[str]
    heads: Sequence[Sequence[str]]
    width: float
    limit: float

    @property
    def total(self) -> float:
        return self.width * len(self.columns) + _BESIDE

    def left(self, column: str) -> float:
        return self.columns.index(column) * self.width + (_BESIDE if column == AVERAGE else 0.0)


def build(source: Source) -> Drawing:
    """Draw the figure: one map for each setting.

    Args:
        source: What it is made from.

    Returns:
        Tidy: the rows of :func:`gnnpool.analysis.values.assessed_values`, averages among them.
    """
    values = source.values()
    poolings, settings = _planned(values, "pooling", source.entry["poolings"]), source.entry["settings"]
    names = [source.name("poolings", pooling) for pooling in poolings]
    left = MARGIN + max(style.text_width(name, style.SMALL) for name in names) + 0.12
    layout = _layout(source, values)
    above = style.LINE * (1.6 + max(map(len, layout.heads)))
    each = above + _HEIGHT * len(poolings) + _GAP
    with style.styled():
        page = open_page(
            max(left + layout.total + MARGIN, 4.8),
            each * len(settings) + _SCALE,
            title=source.entry["title"],
            notes=_notes(source, values),
        )
        for i, (setting, chosen) in enumerate(_by_setting(source, values)):
            page.write(MARGIN, i * each, setting, weight="bold", size=style.FONT_SIZE)
            axes = page.axes(left, i * each + above, layout.total, each - above - _GAP)
            shown = chosen["dataset"].isin(layout.columns) & chosen["pooling"].isin(poolings)
            _draw_map(axes, chosen[shown], layout, poolings, names)
        _draw_scale(page, left, each * len(settings), layout.limit)
    return Drawing(page.figure, values, UNITS, _describe(source, values))


def _layout(source: Source, values: pd.DataFrame) -> _Map:
    columns = [*_planned(values, "dataset", source.entry["datasets"]), AVERAGE]
    texts = [_interval(row) if row.state == TRAINED else _GAPS[row.state] for row in values.itertuples()]
    heads = [source.name("datasets", column) for column in columns]
    words = [style.text_width(word, style.SMALL, bold=True) for head in heads for word in head.split()]
    width = max(_LEAST_WIDTH, *words, *(style.text_width(text, _TINY) for text in texts)) + 0.1
    sizes = values.loc[values["state"] == TRAINED, "value"].abs()
    limit = max(1.0, float(sizes.quantile(_FULL)) if len(sizes) else 0.0)
    heads = [style.wrap(head, width - 0.06, style.SMALL, bold=True) for head in heads]
    return _Map(columns, heads, width, limit)


def _planned(values: pd.DataFrame, axis: str, slugs: Sequence[str]) -> list[str]:
    """Slugs of which anything is planned or trained; the notes name the others."""
    planned = set(values.loc[values["state"] != NOT_PLANNED, axis])
    return [slug for slug in slugs if slug in planned] or list(slugs)


def _by_setting(source: Source, values: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for model, edges in source.entry["settings"]:
        yield source.setting(model, edges), values[(values["model"] == model) & (values["edges"] == edges)]


def _draw_map(
    axes: Axes, values: pd.DataFrame, layout: _Map, poolings: Sequence[str], names: Sequence[str]
) -> None:
    axes.set(xlim=(0, layout.total), ylim=(len(poolings), 0), xticks=[])
    axes.set_yticks(np.arange(len(poolings)) + 0.5, names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for column, head in zip(layout.columns, layout.heads, strict=True):
        place = (layout.left(column) + layout.width / 2, 0)
        options = {"ha": "center", "va": "bottom", "weight": "bold", "size": style.SMALL}
        axes.annotate("\n".join(head), place, (0, 2), textcoords="offset points", **options)
    for row in values.itertuples():
        _draw_field(axes, row, poolings.index(row.pooling), layout)


def _draw_field(axes: Axes, row: object, top: float, layout: _Map) -> None:
    left = layout.left(row.dataset)
    box = {"xy": (left + 0.01, top + 0.03), "width": layout.width - 0.02, "height": 0.94, "linewidth": 0}
    centered = {"ha": "center", "va": "center"}
    middle = left + layout.width / 2
    if row.state != TRAINED:
        axes.add_patch(Rectangle(**box, facecolor="#f4f4f4"))
        axes.text(middle, top + 0.5, _GAPS[row.state], color=style.SOFT, size=_TINY, **centered)
        return
    color = np.array(style.CHANGES(0.5 + 0.5 * np.clip(row.value / layout.limit, -1, 1))[:3])
    text, ink, weight = number(row.value, digits=1), style.INK, "bold"
    if not row.significant:
        # Faint and hatched: pale in print, striped where colors are not seen.
        color, text, weight = 1 - 0.3 * (1 - color), f"({text})", "normal"
        box |= {"hatch": "////", "edgecolor": 0.85 * color}
    elif color @ (0.3, 0.59, 0.11) < 0.5:
        ink = style.PAPER
    axes.add_patch(Rectangle(**box, facecolor=color))
    axes.text(middle, top + 0.32, text, color=ink, weight=weight, **centered)
    axes.text(middle, top + 0.74, _interval(row), color=ink, size=_TINY, **centered)


def _interval(row: object) -> str:
    """The interval of a change, and of how many seeds or datasets it is if some lack."""
    name = "datasets" if row.dataset == AVERAGE else "seeds"
    n, planned = getattr(row, f"n_{name}"), getattr(row, f"n_{name}_planned")
    return interval(row.low, row.high, digits=1) + ("" if n == planned else f"; {n}/{planned}")


def _draw_scale(page: Page, left: float, top: float, limit: float) -> None:
    axes = page.axes(left, top + 0.08, 2.2, 0.11)
    axes.imshow(np.linspace(0, 1, 256)[None], cmap=style.CHANGES, aspect="auto", extent=(-limit, limit, 0, 1))
    words = [f"{number(-limit, digits=1)} % or less", "0", f"{number(limit, digits=1)} % or more"]
    axes.set_xticks([-limit, 0, limit], words)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _notes(source: Source, values: pd.DataFrame) -> list[str]:
    single = values[values["dataset"] != AVERAGE]
    trained = values[values["state"] == TRAINED]
    notes = [
        *statistic_notes(source.statistic, source.seeds),
        f"Below a change: its {source.percent} interval. Faint, hatched and in parentheses: the interval "
        "holds zero, or there is none, so that the change cannot be told from none.",
        "Average: over the datasets with equal weights; its interval is over the datasets.",
    ]
    if any("/" in _interval(row) for row in trained.itertuples()):
        notes.append("k/n: only k of the n seeds are trained, or k of the n datasets of an average.")
    notes += [*unpaired_notes(single), *noise_notes(source, single, drawn=False)]
    return [*notes, *setting_gap_notes(source, single)]


def _describe(source: Source, values: pd.DataFrame) -> str:
    title = source.entry["title"]
    sentences = [
        f"{title}: map of error changes against mean pooling, poolings by datasets, in percent; negative is "
        "better."
    ]
    for setting, chosen in _by_setting(source, values[values["state"] == TRAINED]):
        single, averages = chosen[chosen["dataset"] != AVERAGE], chosen[chosen["dataset"] == AVERAGE]
        told = single.loc[single["significant"], "value"]
        sentences.append(
            f"{setting}: of {len(single)} changes {(told < 0).sum()} are told to be better and "
            f"{(told > 0).sum()} to be worse than zero."
        )
        for row in averages.itertuples():
            name, change = source.name("poolings", row.pooling), number(row.value, digits=1)
            of = f"{row.n_datasets} of {row.n_datasets_planned} datasets"
            ends = interval(row.low, row.high, digits=1)
            sentences.append(f"{name}: average {change} ({ends}) over {of}.")
    return " ".join([*sentences, *setting_gap_notes(source, values)])
