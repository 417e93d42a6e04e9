"""A folder of structure files with a table of targets, as those of CGCNN and ALIGNN.

It is a folder of the mirror folder, which :mod:`gnnpool.data.packed_folder` packs, or one zip or tar file.
"""

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
TABLES = ("targets.csv", "id_prop.csv")
_logger = logging.getLogger(__name__)
_MISSING = {"", "-", "--", "?", "na", "n/a", "#n/a", "nan", "null", "none", "missing"}


def read(
    path: str | Path,
    *,
    targets: str | None = None,
    column: Count | str | None = None,
    max_bytes: Count = MAX_BYTES,
    max_files: Count = MAX_FILES,
) -> list[RawStructure]:
    """Read the structures that a table of targets names.

    Args:
        path: Archive (zip, tar or tar.gz) with one table and the structure files in the same folder of it,
            or below: CIF (.cif), POSCAR (.vasp, .poscar or POSCAR...), JSON of pymatgen, ASE, JARVIS or
            OPTIMADE (.json), extended XYZ (.xyz, .extxyz). Files that the table does not name are ignored.
        targets: Name of the table, CSV with or without a heading: the name of a structure file relative to
            the table, with or without its extension, and then one or more targets. None for
            ``targets.csv`` or the ``id_prop.csv`` of CGCNN and ALIGNN, whichever exists.
        column: Column of the target: its heading, or its number, counted from 0 (the names). None for the
            column after the names, if it is the only one of numbers.
        max_bytes: Maximum unpacked size of the archive in bytes.
        max_files: Maximum number of files and folders.

    Returns:
        One raw structure for each row of the table, named as there.

    Raises:
        DataError: If the archive is damaged, too large or dangerous, has no such table, or the table has
            several targets and none is chosen.
    """
    files = read_archive(path, max_bytes=max_bytes, max_files=max_files)
    return rows_of(files, path=path, targets=TABLES if targets is None else [targets], column=column)


def rows_of(
    files: Mapping[str, bytes], *, path: str | Path, targets: Sequence[str], column: int | str | None
) -> list[RawStructure]:
    """One raw structure for each row of a table among files; see :func:`read`.

    Args:
        files: Content of each file by its name.
        path: Path of the archive, for messages.
        targets: Names that the table may have.
        column: Column of the target.

    Raises:
        DataError: If there is no such table, or it is damaged.
    """
    tables = [name for name in files if PurePosixPath(name).name in targets]
    if len(tables) != 1:
        raise DataError(f"{path}: expected one file {' or '.join(targets)}, found {tables or 'none'}")
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
    heading = None
    if rows and rows[0][0] not in by_name and _is_heading(rows[0], column):
        heading = rows.pop(0)
        _logger.info("%s: the first row of %s is its heading: %s", path, tables[0], ", ".join(heading))
    place = _place(column, heading, rows, f"{path}: {tables[0]}")
    return [_raw(files, by_name.get(row[0], []), row, place) for row in rows]


def _is_heading(row: list[str], column: int | str | None) -> bool:
    """Whether no field is a number, and the field of the target is a word rather than a missing value."""
    if isinstance(column, str):
        return column in row
    place = 1 if column is None else column
    target = row[place] if place < len(row) else ""
    return target.lower() not in _MISSING and all(number(cell) is None for cell in row)


def _place(column: int | str | None, heading: list[str] | None, rows: list[list[str]], where: str) -> int:
    """Number of the column of the target."""
    if isinstance(column, str):
        if heading is None or heading.count(column) != 1:
            found = ", ".join(heading or (rows[0] if rows else []))
            raise DataError(f"{where}: expected one column {column!r} in the first row, found {found}")
        return heading.index(column)
    if column is not None:
        return column
    width = min(map(len, rows), default=0)
    numbers = [at for at in range(1, width) if all(number(row[at]) is not None for row in rows)]
    if others := [at for at in numbers if at != 1]:
        names = [heading[at] if heading and at < len(heading) else at for at in (1, *others)]
        raise DataError(
            f"{where}: expected names and one target, found more columns of numbers; choose the target with "
            f"the option column: {', '.join(map(str, names[:10]))}{', ...' if names[10:] else ''}"
        )
    return 1


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
    return None, f"no file {name} in the folder"


def form_of(member: PurePath) -> str | None:
    """Form of a structure file by its name, see :data:`gnnpool.data.formats.FORMS`; None if it is unknown."""
    if member.name.upper().startswith(("POSCAR", "CONTCAR")):
        return "poscar"
    return _FORM_OF.get(member.suffix.lower())
