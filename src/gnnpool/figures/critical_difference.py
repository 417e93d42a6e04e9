"""Mean ranks of the poolings on a line, and which of them a critical difference does not tell apart."""

import pandas as pd
from matplotlib.axes import Axes

from gnnpool.analysis.ranks import RANKING, groups_without_difference, rank_poolings
from gnnpool.analysis.values import AVERAGE
from gnnpool.figures import style
from gnnpool.figures._page import MARGIN, Page, open_page
from gnnpool.figures.base import Drawing, Source
from gnnpool.records import BASELINE

UNITS = {
    "mean_rank": "1 is the least error",
    "average": "%",
    "critical_difference": "ranks",
    "probability_better": "1",
    "friedman_statistic": "1",
    **dict.fromkeys(["wilcoxon_p", "holm_p", "nemenyi_p", "friedman_p"], "1, two-sided"),
}
# Lengths in inches: the line of ranks, a step from one name to the next, and between two bars of a group.
_LINE_WIDTH, _STEP, _BAR = 3.2, 0.17, 0.075
_ABOVE, _BELOW = 0.42, 0.25


def build(source: Source) -> Drawing:
    """Draw the figure: one diagram for each setting.

    Args:
        source: What it is made from.

    Returns:
        Tidy: a line for each setting and pooling, the best rank first: model, edges, the columns of
        :func:`gnnpool.analysis.ranks.rank_poolings`, and tells_anything: whether the datasets are
        enough to tell the best and the worst rank that could be.
    """
    values = source.values()
    single = values["dataset"] != AVERAGE
    values = values[single & values["value"].notna() & (values["pooling"] != BASELINE)]
    diagrams = [_rank(source, values, *setting) for setting in source.entry["settings"]]
    tidy = pd.concat(diagrams, ignore_index=True)
    heights = [_height(diagram) for diagram in diagrams]
    names = [source.name("poolings", pooling) for pooling in tidy["pooling"]]
    beside = MARGIN + max(style.text_width(f"{name}  00.00", style.SMALL) for name in names) + 0.25
    notes = _notes(source, diagrams)
    with style.styled():
        page = open_page(2 * beside + _LINE_WIDTH, sum(heights), title=source.entry["title"], notes=notes)
        for i, (setting, diagram) in enumerate(zip(source.entry["settings"], diagrams, strict=True)):
            top = sum(heights[:i])
            page.write(MARGIN, top, source.setting(*setting), weight="bold", size=style.FONT_SIZE)
            if diagram["mean_rank"].notna().all() and diagram["critical_difference"].notna().all():
                _draw(page, diagram, top + style.LINE * 1.4, heights[i], beside, source)
            else:
                page.write(MARGIN, top + style.LINE * 1.4, _too_few(diagram), color=style.SOFT)
    return Drawing(page.figure, tidy, UNITS, _describe(source, diagrams))


def _rank(source: Source, values: pd.DataFrame, model: str, edges: str) -> pd.DataFrame:
    chosen = values[(values["model"] == model) & (values["edges"] == edges)]
    ranked = rank_poolings(chosen, confidence=source.confidence, margin=source.margin)
    # Ranks go from 1 to the number of poolings, so no two of them can be farther apart.
    tells = ranked["critical_difference"] < ranked["n_poolings"] - 1
    columns = ["model", "edges", *RANKING, "tells_anything"]
    return ranked.assign(model=model, edges=edges, tells_anything=tells)[columns]


def _height(diagram: pd.DataFrame) -> float:
    if diagram["critical_difference"].isna().any():
        return style.LINE * 3
    groups = groups_without_difference(
        diagram["mean_rank"].to_numpy(), diagram["critical_difference"].iloc[0]
    )
    half = (len(diagram) + 1) // 2
    return style.LINE * 1.4 + _ABOVE + _BAR * (len(groups) + 1) + _STEP * half + _BELOW


def _draw(
    page: Page, diagram: pd.DataFrame, top: float, height: float, beside: float, source: Source
) -> None:
    """Draw one diagram; lengths are in inches, downwards, and the ranks from left to right."""
    last, difference = len(diagram), diagram["critical_difference"].iloc[0]
    scale = _LINE_WIDTH / max(1, last - 1)
    room = height - style.LINE * 1.4
    axes = page.axes(0, top, page.width, room)
    axes.set(xlim=(0, page.width), ylim=(room, 0))
    axes.axis("off")
    thin = {"color": style.INK, "linewidth": 0.8, "solid_capstyle": "butt"}
    axes.plot([beside, beside + _LINE_WIDTH], [_ABOVE, _ABOVE], **thin)
    for rank in range(1, last + 1):
        x = beside + (rank - 1) * scale
        axes.plot([x, x], [_ABOVE - 0.05, _ABOVE], **thin)
        axes.text(x, _ABOVE - 0.07, str(rank), ha="center", va="bottom", size=style.SMALL)
    _draw_difference(axes, beside, difference, scale)
    groups = groups_without_difference(diagram["mean_rank"].to_numpy(), difference)
    for i, group in enumerate(groups):
        ends = [beside + (diagram["mean_rank"].iloc[place] - 1) * scale for place in group]
        y = _ABOVE + _BAR * (i + 1)
        bar = {"color": style.SOFT, "linewidth": 3, "solid_capstyle": "butt"}
        axes.plot([ends[0] - 0.04, ends[1] + 0.04], [y, y], **bar)
    _draw_names(axes, diagram, _ABOVE + _BAR * (len(groups) + 1), beside, source)


