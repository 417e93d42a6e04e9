"""Finished trials as the record that Matbench's benchmark reads and its leaderboard takes."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from gnnpool import __version__
from gnnpool.analysis.collect import read_records
from gnnpool.artifacts import file_sha256, write_atomically
from gnnpool.data.matbench_folds import FOLDS, fold_ids
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError, DataError
from gnnpool.records import Trial, column_of
from gnnpool.trial_files import read_trial_table

BENCHMARK = "matbench_v0.1"
# Of the package whose layout this is; another one only makes it warn.
PACKAGE_VERSION = "0.6"
# Below this magnitude a target is left out of the relative error.
_LEAST_TARGET = 1e-5
_LISTED = 10
_DESCRIBED = ["model", "edges", "pooling", "reading"]
# Columns of the errors of records.
FOLD_COLUMNS = ["task", *_DESCRIBED, "mae", "sd"]


def export_matbench(
    *, results: str | Path, model: str, edges: str, pooling: str, output: str | Path, reading: str = "raw"
) -> dict[str, str]:
    """Write the record of one model, edge scheme and pooling on Matbench's official folds.

    A task is recorded if one of its folds was trained; then all five must be. Other tasks stay out, as
    Matbench allows.

    Args:
        results: Folder of results.
        model: Slug of the model.
        edges: Slug of the edges.
        pooling: Name of the pooling.
        output: JSON file to write; gzipped if its name ends with .gz.
        reading: One of :data:`gnnpool.records.READINGS`.

    Returns:
        The tasks recorded, by slug of the dataset.

    Raises:
        DataError: If no dataset was split by the folds, no trial or not every fold of a task was
            trained, or a fold lacks predictions.
        ArtifactError: If a file is damaged, or a trial saw another split.
    """
    results = Path(results)
    tasks, recorded = {}, {}
    for dataset, splits in _folds(results).items():
        trials = {
            fold: results / "trials" / str(Trial(dataset, model, edges, pooling, fold)) / "record.parquet"
            for fold in range(FOLDS)
        }
        missing = [fold for fold, path in trials.items() if fold not in splits or not path.exists()]
        if len(missing) == FOLDS:
            continue
        if missing:
            lacking = "\n  ".join(str(trials[fold]) for fold in missing)
            raise DataError(f"{dataset}: expected a trial for each of {FOLDS} folds, missing:\n  {lacking}")
        structures = read_structures(results / "data" / dataset / "structures.parquet")
        targets = pd.Series(structures.targets, index=structures.ids)
        folds = {f"fold_{fold}": _fold(splits[fold], path, targets, reading) for fold, path in trials.items()}
        name = recorded[dataset] = read_split(splits[0]).metadata["matbench_task"]
        tasks[name] = _task(name, folds)
    if not tasks:
        raise DataError(
            f"{results}: no trial of {model}, {edges}, {pooling} on Matbench's folds; "
            f"they are split with `split.scheme: matbench` and `seeds: {list(range(FOLDS))}`"
        )
    metadata = {"software": f"gnnpool {__version__}", "model": model, "edges": edges, "pooling": pooling}
    metadata["reading"] = reading
    _write(output, _benchmark(tasks, metadata))
    return recorded


def read_folds(path: str | Path) -> pd.DataFrame:
    """Read the errors of a record.

    Args:
        path: Output of :func:`export_matbench`.

    Returns:
        One row for each task: task (name in Matbench), model, edges, pooling, reading, mae and sd (mean and
        population standard deviation of the errors of the folds, target unit), as in
        :func:`gnnpool.analysis.leaderboard.leaderboard_errors`.

    Raises:
        ArtifactError: If it is no such record, or has another content than its hash says.
    """
    content = Path(path).read_bytes()
    try:
        record = json.loads(gzip.decompress(content) if Path(path).suffix == ".gz" else content)
        found = record.pop("hash")
        if (expected := _hash(record)) != found:
            raise ArtifactError(f"{path}: hash: found {found}, expected {expected} of its content")
        described = {name: record["user_metadata"][name] for name in _DESCRIBED}
        rows = []
        for task, known in record["tasks"].items():
            errors = [fold["scores"]["mae"] for fold in known["results"].values()]
            rows.append({"task": task, **described, "mae": np.mean(errors), "sd": np.std(errors)})
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: expected a record of `gnnpool export-matbench`: {error!r}") from error
    return pd.DataFrame(rows, columns=FOLD_COLUMNS)


def score(targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """The four scores of a regression in Matbench, by its definitions.

    mae and rmse: mean and root mean square of the error; max_error: the largest one; mape: mean of
    |error / target| over the targets above 1e-5 in magnitude.

    Args:
        targets: float64 ``[S]``.
        predictions: float64 ``[S]``.
    """
    errors = np.abs(predictions - targets)
    counted = np.abs(targets) > _LEAST_TARGET
    return {
        "mae": float(errors.mean()),
        "rmse": float(np.sqrt(np.mean(errors**2))),
        "mape": float(np.mean(errors[counted] / np.abs(targets[counted]))),
        "max_error": float(errors.max()),
    }


def _folds(results: Path) -> dict[str, dict[int, Path]]:
    """Splits by dataset and fold, of the datasets that were split by Matbench's folds."""
    found: dict[str, dict[int, Path]] = {}
    for path in sorted(results.glob("data/*/splits/seed-*.parquet")):
        metadata = read_split(path).metadata
        if metadata.get("scheme") == "matbench":
            found.setdefault(metadata["dataset"], {})[int(metadata["seed"])] = path
    return found


