"""How large errors are for structures of one kind: medians in bins, with intervals."""

import numpy as np
import pandas as pd
from scipy import stats

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.intervals import NO_INTERVAL, Interval

# A median of fewer structures says little; more bins than these are hard to read.
LEAST_IN_BIN, MOST_BINS = 10, 6


def bins_of(values: np.ndarray) -> np.ndarray:
    """Divide numbers into bins of about as many each; equal numbers stay together.

    Args:
        values: One for each structure, ``[n]``.

    Returns:
        Upper ends of the bins, which belong to them, ascending. Six at most, of ten structures or more
        as far as equal numbers allow.
    """
    if len(values) == 0:
        return np.array([])
    count = max(1, min(MOST_BINS, len(values) // LEAST_IN_BIN))
    return np.unique(np.quantile(values, np.arange(1, count + 1) / count, method="inverted_cdf"))


def median_interval(values: np.ndarray, confidence: float) -> Interval:
    r"""Interval of a median from the order of the numbers alone.

    From the k-th lowest to the k-th highest number, with the largest k for which a binomial variable of n
    tosses is below k with a probability of at most half of what the confidence leaves.

    Args:
        values: The numbers, ``[n]``.
        confidence: Such as 0.95.

    Returns:
        The interval, in the unit of the numbers; missing if there are too few, at 95 % fewer than six.
    """
    k = int(stats.binom.ppf((1 - confidence) / 2, len(values), 0.5)) if len(values) else 0
    if k == 0:
        return NO_INTERVAL
    ordered = np.sort(values)
    return Interval(float(ordered[k - 1]), float(ordered[-k]))


def binned_errors(errors: pd.DataFrame, *, by: str, confidence: float) -> pd.DataFrame:
    """Median absolute error of each pooling in bins of another quantity.

    The error of a structure is its mean over the seeds that test it. The bins are the same for all
    poolings of a dataset and setting: those of all structures that are tested there.

    Args:
        errors: Rows of :func:`gnnpool.analysis.test_errors.read_test_errors` with a further column.
        by: That column.
        confidence: Such as 0.95.

    Returns:
        One row for each condition and bin that has structures: dataset, model, edges, pooling, bin (from
        0), from and to (lowest and highest quantity in the bin), median, low and high (unit of the
        target; the interval is missing for few structures), and n, the structures.
    """
    rows = []
    for setting, tested in errors.groupby(CONDITION[:3]):
        ends = bins_of(tested.drop_duplicates("id")[by].to_numpy())
        each = tested.groupby(["pooling", "id"], sort=False).agg(error=("error", "mean"), by=(by, "first"))
        each["bin"] = np.searchsorted(ends, each["by"])
        limits = each.groupby("bin")["by"].agg(["min", "max"])
        for (pooling, place), group in each.groupby(["pooling", "bin"]):
            found = group["error"].to_numpy()
            interval = median_interval(found, confidence)
            numbers = (place, *limits.loc[place], float(np.median(found)), *interval, len(found))
            rows.append((*setting, pooling, *numbers))
    return pd.DataFrame(rows, columns=[*CONDITION, "bin", "from", "to", "median", "low", "high", "n"])
