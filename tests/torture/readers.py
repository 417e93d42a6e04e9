"""Every kind of file that is read again: how it is read, and whether two contents are the same."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from gnnpool.artifacts import read_json, read_table, read_tensors
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError
from gnnpool.graphs.file import read_graphs
from gnnpool.training.checkpoint import CheckpointFile

IDENTITY = "this trial"


def read_checkpoint(path: Path) -> dict:
    """The state in a checkpoint; a damaged one is passed over by a trial, and is an error here."""
    state = CheckpointFile(path.parent, IDENTITY).load()
    if state is None:
        raise ArtifactError(f"{path}: damaged or cut short (passed over); delete it and run again")
    return state


OF_A_DATASET: dict[str, tuple[str, Callable]] = {
    "structures": ("structures.parquet", read_structures),
    "manifest of structures": ("manifest.json", read_json),
    "split": ("split.parquet", read_split),
    "duplicates": ("duplicates.parquet", read_table),
    "graphs": ("graphs.safetensors", read_graphs),
    "manifest of graphs": ("graphs.json", read_json),
    "checkpoint": ("newest.safetensors", read_checkpoint),
}
OF_A_TRIAL: dict[str, tuple[str, Callable]] = {
    "record": ("record.parquet", read_table),
    "history": ("history.parquet", read_table),
    "predictions": ("predictions.parquet", read_table),
    "weights": ("model.safetensors", read_tensors),
}
KINDS = OF_A_DATASET | OF_A_TRIAL


def same(a: object, b: object) -> bool:
    """Whether two contents are the same to the last bit, names and metadata included."""
    if dataclasses.is_dataclass(a):
        return same(vars(a), vars(b))
    if isinstance(a, pa.Table):
        return a.equals(b, check_metadata=True)
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b
