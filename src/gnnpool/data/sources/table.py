"""A table with a column of structures and a column of targets, as Parquet, CSV or JSON."""

import io
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gnnpool.bounds import Count
from gnnpool.data.archive import MAX_BYTES, read_unpacked
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
    max_bytes: Count = MAX_BYTES,
) -> list[RawStructure]:
    """Read a table with one structure in each row.

    Args:
        path: File that ends in .parquet, .csv or .json; the latter two may be gzipped or zipped (.csv.gz,
            .json.zip). JSON is a list of rows, columns by name, or rows by name.
        target: Column of the target.
        structure: Column of the structures.
        id: Column of the names; None to name each row by its key in JSON, else by its number, from 1.
        format: Format of the structures: cif, poscar, xyz, or json for dictionaries.
        max_bytes: Maximum unpacked size of a packed file in bytes.

    Returns:
        One raw structure for each row.

    Raises:
        ConfigError: If the format of the structures is unknown.
        DataError: If the file cannot be read, or lacks a column.
    """
    if format not in FORMS:
        raise ConfigError(f"{path}: expected a format of {', '.join(FORMS)}, got {format!r}")
    table, keys = _table(Path(path), {target, structure, id}, max_bytes)
    if missing := [name for name in (structure, target, id) if name is not None and name not in table]:
        raise DataError(f"{path}: expected the columns {missing}, found {list(table)}")
    numbered = keys or [str(row) for row in range(1, len(table[target]) + 1)]
    names = numbered if id is None else table[id]
    return [
        raw_structure(content, format, id=_name(name), target=_number(value))
        for content, name, value in zip(table[structure], names, table[target], strict=True)
    ]


def _table(path: Path, used: set[str | None], max_bytes: int) -> tuple[dict[str, list], list[str] | None]:
    """Columns by name, and the names of the rows if JSON has rows by name."""
    ending = Path(path.stem).suffix if path.suffix in (".gz", ".zip") else path.suffix
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                _check_once(file.schema_arrow.names, used)
                return file.read().to_pydict(), None
        if ending == ".csv":
            return _from_csv(decoded(read_unpacked(path, max_bytes=max_bytes)), used), None
        if ending == ".json":
            return _from_json(load_json(read_unpacked(path, max_bytes=max_bytes), unique=True), used)
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        raise DataError(f"{path}: expected a table, found: {error}") from error
    raise DataError(f"{path}: expected a file that ends in .parquet, .csv, .json, .csv.gz or .json.gz")


def _from_csv(text: str, used: set[str | None]) -> dict[str, list]:
    # As text, so that a name "007" stays unchanged and a wrong value is shown as written; without a
    # heading, because pandas would rename a repeated column.
    table = pd.read_csv(io.StringIO(text, newline=""), dtype=str, keep_default_na=False, header=None)
    names = table.iloc[0].tolist()
    _check_once(names, used)
    return {name: table[place].tolist()[1:] for place, name in enumerate(names)}


def _from_json(content: object, used: set[str | None]) -> tuple[dict[str, list], list[str] | None]:
    keys = None
    if isinstance(content, dict) and not content.keys() & used:
        keys, content = list(content), list(content.values())
    if not isinstance(content, dict) and not all(isinstance(row, dict) for row in content):
        raise ValueError("neither a list of rows, columns by name nor rows by name")
    if isinstance(content, dict):
        keys = _named_rows(list(content.values()))
    return pd.DataFrame(content, dtype=object).to_dict("list"), keys


def _named_rows(columns: list) -> list[str] | None:
    """Names of the rows where columns hold their values by name, as pandas writes them; numbers are none."""
    if not columns or not all(isinstance(c, dict) and list(c) == list(columns[0]) for c in columns):
        return None
    names = list(columns[0])
    return None if names == [str(number) for number in range(len(names))] else names


def _check_once(names: list, used: set[str | None]) -> None:
    if twice := [name for name in names if name in used and names.count(name) > 1]:
        raise ValueError(f"the column {twice[0]!r} {names.count(twice[0])} times")


def _name(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _number(value: object) -> object:
    """Turn a number written as text into the number; keep other text for the message."""
    found = number(value) if isinstance(value, str) else value
    return value if found is None else found
