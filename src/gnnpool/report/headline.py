"""The changes that an answer speaks of first: one for each pooling and setting."""

import pandas as pd

from gnnpool.analysis.values import AVERAGE, TRAINED
from gnnpool.records import BASELINE

SETTING = ["model", "edges"]


def comparisons(values: pd.DataFrame) -> pd.DataFrame:
    """Changes that are there: of single datasets, and averages over two datasets or more.

    Args:
        values: Rows of :func:`gnnpool.analysis.assessed.assessed_values`.

    Returns:
        Those of other poolings than mean pooling that have a value. An average over one dataset says
        nothing that the dataset does not, and is left out.
    """
    there = (values["state"] == TRAINED) & (values["pooling"] != BASELINE)
    repeated = (values["dataset"] == AVERAGE) & (values["n_datasets"] < 2)
    return values[there & ~repeated].reset_index(drop=True)


def headline(compared: pd.DataFrame) -> pd.DataFrame:
    """For each pooling and setting its average over the datasets, or its only dataset.

    Args:
        compared: Rows of :func:`comparisons`.

    Returns:
        One row for each pooling and setting; settings in their order, the least change first.
    """
    several = compared[compared["dataset"] == AVERAGE]
    key = [*SETTING, "pooling"]
    averaged = pd.MultiIndex.from_frame(compared[key]).isin(pd.MultiIndex.from_frame(several[key]))
    rows = compared[(compared["dataset"] == AVERAGE) | ~averaged]
    place = compared.groupby(SETTING, sort=False).ngroup()
    order = rows.assign(place=place[rows.index])
    return order.sort_values(["place", "value"], ignore_index=True).drop(columns="place")
