"""What identifies the structures of a dataset, in few bytes, and whether two copies of it are the same."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from gnnpool.data.elements import symbol
from gnnpool.data.split_file import Split
from gnnpool.data.structure import StructureSet
from gnnpool.errors import DataError

# Two copies of a dataset are the same if volumes and targets differ by at most these shares: copies whose
# coordinates were rounded pass.
VOLUME, TARGET = 1e-4, 1e-6
UNITS = {"atoms": "atoms per cell", "volume": "Å^3 per cell", "target": "unit of its dataset"}


@dataclass(frozen=True)
class Agreement:
    """How two copies of a dataset agree.

    Args:
        structures: How many there are.
        volume: Largest relative difference of the volumes.
        target: Largest relative difference of the targets.
    """

    structures: int
    volume: float
    target: float


def summarize(structures: StructureSet) -> pa.Table:
    """One row for each structure: dataset, id, atoms, volume (Å^3), formula and target.

    Args:
        structures: Of one dataset.
    """
    cells = [structures.numbers[i:j] for i, j in pairwise(structures.node_ptr)]
    dataset = pa.array([structures.metadata["dataset"]] * len(structures)).dictionary_encode()
    return pa.table(
        {
            "dataset": dataset,
            "id": pa.array(structures.ids, pa.string()),
            "atoms": pa.array(np.diff(structures.node_ptr), pa.int32()),
            "volume": pa.array(np.abs(np.linalg.det(structures.lattices))),
            "formula": pa.array([_formula(cell) for cell in cells], pa.string()),
            "target": pa.array(structures.targets),
        }
    )


def require_same(found: pa.Table, expected: pa.Table, *, what: str) -> Agreement:
    """Compare two copies of a dataset.

    Args:
        found: Rows of :func:`summarize` of the bundle.
        expected: The same of the local structures.
        what: Bundle and dataset, for messages.

    Raises:
        DataError: Naming the first structure that differs, and by what.
    """
    ours, theirs = expected.to_pydict(), found.to_pydict()
    for one, other in zip(theirs["id"], ours["id"], strict=False):
        if one != other:
            raise DataError(f"{what}: structure {one!r} of the bundle: found {other!r} here in its place")
    if len(ours["id"]) != len(theirs["id"]):
        raise DataError(
            f"{what}: found {len(ours['id'])} structures here, expected {len(theirs['id'])} as in the bundle"
        )
    for field in ("atoms", "formula"):
        for name, one, other in zip(ours["id"], theirs[field], ours[field], strict=True):
            if one != other:
                raise DataError(f"{what}: structure {name!r}: {field}: found {other} here, expected {one}")
    largest = {}
    for field, limit in (("volume", VOLUME), ("target", TARGET)):
        one, other = np.array(theirs[field]), np.array(ours[field])
        scale = np.maximum(np.abs(one), np.abs(other))
        off = np.divide(np.abs(one - other), scale, out=np.zeros_like(one), where=scale > 0)
        if (off > limit).any():
            i = int(off.argmax())
            raise DataError(
                f"{what}: structure {ours['id'][i]!r}: {field}: found {other[i]:.9g} here, expected "
                f"{one[i]:.9g} within a share of {limit:g}"
            )
        largest[field] = float(off.max(initial=0.0))
    return Agreement(len(ours["id"]), **largest)


def division_sha256(split: Split) -> str:
    """SHA-256 of which structure is in which part, in their order; the same for equal splits.

    Args:
        split: Of one dataset and seed.
    """
    rows = [split.ids, split.part.tolist()]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _formula(numbers: np.ndarray) -> str:
    """Elements by atomic number, with how many atoms of each the cell has."""
    return "".join(f"{symbol(z)}{count}" for z, count in sorted(Counter(numbers.tolist()).items()))
