"""A table with a column of structures and a column of targets, as Parquet, CSV or JSON."""

import io
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gnnpool.data.formats import FORMS, raw_structure
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import decoded, load_json, number
from gnnpool.errors import ConfigError, DataError


def read(
    path: str | Path,
    *,
    target: str,
    structure: str = "structure",
    id: str | None = None,
    format: Literal["cif", "poscar", "xyz", "json"] = "cif",
) -> list[RawStructure]:
    """Read a table with one structure in each row.

    Args:
        path: File that ends in .parquet, .csv or .json; JSON is a list of rows, or columns by name.
        target: Column of the target.
        structure: Column of the structures.
        id: Column of the names; None to name each row by its number, from 1.
        format: Format of the structures: cif, poscar, xyz, or json for dictionaries.

    Returns:
        One raw structure for each row.

    Raises:
        ConfigError: If the format of the structures is unknown.
        DataError: If the file cannot be read, or lacks a column.
    """
    if format not in FORMS:
        raise ConfigError(f"{path}: expected a format of {', '.join(FORMS)}, got {format!r}")
    table = _table(Path(path), {target, structure, id})
    if missing := [name for name in (structure, target, id) if name is not None and name not in table]:
        raise DataError(f"{path}: expected the columns {missing}, found {list(table)}")
    names = [str(row) for row in range(1, len(table[target]) + 1)] if id is None else table[id]
    return [
        raw_structure(content, format, id=_name(name), target=_number(value))
        for content, name, value in zip(table[structure], names, table[target], strict=True)
    ]


def _table(path: Path, used: set[str | None]) -> dict[str, list]:
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                _check_once(file.schema_arrow.names, used)
                return file.read().to_pydict()
        if path.suffix == ".csv":
            # As text, so that a name "007" stays unchanged and a wrong value is shown as written; without a
            # heading, because pandas would rename a repeated column.
            text = io.StringIO(decoded(path.read_bytes()), newline="")
            table = pd.read_csv(text, dtype=str, keep_default_na=False, header=None)
            names = table.iloc[0].tolist()
            _check_once(names, used)
            return {name: table[place].tolist()[1:] for place, name in enumerate(names)}
        if path.suffix == ".json":
            content = load_json(path.read_bytes(), unique=True)
            if not isinstance(content, dict) and not all(isinstance(row, dict) for row in content):
                raise ValueError("neither a list of rows nor columns by name")
            return pd.DataFrame(content, dtype=object).to_dict("list")
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        raise DataError(f"{path}: expected a table, found: {error}") from error
    raise DataError(f"{path}: expected a file that ends in .parquet, .csv or .json")


def _check_once(names: list, used: set[str | None]) -> None:
    if twice := [name for name in names if name in used and names.count(name) > 1]:
        raise ValueError(f"the column {twice[0]!r} {names.count(twice[0])} times")


def _name(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _number(value: object) -> object:
    """Turn a number written as text into the number; keep other text for the message."""
    found = number(value) if isinstance(value, str) else value
    return value if found is None else found
