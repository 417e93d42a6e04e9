"""The lines of the changes: each with its row of the forest plot, its words, and what lines are chosen by."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from gnnpool.analysis.values import AVERAGE
from gnnpool.report.forest_plot import Scale, draw_row
from gnnpool.report.headline import ANY, GROWS, STAYS, UNDECLARED
from gnnpool.report.phrases import counted
from gnnpool.specs import Labels
from gnnpool.wording import TIMES, interval, label_of, number, setting_label

# By the kind of target that an average is over.
AVERAGES = {
    ANY: "Average",
    GROWS: "Average, extensive targets",
    STAYS: "Average, intensive targets",
    UNDECLARED: "Average, undeclared targets",
}
_VERDICTS = {
    "better": "lower error, significant",
    "worse": "higher error, significant",
    "not significant": "not significant",
}
_LOOKUP = ["model", "edges", "pooling"]


@dataclass(frozen=True)
class Line:
    """One change as it is shown.

    Args:
        pooling: Printed name.
        dataset: Printed name, or the word for averages.
        setting: Printed name of model and edges.
        picture: Its row of the forest plot.
        value: The change, %.
        shown: The same in words, in parentheses if it is not significant.
        interval: Its interval in words.
        other: The change in the averaged reading, %.
        other_shown: The same in words.
        other_sign: Whether the readings disagree on the sign.
        seeds: From how many seeds it is; of an average, datasets and seeds.
        verdict: "better", "worse", or "not significant".
    """

    pooling: str
    dataset: str
    setting: str
    picture: Markup
    value: float
    shown: str
    interval: str
    other: float
    other_shown: str
    other_sign: bool
    seeds: str
    verdict: str


def lines(
    compared: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    among: pd.DataFrame,
    labels: Labels,
    scale: Scale,
    correction: str,
) -> list[Line]:
    """Turn changes into lines.

    Args:
        compared: Rows of :func:`gnnpool.report.both_readings.with_other`, with the column kind; the lines.
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`; the seeds' changes.
        among: All rows of ``comparisons``; the datasets' changes.
        labels: Printed names.
        scale: Common to all rows of the page.
        correction: "corrected" or "uncorrected" for multiple comparisons, as significance is in the lines.
    """
    return [
        _line(row, list(_parts(row, changes, among, labels)), labels, scale, correction)
        for _, row in compared.iterrows()
    ]


def scale_of(compared: pd.DataFrame, changes: pd.DataFrame, *, margin: float) -> Scale:
    """The scale that has room for all changes, those of the seeds and all ends of intervals."""
    ends = [compared[name] for name in ("value", "low", "high")]
    return Scale.over(pd.concat([*ends, changes["change"]]), margin=margin)


def _parts(
    row: pd.Series, changes: pd.DataFrame, among: pd.DataFrame, labels: Labels
) -> Iterator[tuple[str, float]]:
    """What a change is the mean of: the datasets of an average, the seeds of a dataset."""
    same = (changes[_LOOKUP] == row[_LOOKUP].tolist()).all(axis=1)
    if row["dataset"] != AVERAGE:
        mine = changes[same & (changes["dataset"] == row["dataset"]) & changes["change"].notna()]
        yield from ((f"seed {seed.seed}", seed.change) for seed in mine.itertuples())
        return
    alike = (among[_LOOKUP] == row[_LOOKUP].tolist()).all(axis=1)
    alike &= among["dataset"].isin(row["datasets"].split(","))
    for single in among[alike].itertuples():
        yield label_of(labels, "datasets", single.dataset), single.value


def _line(
    row: pd.Series, parts: list[tuple[str, float]], labels: Labels, scale: Scale, correction: str
) -> Line:
    pooling = label_of(labels, "poolings", row["pooling"])
    average = row["dataset"] == AVERAGE
    dataset = AVERAGES[row["kind"]] if average else label_of(labels, "datasets", row["dataset"])
    setting = setting_label(labels, row["model"], row["edges"])
    verdict = "not significant" if not row["significant"] else ("better" if row["value"] < 0 else "worse")
    ends = interval(row["low"], row["high"])
    text = number(row["value"], digits=2)
    words = [
        f"{pooling}, {dataset}, {setting}",
        f"{text} %, interval {ends}, {counted(row)}: {_VERDICTS[verdict]} "
        f"({correction}{_p_value(row['p_value'])})",
        *(f"{name}: {number(change, digits=2)} %" for name, change in parts),
    ]
    picture = draw_row(
        scale,
        value=row["value"],
        low=row["low"],
        high=row["high"],
        significant=bool(row["significant"]),
        dots=[change for _, change in parts],
        text="\n".join(words),
    )
    other = _bracketed(row["other_value"], significant=row["other_significant"])
    seeds = str(row["n_seeds"])
    if average:
        seeds = f"{row['n_datasets']} {TIMES} {seeds}"
    shown = _bracketed(row["value"], significant=row["significant"])
    both = {"other": row["other_value"], "other_shown": other, "other_sign": bool(row["other_sign"])}
    return Line(
        *(pooling, dataset, setting, picture), row["value"], shown, ends, **both, seeds=seeds, verdict=verdict
    )


def _bracketed(value: float, *, significant: bool) -> str:
    text = number(value, digits=2)
    return text if significant else f"({text})"


def _p_value(p: float) -> str:
    return "" if pd.isna(p) else f", p = {p:.3f}"
