"""MatDeepLearn's data: the list ``data.json``, or numbered structure files with ``targets.csv``, in a folder.

A folder is read as one archive; see :mod:`gnnpool.data.sources.folder`.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gnnpool.bounds import Count, Natural
from gnnpool.data.archive import MAX_BYTES, MAX_FILES, is_archive, read_archive
from gnnpool.data.sources.folder import rows_of
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import load_json
from gnnpool.errors import DataError

LIST = "data.json"
TABLE = "targets.csv"
_KEYS = {"structure_id", "positions", "cell", "atomic_numbers", "y"}


def read(
    path: str | Path, *, target: Natural = 0, max_bytes: Count = MAX_BYTES, max_files: Count = MAX_FILES
) -> list[RawStructure]:
    """Read the input files of MatDeepLearn.

    Args:
        path: ``data.json``, a JSON list of mappings with the keys structure_id, positions (Å), cell (rows
            are vectors, Å), atomic_numbers and y; other keys are ignored. Or a folder as an archive
            (zip, tar or tar.gz): with ``data.json``, or with ``targets.csv`` and the structure files that
            it names.
        target: Number of the target, if there are several, counted from 0.
        max_bytes: Maximum unpacked size of an archive in bytes.
        max_files: Maximum number of files and folders in it.

    Returns:
        One raw structure for each mapping or row, in the order of the file.

    Raises:
        DataError: If the file has another layout.
    """
    try:
        if not is_archive(path):
            return _rows(path, Path(path).read_bytes(), target)
    except OSError as error:
        raise DataError(f"{path}: expected a JSON list or an archive, found: {error}") from error
    files = read_archive(path, max_bytes=max_bytes, max_files=max_files)
    lists = [name for name in files if PurePosixPath(name).name == LIST]
    if not lists:
        return rows_of(files, path=path, targets=[TABLE], column=target + 1)
    if len(lists) > 1:
        raise DataError(f"{path}: expected one file {LIST}, found {lists}")
    return _rows(f"{path}/{lists[0]}", files[lists[0]], target)


def _rows(path: str | Path, text: bytes, target: int) -> list[RawStructure]:
    try:
        content = load_json(text)
    except ValueError as error:
        raise DataError(f"{path}: expected a JSON list, found: {error}") from error
    if not isinstance(content, list):
        raise DataError(f"{path}: expected a JSON list of structures, found {type(content).__name__}")
    return [_raw(path, number, row, target) for number, row in enumerate(content, start=1)]


def _raw(path: str | Path, number: int, row: object, target: int) -> RawStructure:
    if not isinstance(row, Mapping) or not row.keys() >= _KEYS:
        found = sorted(row) if isinstance(row, Mapping) else type(row).__name__
        raise DataError(f"{path}: row {number}: expected the keys {sorted(_KEYS)}, found {found}")
    y, numbers = row["y"], row["atomic_numbers"]
    return RawStructure(
        # A number is a valid name: its digits.
        id=str(row["structure_id"]) if isinstance(row["structure_id"], int) else row["structure_id"],
        lattice=row["cell"],
        species=[{one if isinstance(one, int | float | str) else repr(one): 1.0} for one in numbers]
        if isinstance(numbers, list)
        else [],
        target=y[target] if isinstance(y, list) and -len(y) <= target < len(y) else y,
        positions=row["positions"],
    )
