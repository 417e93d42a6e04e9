"""How the errors of a training went, epoch by epoch."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.collect import trials_beside
from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError

ERRORS = ("train_mae", "val_mae")


def read_histories(histories: Sequence[str | Path], trials: pd.DataFrame) -> pd.DataFrame:
    """Read the errors of every epoch.

    Args:
        histories: Histories of trials.
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`, these trials among them.

    Returns:
        One row for each trial of the first initialisation and epoch: dataset, model, edges, pooling,
        seed, epoch (from 1), train_mae and val_mae (unit of the target), and chosen: whether the
        weights of this epoch are those that are tested.

    Raises:
        ArtifactError: If a file is damaged, or does not hold the epochs that the record states.
    """
    empty = pd.DataFrame({name: [] for name in (*CONDITION, "seed", "epoch", *ERRORS, "chosen")})
    types = {"seed": int, "epoch": int, **dict.fromkeys(ERRORS, float), "chosen": bool}
    found = zip(histories, trials_beside(histories, trials), strict=True)
    frames = [_read(path, trial) for path, trial in found if trial["init"] == 0]
    return pd.concat([empty.astype(types), *frames], ignore_index=True)


def curves_over_seeds(histories: pd.DataFrame) -> pd.DataFrame:
    """Summarize the seeds of each condition, epoch by epoch.

    Args:
        histories: Rows of :func:`read_histories`.

    Returns:
        One row for each condition and epoch: dataset, model, edges, pooling, epoch, and of train_mae
        and val_mae (unit of the target) the median, lowest and highest over the seeds, such as
        val_mae_median; n_seeds that have this epoch; n_chosen, the seeds that chose it.
    """
    summaries = {"median": "median", "lowest": "min", "highest": "max"}
    columns = {f"{error}_{name}": (error, how) for error in ERRORS for name, how in summaries.items()}
    groups = histories.groupby([*CONDITION, "epoch"])
    curves = groups.agg(**columns, n_seeds=("seed", "count"), n_chosen=("chosen", "sum"))
    return curves.astype({"n_seeds": int, "n_chosen": int}).reset_index()


def _read(path: str | Path, trial: pd.Series) -> pd.DataFrame:
    table = read_table(path).to_pandas()
    epochs = table["epoch"].to_list()
    if epochs != list(range(1, int(trial["epochs"]) + 1)):
        count = f"{len(epochs)} epochs" if epochs else "no epoch"
        raise ArtifactError(f"{path}: found {count}, expected 1 to {trial['epochs']} as in its record")
    columns = {name: trial[name] for name in (*CONDITION, "seed")}
    chosen = table["epoch"] == trial["best_epoch"]
    return table[["epoch", *ERRORS]].assign(chosen=chosen, **columns)
