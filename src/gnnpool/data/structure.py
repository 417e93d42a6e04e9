"""Periodic structures: one as read from a source, and all of a dataset as flat arrays."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from gnnpool.artifacts import read_table, write_table
from gnnpool.errors import ArtifactError

_COLUMNS = ("id", "lattice", "numbers", "fractional", "positions", "target")


@dataclass(frozen=True)
class RawStructure:
    """One row of a source before validation: any value may be missing or wrong.

    Args:
        id: Name of the row.
        lattice: Rows are vectors, Å, ``[3, 3]``; if the structure is unreadable, the reason as text.
        species: For each site, the occupancy of each element symbol or atomic number.
        target: Quantity to predict.
        fractional: Coordinates in units of the lattice vectors; None if the source has Cartesian ones.
        positions: Cartesian coordinates, Å; None if the source has fractional ones.
    """

    id: object
    lattice: object
    species: Sequence[Mapping[str | int, float]]
    target: object
    fractional: object = None
    positions: object = None


@dataclass(frozen=True)
class StructureSet:
    """S structures with N atoms in all.

    Args:
        ids: Names of the structures.
        lattices: Rows are vectors, Å, float64 ``[S, 3, 3]``.
        numbers: Atomic numbers, uint8 ``[N]``.
        fractional: Coordinates in units of the lattice vectors, float64 ``[N, 3]``.
        positions: Cartesian, Å, float64 ``[N, 3]``.
        node_ptr: First atom of each structure, and N at the end, int64 ``[S + 1]``.
        targets: Quantity to predict, float64 ``[S]``.
        metadata: dataset, target, unit, raw_sha256, stage_version.
    """

    ids: list[str]
    lattices: np.ndarray
    numbers: np.ndarray
    fractional: np.ndarray
    positions: np.ndarray
    node_ptr: np.ndarray
    targets: np.ndarray
    metadata: dict[str, str]

    def __len__(self) -> int:
        return len(self.ids)


def write_structures(path: str | Path, structures: StructureSet) -> None:
    """Write structures as Parquet, one row each; units are in the schema metadata."""
    atoms = structures.node_ptr.astype(np.int32)
    table = pa.table(
        {
            "id": pa.array(structures.ids, pa.string()),
            "lattice": pa.FixedSizeListArray.from_arrays(pa.array(structures.lattices.ravel()), 9),
            "numbers": pa.ListArray.from_arrays(atoms, pa.array(structures.numbers)),
            "fractional": pa.ListArray.from_arrays(3 * atoms, pa.array(structures.fractional.ravel())),
            "positions": pa.ListArray.from_arrays(3 * atoms, pa.array(structures.positions.ravel())),
            "target": pa.array(structures.targets),
        }
    )
    units = {"lattice": "Å", "fractional": "1", "positions": "Å", "target": structures.metadata["unit"]}
    write_table(path, table, metadata=structures.metadata, units=units)


def read_structures(path: str | Path) -> StructureSet:
    """Read structures written by :func:`write_structures`.

    Raises:
        ArtifactError: If the file is missing, damaged, or holds something else.
    """
    table = read_table(path)
    if table.column_names != list(_COLUMNS):
        raise ArtifactError(f"{path}: expected columns {', '.join(_COLUMNS)}, found {table.column_names}")
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    column = {name: table[name].combine_chunks() for name in _COLUMNS}
    flat = {
        name: column[name].flatten().to_numpy() for name in ("lattice", "numbers", "fractional", "positions")
    }
    sizes = column["numbers"].value_lengths().to_numpy()
    return StructureSet(
        ids=column["id"].to_pylist(),
        lattices=flat["lattice"].reshape(-1, 3, 3),
        numbers=flat["numbers"],
        fractional=flat["fractional"].reshape(-1, 3),
        positions=flat["positions"].reshape(-1, 3),
        node_ptr=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
        targets=column["target"].to_numpy(),
        metadata={key: value for key, value in metadata.items() if key != "units"},
    )


def ids_sha256(ids: Sequence[str]) -> str:
    """SHA-256 of names in their order: equal for the files that list the same structures."""
    return hashlib.sha256(json.dumps(list(ids)).encode()).hexdigest()
