"""How many atoms take part under each pooling, over the tested structures."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnnpool.figures import style
from gnnpool.records import BASELINE
from gnnpool.wording import label_of

# Of two atoms under an average each is what the other is not: both always take part alike.
LEAST_ATOMS = 3
_QUANTILES = {"low": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "high": 0.95}
# Inches.
_HEIGHT, _SLOT, _LEFT, _RIGHT, _EDGE = 2.6, 1.05, 0.7, 0.65, 0.12


def compared(structures: pd.DataFrame) -> pd.DataFrame:
    """Tested structures of three or more atoms for which every pooling has a participation.

    Args:
        structures: Rows of :func:`gnnpool.explain.rows.structure_row`.

    Returns:
        Participation, a row for each structure and a column for each pooling.
    """
    tested = structures[(structures["part"] == "test") & (structures["atoms"] >= LEAST_ATOMS)]
    return tested.pivot(index="id", columns="pooling", values="participation").dropna()


def summarize(shares: pd.DataFrame, poolings: Sequence[str]) -> pd.DataFrame:
    """What is drawn for each pooling.

    Args:
        shares: Of :func:`compared`.
        poolings: In the order to be shown.

    Returns:
        A row for each pooling that has rows, by its name: n, low, q1, median, q3 and high (5, 25, 50,
        75 and 95 %), and below_mean, the share of structures in which fewer atoms take part than
        under mean pooling; missing for mean pooling, or without it.
    """
    rows = {}
    for pooling in (p for p in poolings if p in shares):
        values = shares[pooling]
        other = BASELINE in shares and pooling != BASELINE and len(values) > 0
        rows[pooling] = {
            "n": len(values),
            **{name: values.quantile(share) for name, share in _QUANTILES.items()},
            "below_mean": (values < shares[BASELINE]).mean() if other else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", *_QUANTILES, "below_mean"])


def draw_shares(
    summary: pd.DataFrame,
    *,
    least: float,
    title: str,
    labels: Mapping[str, Mapping[str, str]],
    notes: Sequence[str],
) -> Figure:
    """Draw a box for each pooling: quartiles and median, whiskers from 5 to 95 % of the structures.

    Args:
        summary: Of :func:`summarize`.
        least: Participation if one atom alone took part, in the median structure; missing without any.
        title: Above the axes.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        notes: Sentences below.

    Returns:
        The figure; nothing is saved.
    """
    with style.styled():
        mean = label_of(labels, "poolings", BASELINE)
        names = [
            [*textwrap.wrap(label_of(labels, "poolings", pooling), 15), *_beside(mean, row)]
            for pooling, row in summary.iterrows()
        ]
        axes = _canvas(len(names), max(map(len, names), default=1), title=title, notes=notes)
        if np.isfinite(least):
            _mark_least(axes, least)
        colors = style.pooling_colors(summary.index, labels.get("poolings", ()))
        for place, (pooling, row) in enumerate(summary.iterrows()):
            if row["n"]:
                _box(axes, row, center=place + 0.5, color=colors[pooling])
        axes.set_xticks(np.arange(len(names)) + 0.5, ["\n".join(lines) for lines in names])
        if not summary["n"].any():
            middle = {"transform": axes.transAxes, "ha": "center"}
            axes.text(0.5, 0.5, "no structure to compare", color=style.SOFT, **middle)
    return axes.figure


def _beside(mean: str, row: pd.Series) -> list[str]:
    if pd.isna(row["below_mean"]):
        return []
    return [f"fewer than {mean}", f"in {100 * row['below_mean']:.0f} %"]


def _canvas(columns: int, lines: int, *, title: str, notes: Sequence[str]) -> Axes:
    """Axes with the words around them; lines are those of the names below."""
    width = max(_LEFT + columns * _SLOT + _RIGHT, 4.5)
    room = width - 2 * _EDGE
    words = [line for note in notes for line in style.wrap(note, room, style.SMALL)]
    titles = style.wrap(title, room, style.FONT_SIZE + 1, bold=True)
    bottom = 0.25 + style.LINE * (1.2 * lines + len(words))
    height = bottom + _HEIGHT + 0.25 + 0.16 * len(titles)
    figure = Figure(figsize=(width, height))
    place = (_LEFT, bottom, columns * _SLOT, _HEIGHT)
    axes = figure.add_axes(tuple(p / s for p, s in zip(place, (width, height) * 2, strict=True)))
    heading = {"size": style.FONT_SIZE + 1, "weight": "bold", "va": "top"}
    figure.text(_EDGE / width, 1 - 0.1 / height, "\n".join(titles), **heading)
    small = {"size": style.SMALL, "color": style.SOFT, "linespacing": 1.35}
    figure.text(_EDGE / width, 0.08 / height, "\n".join(words), **small)
    axes.set_xlim(0, columns)
    axes.set_ylim(0, 1.04)
    axes.set_ylabel("share of the atoms that take part")
    axes.yaxis.grid(True, color=style.FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    return axes


def _mark_least(axes: Axes, least: float) -> None:
    axes.axhline(least, color=style.SOFT, linewidth=0.7, linestyle=(0, (3, 3)))
    axes.annotate(
        "one atom\nalone",
        (1, least),
        (4, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        size=style.SMALL,
    )


def _box(axes: Axes, row: pd.Series, *, center: float, color: str) -> None:
    numbers = {
        "whislo": row["low"],
        "q1": row["q1"],
        "med": row["median"],
        "q3": row["q3"],
        "whishi": row["high"],
    }
    axes.bxp(
        [numbers],
        positions=[center],
        widths=[0.42],
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": style.tint(color), "edgecolor": style.INK, "linewidth": 0.7},
        medianprops={"color": style.INK, "linewidth": 1.6},
        whiskerprops={"color": style.INK, "linewidth": 0.7},
        capprops={"color": style.INK, "linewidth": 0.7},
    )
    axes.text(center + 0.25, row["median"], f"{row['median']:.2f}", size=style.SMALL, va="center")
