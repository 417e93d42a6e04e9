"""The identity of a trial, and the record that it writes."""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASELINE = "mean"
# Readings of one training: the weights of one epoch, and their moving average.
READINGS = ("raw", "averaged")
WEIGHTS_KIND = "gnnpool weights 2"
_NAME = re.compile(r"([^/]+)/([^/]+)/([^/]+)/([^/]+)/seed-(\d+)(?:-init-([1-9]\d*))?")


@dataclass(frozen=True, order=True)
class Trial:
    """One training run.

    Args:
        dataset: Slug of the dataset.
        model: Name of the model.
        edges: How edges are assigned.
        pooling: Name of the pooling.
        seed: Split seed; all other seeds are derived from it and the number of the initialisation.
        init: Number of the initialisation: 0 for the trials that are compared; other numbers are repeats
            with other initial weights and another order of graphs.
    """

    dataset: str
    model: str
    edges: str
    pooling: str
    seed: int
    init: int = 0

    @classmethod
    def parse(cls, name: str) -> "Trial":
        """The trial of a name, as :func:`str` gives it.

        Raises:
            ValueError: If it is not such a name.
        """
        match = _NAME.fullmatch(name)
        if not match:
            raise ValueError(f"{name!r}: expected dataset/model/edges/pooling/seed-(integer)")
        dataset, model, edges, pooling, seed, init = match.groups()
        return cls(dataset, model, edges, pooling, int(seed), int(init or 0))

    @classmethod
    def of_file(cls, path: Path) -> "Trial":
        """The trial of a file in its folder of results, such as its record.

        Args:
            path: ``{any folder}/{trial}/{name of the file}``.

        Raises:
            ValueError: If the folder is not named as a trial is.
        """
        return cls.parse("/".join(path.parts[-6:-1]))

    @property
    def condition(self) -> tuple[str, str, str, str]:
        """The trial without seed and initialisation; averages over seeds are per condition."""
        return self.dataset, self.model, self.edges, self.pooling

    def __str__(self) -> str:
        again = f"-init-{self.init}" if self.init else ""
        return f"{self.dataset}/{self.model}/{self.edges}/{self.pooling}/seed-{self.seed}{again}"


def _unit(unit: str) -> Any:  # what a dataclass takes for a default is a field
    return dataclasses.field(metadata={"unit": unit})


@dataclass(frozen=True)
class TrialRecord:
    """The one row that a finished trial writes: errors, cost and provenance.

    Errors are in the unit of the target, which the row names. They belong to the weights of the
    epoch with the lowest validation error; those that begin with ``averaged_`` to the moving average
    of the weights, at the epoch that ``training.averaging`` chooses.
    """

    dataset: str
    model: str
    edges: str
    pooling: str
    seed: int
    init: int
    target: str
    unit: str
    train_mae: float = _unit("target unit")
    val_mae: float = _unit("target unit")
    test_mae: float = _unit("target unit")
    train_rmse: float = _unit("target unit")
    val_rmse: float = _unit("target unit")
    test_rmse: float = _unit("target unit")
    best_epoch: int = _unit("epoch, from 1")
    averaged_train_mae: float = _unit("target unit")
    averaged_val_mae: float = _unit("target unit")
    averaged_test_mae: float = _unit("target unit")
    averaged_train_rmse: float = _unit("target unit")
    averaged_val_rmse: float = _unit("target unit")
    averaged_test_rmse: float = _unit("target unit")
    averaged_best_epoch: int = _unit("epoch, from 1")
    epochs: int = _unit("epochs trained")
    n_train: int = _unit("structures")
    n_val: int = _unit("structures")
    n_test: int = _unit("structures")
    parameters: int = _unit("trainable numbers")
    wall_seconds: float = _unit("s")
    cpu_seconds: float = _unit("s")
    peak_memory: float = _unit("MiB, of the last attempt")
    attempts: int = _unit("starts of the training")
    device: str = ""
    device_name: str = ""
    processor: str = ""
    threads: int = 0
    engine: str = ""
    deterministic: bool = True
    nondeterministic: str = ""
    init_seed: int = 0
    options: str = ""
    stage_version: int = 0
    graphs_sha256: str = ""
    split_sha256: str = ""
    shared_code: str = ""
    operator_code: str = ""
    trial_id: str = ""
    gnnpool: str = ""
    python: str = ""
    torch: str = ""
    numpy: str = ""
    finished: str = ""


# Columns that records of earlier versions lack, and what stands for them: not known.
ADDED = {"processor": ""}


def column_of(reading: str, name: str) -> str:
    """The column of a record, of predictions or of a history that belongs to a reading.

    Args:
        reading: One of :data:`READINGS`.
        name: The column of the raw reading, such as "test_mae".

    Raises:
        ValueError: If there is no such reading.
    """
    if reading not in READINGS:
        raise ValueError(f"reading: found {reading!r}, expected one of {', '.join(READINGS)}")
    return name if reading == READINGS[0] else f"{reading}_{name}"


RECORD_UNITS = {f.name: f.metadata["unit"] for f in dataclasses.fields(TrialRecord) if "unit" in f.metadata}

_FILES = {
    "record": "record.parquet",
    "history": "history.parquet",
    "predictions": "predictions.parquet",
    "weights": "model.safetensors",
}

# Fields that may differ between two runs of the same trial on the same machine.
TIMINGS = ("wall_seconds", "cpu_seconds", "peak_memory", "attempts", "finished")


def outputs_in(folder: Path) -> dict[str, Path]:
    """The files that a finished trial leaves in its folder: record, history, predictions and weights."""
    return {what: folder / name for what, name in _FILES.items()}
