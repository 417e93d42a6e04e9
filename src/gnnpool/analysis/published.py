"""The printed Tables 1-3 of the benchmark paper as data."""

from importlib.resources import files

import pandas as pd

# "five trials on each dataset"
SEEDS = 5


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
