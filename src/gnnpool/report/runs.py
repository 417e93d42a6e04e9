"""The lines of the trials."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gnnpool.analysis.collect import TRIAL
from gnnpool.analysis.cost import training_seconds
from gnnpool.records import Trial
from gnnpool.specs import Labels
from gnnpool.wording import label_of, number, setting_label


@dataclass(frozen=True)
class Run:
    """One trial as it is shown.

    Args:
        folder: Of the trial, relative to the results.
        pooling: Printed name.
        dataset: Printed name.
        setting: Printed name of model and edges.
        seed: Split seed, with the number of a further initialisation.
        error: Test error (MAE) in the unit of the target.
        unit: The unit.
        change: Against mean pooling of the same seed, %; missing if there is none.
        shown: The change in words.
        epoch: Best epoch, of how many.
        seconds: Processor time on a CPU, wall time on a GPU.
        device: Where it was trained.
    """

    folder: str
    pooling: str
    dataset: str
    setting: str
    seed: str
    error: float
    unit: str
    change: float
    shown: str
    epoch: str
    seconds: float
    device: str


def runs(trials: pd.DataFrame, changes: pd.DataFrame, *, labels: Labels, results: Path) -> list[Run]:
    """Turn trials into lines.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`.
        labels: Printed names.
        results: Folder of results.
    """
    key = [field for field in TRIAL if field != "init"]
    found = trials.merge(changes[[*key, "change"]].assign(init=0), on=TRIAL, how="left")
    return [_run(row, labels, results) for row in found.assign(seconds=training_seconds(found)).itertuples()]


def _run(row: object, labels: Labels, results: Path) -> Run:
    trial = Trial(*(getattr(row, field) for field in TRIAL))
    return Run(
        folder=f"{'trials' if (results / 'trials' / str(trial)).exists() else 'bundled'}/{trial}",
        pooling=label_of(labels, "poolings", trial.pooling),
        dataset=label_of(labels, "datasets", trial.dataset),
        setting=setting_label(labels, trial.model, trial.edges),
        seed=f"{trial.seed}, start {trial.init}" if trial.init else str(trial.seed),
        error=row.test_mae,
        unit=row.unit,
        change=row.change,
        shown="none" if pd.isna(row.change) else number(row.change, digits=2),
        epoch=f"{row.best_epoch} of {row.epochs}",
        seconds=row.seconds,
        device=row.device_name or row.device,
    )
