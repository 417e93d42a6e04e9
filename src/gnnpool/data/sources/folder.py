"""A folder of structure files with a table of targets, packed as one zip or tar file."""

import csv
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gnnpool.bounds import Count
from gnnpool.data.archive import MAX_BYTES, MAX_FILES, read_archive
from gnnpool.data.formats import raw_structure
from gnnpool.data.structure import RawStructure
from gnnpool.errors import DataError

_FORM_OF = {
    ".cif": "cif",
    ".vasp": "poscar",
    ".poscar": "poscar",
    ".json": "json",
    ".xyz": "xyz",
    ".extxyz": "xyz",
}


def read(
    path: str | Path,
    *,
    targets: str = "targets.csv",
    column: Count = 1,
    max_bytes: Count = MAX_BYTES,
    max_files: Count = MAX_FILES,
) -> list[RawStructure]:
    """Read the structures that a table of targets names.

    Args:
        path: Archive (zip, tar or tar.gz) with one table and the structure files in the same folder of it:
            CIF (.cif), POSCAR (.vasp, .poscar or POSCAR...), JSON of pymatgen or ASE (.json), extended XYZ
            (.xyz, .extxyz).
        targets: Name of the table, CSV with or without a heading: the name of a structure file, with or
            without its ending, and then one or more targets.
        column: Column of the target, counted from 0, the names.
        max_bytes: Most bytes that the archive may hold unpacked.
        max_files: Most files and folders that it may hold.

    Returns:
        One raw structure for each row of the table, named as there.

    Raises:
        DataError: If the archive is damaged, too large or dangerous, or has no such table.
    """
    files = read_archive(path, max_bytes=max_bytes, max_files=max_files)
    return rows_of(files, path=path, targets=targets, column=column)


def rows_of(files: Mapping[str, bytes], *, path: str | Path, targets: str, column: int) -> list[RawStructure]:
    """One raw structure for each row of a table among files; see :func:`read`.

    Args:
        files: Content of each file by its name.
        path: Where they come from, for messages.
        targets: Name of the table.
        column: Column of the target.
    """
    tables = [name for name in files if PurePosixPath(name).name == targets]
    if len(tables) != 1:
        raise DataError(f"{path}: expected one file {targets}, found {tables or 'none'}")
    try:
        text = files[tables[0]].decode("utf-8-sig")
        rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if row]
    except (ValueError, csv.Error) as error:
        raise DataError(f"{path}: expected a table {tables[0]}, found: {error}") from error
    folder = PurePosixPath(tables[0]).parent
    members = [PurePosixPath(name) for name in files if PurePosixPath(name).parent == folder]
    by_name = {member.stem: member for member in members} | {member.name: member for member in members}
    if rows and rows[0][0] not in by_name and not _is_number(rows[0][-1]):
        del rows[0]  # the heading
    return [_raw(files, by_name.get(row[0]), row, column) for row in rows]


def _raw(
    files: Mapping[str, bytes], member: PurePosixPath | None, row: list[str], column: int
) -> RawStructure:
    name, value = row[0], row[column] if column < len(row) else None
    target = float(value) if value is not None and _is_number(value) else value
    if member is None:
        return RawStructure(id=name, lattice=f"no file {name} in the archive", species=[], target=target)
    form = (
        "poscar"
        if member.name.upper().startswith(("POSCAR", "CONTCAR"))
        else _FORM_OF.get(member.suffix.lower())
    )
    if form is None:
        return RawStructure(id=name, lattice=f"{member.name}, of no known form", species=[], target=target)
    return raw_structure(files[str(member)], form, id=name, target=target)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
