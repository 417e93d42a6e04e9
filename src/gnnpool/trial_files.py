"""The record of a trial, and the files beside it, which name their trial; it is verified on reading."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gnnpool.artifacts import read_table, read_tensors
from gnnpool.errors import ArtifactError
from gnnpool.records import READINGS, WEIGHTS_KIND, Trial

_FIELDS = [field.name for field in dataclasses.fields(Trial)]


def trials_at(paths: Iterable[Path]) -> dict[Trial, Path]:
    """Files in folders of trials, by trial.

    Args:
        paths: ``{any folder}/{trial}/{name of the file}``.

    Raises:
        ArtifactError: If a folder is not named as a trial is.
    """
    found = {}
    for path in paths:
        try:
            found[Trial.of_file(path)] = path
        except ValueError as error:
            raise ArtifactError(f"{path.parent}: not the folder of a trial: {error}") from error
    return found


def read_record(path: str | Path) -> dict[str, Any]:
    """Read the record of a trial.

    Args:
        path: The Parquet file.

    Returns:
        The fields of :class:`gnnpool.records.TrialRecord`.

    Raises:
        ArtifactError: If the file is missing, damaged or no record.
    """
    rows = read_table(path).to_pylist()
    if len(rows) != 1 or not {"trial_id", "options", "split_sha256"} <= rows[0].keys():
        raise ArtifactError(f"{path}: expected the record of one trial")
    return rows[0]


def named(trial: Trial, trial_id: str) -> dict[str, str]:
    """Metadata that name the trial of a file.

    Args:
        trial: The trial.
        trial_id: ``trial_id`` of its record, which differs where settings, data, code or versions do.
    """
    return {"trial": str(trial), "trial_id": trial_id}


def read_trial_table(path: str | Path, record: Mapping) -> pa.Table:
    """Read history or predictions of a trial.

    Args:
        path: The Parquet file.
        record: The trial's record: the fields of :class:`gnnpool.records.Trial` and trial_id.

    Raises:
        ArtifactError: If the file is damaged, or names another trial than the record.
    """
    table = read_table(path)
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    _require_same(path, metadata, record)
    return table


def read_trial_weights(
    path: str | Path, record: Mapping, reading: str = READINGS[0]
) -> dict[str, np.ndarray]:
    """Read the weights of one reading of a trial.

    Args:
        path: The safetensors file.
        record: As in :func:`read_trial_table`.
        reading: One of :data:`gnnpool.records.READINGS`.

    Returns:
        Arrays by their name in ``Network.state_dict()``.

    Raises:
        ArtifactError: If the file is damaged, has another layout, or names another trial than the record.
    """
    tensors, metadata = read_tensors(path)
    if (kind := metadata.get("kind")) != WEIGHTS_KIND:
        raise ArtifactError(f"{path}: kind: found {kind!r}, expected {WEIGHTS_KIND!r}; train the trial again")
    _require_same(path, metadata, record)
    prefix = f"{reading}."
    return {name.removeprefix(prefix): x for name, x in tensors.items() if name.startswith(prefix)}


def _require_same(path: str | Path, metadata: Mapping[str, str], record: Mapping) -> None:
    expected = named(Trial(*(record[name] for name in _FIELDS)), record["trial_id"])
    found = {key: metadata.get(key, "none") for key in expected}
    if found != expected:
        described, wanted = (f"{one['trial']} (id {one['trial_id'][:8]})" for one in (found, expected))
        raise ArtifactError(
            f"{path}: trial: found {described}, expected {wanted} as in its record; "
            "files of two trainings are mixed, train the trial again"
        )
