"""A folder of structure files with a table of targets, packed as one zip file.

The files are read out of the archive and never unpacked to disk, so that no name in it can lead anywhere.
"""

import csv
import zipfile
import zlib
from pathlib import Path, PurePosixPath

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
_DAMAGED = (OSError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)


def read(
    path: str | Path, *, targets: str = "targets.csv", column: int = 1, max_bytes: int = 4_000_000_000
) -> list[RawStructure]:
    """Read the structures that a table of targets names.

    Args:
        path: Zip file with one table and the structure files in the same folder of it: CIF (.cif), POSCAR
            (.vasp, .poscar or POSCAR...), JSON of pymatgen or ASE (.json), extended XYZ (.xyz, .extxyz).
        targets: Name of the table, CSV with or without a heading: the name of a structure file, with or
            without its ending, and then one or more targets.
        column: Column of the target, counted from 0, the names.
        max_bytes: Most bytes that the archive may hold unpacked.

    Returns:
        One raw structure for each row of the table, named as there.

    Raises:
        DataError: If the archive is damaged or too large, or has no such table.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > max_bytes:
                raise DataError(f"{path}: expected at most {max_bytes} bytes unpacked, found {unpacked}")
            return _rows(path, archive, targets, column)
    except _DAMAGED as error:
        raise DataError(f"{path}: expected a zip file of structures, found: {error}") from error


def _rows(path: str | Path, archive: zipfile.ZipFile, targets: str, column: int) -> list[RawStructure]:
    tables = [name for name in archive.namelist() if PurePosixPath(name).name == targets]
    if len(tables) != 1:
        raise DataError(f"{path}: expected one file {targets}, found {tables or 'none'}")
    folder = PurePosixPath(tables[0]).parent
    members = [PurePosixPath(name) for name in archive.namelist() if PurePosixPath(name).parent == folder]
    by_name = {member.stem: member for member in members} | {member.name: member for member in members}
    rows = [row for row in csv.reader(archive.read(tables[0]).decode("utf-8-sig").splitlines()) if row]
    if rows and rows[0][0] not in by_name and not _is_number(rows[0][-1]):
        del rows[0]  # the heading
    return [_raw(archive, by_name.get(row[0].strip()), row, column) for row in rows]


def _raw(archive: zipfile.ZipFile, member: PurePosixPath | None, row: list[str], column: int) -> RawStructure:
    name, value = row[0].strip(), row[column].strip() if column < len(row) else None
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
    return raw_structure(archive.read(str(member)).decode(), form, id=name, target=target)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
