"""Critical difference diagram: mean ranks of the poolings, and which of them do not differ significantly."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scikit_posthocs import critical_difference_diagram

from gnnpool.analysis.ranks import RANKING, rank_poolings
from gnnpool.analysis.values import AVERAGE
from gnnpool.figures import style
from gnnpool.figures._gaps import write_gap
from gnnpool.figures._page import finish, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.records import BASELINE

UNITS = {
    "mean_rank": "1 is the lowest error",
    "average": "%",
    "critical_difference": "ranks",
    "friedman_statistic": "1",
    **dict.fromkeys(["wilcoxon_p", "holm_p", "lowest_holm_p", "nemenyi_p", "friedman_p"], "1, two-sided"),
}
# Inches: the page, and of a diagram what is around the names and one of two names beside each other.
_WIDTH, _AROUND, _STEP = 5.8, 0.9, 0.11


def build(source: Source) -> Drawing:
    """Draw the figure: one diagram for each setting.

    Args:
        source: What it is made from.

    Returns:
        Tidy: a line for each setting and pooling, the best rank first: model, edges, the columns of
        :func:`gnnpool.analysis.ranks.rank_poolings`, and can_be_significant: whether the datasets are
        enough for a significant difference of the best and the worst possible rank.
    """
    values = source.values()
    single = values["dataset"] != AVERAGE
    values = values[single & values["value"].notna() & (values["pooling"] != BASELINE)]
    settings = source.spec.settings
    diagrams = [_rank(source, values, *setting) for setting in settings]
    heights = [_AROUND + _STEP * len(diagram) for diagram in diagrams]
    with style.styled():
        figure = open_page(_WIDTH, sum(heights))
        panels = figure.subplots(len(settings), 1, height_ratios=heights, squeeze=False)[:, 0]
        for axes, setting, diagram in zip(panels, settings, diagrams, strict=True):
            axes.set_title(source.setting(*setting))
            if diagram["critical_difference"].notna().all():
                _draw(axes, diagram, source)
            else:
                write_gap(axes, _too_few(diagram))
                axes.spines[:].set_visible(False)
        finish(figure, title=source.spec.title, notes=_notes(source, diagrams))
    return Drawing(figure, pd.concat(diagrams, ignore_index=True), UNITS, _describe(source, diagrams))


def _rank(source: Source, values: pd.DataFrame, model: str, edges: str) -> pd.DataFrame:
    chosen = values[(values["model"] == model) & (values["edges"] == edges)]
    ranked = rank_poolings(chosen, confidence=source.confidence)
    # Ranks go from 1 to the number of poolings, so no two of them can be farther apart.
    possible = ranked["critical_difference"] < ranked["n_poolings"] - 1
    columns = ["model", "edges", *RANKING, "can_be_significant"]
    return ranked.assign(model=model, edges=edges, can_be_significant=possible)[columns]


def _draw(axes: Axes, diagram: pd.DataFrame, source: Source) -> None:
    ranks = diagram.set_index("pooling")["mean_rank"]
    difference, last = diagram["critical_difference"].iloc[0], len(ranks)
    apart = np.abs(np.subtract.outer(ranks.to_numpy(), ranks.to_numpy())) >= difference
    drawn = critical_difference_diagram(
        ranks,
        pd.DataFrame(1.0 - apart, ranks.index, ranks.index),
        ax=axes,
        label_fmt_left="{label}  {rank:.2f} ",
        label_fmt_right=" {rank:.2f}  {label}",
        label_props={"size": style.SMALL},
        marker_props={"s": 8, "clip_on": False},
        elbow_props={"linewidth": 1.1, "clip_on": False},
        crossbar_props={"color": style.SOFT, "linewidth": 3, "solid_joinstyle": "bevel", "clip_on": False},
        color_palette={pooling: style.stroke(c) for pooling, c in source.colors(ranks.index).items()},
        text_h_margin=0.05 * last,
    )
    half = (last + 1) // 2
    for text, pooling in zip(
        drawn["labels"], [*ranks.index[:half], *ranks.index[: half - 1 : -1]], strict=True
    ):
        words = text.get_text().replace(pooling, source.name("poolings", pooling))
        text.set(text=words, color=style.INK, weight="bold" if pooling == BASELINE else "normal")
    axes.set_xlim(1, last)
    axes.set_xticks(range(1, last + 1))
    axes.tick_params(top=True, length=3, width=0.8)
    axes.spines["top"].set_visible(True)
    _draw_difference(axes, difference, last)


def _draw_difference(axes: Axes, difference: float, last: int) -> None:
    """The critical difference as a length above the line; cut where it is longer than the line."""
    end, longer = min(1 + difference, last), 1 + difference > last
    height = 1.6
    axes.set_ylim(top=height)
    options = {"color": style.INK, "linewidth": 1.2, "clip_on": False}
    axes.plot([1, end], [height, height], marker="|", markevery=[0] if longer else None, **options)
    words = f"critical difference {difference:.2f}{', longer than the line' if longer else ''}"
    side = {"ha": "right", "va": "bottom"} if longer else {"ha": "left", "va": "center"}
    place = (0, 3) if longer else (5, 0)
    axes.annotate(words, (end, height), place, textcoords="offset points", size=style.SMALL, **side)


def _too_few(diagram: pd.DataFrame) -> str:
    n, poolings = int(diagram["n_datasets"].iloc[0]), int(diagram["n_poolings"].iloc[0])
    if poolings < 2:
        return "Other poolings than mean pooling are not trained: nothing to rank."
    which = "No dataset has" if n == 0 else "1 dataset has"
    return f"{which} all {poolings} poolings: too few to rank."


def _verdict(source: Source, diagram: pd.DataFrame) -> str:
    """What a diagram shows, in a sentence."""
    first, setting = diagram.iloc[0], source.setting(*diagram[["model", "edges"]].iloc[0])
    difference, n = first["critical_difference"], int(first["n_datasets"])
    if pd.isna(difference):
        return f"{setting}: {_too_few(diagram)}"
    test = "" if pd.isna(first["friedman_p"]) else f" Friedman's test: p = {first['friedman_p']:.3f}."
    start = f"{setting}: n = {n} datasets, {first['n_poolings']} poolings.{test}"
    if not first["can_be_significant"]:
        farthest = first["n_poolings"] - 1
        return (
            f"{start} No difference can be significant: no two ranks can differ by more than {farthest}, "
            f"and the critical difference is {difference:.2f}. More datasets would be needed."
        )
    apart = diagram["mean_rank"].max() - diagram["mean_rank"].min() >= difference
    return start if apart else f"{start} No two poolings differ significantly."


def _notes(source: Source, diagrams: list[pd.DataFrame]) -> list[str]:
    notes = [
        "Mean rank over the datasets on which all poolings of the setting have a value; 1 is the lowest "
        "error. A gray bar joins poolings whose ranks differ by less than Nemenyi's critical difference "
        f"({source.percent}): their ranks do not differ significantly.",
    ]
    return [*notes, *(_verdict(source, diagram) for diagram in diagrams)]


def _describe(source: Source, diagrams: list[pd.DataFrame]) -> str:
    sentences = [f"{source.spec.title}: mean ranks of the poolings over the datasets, 1 is the lowest error."]
    for diagram in diagrams:
        sentences.append(_verdict(source, diagram))
        ranked = diagram[diagram["mean_rank"].notna()]
        ranks = ", ".join(
            f"{source.name('poolings', r.pooling)} {r.mean_rank:.2f}" for r in ranked.itertuples()
        )
        if ranks and pd.notna(diagram["critical_difference"].iloc[0]):
            difference = diagram["critical_difference"].iloc[0]
            sentences.append(f"Ranks: {ranks}; critical difference {difference:.2f}.")
    return " ".join(sentences)
