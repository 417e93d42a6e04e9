"""Matbench's own JSON layout: index, columns and rows of a structure dictionary and its target."""

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from gnnpool.data.formats import raw_structure
from gnnpool.data.matbench_folds import row_id, task_of
from gnnpool.data.structure import RawStructure
from gnnpool.errors import DataError

_KEYS = {"index", "columns", "data"}


def read(path: str | Path) -> list[RawStructure]:
    """Read the rows of a gzipped Matbench task.

    The structure dictionaries are taken apart directly; oxidation states, charges and site
    properties are left behind. Rows that the file only counts, from 0, get Matbench's names:
    "mb-phonons-0001" is the first of ``matbench_phonons.json.gz``.

    Args:
        path: File such as ``matbench_phonons.json.gz``.

    Returns:
        One raw structure for each row, in the order of the file.

    Raises:
        DataError: If the file has another layout.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path}: expected gzipped JSON, found: {error}") from error
    if not isinstance(content, dict) or not content.keys() >= _KEYS:
        found = list(content) if isinstance(content, dict) else type(content).__name__
        raise DataError(f"{path}: expected the keys {sorted(_KEYS)}, found {found}")
    index, columns, rows = content["index"], content["columns"], content["data"]
    if len(index) != len(rows) or len(columns) != 2 or any(len(row) != 2 for row in rows):
        raise DataError(
            f"{path}: expected one structure and one target for each of {len(index)} ids, "
            f"found the columns {columns} and {len(rows)} rows"
        )
    task = task_of(path)
    names = [row_id(task, id_, len(rows)) if type(id_) is int else id_ for id_ in index]
    return [_raw(id_, structure, target) for id_, (structure, target) in zip(names, rows, strict=True)]


def _raw(id_: object, structure: object, target: object) -> RawStructure:
    if not isinstance(structure, Mapping):
        return RawStructure(id=id_, lattice=None, species=[], target=target)
    return raw_structure(structure, "json", id=id_, target=target)
