"""Heat map of poolings by datasets: every change as a colored field with its interval."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gnnpool.analysis.values import AVERAGE, NO_BASELINE, NOT_PLANNED, NOT_TRAINED, TRAINED, UNITS
from gnnpool.figures import style
from gnnpool.figures._gaps import setting_gap_notes
from gnnpool.figures._noise import noise_notes
from gnnpool.figures._page import finish, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.wording import NO_TEST, interval, number, statistic_notes, unpaired_notes

# Inches: a field, what is above a map, and the scale of colors.
_WIDTH, _HEIGHT, _ABOVE, _SCALE = 1.0, 0.36, 0.5, 0.6
_TINY = 6.0  # points
# Colors are full from this part of the changes on, so that one outlier does not whiten all others.
_FULL = 0.9
_GAPS = {NOT_PLANNED: NO_TEST, NOT_TRAINED: "not trained", NO_BASELINE: "no baseline"}


def build(source: Source) -> Drawing:
    """Draw the figure: one map for each setting.

    Args:
        source: What it is made from.

    Returns:
        Tidy: the rows of :func:`gnnpool.analysis.values.assessed_values`, averages among them.
    """
    values, settings = source.values(), source.spec.settings
    poolings = _planned(values, "pooling", source.spec.poolings)
    columns = [*_planned(values, "dataset", source.spec.datasets), AVERAGE]
    changes = values["value"].abs().dropna()
    limit = max(float(changes.quantile(_FULL)) if len(changes) else 0.0, 1.0)
    with style.styled():
        each = _ABOVE + _HEIGHT * len(poolings)
        figure = open_page(_WIDTH * len(columns) + 1.2, each * len(settings) + _SCALE)
        every = figure.subplots(len(settings), 1, squeeze=False)[:, 0]
        for axes, (setting, chosen) in zip(every, _by_setting(source, values), strict=True):
            rows = chosen.set_index(["pooling", "dataset"])
            rows = rows.reindex(pd.MultiIndex.from_product([poolings, columns]))
            shape = len(poolings), len(columns)
            _draw_map(axes, rows, shape, limit)
            _name_fields(axes, poolings, columns, source)
            axes.set_title(setting)
        _draw_scale(figure, every, limit)
        finish(figure, title=source.spec.title, notes=_notes(source, values))
    return Drawing(figure, values, UNITS, _describe(source, values))


def _planned(values: pd.DataFrame, name: str, order: Sequence[str]) -> list[str]:
    """Poolings or datasets of which something is planned, or all if nothing is."""
    found = set(values.loc[values["state"] != NOT_PLANNED, name])
    return [slug for slug in order if slug in found] or list(order)


def _by_setting(source: Source, values: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for model, edges in source.spec.settings:
        yield source.setting(model, edges), values[(values["model"] == model) & (values["edges"] == edges)]


def _draw_map(axes: Axes, rows: pd.DataFrame, shape: tuple[int, int], limit: float) -> None:
    """Draw the fields, row by row: significant changes full, others faint and hatched, gaps gray."""
    trained, significant = (rows["state"] == TRAINED).to_numpy(), rows["significant"].eq(True).to_numpy()
    changes = rows["value"].to_numpy(float)
    texts = np.array([number(change, digits=1) for change in np.nan_to_num(changes)])
    intervals = np.array([_interval(row) if row.state == TRAINED else "" for row in rows.itertuples()])
    common = {"fmt": "", "cmap": style.CHANGES, "vmin": -limit, "vmax": limit, "linewidths": 2, "cbar": False}
    bold, faint = {"weight": "bold"}, {"color": style.INK}
    for chosen, words, alpha, kind in (
        (trained & significant, texts, 1.0, bold),
        (trained & ~significant, np.char.add(np.char.add("(", texts), ")"), 0.3, faint),
    ):
        known = len(axes.texts)
        options = {"annot": words.reshape(shape), "mask": ~chosen.reshape(shape), "alpha": alpha}
        kind = {"va": "bottom", "size": style.FONT_SIZE, **kind}
        sns.heatmap(changes.reshape(shape), annot_kws=kind, ax=axes, **options, **common)
        for text, below in zip(axes.texts[known:], intervals[chosen], strict=True):
            small = {"size": _TINY, "ha": "center", "va": "top", "color": text.get_color()}
            axes.annotate(below, text.get_position(), (0, -1.5), textcoords="offset points", **small)
    for place in np.flatnonzero(~(trained & significant)):
        y, x = divmod(int(place), shape[1])
        gap = not trained[place]
        # Stripes show where colors do not.
        look = {"facecolor": "#f4f4f4"} if gap else {"fill": False, "hatch": "////", "edgecolor": "#c8c8c8"}
        axes.add_patch(Rectangle((x + 0.01, y + 0.03), 0.98, 0.94, linewidth=0, **look))
        if gap:
            words = _GAPS[rows["state"].iloc[place]]
            axes.text(x + 0.5, y + 0.5, words, size=_TINY, color=style.SOFT, ha="center", va="center")


def _name_fields(axes: Axes, poolings: Sequence[str], columns: Sequence[str], source: Source) -> None:
    heads = [style.fill(source.name("datasets", column), 0.85 * _WIDTH) for column in columns]
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(columns)) + 0.5, heads, rotation=0, weight="bold")
    names = [source.name("poolings", pooling) for pooling in poolings]
    axes.set_yticks(np.arange(len(poolings)) + 0.5, names, rotation=0)
    axes.tick_params(length=0)
    axes.axvline(columns.index(AVERAGE), color=style.PAPER, linewidth=8)


def _interval(row: object) -> str:
    """The interval of a change, and of how many seeds or datasets it is if some lack."""
    name = "datasets" if row.Index[1] == AVERAGE else "seeds"
    n, planned = int(getattr(row, f"n_{name}")), int(getattr(row, f"n_{name}_planned"))
    return interval(row.low, row.high, digits=1) + ("" if n == planned else f"; {n}/{planned}")


def _draw_scale(figure: Figure, every: Sequence[Axes], limit: float) -> None:
    colors = ScalarMappable(Normalize(-limit, limit), style.CHANGES)
    place = {"location": "bottom", "anchor": (0.0, 0.0), "shrink": 0.4, "aspect": 25}
    bar = figure.colorbar(colors, ax=list(every), **place)
    words = [f"{number(-limit, digits=1)} % or less", "0", f"{number(limit, digits=1)} % or more"]
    bar.set_ticks([-limit, 0, limit], labels=words)
    bar.outline.set_visible(False)


def _notes(source: Source, values: pd.DataFrame) -> list[str]:
    single = values[values["dataset"] != AVERAGE]
    trained = values[values["state"] == TRAINED].set_index(["pooling", "dataset"])
    notes = [
        *statistic_notes(source.statistic, source.seeds),
        f"Below a change: its {source.percent} interval, not corrected for the number of poolings. Faint, "
        "hatched and in parentheses: it includes zero, or there is none.",
        "Average: over the datasets with equal weights; its interval is over datasets, or seeds if wider.",
    ]
    if any("/" in _interval(row) for row in trained.itertuples()):
        notes.append("k/n: only k of the n seeds are trained, or k of the n datasets of an average.")
    notes += [*unpaired_notes(single), *noise_notes(source, single, drawn=False)]
    return [*notes, *setting_gap_notes(source, single)]


def _describe(source: Source, values: pd.DataFrame) -> str:
    title = source.spec.title
    sentences = [
        f"{title}: heat map of the change of the error relative to mean pooling, poolings by datasets, in "
        "percent; negative is better."
    ]
    for setting, chosen in _by_setting(source, values[values["state"] == TRAINED]):
        single, averages = chosen[chosen["dataset"] != AVERAGE], chosen[chosen["dataset"] == AVERAGE]
        found = single.loc[single["significant"], "value"]
        sentences.append(
            f"{setting}: of {len(single)} changes {(found < 0).sum()} are significantly better and "
            f"{(found > 0).sum()} significantly worse than zero (uncorrected)."
        )
        for row in averages.itertuples():
            name, change = source.name("poolings", row.pooling), number(row.value, digits=1)
            of = f"{row.n_datasets} of {row.n_datasets_planned} datasets"
            ends = interval(row.low, row.high, digits=1)
            sentences.append(f"{name}: average {change} ({ends}) over {of}.")
    return " ".join([*sentences, *setting_gap_notes(source, values)])