def _fold(split: Path, path: Path, targets: pd.Series, reading: str) -> dict[str, dict]:
    record = read_records([path]).iloc[0]
    if record["split_sha256"] != file_sha256(split):
        raise ArtifactError(f"{path}: trained on another split than {split}; train it again")
    table = read_trial_table(path.with_name("predictions.parquet"), record).to_pandas()
    predicted = table[table["part"] == "test"].set_index("id")[column_of(reading, "prediction")]
    metadata = read_split(split).metadata
    task, rows, fold = (metadata[name] for name in ("matbench_task", "matbench_rows", "seed"))
    expected = fold_ids(task, int(rows), int(fold))["test"]
    if lacking := sorted(set(expected) - set(predicted.index)):
        listed = ", ".join(lacking[:_LISTED]) + (" ..." if len(lacking) > _LISTED else "")
        raise DataError(
            f"{path}: expected predictions for all {len(expected)} rows of {task} fold {fold}, "
            f"{len(lacking)} were left out of the dataset: {listed}"
        )
    predicted = predicted[expected].astype(np.float64)
    return {
        "data": dict(zip(expected, predicted.tolist(), strict=True)),
        "parameters": _parameters(record, reading),
        "scores": score(targets[expected].to_numpy(), predicted.to_numpy()),
    }


def _parameters(record: pd.Series, reading: str) -> dict[str, object]:
    return {
        **{name: str(record[name]) for name in ("model", "edges", "pooling", "torch")},
        "best_epoch": int(record[column_of(reading, "best_epoch")]),
        **{name: int(record[name]) for name in ("epochs", "n_train", "n_val", "parameters")},
        "options": json.loads(record["options"]),
    }


def _task(name: str, folds: Mapping[str, Mapping]) -> dict[str, object]:
    return {
        "@module": "matbench.task",
        "@class": "MatbenchTask",
        "benchmark_name": BENCHMARK,
        "dataset_name": name,
        "results": folds,
    }


def _benchmark(tasks: Mapping[str, Mapping], metadata: Mapping[str, str]) -> dict[str, object]:
    record = {
        "@module": "matbench.bench",
        "@class": "MatbenchBenchmark",
        "version": PACKAGE_VERSION,
        "benchmark_name": BENCHMARK,
        "datestamp": datetime.now(UTC).strftime("%Y.%m.%d %H:%M.%S"),
        "user_metadata": metadata,
        "tasks": tasks,
    }
    return record | {"hash": _hash(record)}


def _hash(record: Mapping) -> str:
    """As Matbench computes it, which refuses a record whose content does not have this hash."""
    return hashlib.sha256(json.dumps(_sorted(record)).encode()).hexdigest()


def _sorted(value: object) -> object:
    """A mapping with its keys in order, and those of the mappings in it."""
    if not isinstance(value, Mapping):
        return value
    return {key: _sorted(value[key]) for key in sorted(value)}


def _write(path: str | Path, record: Mapping) -> None:
    content = json.dumps(record, allow_nan=False).encode()
    if Path(path).suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    write_atomically(path, lambda temporary: temporary.write_bytes(content))
