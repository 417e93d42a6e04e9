"""The files of a finished trial: weights, predictions, history and, last, the record."""

import logging
import resource
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from gnnpool import __version__
from gnnpool.artifacts import read_table, write_table, write_tensors
from gnnpool.data.split_file import PARTS
from gnnpool.errors import ArtifactError
from gnnpool.records import READINGS, RECORD_UNITS, WEIGHTS_KIND, TrialRecord, column_of
from gnnpool.training.loop import predict
from gnnpool.training.metrics import mae, rmse
from gnnpool.training.prepare import PreparedTrial
from gnnpool.training.state import Clock, Progress
from gnnpool.training.step import evaluation_limit
from gnnpool.trial_files import named, read_trial_table, read_trial_weights

# Targets and predictions of each part, target unit.
Outcome = Mapping[str, tuple[np.ndarray, np.ndarray]]
logger = logging.getLogger("gnnpool.training")


@dataclass(frozen=True)
class Outputs:
    """The paths of the four files of a trial.

    Args:
        record: One row with errors, cost and provenance (Parquet).
        history: One row for each epoch (Parquet).
        predictions: One row for each structure (Parquet).
        weights: Weights of each reading (safetensors); names begin with ``raw.`` and ``averaged.``.
    """

    record: str | Path
    history: str | Path
    predictions: str | Path
    weights: str | Path

    def hold(self, trial_id: str) -> bool:
        """Whether all four files exist, are undamaged and belong to the trial with this id."""
        try:
            row = read_table(self.record).to_pylist()[0]
            for path in (self.history, self.predictions):
                read_trial_table(path, row)
            read_trial_weights(self.weights, row)
        except (ArtifactError, KeyError):  # a record of an earlier version lacks columns
            return False
        return row["trial_id"] == trial_id


def write_outputs(
    outputs: Outputs,
    trial: PreparedTrial,
    progress: Progress,
    clock: Clock,
    nondeterministic: Collection[str],
) -> None:
    """Evaluate the weights of each reading once and write all files; the record last.

    Args:
        outputs: Paths of the files.
        trial: The trial; its network is left with the weights of the averaged reading.
        progress: Results of the training.
        clock: Time spent.
        nondeterministic: See :func:`gnnpool.training.determinism.noted_operations`.
    """
    outcomes = {reading: evaluate(trial, progress.choices[reading].weights) for reading in READINGS}
    row = _record(trial, progress, outcomes, clock, nondeterministic)
    names = named(trial.trial, trial.id)
    _write_weights(outputs.weights, progress, names)
    _write_predictions(outputs.predictions, trial, outcomes, names)
    _write_history(outputs.history, progress, names, unit=trial.unit)
    table = pa.Table.from_pylist([vars(row)])
    write_table(outputs.record, table, units={**RECORD_UNITS, "target unit": row.unit})
    logger.info(
        "best epoch %d, test MAE %.6g %s; averaged: epoch %d, %.6g %s",
        *(row.best_epoch, row.test_mae, row.unit),
        *(row.averaged_best_epoch, row.averaged_test_mae, row.unit),
    )


def evaluate(trial: PreparedTrial, weights: Mapping[str, Tensor]) -> Outcome:
    """Predict all structures of a trial.

    Args:
        trial: The trial; its network is left with these weights.
        weights: ``state_dict`` of its network.

    Returns:
        Targets and predictions of each part, target unit.
    """
    trial.network.load_state_dict(weights)
    graphs, limit = trial.graphs, evaluation_limit(trial.graphs)
    return {
        part: predict(trial.network, graphs.batches(graphs.divide(trial.parts[part], limit)))
        for part in PARTS
    }


def _record(
    trial: PreparedTrial,
    progress: Progress,
    outcomes: Mapping[str, Outcome],
    clock: Clock,
    nondeterministic: Collection[str],
) -> TrialRecord:
    device = trial.graphs.device
    return TrialRecord(
        **trial.identity,  # type: ignore[arg-type]
        trial_id=trial.id,
        gnnpool=__version__,
        **clock.read(),  # type: ignore[arg-type]
        target=trial.target,
        unit=trial.unit,
        **{  # type: ignore[arg-type]
            column_of(reading, f"{part}_{name}"): error(*outcome[part])
            for reading, outcome in outcomes.items()
            for part in PARTS
            for name, error in (("mae", mae), ("rmse", rmse))
        },
        **{column_of(reading, "best_epoch"): choice.epoch for reading, choice in progress.choices.items()},  # type: ignore[arg-type]
        epochs=progress.epoch,
        **{f"n_{part}": len(trial.parts[part]) for part in PARTS},  # type: ignore[arg-type]
        parameters=trial.network.num_parameters,
        nondeterministic=", ".join(sorted(nondeterministic)),
        peak_memory=_peak_memory(device),
        device_name=torch.cuda.get_device_name(device) if device.type == "cuda" else "",
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _peak_memory(device: torch.device) -> float:
    """MiB; of the GPU if the trial runs on one, otherwise of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def _write_weights(path: str | Path, progress: Progress, names: Mapping[str, str]) -> None:
    arrays = {
        f"{reading}.{name}": value.cpu().numpy()
        for reading, choice in progress.choices.items()
        for name, value in choice.weights.items()
    }
    write_tensors(path, arrays, metadata={**names, "kind": WEIGHTS_KIND})


def _write_predictions(
    path: str | Path, trial: PreparedTrial, outcomes: Mapping[str, Outcome], names: Mapping[str, str]
) -> None:
    columns = {reading: column_of(reading, "prediction") for reading in READINGS}
    table = pa.concat_tables(
        pa.table(
            {
                "id": [trial.split.ids[i] for i in trial.parts[part]],
                "part": [part] * len(trial.parts[part]),
                "target": outcomes["raw"][part][0],
                **{name: outcomes[reading][part][1] for reading, name in columns.items()},
            }
        )
        for part in PARTS
    )
    units = dict.fromkeys(["target", *columns.values()], trial.unit)
    write_table(path, table, metadata=names, units=units)


def _write_history(path: str | Path, progress: Progress, names: Mapping[str, str], *, unit: str) -> None:
    errors = dict.fromkeys(["train_mae", "val_mae", "averaged_val_mae"], unit)
    units = {"epoch": "1", **errors, "learning_rate": "1", "seconds": "s"}
    write_table(path, pa.Table.from_pylist(progress.history), metadata=names, units=units)
