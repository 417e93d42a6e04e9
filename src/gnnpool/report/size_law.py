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
        The sentence; "" if no dataset has both groups.
    """
    raw, other = (
        compare_size_groups(changes_by_seed(of_reading(trials, reading)), sees_size, confidence=confidence)
        for reading in READINGS
    )
    if raw.empty:
        return ""
    tests = holm(raw["p_value"])
    differences = [
        f"{number(row.difference, digits=1)} percentage points on {place_of(row._asdict(), labels)} "
        f"({interval(row.low, row.high, digits=1)}, {'' if p < 1 - confidence else 'not '}significant; "
        f"{_OTHER} reading {number(beside, digits=1)})"
        for row, p, beside in zip(raw.itertuples(), tests, other["difference"], strict=True)
    ]
    corrected = f"; significance corrected for {len(raw)} comparisons" if len(raw) > 1 else ""
    return (
        f"The mean change of poolings that see the number of atoms (n = {span(raw['n_seeing'])}) differs "
        f"from that of poolings that do not (n = {span(raw['n_blind'])}) by {listed(differences)} (seed by "
        f"seed; {100 * confidence:g} % intervals{corrected})."
    )
