"""Periodic neighbors of every atom inside a cutoff, and the choice of those to keep."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from gnnpool.errors import DataError
from gnnpool.extras import extra

with extra("data"):
    from pymatgen.optimization.neighbors import find_points_in_spheres

# Å; lengths that differ by less are equal: images that are equally far by symmetry, and the cutoff.
TOLERANCE = 1e-8
# Å; nearer atoms coincide, and an edge between them has no direction.
_ZERO = 1e-6
_PERIODIC = np.ones(3, dtype=np.int64)


@dataclass(frozen=True)
class Cells:
    """S unit cells with N atoms in all.

    Many cells share the fixed cost of each array operation, which is as large as the search of a
    small cell.

    Args:
        positions: Cartesian, Å, float64 ``[N, 3]``. Atoms need not lie inside their cell.
        lattices: Rows are vectors, Å, float64 ``[S, 3, 3]``.
        ptr: First atom of each cell, and N at the end, int64 ``[S + 1]``.
    """

    positions: np.ndarray
    lattices: np.ndarray
    ptr: np.ndarray

    @classmethod
    def of(cls, *crystals: tuple[np.ndarray, np.ndarray]) -> "Cells":
        """Put crystals, each its positions and its lattice, side by side."""
        positions, lattices = zip(*crystals, strict=True)
        ptr = np.cumsum([0, *map(len, positions)], dtype=np.int64)
        return cls(np.concatenate(positions), np.stack(lattices), ptr)

    def __len__(self) -> int:
        return len(self.lattices)

    @property
    def sizes(self) -> np.ndarray:
        """Atoms of each cell, int64 ``[S]``."""
        return np.diff(self.ptr)

    def part(self, start: int, stop: int) -> "Cells":
        """The cells with the numbers start, ..., stop - 1."""
        ptr = self.ptr[start : stop + 1]
        return Cells(self.positions[ptr[0] : ptr[-1]], self.lattices[start:stop], ptr - ptr[0])


@dataclass(frozen=True)
class Edges:
    """E edges, each from an image of atom j to atom i of the same cell.

    Args:
        target: Atom i, counted through all cells, int64 ``[E]``.
        source: Atom j, counted likewise, int64 ``[E]``.
        shift: Lattice translation n of the source, int8 ``[E, 3]``.
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

    def ptr(self, atoms: int) -> np.ndarray:
        """First edge of each target, and E at the end, int64 ``[N + 1]``, of edges sorted by target."""
        return np.searchsorted(self.target, np.arange(atoms + 1))

    def take(self, index: np.ndarray) -> "Edges":
        """The edges with the numbers in ``index``, in that order."""
        return Edges(
            self.target.take(index),
            self.source.take(index),
            self.shift.take(index, axis=0),
            self.length.take(index),
            self.capped,
        )


def find_neighbors(cells: Cells, *, cutoff: float | np.ndarray, max_offsets: int | None) -> Edges:
    """Find all pairs of an atom and an image of an atom of the same cell inside the cutoff.

    An edge (j -> i) with shift n exists if ``|r_j + n L - r_i| <= cutoff``, except from the atom
    itself at n = 0.

    Args:
        cells: The cells.
        cutoff: Å, the same for all cells or one for each.
        max_offsets: Images searched on each axis, at most; None searches all of them.

    Returns:
        The edges, sorted as :func:`nearest_first` says.

    Raises:
        DataError: If two atoms coincide, or lie so far apart that an image number exceeds one byte.
    """
    reach = np.broadcast_to(np.asarray(cutoff, dtype=np.float64) + TOLERANCE, len(cells))
    positions = np.ascontiguousarray(cells.positions, dtype=np.float64)
    lattices = np.ascontiguousarray(cells.lattices, dtype=np.float64)
    found = []
    for first, end, lattice, radius in zip(cells.ptr, cells.ptr[1:], lattices, reach, strict=False):
        atoms = positions[first:end]
        found.append(find_points_in_spheres(atoms, atoms, radius, _PERIODIC, lattice))
    counts = [len(lengths) for *_, lengths in found]
    target, source, shift, length = (np.concatenate(column) for column in zip(*found, strict=True))
    first = np.repeat(cells.ptr[:-1], counts)
    # Each atom finds itself once; nothing else may be as near.
    near = length < _ZERO
    if np.count_nonzero(near) != len(positions):
        edge = int(np.flatnonzero(near & (target != source))[0])
        raise DataError(f"atoms {target[edge]} and {source[edge]} coincide: {length[edge]:.1e} Å apart")
    kept = ~near & (length <= np.repeat(reach, counts))
    if max_offsets is not None:
        images = np.minimum(_images(lattices, reach - TOLERANCE), max_offsets)
        kept &= (np.abs(np.rint(shift)) <= np.repeat(images, counts, axis=0)).all(axis=1)
    edges = Edges(target + first, source + first, _in_one_byte(shift), length)
    order = nearest_first(edges)
    return edges.take(order[kept.take(order)])


