"""What a finished trial leaves behind: weights, predictions, history and, last, the record."""

import logging
import resource
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from gnnpool import __version__
from gnnpool.artifacts import read_table, write_table, write_tensors
from gnnpool.data.split_file import PARTS
from gnnpool.errors import ArtifactError
from gnnpool.network import Network
from gnnpool.records import RECORD_UNITS, TrialRecord
from gnnpool.training.loop import predict
from gnnpool.training.metrics import mae, rmse
from gnnpool.training.prepare import PreparedTrial
from gnnpool.training.state import Clock, Progress
from gnnpool.training.step import evaluation_limit
from gnnpool.trial_files import named, read_trial_table, read_trial_tensors

Outcome = Mapping[str, tuple[np.ndarray, np.ndarray]]
logger = logging.getLogger("gnnpool.training")


@dataclass(frozen=True)
class Outputs:
    """Where the four files of a trial lie.

    Args:
        record: One row with errors, cost and provenance (Parquet).
        history: One row for each epoch (Parquet).
        predictions: One row for each structure (Parquet).
        weights: Weights of the best epoch (safetensors).
    """

    record: str | Path
    history: str | Path
    predictions: str | Path
    weights: str | Path

    def hold(self, trial_id: str) -> bool:
        """Whether all four files are there, whole and of the trial with this id."""
        try:
            row = read_table(self.record).to_pylist()[0]
            for path in (self.history, self.predictions):
                read_trial_table(path, row)
            read_trial_tensors(self.weights, row)
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
    """Judge the network of the best epoch and write all files; the record last.

    Args:
        outputs: Where to.
        trial: The trial; its network is left with the weights of the best epoch.
        progress: What came out of the training.
        clock: Time spent.
        nondeterministic: See :func:`gnnpool.training.determinism.noted_operations`.
    """
    trial.network.load_state_dict(progress.best_state)
    graphs, limit = trial.graphs, evaluation_limit(trial.graphs)
    outcome = {
        part: predict(trial.network, graphs.batches(graphs.divide(trial.parts[part], limit)))
        for part in PARTS
    }
    row = _record(trial, progress, outcome, clock, nondeterministic)
    names = named(trial.trial, trial.id)
    _write_weights(outputs.weights, trial.network, names)
    _write_predictions(outputs.predictions, trial, outcome, names)
    _write_history(outputs.history, progress, names, unit=trial.unit)
    table = pa.Table.from_pylist([vars(row)])
    write_table(outputs.record, table, units={**RECORD_UNITS, "target unit": row.unit})
    logger.info("best epoch %d, test MAE %.6g %s", row.best_epoch, row.test_mae, row.unit)


def _record(
    trial: PreparedTrial,
    progress: Progress,
    outcome: Outcome,
    clock: Clock,
    nondeterministic: Collection[str],
) -> TrialRecord:
    device = trial.graphs.device
    return TrialRecord(
        **trial.identity,
        trial_id=trial.id,
        gnnpool=__version__,
        **clock.read(),
        target=trial.target,
        unit=trial.unit,
        **{f"{part}_mae": mae(*outcome[part]) for part in PARTS},
        **{f"{part}_rmse": rmse(*outcome[part]) for part in PARTS},
        best_epoch=progress.best_epoch,
        epochs=progress.epoch,
        **{f"n_{part}": len(trial.parts[part]) for part in PARTS},
        parameters=trial.network.num_parameters,
        nondeterministic=", ".join(sorted(nondeterministic)),
        peak_memory=_peak_memory(device),
        device_name=torch.cuda.get_device_name(device) if device.type == "cuda" else "",
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _peak_memory(device: torch.device) -> float:
    """MiB: of the device where there is one, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def _write_weights(path: str | Path, network: Network, names: Mapping[str, str]) -> None:
    arrays = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    write_tensors(path, arrays, metadata={**names, "kind": "gnnpool weights 1"})


def _write_predictions(
    path: str | Path, trial: PreparedTrial, outcome: Outcome, names: Mapping[str, str]
) -> None:
    table = pa.concat_tables(
        pa.table(
            {
                "id": [trial.split.ids[i] for i in trial.parts[part]],
                "part": [part] * len(trial.parts[part]),
                "target": outcome[part][0],
                "prediction": outcome[part][1],
            }
        )
        for part in PARTS
    )
    write_table(path, table, metadata=names, units={"target": trial.unit, "prediction": trial.unit})


def _write_history(path: str | Path, progress: Progress, names: Mapping[str, str], *, unit: str) -> None:
    units = {"epoch": "1", "train_mae": unit, "val_mae": unit, "learning_rate": "1", "seconds": "s"}
    write_table(path, pa.Table.from_pylist(progress.history), metadata=names, units=units)
