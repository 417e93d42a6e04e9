"""Rows as sources tell them, and Matbench files of a few crystals."""

import dataclasses
import gzip
import json

import pytest

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
