"""Settings of short trainings, trial records, and the benchmark paper's numbers as such records."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pytest

from gnnpool.analysis.published import published_changes
from gnnpool.artifacts import write_table
from gnnpool.data.split_file import PARTS
from gnnpool.records import BASELINE, READINGS, RECORD_UNITS, Trial, TrialRecord, column_of

SEEDS = [111, 222, 333, 444, 555]
LABELS = {
    "datasets": {"2d": "2D", "phonons": "Phonons", "log_kvrh": "Log Kvrh"},
    "models": {"cgcnn": "CGCNN", "torchmd": "TorchMD"},
    "edges": {"mdl": "MDL", "ocp": "OCP"},
    "poolings": {"mean": "Mean", "mamm": "MAMM", "gmt": "GMT", "mean_sum": "Mean, Add"},
}
# Deviations of the seeds' changes from their mean, in percent: their sum is zero.
_NOISE = [-1.2, 0.4, 0.3, 1.1, -0.6]


@pytest.fixture(scope="session")
def short_training() -> Callable[..., dict]:
    """A function that gives the settings of a short training, those given replaced; free to be changed."""
    scheduler = {
        "kind": "plateau",
        "metric": "val",
        "factor": 0.8,
        "patience": 10,
        "threshold": 0.0002,
        "min_learning_rate": 1e-5,
    }

    def settings(*, epochs: int, **changes: object) -> dict:
        return {
            "epochs": epochs,
            "batch_size": 10,
            "learning_rate": 0.001,
            "weight_decay": 0.01,
            "gradient_clip": 10.0,
            "scheduler": dict(scheduler),
            "averaging": {"time_constant": 5.0, "select": "best", "smoothing": 0},
            "standardize_target": False,
            "engine": "eager",
            "deterministic": True,
            "tf32": False,
            "threads": 1,
            **changes,
        }

    return settings


@pytest.fixture
def write_record(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the record of a trial with a test error, other fields replaceable."""

    def write(trial: Trial, error: float, *, at: Trial | None = None, **fields: object) -> Path:
        names = [f"{part}_{kind}" for part in PARTS for kind in ("mae", "rmse")]
        errors = {column_of(reading, name): error for reading in READINGS for name in names}
        record = TrialRecord(
            **dataclasses.asdict(trial),
            **{"target": "last phonon DOS peak", "unit": "1/cm", **errors},
            **{
                "best_epoch": 180,
                "averaged_best_epoch": 190,
                "epochs": 200,
                "n_train": 1012,
                "n_val": 63,
                "n_test": 189,
            },
            **{
                "parameters": 292501,
                "wall_seconds": 60.0,
                "cpu_seconds": 60.0,
                "peak_memory": 900.0,
                "attempts": 1,
            },
        )
        row = dataclasses.asdict(dataclasses.replace(record, stage_version=1)) | fields
        path = tmp_path / "trials" / str(at or trial) / "record.parquet"
        write_table(
            path,
            pa.table({name: [value] for name, value in row.items()}),
            metadata={"units": json.dumps(RECORD_UNITS)},
        )
        return path

    return write


@pytest.fixture
def write_changes(write_record: Callable[..., Path]) -> Callable[..., list[Path]]:
    """A function that writes records whose changes over five seeds average to given percentages.

    Mean pooling is written too. Its errors differ between the seeds, as they do in training.
    """

    def write(
        changes: Iterable[tuple[str, str, str, str, float]], seeds: Iterable[int] = SEEDS
    ) -> list[Path]:
        paths = {}
        for dataset, model, edges, pooling, change in changes:
            for i, seed in enumerate(seeds):
                baseline = 50.0 * (1 + 0.1 * i)
                error = baseline * (1 + (change + _NOISE[i]) / 100)
                for name, value in ((BASELINE, baseline), (pooling, error)):
                    trial = Trial(dataset, model, edges, name, seed)
                    if trial not in paths:
                        paths[trial] = write_record(trial, value)
        return list(paths.values())

    return write


@pytest.fixture(scope="session")
def published_by_dataset() -> list[tuple[str, str, str, str, float]]:
    """Tables 1 and 2 of the paper: dataset, model, edges, pooling, change in percent; no averages."""
    table = published_changes()
    table = table[(table["dataset"] != "average") & table["change"].notna()]
    return list(table[["dataset", "model", "edges", "pooling", "change"]].itertuples(index=False, name=None))
