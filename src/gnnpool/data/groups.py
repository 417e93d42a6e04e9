"""Groups of duplicates: their file, and the number of duplicates that a split separates."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from gnnpool.artifacts import read_column, write_table
from gnnpool.data.structure import ids_sha256

# The part of a structure, and the part that must not contain its duplicate.
LEAKS = (("test", "train"), ("test", "val"), ("val", "train"))


def write_groups(
    path: str | Path, ids: Sequence[str], groups: Sequence[str], *, metadata: Mapping[str, str]
) -> None:
    """Write groups as Parquet with the columns id and group.

    Args:
        path: The file.
        ids: Names of the structures.
        groups: For each the name of the first structure of its group; its own if it has no duplicate.
        metadata: Written to the metadata of the schema.
    """
    metadata = {**metadata, "ids_sha256": ids_sha256(ids)}
    write_table(path, pa.table({"id": list(ids), "group": list(groups)}), metadata=metadata)


def read_groups(path: str | Path, *, ids: Sequence[str]) -> list[str]:
    """Read the group of each structure.

    Args:
        path: File of :func:`write_groups`.
        ids: Names of the expected structures.

    Returns:
        For each structure the name of the first one of its group.

    Raises:
        ArtifactError: If the file is missing, damaged, holds something else, or belongs to other structures.
    """
    return read_column(path, "group", ids=ids).to_pylist()


def count_leaks(groups: Sequence[str], parts: Sequence[str]) -> dict[str, int]:
    """Count the structures with a duplicate in a part where it is a leak.

    Args:
        groups: Group of each structure.
        parts: Its part, "train", "val" or "test".

    Returns:
        "test_in_train": test structures with a duplicate in the training part; likewise
        "test_in_val" and "val_in_train".
    """
    members = {part: {g for g, p in zip(groups, parts, strict=True) if p == part} for part in set(parts)}
    return {
        f"{part}_in_{other}": sum(
            p == part and g in members.get(other, ()) for g, p in zip(groups, parts, strict=True)
        )
        for part, other in LEAKS
    }