def nearest_first(edges: Edges) -> np.ndarray:
    """Indices that sort edges by target, length, source and shift, axis by axis, int64 ``[E]``."""
    length = np.rint(edges.length / TOLERANCE).astype(np.int64)
    # One number for each shift, in the order of its axes.
    span = 2 * int(np.abs(edges.shift).max(initial=0)) + 1.0
    shift = (edges.shift @ np.array([span**2, span, 1])).astype(np.int64)
    return lexicographic_order(edges.target, length, edges.source, shift)


def keep_nearest(edges: Edges, max_neighbors: int) -> Edges:
    """Keep the nearest sources of each target.

    Of equally long edges those with the lower source stay, then those with the lower shift, axis
    by axis.

    Args:
        edges: Sorted as :func:`nearest_first` says.
        max_neighbors: Edges kept for each target, at most.

    Returns:
        The edges that stay, in their order.
    """
    if not len(edges):
        return edges
    ptr = edges.ptr(edges.target[-1] + 1)
    degree = np.diff(ptr)
    capped = int(np.count_nonzero(degree > max_neighbors))
    if not capped:
        return edges
    rank = np.arange(len(edges)) - np.repeat(ptr[:-1], degree)
    return dataclasses.replace(edges.take(np.flatnonzero(rank < max_neighbors)), capped=capped)


def pair_reach(cells: Cells) -> np.ndarray:
    """A distance within which every pair of atoms of a cell has all its shortest images, Å, ``[S]``.

    On each axis, some image of j is at most half a lattice vector from i, and at most the extent of the
    atoms. These steps span a box, and the distance is that of its farthest corner.

    Args:
        cells: The cells.
    """
    inverse = np.repeat(np.linalg.inv(cells.lattices), cells.sizes, axis=0)
    fractional = np.einsum("nx,nxk->nk", cells.positions, inverse)
    highest, lowest = (extreme.reduceat(fractional, cells.ptr[:-1]) for extreme in (np.maximum, np.minimum))
    signs = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]])
    corners = np.einsum("ck,sk,skx->scx", signs, np.minimum(highest - lowest, 0.5), cells.lattices)
    return np.linalg.norm(corners, axis=2).max(axis=1) + TOLERANCE


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
        key += column
        if low:
            key -= low
    return np.argsort(key)


def _in_one_byte(shift: np.ndarray) -> np.ndarray:
    most = max(shift.max(initial=0), -shift.min(initial=0))
    if most > np.iinfo(np.int8).max:
        raise DataError(f"expected image numbers up to 127, found {most:.0f}: atoms far outside the cell")
    return np.rint(shift).astype(np.int8)


def _images(lattices: np.ndarray, cutoff: np.ndarray) -> np.ndarray:
    # Cutoff over cell height: the images that can matter on each axis while atoms lie in the cell.
    return np.ceil(cutoff[:, None] * np.linalg.norm(np.linalg.inv(lattices), axis=1))
