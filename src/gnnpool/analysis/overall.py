"""The change that stands for a pooling: its average over the datasets, or that on its only dataset."""

import pandas as pd

from gnnpool.analysis.averages import SETTING
from gnnpool.analysis.values import AVERAGE, TRAINED
from gnnpool.records import BASELINE


def overall_changes(values: pd.DataFrame) -> pd.DataFrame:
    """Select one change for each setting and pooling.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.

    Returns:
        Rows of poolings that have a change, mean pooling left out: averages over two datasets or more,
        then changes of poolings that have one dataset.
    """
    values = values[(values["state"] == TRAINED) & (values["pooling"] != BASELINE)]
    averages = values[values["dataset"] == AVERAGE]
    alone = averages.loc[averages["n_datasets"] == 1, SETTING]
    single = values[values["dataset"] != AVERAGE].merge(alone, on=SETTING)
    return pd.concat([averages[averages["n_datasets"] > 1], single], ignore_index=True)
