"""No bit of a file that the project wrote and reads again can change without being noticed."""

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from readers import IDENTITY, KINDS, OF_A_TRIAL, same

import gnnpool
from gnnpool.data.duplicates import find_duplicates
from gnnpool.errors import ArtifactError
from gnnpool.training.checkpoint import CheckpointFile

FLIPS = 200


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
            CheckpointFile(path.parent, IDENTITY).save({"weights": torch.arange(200.0), "epoch": 7})
        else:
            shutil.copy(salts / name, path)
        return path, read

    return make


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
