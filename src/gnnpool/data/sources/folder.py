"""A folder of structure files with a table of targets, packed as one zip or tar file."""

import csv
import io
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath, PurePosixPath

from gnnpool.bounds import Count
from gnnpool.data.archive import MAX_BYTES, MAX_FILES, read_archive
from gnnpool.data.formats import is_structure, raw_structure
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import decoded, number
from gnnpool.errors import DataError

_FORM_OF = {
    ".cif": "cif",
    ".vasp": "poscar",
    ".poscar": "poscar",
    ".json": "json",
    ".xyz": "xyz",
    ".extxyz": "xyz",
}
_logger = logging.getLogger(__name__)
_MISSING = {"", "-", "--", "?", "na", "n/a", "#n/a", "nan", "null", "none", "missing"}


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
        path: Archive (zip, tar or tar.gz) with one table and the structure files in the same folder of it,
            or below: CIF (.cif), POSCAR (.vasp, .poscar or POSCAR...), JSON of pymatgen, ASE, JARVIS or
            OPTIMADE (.json), extended XYZ (.xyz, .extxyz).
        targets: Name of the table, CSV with or without a heading: the name of a structure file relative to
            the table, with or without its extension, and then one or more targets.
        column: Column of the target, counted from 0 (the names).
        max_bytes: Maximum unpacked size of the archive in bytes.
        max_files: Maximum number of files and folders.

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
        path: Path of the archive, for messages.
        targets: Name of the table.
        column: Column of the target.

    Raises:
        DataError: If there is no such table, or it is damaged.
    """
    tables = [name for name in files if PurePosixPath(name).name == targets]
    if len(tables) != 1:
        raise DataError(f"{path}: expected one file {targets}, found {tables or 'none'}")
    try:
        text = io.StringIO(decoded(files[tables[0]]), newline="")
        rows = [[cell.strip() for cell in row] for row in csv.reader(text) if row]
    except (ValueError, csv.Error) as error:
        raise DataError(f"{path}: expected a table {tables[0]}, found: {error}") from error
    folder = PurePosixPath(tables[0]).parent
    by_name = defaultdict(list)
    for member in map(PurePosixPath, files):
        if member.is_relative_to(folder):
            place = member.relative_to(folder)
            for name in {str(place), str(place.with_suffix(""))}:
                by_name[name].append(member)
    if rows and rows[0][0] not in by_name and _is_heading(rows[0], column):
        _logger.info("%s: the first row of %s is its heading: %s", path, tables[0], ", ".join(rows[0]))
        del rows[0]
    return [_raw(files, by_name.get(row[0], []), row, column) for row in rows]


def _is_heading(row: list[str], column: int) -> bool:
    """Whether no field is a number, and the field of the target is a word rather than a missing value."""
    target = row[column] if -len(row) <= column < len(row) else ""
    return target.lower() not in _MISSING and all(number(cell) is None for cell in row)


def _raw(
    files: Mapping[str, bytes], members: Sequence[PurePosixPath], row: list[str], column: int
) -> RawStructure:
    name, value = row[0], row[column] if column < len(row) else None
    target = value if value is None or (found := number(value)) is None else found
    member, reason = _chosen(files, members, name)
    if member is None:
        return RawStructure(id=name, lattice=reason, species=[], target=target)
    return raw_structure(files[str(member)], form_of(member), id=name, target=target)


def _chosen(
    files: Mapping[str, bytes], members: Sequence[PurePosixPath], name: str
) -> tuple[PurePosixPath | None, str]:
    """The single structure file of a name, or the reason why there is none."""
    known = [member for member in members if form_of(member)]
    if exact := [member for member in known if f"/{member}".endswith(f"/{name}")]:
        known = exact
    elif len(known) > 1:
        # A JSON file with other content may lie beside the structure.
        known = [one for one in known if form_of(one) != "json" or is_structure(files[str(one)])]
    if len(known) == 1:
        return known[0], ""
    if known:
        return None, f"in several files: {', '.join(sorted(map(str, known)))}"
    if members:
        return None, f"{members[0].name}, of no known form"
    return None, f"no file {name} in the archive"


def form_of(member: PurePath) -> str | None:
    """Form of a structure file by its name, see :data:`gnnpool.data.formats.FORMS`; None if it is unknown."""
    if member.name.upper().startswith(("POSCAR", "CONTCAR")):
        return "poscar"
    return _FORM_OF.get(member.suffix.lower())
