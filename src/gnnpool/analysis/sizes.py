"""How many atoms the cells of a dataset have."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError


def read_sizes(structures: Sequence[str | Path]) -> pd.DataFrame:
    """Read the number of atoms of every structure.

    Args:
        structures: Files of :func:`gnnpool.data.structure.write_structures`, one for each dataset.

    Returns:
        One row for each structure: dataset, id and atoms (per cell).

    Raises:
        ArtifactError: If a file is damaged, or is not one of structures.
    """
    frames = [_read(Path(path)) for path in structures]
    empty = pd.DataFrame({"dataset": [], "id": [], "atoms": []}).astype({"atoms": int})
    return pd.concat([empty, *frames], ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    table = read_table(path)
    metadata = table.schema.metadata or {}
    lacking = sorted({"id", "numbers"} - set(table.column_names))
    if lacking or b"dataset" not in metadata:
        found = f"found columns {table.column_names}" if lacking else "found no dataset in its metadata"
        raise ArtifactError(f"{path}: {found}, expected the structures of a dataset")
    atoms = table["numbers"].combine_chunks().value_lengths().to_numpy()
    return pd.DataFrame(
        {"dataset": metadata[b"dataset"].decode(), "id": table["id"].to_pylist(), "atoms": atoms.astype(int)}
    )
