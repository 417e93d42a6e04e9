"""The printed Tables 1-3 of the benchmark paper as data, and measured changes compared with them."""

from importlib.resources import files

import numpy as np
import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.intervals import Interval
from gnnpool.analysis.values import AVERAGE
from gnnpool.analysis.values import UNITS as VALUE_UNITS
from gnnpool.analysis.verdict import AGREES, DIFFERS, UNDECIDED, difference_interval, verdict

# "five trials on each dataset"
SEEDS = 5
UNITS = VALUE_UNITS | dict.fromkeys(["published", "difference", "difference_low", "difference_high"], "%")
# The printed averages are over these many datasets.
DATASETS = 7


def published_changes() -> pd.DataFrame:
    """Read the printed numbers.

    Returns:
        Columns table, model, edges, dataset ("average" for the rows that average over the
        datasets), pooling, and change: percent against mean pooling, negative is better, missing
        where the paper prints "No Test".

    Source:
        Rivera, "Investigating limitations of global and local pooling in generalizable graph
        neural networks for materials property prediction", Tables 1-3.
    """
    with (files("gnnpool.analysis") / "published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file).rename(columns={"mean_change_percent": "change"})


def compare_to_published(values: pd.DataFrame, *, confidence: float, margin: float) -> pd.DataFrame:
    """Set each measured change beside the printed one, with a verdict.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.
        confidence: Of the interval of the difference, such as 0.95.
        margin: Percent within which two changes count as the same.

    Returns:
        The rows that the paper prints, and: published (%, missing for "No Test"), difference (ours minus
        theirs, %), difference_low, difference_high, and verdict. Difference and verdict are missing where
        one of the two has no number. An average over other datasets than theirs has no difference, and
        its verdict is "cannot be distinguished".
    """
    printed = published_changes().drop_duplicates(CONDITION).rename(columns={"change": "published"})
    tidy = values.merge(printed[[*CONDITION, "published"]], on=CONDITION)
    tidy["difference"] = tidy["value"] - tidy["published"]
    theirs = set(printed["dataset"]) - {AVERAGE}
    same = [row.dataset != AVERAGE or set(row.datasets.split(",")) == theirs for row in tidy.itertuples()]
    tidy["difference"] = tidy["difference"].where(np.array(same, dtype=bool))
    found = [
        difference_interval(
            row.value,
            row.published,
            sd=row.sd if pd.notna(row.difference) else np.nan,
            n_ours=row.n_seeds,
            n_theirs=SEEDS,
            confidence=confidence,
        )
        for row in tidy.itertuples()
    ]
    tidy["difference_low"], tidy["difference_high"] = [i.low for i in found], [i.high for i in found]
    tidy["verdict"] = [_verdict(row, margin) for row in tidy.itertuples()]
    return tidy


def count_verdicts(compared: pd.DataFrame) -> str:
    """Say how many entries agree, differ, or cannot be distinguished.

    Args:
        compared: Rows of :func:`compare_to_published` that have a difference.
    """
    counts = compared["verdict"].value_counts()
    agree, differ, unknown = (counts.get(one, 0) for one in (AGREES, DIFFERS, UNDECIDED))
    return (
        f"Of {len(compared)} entries that both have, {agree} agree, {differ} differ, and {unknown} cannot be "
        "distinguished."
    )


def verdict_notes(compared: pd.DataFrame, *, confidence: float, margin: float) -> list[str]:
    """Say what the verdicts mean, and how many entries would differ by chance.

    Args:
        compared: Rows of :func:`compare_to_published` that have a difference.
        confidence: Of the interval of the difference, such as 0.95.
        margin: Percent within which two changes count as the same.
    """
    chance = (1 - confidence) * len(compared)
    return [
        f"Agrees: the interval of the difference lies within {margin:g} %, or it includes zero and ours is "
        "significant and has the sign of theirs. Differs: it excludes zero. Cannot be distinguished: "
        "neither.",
        f"If all were the same, about {chance:.0f} of {len(compared)} are expected to differ by chance.",
    ]


def _verdict(row: object, margin: float) -> str | None:
    if pd.isna(row.value) or pd.isna(row.published):
        return None
    if pd.isna(row.difference):
        return UNDECIDED
    ours, difference = Interval(row.low, row.high), Interval(row.difference_low, row.difference_high)
    return verdict(row.published, ours=ours, difference=difference, margin=margin)
