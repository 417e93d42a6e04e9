"""Files that run code in whoever loads them carelessly: none of ours does."""

import gzip
import io
import os
import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from gnnpool import plugins
from gnnpool.artifacts import read_json, read_table, read_tensors
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError, DataError
from gnnpool.graphs.file import read_graphs


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


def as_pickle(canary):
    return pickle.dumps(Bomb(canary))


def as_pt(canary):
    buffer = io.BytesIO()
    torch.save({"state": Bomb(canary)}, buffer)
    return buffer.getvalue()


def as_npy(canary):
    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb(canary)], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def as_yaml(canary):
    return f"!!python/object/apply:os.system ['touch {canary}']\n".encode()


MALICIOUS = [as_pickle, as_pt, as_npy, as_yaml]
# Reader, the endings of its files, and its options.
SOURCES = [
    ("matbench", "task.json.gz", {}),
    ("ase_db", "mine.db", {"key": "y"}),
    ("ase_db", "mine.json", {"key": "y"}),
    ("c2db", "c2db.db", {}),
    ("catalysis_hub", "hub.parquet", {}),
    ("catalysis_hub", "hub.json", {}),
    ("extxyz", "mine.xyz", {"target": "y"}),
    ("folder", "mine.zip", {}),
    ("matdeeplearn", "data.json", {}),
    ("optimade", "mine.json", {"target": "y"}),
    ("table", "mine.csv", {"target": "y"}),
    ("table", "mine.json", {"target": "y"}),
    ("table", "mine.parquet", {"target": "y"}),
    ("table", "mine.pkl", {"target": "y"}),
]


@pytest.fixture
def canary(tmp_path):
    return tmp_path / "canary"


@pytest.fixture
def build(tmp_path, build_in):
    def _build(source, raw, options):
        entry = {"source": source, "target": "y", "unit": "1", "structures": 1, "options": options}
        build_in(tmp_path / "out", raw, entry, dataset="evil", on_bad_row="skip")

    return _build


def test_the_bombs_are_real(canary):
    pickle.loads(as_pickle(canary))
    assert canary.exists()


def test_every_reader_of_files_is_tried():
    assert {source for source, _, _ in SOURCES} == {*plugins.names("gnnpool.data.sources")} - {"demo"}


@pytest.mark.parametrize("packed", [False, True], ids=["", "gzip"])
@pytest.mark.parametrize("malicious", MALICIOUS)
@pytest.mark.parametrize(("source", "name", "options"), SOURCES)
def test_a_raw_file_runs_no_code(source, name, options, malicious, packed, canary, build, tmp_path):
    content = malicious(canary)
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    reason = r"expected .*, found|expected a file that ends in |damaged or cut short "
    with pytest.raises((DataError, ArtifactError), match=rf"{name}: (line 1: )?({reason})") as refused:
        build(source, tmp_path / name, options)
    assert len(str(refused.value)) < 1000
    assert not canary.exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("malicious", MALICIOUS)
@pytest.mark.parametrize("form", ["cif", "poscar", "json", "xyz"])
def test_a_structure_in_a_table_runs_no_code(form, malicious, canary, build, tmp_path):
    text = malicious(canary).decode("latin-1")
    pd.DataFrame({"structure": [text], "y": [1.0]}).to_json(tmp_path / "mine.json")
    with pytest.raises(DataError, match=rf"evil row 1 \(1\): lattice is unreadable {form} "):
        build("table", tmp_path / "mine.json", {"target": "y", "format": form})
    assert not canary.exists()


@pytest.mark.parametrize("malicious", MALICIOUS)
@pytest.mark.parametrize(
    "read",
    [read_table, read_tensors, read_json, read_structures, read_split, read_graphs],
    ids=lambda f: f.__name__,
)
def test_a_file_in_the_place_of_an_artefact_runs_no_code(read, malicious, canary, tmp_path):
    (tmp_path / "artefact").write_bytes(malicious(canary))
    with pytest.raises(ArtifactError, match=r"artefact: damaged or cut short .*; delete it and run again"):
        read(tmp_path / "artefact")
    assert not canary.exists()


@pytest.mark.parametrize("column", ["name", "structure", "y"])
def test_a_formula_of_a_spreadsheet_is_text(column, canary, build, tmp_path, crystals):
    row = {"name": "salt", "structure": "no crystal", "y": "1.0"}
    row[column] = f'=cmd|"/c touch {canary}"!A1'
    pd.DataFrame([row]).to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(DataError, match=r"evil row 1 \(.*\): lattice is unreadable cif") as refused:
        build("table", tmp_path / "mine.csv", {"target": "y", "id": "name"})
    if column == "y":
        assert "target is '=cmd|" in str(refused.value)
        assert "expected a finite number" in str(refused.value)
    assert not canary.exists()
