"""Participation ratios of the tested structures under each pooling."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from gnnpool.figures import style
from gnnpool.figures._gaps import write_gap
from gnnpool.figures._page import finish, open_page
from gnnpool.records import BASELINE
from gnnpool.specs import Labels
from gnnpool.wording import label_of

# Of two atoms under an average each is what the other is not: both always contribute alike.
LEAST_ATOMS = 3
_QUANTILES = {"low": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "high": 0.95}
_SLOT, _HEIGHT = 1.15, 3.4  # inches, of a pooling


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
        75 and 95 %), and below_mean, the share of structures with a lower participation ratio than
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


def draw_participation(
    shares: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    lowest: float,
    title: str,
    labels: Labels,
    notes: Sequence[str],
) -> Figure:
    """Draw a box for each pooling: quartiles and median, whiskers from 5 to 95 % of the structures.

    Args:
        shares: Of :func:`compared`.
        summary: Of :func:`summarize`.
        lowest: Participation ratio of one atom alone in the median structure; missing without any.
        title: Above the axes.
        labels: Printed names.
        notes: Sentences below.

    Returns:
        The figure; nothing is saved.
    """
    mean = label_of(labels, "poolings", BASELINE)
    names = [
        "\n".join([*textwrap.wrap(label_of(labels, "poolings", pooling), 15), *_beside(mean, row)])
        for pooling, row in summary.iterrows()
    ]
    with style.styled():
        figure = open_page(_SLOT * len(names) + 1.2, _HEIGHT)
        axes = figure.add_subplot()
        if summary["n"].any():
            colors = style.pooling_colors(summary.index, labels.poolings).values()
            sns.boxplot(
                shares[summary.index],
                whis=(5, 95),
                showfliers=False,
                width=0.42,
                palette=[style.tint(color) for color in colors],
                saturation=1,
                linecolor=style.INK,
                linewidth=0.7,
                medianprops={"linewidth": 1.6},
                ax=axes,
            )
            for place, median in enumerate(summary["median"]):
                axes.text(place + 0.24, median, f"{median:.2f}", size=style.SMALL, va="center")
            axes.set_xticks(range(len(names)), names)
            axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 1.04), xlabel="")
            axes.axhline(lowest, color=style.SOFT, linewidth=0.7, linestyle=(0, (3, 3)))
            mark = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
            axes.annotate("one atom\nalone", (1, lowest), (4, 0), va="center", size=style.SMALL, **mark)
        else:
            write_gap(axes, "no structure to compare")
        axes.set_ylabel("participation ratio")
        axes.yaxis.grid(True)
        return finish(figure, title=title, notes=notes)


def _beside(mean: str, row: pd.Series) -> list[str]:
    if pd.isna(row["below_mean"]):
        return []
    return [f"lower than {mean}", f"in {100 * row['below_mean']:.0f} %"]
