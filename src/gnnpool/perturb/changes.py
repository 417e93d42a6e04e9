"""Changed structures: displaced atoms, strained cells, supercells, and the same crystal rewritten."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from gnnpool.data.structure import StructureSet

UNCHANGED = "unchanged"
# Rows: the new lattice vectors in units of the old ones; the determinant is the number of cells.
MATRICES: Mapping[str, Sequence[Sequence[int]]] = {
    "2x1x1": [[2, 0, 0], [0, 1, 0], [0, 0, 1]],
    "skew": [[1, 1, 0], [-1, 1, 0], [0, 0, 1]],
    "basis": [[1, 1, 0], [0, 1, 1], [0, 0, 1]],
}


class Changed(NamedTuple):
    """Structures after one change.

    Args:
        axis: Kind of change, "unchanged" for none.
        level: How much, as it is configured; empty for none.
        cells: Cells of the old structure in one of the new.
        structures: The new structures, in the order of the old ones.
    """

    axis: str
    level: str
    cells: int
    structures: StructureSet


def selected(crystals: StructureSet, places: Sequence[int]) -> StructureSet:
    """Some of the structures.

    Args:
        crystals: The structures.
        places: Indices, in the order wanted.
    """
    atoms = [np.arange(*crystals.node_ptr[[place, place + 1]]) for place in places]
    return _packed(
        crystals,
        ids=[crystals.ids[place] for place in places],
        lattices=crystals.lattices[places],
        numbers=[crystals.numbers[own] for own in atoms],
        fractional=[crystals.fractional[own] for own in atoms],
        targets=crystals.targets[places],
    )


def changed(crystals: StructureSet, axis: str, level: Any, *, seed: int) -> Changed:
    """Change all structures in one way.

    Args:
        crystals: The structures.
        axis: A name of :data:`AXES`.
        level: How much; see the functions of this module.
        seed: Of random numbers. They depend on it and on the name of the structure alone, so every trial of
            a seed meets the same structures, and a larger displacement has the same directions.

    Returns:
        The changed structures.
    """
    structures, cells = AXES[axis](crystals, level, seed)
    return Changed(axis, f"{level:g}" if isinstance(level, int | float) else level, cells, structures)


def displaced(crystals: StructureSet, sigma: float, seed: int) -> tuple[StructureSet, int]:
    """Displace each atom by a Gaussian of standard deviation sigma (Å) on each Cartesian axis."""
    parts = np.split(crystals.positions, crystals.node_ptr[1:-1])
    noise = [
        _generator(seed, "displaced", id_).standard_normal(part.shape)
        for id_, part in zip(crystals.ids, parts, strict=True)
    ]
    positions = crystals.positions + sigma * np.concatenate(noise)
    structure = np.repeat(np.arange(len(crystals)), np.diff(crystals.node_ptr))
    inverse = np.linalg.inv(crystals.lattices)[structure]  # [N, 3, 3]
    fractional = np.einsum("ni,nij->nj", positions, inverse)
    return replace(crystals, positions=positions, fractional=fractional), 1


def strained(crystals: StructureSet, percent: float, seed: int) -> tuple[StructureSet, int]:
    """Lengthen all lattice vectors by some percent; the atoms keep their fractional coordinates."""
    factor = 1 + percent / 100
    return replace(crystals, lattices=factor * crystals.lattices, positions=factor * crystals.positions), 1


def repeated(crystals: StructureSet, name: str, seed: int) -> tuple[StructureSet, int]:
    """Describe the crystal by other lattice vectors, those of a matrix of :data:`MATRICES`."""
    matrix = np.array(MATRICES[name])
    cells = abs(round(np.linalg.det(matrix)))
    inverse = np.linalg.inv(matrix)
    # Translations of the old lattice inside the new cell; [cells, 3].
    reach = np.abs(matrix).sum(axis=0)
    grid = np.array(list(product(*(range(-n, n + 1) for n in reach.tolist()))))
    inside = ((grid @ inverse > -1e-9) & (grid @ inverse < 1 - 1e-9)).all(axis=1)
    shifts = grid[inside]
    numbers = np.split(crystals.numbers, crystals.node_ptr[1:-1])
    fractional = np.split(crystals.fractional, crystals.node_ptr[1:-1])
    return _packed(
        crystals,
        ids=crystals.ids,
        lattices=matrix @ crystals.lattices,
        numbers=[np.tile(part, cells) for part in numbers],
        fractional=[((shifts[:, None] + part).reshape(-1, 3) @ inverse) % 1 for part in fractional],
        targets=crystals.targets,
    ), cells


def rewritten(crystals: StructureSet, name: str, seed: int) -> tuple[StructureSet, int]:
    """Write the same cell differently.

    "basis": other lattice vectors of the same volume; see :func:`repeated`. "origin_and_order": another
    origin, and the atoms in another order.
    """
    if name == "basis":
        return repeated(crystals, name, seed)
    numbers = np.split(crystals.numbers, crystals.node_ptr[1:-1])
    fractional = np.split(crystals.fractional, crystals.node_ptr[1:-1])
    for place, id_ in enumerate(crystals.ids):
        random = _generator(seed, "rewritten", id_)
        order = random.permutation(len(numbers[place]))
        numbers[place] = numbers[place][order]
        fractional[place] = (fractional[place][order] + random.random(3)) % 1
    return _packed(
        crystals,
        ids=crystals.ids,
        lattices=crystals.lattices,
        numbers=numbers,
        fractional=fractional,
        targets=crystals.targets,
    ), 1


AXES: Mapping[str, Callable[[StructureSet, Any, int], tuple[StructureSet, int]]] = {
    "displaced": displaced,
    "strained": strained,
    "supercell": repeated,
    "rewritten": rewritten,
}


def _packed(
    crystals: StructureSet,
    *,
    ids: list[str],
    lattices: np.ndarray,
    numbers: Sequence[np.ndarray],
    fractional: Sequence[np.ndarray],
    targets: np.ndarray,
) -> StructureSet:
    sizes = [len(part) for part in numbers]
    positions = [part @ lattice for part, lattice in zip(fractional, lattices, strict=True)]
    return StructureSet(
        ids=ids,
        lattices=lattices,
        numbers=np.concatenate(numbers),
        fractional=np.concatenate(fractional),
        positions=np.concatenate(positions),
        node_ptr=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
        targets=targets,
        metadata=crystals.metadata,
    )


def _generator(seed: int, what: str, id_: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{what}/{id_}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
