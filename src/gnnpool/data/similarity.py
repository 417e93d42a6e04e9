"""How far structures are apart: a fingerprint of composition, density and surroundings."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from gnnpool import stages
from gnnpool.artifacts import file_sha256, write_table
from gnnpool.data.duplicates import Solid, nearest_distances, solid_of
from gnnpool.data.elements import symbol
from gnnpool.data.structure import StructureSet, read_structures
from gnnpool.extras import extra

with extra("data"):
    from pymatgen.core import Element

# Fewer digits than those in which machines may differ.
_DECIMALS = 6


def fingerprints(crystals: StructureSet) -> np.ndarray:
    """Numbers by which structures are compared: composition, density and surroundings in equal parts.

    Composition: mean and standard deviation over the atoms of Mendeleev number, row and group (pymatgen).
    Density: cube root of the volume per atom, Å. Surroundings: average minimum distances, the mean over the
    atoms of the distance to the k-th nearest atom, k = 1 ... 12, Å. Empty space of slabs is removed first;
    see :func:`gnnpool.data.duplicates.solid_of`. Each number is reduced by its mean and divided by its
    standard deviation over the dataset, and each of the three parts is divided by the square root of how
    many numbers it has.

    Args:
        crystals: The structures.

    Returns:
        Without unit, ``[S, 19]``. It is the same for each choice of the cell.

    Source:
        Average minimum distances: Widdowson et al., MATCH Commun. Math. Comput. Chem. 87, 529 (2022).
    """
    scales = {int(n): _scales(int(n)) for n in np.unique(crystals.numbers)}
    parts: dict[str, list] = {"composition": [], "density": [], "surroundings": []}
    for place in range(len(crystals)):
        solid = solid_of(crystals, place)
        elements = np.array([scales[int(n)] for n in solid.numbers])
        parts["composition"].append([*elements.mean(axis=0), *elements.std(axis=0)])
        parts["density"].append([_volume(solid) ** (1 / 3)])
        parts["surroundings"].append(nearest_distances(solid).mean(axis=0))
    return np.hstack([_standardized(np.array(part)) / np.sqrt(len(part[0])) for part in parts.values()])


def fingerprint_structures(*, structures: str | Path, output: str | Path) -> None:
    """Write the fingerprint of each structure as Parquet with the columns id and fingerprint.

    Args:
        structures: Parquet file of structures.
        output: Parquet file to write; see :func:`fingerprints`.
    """
    crystals = read_structures(structures)
    points = fingerprints(crystals)
    table = pa.table(
        {
            "id": crystals.ids,
            "fingerprint": pa.FixedSizeListArray.from_arrays(points.ravel(), points.shape[1]),
        }
    )
    metadata = {
        "dataset": crystals.metadata["dataset"],
        "structures_sha256": file_sha256(structures),
        "stage_version": str(stages.FINGERPRINTS),
    }
    write_table(output, table, metadata=metadata, units={"fingerprint": "1"})


def _scales(number: int) -> tuple[float, float, float]:
    element = Element(symbol(number))
    return element.mendeleev_no, element.row, element.group


def _volume(solid: Solid) -> float:
    """Volume for each atom, Å^3."""
    return abs(np.linalg.det(solid.lattice)) / len(solid.numbers)


def _standardized(numbers: np.ndarray) -> np.ndarray:
    spread = numbers.std(axis=0)
    centred = numbers - numbers.mean(axis=0)
    return np.round(centred / np.where(spread > 1e-9, spread, np.inf), _DECIMALS)
