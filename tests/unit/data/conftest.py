"""Rows as sources return them, and Matbench files of a few crystals."""

import dataclasses
import gzip
import json
import sqlite3
import threading
from contextlib import closing

import ase
import ase.db
import numpy as np
import pytest
from pymatgen.core import Element, Structure

from gnnpool.data.structure import RawStructure


@pytest.fixture
def salt():
    """A good row: the primitive cell of NaCl, with any of its values replaced."""
    good = RawStructure(
        id="salt-1",
        lattice=[[0.0, 2.82, 2.82], [2.82, 0.0, 2.82], [2.82, 2.82, 0.0]],
        species=[{"Na": 1.0}, {"Cl": 1}],
        target=-3.9,
        fractional=[[0, 0, 0], [0.5, 0.5, 0.5]],
        positions=[[0, 0, 0], [2.82, 2.82, 2.82]],
    )

    def _salt(**values):
        if "fractional" in values and "positions" not in values:
            values["positions"] = None
        return dataclasses.replace(good, **values)

    return _salt


def _site(element, abc, **more):
    return {
        "species": [{"element": element, "occu": 1, **more}],
        "abc": abc,
        "label": element,
        "properties": {},
    }


@pytest.fixture
def matbench(tmp_path):
    """A Matbench task of three crystals; any part of its content may be replaced."""
    rocksalt = {
        "@module": "pymatgen.core.structure",
        "lattice": {"matrix": [[0, 2.82, 2.82], [2.82, 0, 2.82], [2.82, 2.82, 0]], "a": 3.99},
        "sites": [
            _site("Na", [0, 0, 0], oxidation_state=1) | {"xyz": [0, 0, 0]},
            _site("Cl", [0.5, 0.5, 0.5], oxidation_state=-1) | {"xyz": [2.82, 2.82, 2.82]},
        ],
    }
    copper = {"lattice": {"matrix": [[3.0, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [_site("Cu", [0, 0, 0])]}
    cesium = {
        "lattice": {"matrix": [[4.1, 0, 0], [0, 4.1, 0], [0, 0, 4.1]]},
        "sites": [_site("Cs", [0, 0, 0]), _site("Cl", [0.5, 0.5, 0.5])],
    }

    def _matbench(**content):
        whole = {
            "index": ["mb-1", "mb-2", "mb-3"],
            "columns": ["structure", "e_form"],
            "data": [[rocksalt, -2.0], [copper, 0.5], [cesium, -1.5]],
            **content,
        }
        path = tmp_path / "matbench.json.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            json.dump(whole, file)
        return path

    return _matbench


@pytest.fixture(scope="session")
def crystals():
    """Ids, pymatgen structures and targets (eV/atom) of salts of several structure types."""
    from gnnpool.data.sources.demo import read

    return [
        (
            row.id,
            Structure(row.lattice, [next(iter(site)) for site in row.species], row.fractional),
            row.target,
        )
        for row in read(target="per_atom", count=30)
    ]


def _ase_json(structure):
    def packed(values, kind):
        return {"__ndarray__": [list(np.shape(values)), kind, np.ravel(values).tolist()]}

    row = {
        "cell": {"array": packed(structure.lattice.matrix, "float64"), "__ase_objtype__": "cell"},
        "numbers": packed(structure.atomic_numbers, "int64"),
        "pbc": packed([True, True, False], "bool"),
        "positions": packed(structure.cart_coords, "float64"),
        "unique_id": "0123456789abcdef",
    }
    return json.dumps({"1": row, "ids": [1], "nextid": 2})


@pytest.fixture(scope="session")
def ase_json():
    """A structure as ASE's JSON database writes it."""
    return _ase_json


@pytest.fixture(scope="session")
def write_ase_database():
    """Write rows of (unique id, structure, key-value pairs) with ASE, also pairs that ASE refuses."""

    def write(path, rows):
        with ase.db.connect(path) as database:
            for _, structure, _ in rows:
                atoms = ase.Atoms(
                    structure.atomic_numbers, structure.cart_coords, cell=structure.lattice.matrix, pbc=True
                )
                database.write(atoms)
        with closing(sqlite3.connect(path)) as database:
            database.executemany(
                "UPDATE systems SET unique_id = ?, key_value_pairs = ? WHERE id = ?",
                [(id_, json.dumps(pairs), number) for number, (id_, _, pairs) in enumerate(rows, start=1)],
            )
            database.commit()
        return path

    return write


def _same_crystal(found, structure):
    numbers = [
        element if isinstance(element, int) else Element(element).Z for s in found.species for element in s
    ]
    coordinates = found.positions if found.fractional is None else found.fractional
    again = Structure(found.lattice, numbers, coordinates, coords_are_cartesian=found.fractional is None)
    return numbers == list(structure.atomic_numbers) and np.allclose(
        again.distance_matrix, structure.distance_matrix, atol=1e-5
    )


@pytest.fixture(scope="session")
def serve():
    """Serve requests in a thread, for fixtures: ``yield from serve(server)``."""

    def _serve(server):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()

    return _serve


@pytest.fixture(scope="session")
def same_crystal():
    """Whether a raw structure is a crystal in whatever orientation: species and distances agree."""
    return _same_crystal
