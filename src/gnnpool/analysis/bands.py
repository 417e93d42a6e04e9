"""Errors of mean pooling in the framework that the paper used, as data."""

from importlib.resources import files

import pandas as pd


def protocol_bands() -> pd.DataFrame:
    """Read the errors.

    Returns:
        Columns dataset, model, edges, mae and sd (mean and standard deviation of the test error over random
        splits, unit of the target) and splits (how many).

    Source:
        Mean pooling trained by MatDeepLearn, the framework that the paper used, on splits of its own.
    """
    with (files("gnnpool.analysis") / "bands.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
