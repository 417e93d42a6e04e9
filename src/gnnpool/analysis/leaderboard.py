"""Errors on Matbench's public leaderboard, as data."""

from importlib.resources import files

import pandas as pd

SOURCE = "Matbench v0.1, materialsproject/matbench at commit 936176d of 2024-01-20 (MIT licence)"
PROTOCOL = "five official folds, each testing a fifth of the structures"
# The models closest to ours, the best ones, and the one that always predicts the mean.
SHOWN = ("CGCNN v2019", "ALIGNN", "coGN", "MODNet v0.1.12", "RF-SCM/Magpie", "Dummy (mean)")
NEAREST = "CGCNN v2019"
NEAREST_PROTOCOL = (
    "60 % of the structures to train, 20 % to validate, squared error, batches of 128, "
    "stopped after 500 epochs without improvement"
)


def leaderboard_errors() -> pd.DataFrame:
    """Read the test errors of published models.

    Returns:
        Columns algorithm, dataset (slug of the configuration), task (name in Matbench), mae and sd
        (mean and population standard deviation of the errors of the five folds, in the unit of the
        target), and read_from: "records", recomputed from the results of each fold in the
        repository, or "page", from its leaderboard pages alone.

    Source:
        Dunn, Wang, Ganose, Dopp and Jain, npj Comput. Mater. 6, 138 (2020); see SOURCE.
    """
    with (files("gnnpool.analysis") / "leaderboard.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
