"""No bit of a file that the project wrote and reads again can change without being noticed."""

import contextlib
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

import gnnpool
from gnnpool.artifacts import read_json, read_table, read_tensors
from gnnpool.data.duplicates import find_duplicates
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError
from gnnpool.graphs.file import read_graphs
from gnnpool.training.checkpoint import CheckpointFile

FLIPS = 200


def read_checkpoint(path):
    """The state in a checkpoint; one that is damaged is passed over."""
    state = CheckpointFile(path.parent, "this trial").load()
    if state is None:
        raise ArtifactError(f"{path}: damaged or cut short (passed over); delete it and run again")
    return state


# Every kind of file that is read again: its name, and how it is read.
OF_A_DATASET = {
    "structures": ("structures.parquet", read_structures),
    "manifest of structures": ("manifest.json", read_json),
    "split": ("split.parquet", read_split),
    "duplicates": ("duplicates.parquet", read_table),
    "graphs": ("graphs.safetensors", read_graphs),
    "manifest of graphs": ("graphs.json", read_json),
    "checkpoint": ("newest.safetensors", read_checkpoint),
}
OF_A_TRIAL = {
    "record": ("record.parquet", read_table),
    "history": ("history.parquet", read_table),
    "predictions": ("predictions.parquet", read_table),
    "weights": ("model.safetensors", read_tensors),
}
KINDS = OF_A_DATASET | OF_A_TRIAL


@pytest.fixture
def artefact(request, salts, tmp_path):
    """A function from a kind to the path of such a file, in a folder of its own, and its reader."""

    def make(kind):
        name, read = KINDS[kind]
        path = tmp_path / "mine" / name
        path.parent.mkdir()
        if kind in OF_A_TRIAL:
            shutil.copy(request.getfixturevalue("trial")() / name, path)
        elif kind == "duplicates":
            find_duplicates(structures=salts / "structures.parquet", output=path)
        elif kind == "checkpoint":
            CheckpointFile(path.parent, "this trial").save({"weights": torch.arange(200.0), "epoch": 7})
        else:
            shutil.copy(salts / name, path)
        return path, read

    return make


def same(a, b):
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


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_goes_unnoticed(kind, artefact):
    path, read = artefact(kind)
    content, whole = path.read_bytes(), read(path)
    silent = 0
    for bit in np.random.default_rng(7).choice(8 * len(content), FLIPS, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        with contextlib.suppress(ArtifactError):  # noticed
            silent += not same(read(path), whole)
    path.write_bytes(content)
    assert same(read(path), whole)
    assert silent == 0


@pytest.mark.parametrize("length", ["0", "10", "half", "-1"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_reported_with_its_name_and_the_remedy(kind, length, artefact, caplog):
    path, read = artefact(kind)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 if length == "half" else int(length)])
    with pytest.raises(ArtifactError) as refused:
        read(path)
    message = caplog.text if kind == "checkpoint" else str(refused.value)
    assert f"{path}: damaged or cut short (" in message
    assert "; delete it and run again" in message


def test_every_reader_of_parquet_in_the_library_verifies_it():
    """Nobody reads an artefact past its checksum: only files that others wrote are read directly."""
    root = Path(gnnpool.__file__).parent
    direct = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for word in ("ParquetFile(", "read_parquet(", "safe_open(", "load_file(", "pq.read_table(")
        if word in path.read_text()
    }
    assert direct == {"artifacts.py", "data/sources/table.py"}
