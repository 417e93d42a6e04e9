"""The periodic neighbors of every atom inside a cutoff, and which of them to keep."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from gnnpool.errors import DataError

# Å; lengths that differ by less are equal: images that symmetry makes equally far, and the cutoff.
TOLERANCE = 1e-8
# Å; nearer atoms coincide, and an edge between them has no direction.
_ZERO = 1e-6
_PERIODIC = np.ones(3, dtype=np.int64)


@dataclass(frozen=True)
class Edges:
    """E edges of one structure, each from an image of atom j to atom i.

    Args:
        target: Atom i, int64 ``[E]``.
        source: Atom j, int64 ``[E]``.
        shift: Lattice translation n of the source, int64 ``[E, 3]``.
        length: ``|r_j + n L - r_i|``, Å, float64 ``[E]``.
        capped: Atoms that lost edges because they had too many.
    """

    target: np.ndarray
    source: np.ndarray
    shift: np.ndarray
    length: np.ndarray
    capped: int = 0

    def __len__(self) -> int:
        return len(self.target)

    def take(self, index: np.ndarray) -> "Edges":
        """The edges of an index or a mask, in its order."""
        return Edges(
            self.target[index], self.source[index], self.shift[index], self.length[index], self.capped
        )


def find_neighbors(
    positions: np.ndarray, lattice: np.ndarray, *, cutoff: float, max_offsets: int | None
) -> Edges:
    """Find all pairs of an atom and an image of an atom inside the cutoff.

    An edge (j -> i) with shift n exists if ``|r_j + n L - r_i| <= cutoff``, except from the atom
    itself at n = 0. Atoms need not lie inside the cell.

    Args:
        positions: Cartesian, Å, ``[N, 3]``.
        lattice: Rows are vectors, Å, ``[3, 3]``.
        cutoff: Å.
        max_offsets: Images searched on each axis, at most; None searches all of them.

    Returns:
        The edges, in no particular order.

    Raises:
        DataError: If two atoms coincide.
    """
    positions = np.ascontiguousarray(positions, dtype=np.float64)
    lattice = np.ascontiguousarray(lattice, dtype=np.float64)
    target, source, shift, length = find_points_in_spheres(
        positions, positions, cutoff + TOLERANCE, _PERIODIC, lattice
    )
    edges = Edges(target, source, np.rint(shift).astype(np.int64), length)
    # Each atom finds itself once; nothing else may be as near.
    near = length < _ZERO
    if np.count_nonzero(near) != len(positions):
        pair = int(np.flatnonzero(near & (target != source))[0])
        raise DataError(f"atoms {target[pair]} and {source[pair]} coincide: {length[pair]:.1e} Å apart")
    edges = edges.take(~near & (length <= cutoff + TOLERANCE))
    if max_offsets is None:
        return edges
    reach = np.minimum(_reach(lattice, cutoff), max_offsets)
    return edges.take((np.abs(edges.shift) <= reach).all(axis=1))


def keep_nearest(edges: Edges, max_neighbors: int) -> Edges:
    """Keep the nearest sources of each target, and sort.

    Of equally long edges those with the lower source stay, then those with the lower shift, axis
    by axis.

    Args:
        edges: In any order.
        max_neighbors: Edges kept for each target, at most.

    Returns:
        Edges sorted by target, length, source and shift.
    """
    order = lexicographic_order(edges.target, _rounded(edges.length), edges.source, *edges.shift.T)
    edges = edges.take(order)
    degree = np.bincount(edges.target)
    if not len(edges) or degree.max() <= max_neighbors:
        return edges
    rank = np.arange(len(edges)) - np.repeat(np.cumsum(degree) - degree, degree)
    capped = int(np.count_nonzero(degree > max_neighbors))
    return dataclasses.replace(edges.take(rank < max_neighbors), capped=capped)


def shortest_images(edges: Edges) -> Edges:
    """Keep the shortest edge of each ordered pair of different atoms.

    Of equally long ones the edge with the lower shift stays, axis by axis.
    """
    edges = edges.take(edges.target != edges.source)
    if not len(edges):
        return edges
    edges = edges.take(
        lexicographic_order(edges.target, edges.source, _rounded(edges.length), *edges.shift.T)
    )
    new_pair = (np.diff(edges.target) != 0) | (np.diff(edges.source) != 0)
    return edges.take(np.concatenate([[True], new_pair]))


def lexicographic_order(*columns: np.ndarray) -> np.ndarray:
    """Indices that sort integer columns, the first column counting most.

    Columns that fit side by side into 63 bits are sorted as one number, several times faster than
    one after the other.
    """
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    lowest = [int(column.min()) for column in columns]
    spans = [int(column.max()) - low + 1 for column, low in zip(columns, lowest, strict=True)]
    if math.prod(spans) >= 2**63:
        return np.lexsort(columns[::-1])
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column, low, span in zip(columns, lowest, spans, strict=True):
        key *= span
        key += column - low
    return np.argsort(key)


def _rounded(length: np.ndarray) -> np.ndarray:
    return np.rint(length / TOLERANCE).astype(np.int64)


def _reach(lattice: np.ndarray, cutoff: float) -> np.ndarray:
    # Cutoff over cell height: the images that can matter on each axis while atoms lie in the cell.
    return np.ceil(cutoff * np.linalg.norm(np.linalg.inv(lattice), axis=0))
