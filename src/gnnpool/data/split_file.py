"""The file of a split: the part of each structure."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Split:
    """The part of each structure, in the order of the structures.

    Args:
        ids: Names of the structures.
        part: "train", "val" or "test" for each, ``[S]``.
        metadata: dataset, seed, scheme, fractions, ids_sha256, structures_sha256, stage_version; of a fold of
            Matbench also matbench_task and matbench_rows.
    """

    ids: list[str]
    part: np.ndarray
    metadata: dict[str, str]

    def indices(self, part: str) -> np.ndarray:
        """Places of the structures of one part, ascending, int64."""
        return np.flatnonzero(self.part == part)


def read_split(path: str | Path) -> Split:
    """Read a split.

    Args:
        path: File of :func:`gnnpool.data.splits.make_split`.

    Raises:
        ArtifactError: If the file is missing, damaged, or holds something else.
    """
    table = read_table(path)
    if table.column_names != ["id", "part"]:
        raise ArtifactError(f"{path}: expected the columns id and part, found {table.column_names}")
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    part = np.array(table["part"].to_pylist(), dtype="<U5")
    return Split(ids=table["id"].to_pylist(), part=part, metadata=metadata)
