"""How poolings rank over the datasets, and what of it is more than chance."""

import pandas as pd

from gnnpool.analysis.ranks import RANKING, rank_poolings
from gnnpool.analysis.values import AVERAGE
from gnnpool.records import BASELINE
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import number

UNITS = {
    "average": "%",
    "mean_rank": "1 is the lowest error",
    "better_on": "datasets",
    "critical_difference": "ranks",
    **dict.fromkeys(["wilcoxon_p", "holm_p", "lowest_holm_p", "nemenyi_p", "friedman_p"], "1, two-sided"),
}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from.

    Returns:
        Tidy: a line for each setting and pooling, mean pooling among them, that has a value on some
        dataset; the best rank first. model, edges, pooling, mean_rank, average (mean change, %),
        better_on (datasets with a lower error than mean pooling), wilcoxon_p (signed ranks of the
        changes, two-sided), holm_p (the same, corrected for all poolings of the setting), lowest_holm_p (the
        lowest value of holm_p that is possible), nemenyi_p
        (against mean pooling); friedman_statistic, friedman_p and critical_difference of the setting;
        n_poolings, n_datasets and datasets (slugs, joined by commas): those on which all these poolings have
        a value, which all numbers of the setting are from. What n_datasets is too small for is missing.
    """
    values = source.values()
    values = values[
        (values["dataset"] != AVERAGE) & values["value"].notna() & (values["pooling"] != BASELINE)
    ]
    frames, rows, notes = [], [], []
    for model, edges in source.spec.settings:
        setting = values[(values["model"] == model) & (values["edges"] == edges)]
        ranked = rank_poolings(setting, confidence=source.confidence)
        ranked = ranked.assign(model=model, edges=edges)
        ranked = ranked[["model", "edges", *RANKING]]
        frames.append(ranked)
        rows += _rows(ranked, source, f"{source.setting(model, edges)}: ")
        notes += _unreachable(ranked, source, source.setting(model, edges))
    tidy = pd.concat(frames, ignore_index=True)
    heads = ["Mean rank", "Average change", "Better on", "Wilcoxon p", "Holm p", "Nemenyi p"]
    return Table(tidy, UNITS, heads, rows, [*_notes(source, values), *notes])


def _rows(ranked: pd.DataFrame, source: Source, setting: str) -> list[Row]:
    first = ranked.iloc[0]
    n = first["n_datasets"]
    if n < 2:
        which = "no dataset has all poolings" if n == 0 else "1 dataset"
        return [Row(f"{setting}{which}, too few to rank")]
    if pd.isna(first["friedman_p"]):
        test = "too few poolings for Friedman's test"
    else:
        test = f"Friedman {first['friedman_statistic']:.2f}, p = {first['friedman_p']:.3f}"
    if pd.notna(first["critical_difference"]):
        test += f"; critical difference {first['critical_difference']:.2f}"
    rows = [Row(f"{setting}n = {n} datasets; {test}")]
    for row in ranked.itertuples():
        numbers = (row.wilcoxon_p, row.holm_p, row.nemenyi_p)
        items = [
            Item(f"{row.mean_rank:.2f}"),
            Item(number(row.average)),
            Item("" if row.pooling == BASELINE else f"{row.better_on} of {n}"),
            *(Item("" if pd.isna(p) else f"{p:.3f}") for p in numbers),
        ]
        rows.append(Row(source.name("poolings", row.pooling), items))
    return rows


def _unreachable(ranked: pd.DataFrame, source: Source, setting: str) -> list[str]:
    """Say of a setting whether Wilcoxon's test with Holm's correction can be significant at all."""
    first, level = ranked.iloc[0], 1 - source.confidence
    if pd.isna(first["lowest_holm_p"]) or first["lowest_holm_p"] < level:
        return []
    return [
        f"{setting}: with {first['n_datasets']} datasets and {first['n_poolings'] - 1} poolings, Wilcoxon "
        f"with Holm cannot reach {100 * level:g} %; the lowest possible p-value is "
        f"{first['lowest_holm_p']:.2f}."
    ]


def _notes(source: Source, values: pd.DataFrame) -> list[str]:
    notes = [
        "Rank 1 is the lowest error on a dataset. All numbers of a setting are from the datasets on which "
        "all of its poolings have a value.",
        f"Two poolings whose mean ranks differ by less than the critical difference (Nemenyi, "
        f"{source.percent}) do not differ significantly. Friedman's p-value is an approximation "
        "for many datasets.",
        "Wilcoxon: signed ranks of the changes relative to mean pooling, two-sided, uncorrected; Holm: "
        "corrected for multiple comparisons. With n datasets and k poolings the lowest possible p-values "
        "are 2 / 2^n and 2 k / 2^n.",
    ]
    for (model, edges), group in values.groupby(["model", "edges"], sort=False):
        table = group.pivot(index="dataset", columns="pooling", values="value")
        if lacking := [source.name("datasets", d) for d in table.index[table.isna().any(axis=1)]]:
            where = f"{source.setting(model, edges)}: {', '.join(lacking)} left out"
            notes.append(f"{where}, not all poolings are trained there.")
    return notes
