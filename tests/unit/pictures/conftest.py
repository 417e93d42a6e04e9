"""Contributions of two crystals under two poolings, as an explanation writes them."""

import numpy as np
import pandas as pd
import pytest

from gnnpool.data.elements import symbol
from gnnpool.explain.rows import write_atoms, write_structures_explained

SALT = (5.64 / 2 * (1 - np.eye(3)), [[0, 0, 0], [0.5, 0.5, 0.5]], [11, 17])
COPPER = (3.61 / 2 * (1 - np.eye(3)), [[0, 0, 0]], [29])
SHEET = (np.diag([3.0, 3.0, 20.0]), [[0.2, 0.2, 0.5], [0.7, 0.7, 0.55], [0.2, 0.7, 0.45]], [42, 16, 16])
CRYSTALS = {"salt": SALT, "copper": COPPER, "sheet": SHEET}
CONTRIBUTIONS = {
    ("salt", "mean"): [-0.5, 0.5],
    ("salt", "gmt"): [-0.1, 0.3],
    ("copper", "mean"): [np.nan],
    ("copper", "gmt"): [np.nan],
    ("sheet", "mean"): [1.0, -0.5, -0.5],
    ("sheet", "gmt"): [0.6, 0.0, 0.0],
}
METADATA = {"title": "t", "dataset": "toys", "target": "energy", "unit": "eV/atom", "stage_version": "1"}


@pytest.fixture
def explained(tmp_path):
    """Write the files of atoms and structures; gives their paths."""
    frames, rows = [], []
    for (id_, pooling), values in CONTRIBUTIONS.items():
        lattice, fractional, numbers = CRYSTALS[id_]
        fractional, values = np.array(fractional, dtype=float), np.array(values)
        common = {"dataset": "toys", "model": "cgcnn", "edges": "mdl", "pooling": pooling, "seed": 1}
        common |= {"id": id_, "part": "train" if id_ == "salt" else "test"}
        atoms = pd.DataFrame({"atom": range(len(numbers)), "number": numbers})
        atoms["element"] = [symbol(number) for number in numbers]
        atoms[["fractional_a", "fractional_b", "fractional_c"]] = fractional
        atoms[["x", "y", "z"]] = fractional @ lattice
        atoms["contribution"], atoms["weights"] = values, None
        frames.append(atoms.assign(**common)[[*common, *atoms]])
        share = np.square(np.abs(values).sum()) / (len(values) * np.square(values).sum())
        rows.append(
            common
            | {
                "shown": list(CRYSTALS).index(id_) + 1,
                "atoms": len(values),
                "lattice": lattice.ravel().tolist(),
            }
            | {"target": -3.0, "prediction": -2.5, "participation": share if len(values) > 1 else np.nan}
            | {"participating_atoms": share * len(values), "resolution": 1e-4}
        )
    paths = {"atoms": tmp_path / "atoms.parquet", "summary": tmp_path / "structures.parquet"}
    write_atoms(paths["atoms"], frames, METADATA)
    write_structures_explained(paths["summary"], rows, METADATA)
    return paths
