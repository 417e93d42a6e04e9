"""The changes that an answer speaks of first, one for each pooling and setting, and which are significant."""

import pandas as pd

from gnnpool.analysis.ranks import holm
from gnnpool.analysis.values import AVERAGE, TRAINED
from gnnpool.records import BASELINE

SETTING = ["model", "edges"]


def comparisons(values: pd.DataFrame) -> pd.DataFrame:
    """Changes that are there: of single datasets, and averages over two datasets or more.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.

    Returns:
        Those of other poolings than mean pooling that have a value. An average over one dataset says
        nothing that the dataset does not, and is left out.
    """
    there = (values["state"] == TRAINED) & (values["pooling"] != BASELINE)
    repeated = (values["dataset"] == AVERAGE) & (values["n_datasets"] < 2)
    return values[there & ~repeated].reset_index(drop=True)


def headline(compared: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """For each pooling and setting its average over the datasets, or its only dataset.

    Args:
        compared: Rows of :func:`comparisons`.
        confidence: Such as 0.95.

    Returns:
        One row for each pooling and setting; settings in their order, the lowest change first. p_value
        is corrected by Holm's method for all rows that have one, and significant says whether it is below
        1 - confidence: the probability of any false positive among all rows is at most that.
    """
    several = compared[compared["dataset"] == AVERAGE]
    key = [*SETTING, "pooling"]
    averaged = pd.MultiIndex.from_frame(compared[key]).isin(pd.MultiIndex.from_frame(several[key]))
    rows = compared[(compared["dataset"] == AVERAGE) | ~averaged]
    place = compared.groupby(SETTING, sort=False).ngroup()
    order = rows.assign(place=place[rows.index], p_value=holm(rows["p_value"]))
    order["significant"] = order["p_value"] < 1 - confidence
    return order.sort_values(["place", "value"], ignore_index=True).drop(columns="place")
