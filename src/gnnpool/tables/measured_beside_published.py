"""The paper's printed changes beside the measured ones, with a verdict on each."""

import pandas as pd

from gnnpool.analysis.published import (
    DATASETS,
    UNITS,
    compare_to_published,
    count_verdicts,
    verdict_notes,
)
from gnnpool.analysis.values import NOT_PLANNED
from gnnpool.analysis.verdict import UNDECIDED
from gnnpool.tables._changes import item
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import NO_TEST, interval, number, statistic_notes

_LINES = ["model", "edges", "dataset"]
_NOT_SHOWN = (
    "Of a dataset on which nothing is planned, the printed numbers stand in the CSV and Parquet files alone."
)


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from; what the paper does not print is left out.

    Returns:
        Tidy: a line for each entry of the slice that the paper prints: the columns of
        :func:`gnnpool.analysis.values.assessed_values`, published (%, missing for "No Test"),
        difference (ours minus theirs, %), difference_low, difference_high, and verdict: "agrees",
        "differs", "cannot be distinguished", or missing where one of the two has no number.
    """
    tidy = compare_to_published(source.values(), confidence=source.confidence, margin=source.margin)
    return Table(
        tidy, UNITS, ("Ours", "Paper", "Difference", "Verdict"), _rows(source, tidy), _notes(source, tidy)
    )


def _rows(source: Source, tidy: pd.DataFrame) -> list[Row]:
    rows = []
    for (model, edges), group in tidy.groupby(["model", "edges"], sort=False):
        rows.append(Row(source.setting(model, edges)))
        for dataset, part in group.groupby("dataset", sort=False):
            name = source.name("datasets", dataset)
            if _unplanned(part):
                count = int(part["published"].notna().sum())
                rows.append(Row(name, [Item(NO_TEST), Item(f"{count} printed"), Item(""), Item("")]))
                continue
            for row in part.itertuples():
                theirs = Item(NO_TEST if pd.isna(row.published) else number(row.published))
                items = [item(row), theirs, _difference(row), _judged(row)]
                rows.append(Row(f"{name}: {source.name('poolings', row.pooling)}", items))
    return rows


def _unplanned(part: pd.DataFrame) -> bool:
    return bool((part["state"] == NOT_PLANNED).all())


def _difference(row: object) -> Item:
    if pd.notna(row.difference):
        return Item(number(row.difference), interval=interval(row.difference_low, row.difference_high))
    return Item("other datasets" if pd.notna(row.verdict) else "")


def _judged(row: object) -> Item:
    return Item(row.verdict, faint=row.verdict == UNDECIDED) if pd.notna(row.verdict) else Item("")


def _notes(source: Source, tidy: pd.DataFrame) -> list[str]:
    compared = tidy[tidy["difference"].notna()]
    return [
        count_verdicts(compared),
        *statistic_notes(source.statistic, source.seeds),
        "Paper: the printed Tables 1-3. Its spread over the seeds is not printed and taken to be ours.",
        *verdict_notes(compared, confidence=source.confidence, margin=source.margin),
        *([_NOT_SHOWN] if any(_unplanned(part) for _, part in tidy.groupby(_LINES)) else []),
        f"An average over other than the {DATASETS} datasets of the paper is not compared.",
    ]
