"""The one-file form of MatDeepLearn's data: a JSON list of structures, each with its target."""

import json
from collections.abc import Mapping
from pathlib import Path

from gnnpool.data.structure import RawStructure
from gnnpool.errors import DataError

_KEYS = {"structure_id", "positions", "cell", "atomic_numbers", "y"}


def read(path: str | Path, *, target: int = 0) -> list[RawStructure]:
    """Read a file such as ``data.json``.

    Args:
        path: JSON list of mappings with the keys structure_id, positions (Å), cell (rows are vectors, Å),
            atomic_numbers and y; other keys are left behind.
        target: Which value of y, if y is a list.

    Returns:
        One raw structure for each mapping, in the order of the file.

    Raises:
        DataError: If the file has another layout.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
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
        # A number counts as the name that it prints.
        id=str(row["structure_id"]) if isinstance(row["structure_id"], int) else row["structure_id"],
        lattice=row["cell"],
        species=[{number: 1.0} for number in numbers] if isinstance(numbers, list) else [],
        target=y[target] if isinstance(y, list) and -len(y) <= target < len(y) else y,
        positions=row["positions"],
    )
