"""Database files of ASE, such as that of C2DB: the rows that have a key are the dataset.

The file is SQLite and its layout is documented in ASE's sources, so that the standard library reads it.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from gnnpool.data.structure import RawStructure
from gnnpool.errors import DataError

_QUERY = "SELECT id, unique_id, numbers, positions, cell, key_value_pairs FROM systems ORDER BY id"


def read(path: str | Path, *, key: str = "workfunction") -> list[RawStructure]:
    """Read the rows of an ASE database that have a key.

    Args:
        path: SQLite file such as ``c2db.db``; lengths in it are in Å, energies in eV.
        key: Name of the target among the key-value pairs of a row; the work function is in eV.

    Returns:
        One raw structure for each row with the key, in the order of the file, named by its key ``uid``
        if it has one and else by ASE's ``unique_id``.

    Raises:
        DataError: If the file is no ASE database, a row of it is damaged, or no row has the key.
    """
    try:
        # Immutable: nothing is written beside the file, which may lie where nobody may write.
        address = f"{Path(path).resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            rows = database.execute(_QUERY).fetchall()
    except sqlite3.Error as error:
        raise DataError(f"{path}: expected an ASE database (SQLite), found: {error}") from error
    found = [raw for row in rows if (raw := _raw(path, key, *row))]
    if not found:
        raise DataError(f"{path}: expected rows with the key {key!r}, found none among {len(rows)} rows")
    return found


def _raw(
    path: str | Path,
    key: str,
    row: int,
    unique_id: str,
    numbers: bytes,
    positions: bytes,
    cell: bytes,
    pairs: str,
) -> RawStructure | None:
    try:
        pairs = json.loads(pairs)
        if key not in pairs:
            return None
        return RawStructure(
            id=pairs.get("uid", unique_id),
            lattice=np.frombuffer(cell, "<f8").reshape(3, 3),
            species=[{number: 1.0} for number in np.frombuffer(numbers, "<i4").tolist()],
            target=pairs[key],
            positions=np.frombuffer(positions, "<f8").reshape(-1, 3),
        )
    except (TypeError, ValueError) as error:
        raise DataError(f"{path}: row {row} ({unique_id}) is damaged: {error}") from error
