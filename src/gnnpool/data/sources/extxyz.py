"""Extended XYZ: structures one after the other, each with its target in its second line."""

import re
from collections.abc import Iterator
from pathlib import Path

from gnnpool.bounds import Count
from gnnpool.data.archive import MAX_BYTES, read_unpacked
from gnnpool.data.formats import raw_structure, xyz_entries
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import decoded, number
from gnnpool.errors import DataError


def read(
    path: str | Path, *, target: str, id: str | None = None, max_bytes: Count = MAX_BYTES
) -> list[RawStructure]:
    """Read all structures of an extended XYZ file.

    Args:
        path: File such as ASE writes with ``format="extxyz"``; it may be gzipped or zipped. Lengths are in
            Å; ASE writes energies in eV.
        target: Key of the target in the second line of each structure, such as ``energy``.
        id: Key of the names there; None to name each structure by its number, from 1.
        max_bytes: Maximum unpacked size of the file in bytes.

    Returns:
        One raw structure for each of the file.

    Raises:
        DataError: If the number of atoms of a structure is missing, or no structure has the target.
    """
    rows, keys = [], set()
    for place, frame in enumerate(_frames(path, max_bytes), start=1):
        try:
            entries = xyz_entries(frame[1]) if len(frame) > 1 else {}
        except ValueError:  # a quotation without an end, which makes the structure unreadable, too
            entries = {}
        keys |= entries.keys()
        value = entries.get(target)
        name = str(place) if id is None else entries.get(id)
        found = value if value is None or (read := number(value)) is None else read
        rows.append(raw_structure("\n".join(frame), "xyz", id=name, target=found))
    for key in filter(None, (target, id)):
        if key not in keys:
            raise DataError(
                f"{path}: expected structures with the key {key!r}, found none among {len(rows)}, "
                f"which have the keys {', '.join(sorted(keys)) or 'none'}"
            )
    return rows


def _frames(path: str | Path, max_bytes: int) -> Iterator[list[str]]:
    """Lines of each structure; those of the last are fewer if the file is truncated."""
    try:
        lines = re.split(r"\r\n|\r|\n", decoded(read_unpacked(path, max_bytes=max_bytes)))
    except ValueError as error:
        raise DataError(f"{path}: expected extended XYZ, found: {error}") from error
    start = 0
    while start < len(lines):
        if not (first := lines[start].strip()):
            start += 1
            continue
        if not first.isdecimal():
            raise DataError(
                f"{path}: line {start + 1}: expected the number of atoms of a structure, found {first[:80]!r}"
            )
        end = start + 2 + int(first)
        yield lines[start:end]
        start = end
