"""Databases of ASE, as SQLite or JSON: the dataset consists of the rows that have a certain key."""

import sqlite3
from pathlib import Path

from gnnpool.data.structure import RawStructure
from gnnpool.errors import DataError
from gnnpool.extras import extra

with extra("data"):
    from ase.db.core import Database
    from ase.db.jsondb import JSONDatabase
    from ase.db.row import AtomsRow
    from ase.db.sqlite import SQLite3Database

# Results of a calculator that are one number.
RESULTS = ("energy", "free_energy", "magmom")


def read(path: str | Path, *, key: str) -> list[RawStructure]:
    """Read the rows of an ASE database that have a key.

    Args:
        path: File of ``ase.db.connect("name.db")`` or ``ase.db.connect("name.json")``; lengths in it are in
            Å, energies in eV.
        key: Name of the target: a key-value pair; energy, free_energy (eV) or magmom of the calculator; or,
            if no row has such a one, a key of ``data``.

    Returns:
        One raw structure for each row with the key, in the order of the file, named by its key ``uid``
        if it has one and else by ASE's ``unique_id``.

    Raises:
        DataError: If the file is no ASE database, a row of it is damaged, or no row has the key.
    """
    try:
        with _database(Path(path)) as database:
            _ = database.metadata  # reads the head of the file
            return _selected(database, path, key)
    except DataError:
        raise
    except Exception as error:  # what is no database raises errors of any kind
        found = error if str(error) else repr(error)
        raise DataError(f"{path}: expected an ASE database (SQLite or JSON), found: {found}") from error


class _ReadOnly(SQLite3Database):
    """A SQLite database in which, and beside which, nothing is written."""

    def _connect(self) -> sqlite3.Connection:
        address = f"{Path(self.filename).resolve().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(address, uri=True)


def _database(path: Path) -> Database:
    with open(path, "rb") as file:
        is_sqlite = file.read(15) == b"SQLite format 3"
    return _ReadOnly(str(path)) if is_sqlite else JSONDatabase(str(path))


def _selected(database: Database, path: str | Path, key: str) -> list[RawStructure]:
    keys, rows = set(), 0
    # `data` may be large, so it is read only if needed.
    for values_of in (_values, _data):
        found, rows = [], 0
        try:
            for row in database.select(include_data=values_of is _data):
                values = values_of(row)
                keys |= values.keys()
                if key in values:
                    found.append(_raw(row, values[key]))
                rows += 1
        except Exception as error:  # a damaged row raises errors of any kind
            raise DataError(f"{path}: row {rows + 1} is damaged: {error or repr(error)}") from error
        if found:
            return found
    raise DataError(
        f"{path}: expected rows with the key {key!r}, found none among {rows} rows, "
        f"which have the keys {', '.join(sorted(keys)) or 'none'}"
    )


def _values(row: AtomsRow) -> dict[str, object]:
    """Key-value pairs of a row, and the results of its calculator."""
    return {name: row[name] for name in RESULTS if name in row} | row.key_value_pairs


def _data(row: AtomsRow) -> dict[str, object]:
    return dict(row.data)


def _name(value: object) -> object:
    """A name in digits, which ASE keeps as a number."""
    return str(value) if isinstance(value, int) else value


def _raw(row: AtomsRow, target: object) -> RawStructure:
    return RawStructure(
        id=_name(row.key_value_pairs.get("uid", row.unique_id)),
        lattice=row.cell.tolist(),
        species=[{number: 1.0} for number in row.numbers.tolist()],
        target=target,
        positions=row.positions.tolist(),
    )
