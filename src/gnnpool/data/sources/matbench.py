"""Matbench's own JSON layout: index, columns and rows of a structure dictionary and its target."""

from collections.abc import Mapping
from pathlib import Path

from gnnpool.data.archive import MAX_BYTES, read_gzip
from gnnpool.data.formats import raw_structure
from gnnpool.data.matbench_folds import row_id, task_of
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import load_json
from gnnpool.errors import DataError

_KEYS = {"index", "columns", "data"}


def read(path: str | Path, *, max_bytes: int = MAX_BYTES) -> list[RawStructure]:
    """Read the rows of a gzipped Matbench task.

    The structure dictionaries are read directly; oxidation states, charges and site properties are
    dropped. If the file only numbers its rows, from 0, they get Matbench's names:
    "mb-phonons-0001" is the first of ``matbench_phonons.json.gz``.

    Args:
        path: File such as ``matbench_phonons.json.gz``.
        max_bytes: Maximum unpacked size of the file in bytes.

    Returns:
        One raw structure for each row, in the order of the file.

    Raises:
        DataError: If the file is damaged, too large, or has another layout.
    """
    try:
        content = load_json(read_gzip(path, max_bytes=max_bytes))
    except ValueError as error:
        raise DataError(f"{path}: expected gzipped JSON, found: {error}") from error
    if not isinstance(content, dict) or not content.keys() >= _KEYS:
        found = list(content)[:20] if isinstance(content, dict) else type(content).__name__
        raise DataError(f"{path}: expected the keys {sorted(_KEYS)}, found {found}")
    index, columns, rows = content["index"], content["columns"], content["data"]
    for key in _KEYS:
        if not isinstance(content[key], list):
            raise DataError(f"{path}: expected a list of {key}, found {type(content[key]).__name__}")
    if len(index) != len(rows) or len(columns) != 2:
        raise DataError(
            f"{path}: expected one structure and one target for each of {len(index)} ids, "
            f"found the columns {columns} and {len(rows)} rows"
        )
    task = task_of(path)
    names = [row_id(task, id_, len(rows)) if type(id_) is int else id_ for id_ in index]
    return [_raw(id_, row) for id_, row in zip(names, rows, strict=True)]


def _raw(id_: object, row: object) -> RawStructure:
    if not isinstance(row, list) or len(row) != 2:
        return RawStructure(
            id=id_, lattice="a row that is not a structure and a target", species=[], target=None
        )
    structure, target = row
    if not isinstance(structure, Mapping):
        return RawStructure(id=id_, lattice=None, species=[], target=target)
    return raw_structure(structure, "json", id=id_, target=target)
