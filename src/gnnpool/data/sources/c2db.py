"""Databases of ASE, such as that of C2DB: the dataset consists of the rows with a certain key or result.

The file is SQLite and ASE's sources document its layout, so the standard library can read it.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from gnnpool.data.structure import RawStructure
from gnnpool.data.text import load_json
from gnnpool.errors import DataError

_COLUMNS = ("id", "unique_id", "numbers", "positions", "cell", "key_value_pairs")
# Results of a calculator, for which ASE has columns instead of key-value pairs.
RESULTS = ("energy", "free_energy", "magmom")


def read(path: str | Path, *, key: str = "workfunction") -> list[RawStructure]:
    """Read the rows of an ASE database that have a key.

    Args:
        path: SQLite file such as ``c2db.db``; lengths in it are in Å, energies in eV.
        key: Name of the target: a key-value pair, or energy, free_energy (eV) or magmom of the calculator;
            the work function is in eV.

    Returns:
        One raw structure for each row with the key, in the order of the file, named by its key ``uid``
        if it has one and else by ASE's ``unique_id``.

    Raises:
        DataError: If the file is no ASE database, a row of it is damaged, or no row has the key.
    """
    try:
        # Immutable: SQLite then writes nothing beside the file, whose folder may be read-only.
        address = f"{Path(path).resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            there = {name for _, name, *_ in database.execute("PRAGMA table_info(systems)")}
            results = [name for name in RESULTS if name in there]
            query = f"SELECT {', '.join([*_COLUMNS, *results])} FROM systems ORDER BY id"
            rows = database.execute(query).fetchall()
    except sqlite3.Error as error:
        raise DataError(f"{path}: expected an ASE database (SQLite), found: {error}") from error
    found, keys = [], set()
    for row, unique_id, *structure, pairs, given in ((*one[:6], one[6:]) for one in rows):
        try:
            values = _values(pairs, dict(zip(results, given, strict=True)))
            keys |= values.keys()
            if key in values:
                found.append(_raw(unique_id, *structure, values, key))
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}: row {row} ({unique_id}) is damaged: {error}") from error
    if not found:
        raise DataError(
            f"{path}: expected rows with the key {key!r}, found none among {len(rows)} rows, "
            f"which have the keys {', '.join(sorted(keys)) or 'none'}"
        )
    return found


def _values(pairs: str, results: Mapping[str, object]) -> dict[str, object]:
    """Key-value pairs of a row, and the results of its calculator."""
    content = load_json(pairs) if isinstance(pairs, str) else pairs
    if not isinstance(content, dict):
        raise ValueError(f"expected key-value pairs, found {type(content).__name__}")
    return {name: value for name, value in results.items() if value is not None} | content


def _raw(
    unique_id: str, numbers: bytes, positions: bytes, cell: bytes, values: Mapping[str, object], key: str
) -> RawStructure:
    return RawStructure(
        id=values.get("uid", unique_id),
        lattice=np.frombuffer(cell, "<f8").reshape(3, 3),
        species=[{number: 1.0} for number in np.frombuffer(numbers, "<i4").tolist()],
        target=values[key],
        positions=np.frombuffer(positions, "<f8").reshape(-1, 3),
    )
