"""One sentence: do poolings that see the number of atoms have another error than those that do not?"""

from collections.abc import Mapping

import pandas as pd

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.ranks import holm
from gnnpool.analysis.readings import of_reading
from gnnpool.analysis.size_groups import compare_size_groups
from gnnpool.records import READINGS
from gnnpool.report.phrases import listed, place_of
from gnnpool.specs import Labels
from gnnpool.wording import interval, number, span

_, _OTHER = READINGS
# Poolings of each group: fewer say nothing of a group.
_LEAST = 2
# Datasets and settings named one by one; of more, those with the largest differences.
_NAMED = 3


def size_sentence(
    trials: pd.DataFrame, sees_size: Mapping[str, bool | None], *, labels: Labels, confidence: float
) -> str:
    """Say how far the two groups are apart on each dataset, in both readings.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        sees_size: For each pooling whether it depends on the number of atoms; None where that is not known.
        labels: Printed names.
        confidence: Of the intervals, such as 0.95.

    Returns:
        The sentence; "" if no dataset has two poolings of each group.
    """
    raw, other = (
        compare_size_groups(changes_by_seed(of_reading(trials, reading)), sees_size, confidence=confidence)
        for reading in READINGS
    )
    enough = raw[["n_blind", "n_seeing"]].min(axis=1) >= _LEAST
    raw, other = raw[enough], other[enough]
    if raw.empty:
        return ""
    raw = raw.assign(significant=holm(raw["p_value"]) < 1 - confidence, other=other["difference"])
    shown = raw.loc[raw["difference"].abs().sort_values(ascending=False).index[:_NAMED].sort_values()]
    differences = listed([_difference(row, labels) for _, row in shown.iterrows()])
    tested = int(raw["p_value"].notna().sum())
    corrected = f"; significance corrected for {tested} comparisons" if tested > 1 else ""
    groups = (
        f"poolings that see the number of atoms (n = {span(raw['n_seeing'])})",
        f"poolings that do not (n = {span(raw['n_blind'])})",
    )
    if len(raw) <= _NAMED:
        said = f"The mean change of {groups[0]} differs from that of {groups[1]} by {differences}"
    else:
        significant = raw.loc[raw["significant"], "difference"]
        said = (
            f"The mean change of {groups[0]} is significantly higher than that of {groups[1]} on "
            f"{(significant > 0).sum()} of {len(raw)} pairs of dataset and setting, and significantly lower "
            f"on {(significant < 0).sum()}; the largest differences are {differences}"
        )
    return f"{said} (seed by seed; {100 * confidence:g} % intervals{corrected})."


def _difference(row: pd.Series, labels: Labels) -> str:
    """One difference in words: how large, where, how sure, and in the other reading."""
    verdict = ", significant" if row["significant"] else ", not significant"
    verdict = "" if pd.isna(row["p_value"]) else verdict
    return (
        f"{number(row['difference'], digits=1)} percentage points on {place_of(row, labels)} "
        f"({interval(row['low'], row['high'], digits=1)}{verdict}; difference of the medians "
        f"{number(row['median_difference'], digits=1)}; "
        f"{_OTHER} reading {number(row['other'], digits=1)})"
    )