def _draw_names(axes: Axes, diagram: pd.DataFrame, below: float, beside: float, source: Source) -> None:
    """Names at both sides, each joined to its rank: the better half at the left."""
    last = len(diagram)
    scale, half = _LINE_WIDTH / max(1, last - 1), (last + 1) // 2
    colors = source.colors(diagram["pooling"])
    for place, row in enumerate(diagram.itertuples()):
        left = place < half
        y = below + _STEP * (place if left else last - 1 - place) + 0.08
        x, end = beside + (row.mean_rank - 1) * scale, beside - 0.1 if left else beside + _LINE_WIDTH + 0.1
        axes.plot([x, x, end], [_ABOVE, y, y], color=style.stroke(colors[row.pooling]), linewidth=1.1)
        name, rank = source.name("poolings", row.pooling), f"{row.mean_rank:.2f}"
        axes.text(
            end - 0.05 if left else end + 0.05,
            y,
            f"{name}  {rank}" if left else f"{rank}  {name}",
            weight="bold" if row.pooling == BASELINE else "normal",
            ha="right" if left else "left",
            va="center",
            size=style.SMALL,
        )


def _draw_difference(axes: Axes, beside: float, difference: float, scale: float) -> None:
    """The critical difference as a length above the line; cut where it is longer than the line."""
    end = beside + min(difference * scale, _LINE_WIDTH)
    options = {"color": style.INK, "linewidth": 1.2, "solid_capstyle": "butt"}
    axes.plot([beside, end], [0.13, 0.13], **options)
    for x in (beside, end)[: 1 if difference * scale > _LINE_WIDTH else 2]:
        axes.plot([x, x], [0.1, 0.16], **options)
    longer = ", longer than the line" if difference * scale > _LINE_WIDTH else ""
    axes.text(
        end + 0.06, 0.13, f"critical difference {difference:.2f}{longer}", va="center", size=style.SMALL
    )


def _too_few(diagram: pd.DataFrame) -> str:
    n, poolings = int(diagram["n_datasets"].iloc[0]), int(diagram["n_poolings"].iloc[0])
    if poolings < 2:
        return "Other poolings than mean pooling are not trained: nothing to rank."
    which = "No dataset has" if n == 0 else "1 dataset has"
    return f"{which} all {poolings} poolings: too few to rank."


def _verdict(source: Source, diagram: pd.DataFrame) -> str:
    """What a diagram tells, in a sentence."""
    first, setting = diagram.iloc[0], source.setting(*diagram[["model", "edges"]].iloc[0])
    difference, n = first["critical_difference"], int(first["n_datasets"])
    if pd.isna(difference):
        return f"{setting}: {_too_few(diagram)}"
    test = "" if pd.isna(first["friedman_p"]) else f" Friedman's test: p = {first['friedman_p']:.3f}."
    start = f"{setting}: n = {n} datasets, {first['n_poolings']} poolings.{test}"
    if not first["tells_anything"]:
        farthest = first["n_poolings"] - 1
        return (
            f"{start} This diagram tells nothing: no two ranks can differ by more than {farthest}, and the "
            f"critical difference is {difference:.2f}. More datasets would be needed."
        )
    apart = diagram["mean_rank"].max() - diagram["mean_rank"].min() >= difference
    return start if apart else f"{start} No two poolings are told apart."


def _notes(source: Source, diagrams: list[pd.DataFrame]) -> list[str]:
    notes = [
        "Mean rank over the datasets on which all poolings of the setting have a value; 1 is the least "
        "error. A gray bar joins poolings whose ranks differ by less than Nemenyi's critical difference "
        f"({source.percent}): these are not told apart.",
    ]
    return [*notes, *(_verdict(source, diagram) for diagram in diagrams)]


def _describe(source: Source, diagrams: list[pd.DataFrame]) -> str:
    sentences = [
        f"{source.entry['title']}: mean ranks of the poolings over the datasets, 1 is the least error."
    ]
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
