"""Which structures train, validate and test: a random split that is the same on every machine."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa

from gnnpool import stages
from gnnpool.artifacts import file_sha256, read_table, write_table
from gnnpool.data.structure import ids_sha256, read_structures
from gnnpool.errors import ArtifactError, ConfigError, DataError

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Split:
    """The part of each structure, in the order of the structures.

    Args:
        ids: Names of the structures.
        part: "train", "val" or "test" for each, ``[S]``.
        metadata: seed, fractions, ids_sha256, structures_sha256, stage_version.
    """

    ids: list[str]
    part: np.ndarray
    metadata: dict[str, str]

    def indices(self, part: str) -> np.ndarray:
        """Places of the structures of one part, ascending, int64."""
        return np.flatnonzero(self.part == part)


def assign_parts(ids: Sequence[str], *, seed: int, fractions: Mapping[str, float]) -> list[str]:
    """Assign structures to train, val and test.

    Structures are ordered by the SHA-256 of "seed/id". The first int(train N) are for training, the
    next int(val N) for validation, all others for testing. So the part of a structure depends on
    the names alone: not on their order, on a random number generator or on a library version.

    Args:
        ids: Distinct names of the structures.
        seed: Split seed.
        fractions: Shares of train, val and test, of which the sum is one.

    Returns:
        The part of each structure, in the order of the ids.

    Raises:
        ConfigError: If the fractions do not sum to one.
        DataError: If a part would be empty.
    """
    shares = {part: Fraction(str(fractions[part])) for part in PARTS}
    if sum(shares.values()) != 1 or min(shares.values()) < 0:
        raise ConfigError(f"split: expected shares with the sum 1, got {dict(fractions)}")
    train, val = (int(shares[part] * len(ids)) for part in ("train", "val"))
    parts = ["train"] * train + ["val"] * val + ["test"] * (len(ids) - train - val)
    if empty := set(PARTS) - set(parts):
        raise DataError(
            f"{len(ids)} structures are too few for the split {dict(fractions)}: no {min(empty)} part"
        )
    order = sorted(ids, key=lambda id_: hashlib.sha256(f"{seed}/{id_}".encode()).digest())
    part_of = dict(zip(order, parts, strict=True))
    return [part_of[id_] for id_ in ids]


def make_split(
    *, structures: str | Path, seed: int, fractions: Mapping[str, float], output: str | Path
) -> None:
    """Write the split of a dataset for one seed.

    Args:
        structures: Parquet file of structures.
        seed: Split seed.
        fractions: Shares of train, val and test.
        output: Parquet file to write, with the columns id and part, in the order of the structures.
    """
    ids = read_structures(structures).ids
    table = pa.table({"id": ids, "part": assign_parts(ids, seed=seed, fractions=fractions)})
    metadata = {
        "seed": str(seed),
        "fractions": "/".join(str(fractions[part]) for part in PARTS),
        "ids_sha256": ids_sha256(ids),
        "structures_sha256": file_sha256(structures),
        "stage_version": str(stages.SPLITS),
    }
    write_table(output, table, metadata=metadata)


def read_split(path: str | Path) -> Split:
    """Read a split.

    Raises:
        ArtifactError: If the file is missing, damaged, or holds something else.
    """
    table = read_table(path)
    if table.column_names != ["id", "part"]:
        raise ArtifactError(f"{path}: expected the columns id and part, found {table.column_names}")
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    part = np.array(table["part"].to_pylist(), dtype="<U5")
    return Split(ids=table["id"].to_pylist(), part=part, metadata=metadata)
