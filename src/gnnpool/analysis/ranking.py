"""The poolings of one setting, ranked over its datasets, and what of it is more than chance."""

import numpy as np
import pandas as pd

from gnnpool.analysis import ranks
from gnnpool.analysis.intervals import MeanDistribution
from gnnpool.records import BASELINE

RANKING = [
    *("pooling", "mean_rank", "average", "better_on", "wilcoxon_p", "holm_p", "lowest_holm_p", "nemenyi_p"),
    *("probability_better", "friedman_statistic", "friedman_p", "critical_difference"),
    *("n_poolings", "n_datasets", "datasets"),
]


def rank_poolings(values: pd.DataFrame, *, confidence: float, margin: float) -> pd.DataFrame:
    """Rank mean pooling and the others on the datasets on which all of them have a value.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values` of one setting that have a value;
            no averages, and no mean pooling, whose changes are zero.
        confidence: Such as 0.95.
        margin: Percent.

    Returns:
        The columns of ``RANKING``, which :func:`gnnpool.tables.ranks.build` explains; the best rank
        first. What the datasets are too few for is missing.
    """
    table = values.pivot(index="dataset", columns="pooling", values="value").dropna()
    table = table.assign(**{BASELINE: 0.0})
    poolings, n = list(table), len(table)
    frame = pd.DataFrame({"pooling": poolings, "n_poolings": len(poolings), "n_datasets": n})
    frame["datasets"] = ",".join(table.index)
    computed = [c for c in RANKING if c not in (*frame, "better_on")]
    frame[computed] = np.nan
    frame["better_on"] = [int((table[pooling] < 0).sum()) for pooling in poolings]
    if n == 0:
        return frame[RANKING]
    frame["mean_rank"] = ranks.mean_ranks(table).to_numpy()
    frame["average"] = table.mean().to_numpy()
    if n == 1:
        return frame[RANKING]
    others = frame["pooling"] != BASELINE
    frame.loc[others, "wilcoxon_p"] = [ranks.wilcoxon(table[p]) for p in frame["pooling"][others]]
    frame["holm_p"] = ranks.holm(frame["wilcoxon_p"])
    frame["lowest_holm_p"] = ranks.lowest_holm_p(poolings=len(poolings) - 1, datasets=n)
    frame.loc[others, "probability_better"] = [
        MeanDistribution(table[p].to_numpy()).probability_below(-margin) for p in frame["pooling"][others]
    ]
    if len(poolings) > 1:
        frame.loc[others, "nemenyi_p"] = ranks.nemenyi(table)[BASELINE].to_numpy()[others]
        frame["critical_difference"] = ranks.critical_difference(
            poolings=len(poolings), datasets=n, confidence=confidence
        )
    frame["friedman_statistic"], frame["friedman_p"] = ranks.friedman(table)
    return frame.sort_values("mean_rank", kind="stable")[RANKING]
