"""The choice among several equally near images of an atom."""

import numpy as np

from gnnpool.graphs.neighbors import TOLERANCE, Cells, Edges, lexicographic_order, nearest_first

# Scores and fractional coordinates that differ by less are equal.
_RESOLUTION = 1e-6
_ORDERS = (1, 2, 3, 4)
_PRODUCTS = np.triu_indices(3)


def shortest_images(cells: Cells, edges: Edges) -> Edges:
    r"""Keep one edge for each ordered pair of different atoms, at their shortest distance.

    The edges of both directions take opposite images. Several images are often equally near. Of
    these, keep the one with the highest value of the first quantity in this list that differs:

    1. the surroundings of both atoms, :math:`s_l = \sum_k (v \cdot u_k)^l + (-1)^l \sum_m (v \cdot w_m)^l`
       for l = 1 to 4, where v is the vector from the target to the image in units of its length, and
       u and w are those to all neighbors of target and source that are not farther than the image;
    2. :math:`(f_1 + f_2 + f_3)^2`, then the products :math:`f_a f_b`, of the fractional coordinates f of v;
    3. the fractional coordinates themselves.

    The first rule depends on the crystal alone. The second depends on the choice of the axes, but not
    on their sense, on the orientation of the crystal or on the cell to which an atom is assigned. The
    third decides between two images at v and -v; it depends on the sense of the axes and on the order
    of the atoms. Images that only the last two rules separate have equal surroundings.

    Args:
        cells: The crystals.
        edges: All neighbors inside a distance within which every pair has all its shortest images,
            sorted as :func:`gnnpool.graphs.neighbors.nearest_first` says.

    Returns:
        The edges that stay, sorted likewise.
    """
    leading = np.flatnonzero(edges.target < edges.source)
    if not len(leading):
        return edges.take(leading)
    pair = edges.target[leading] * (edges.source.max() + 1) + edges.source[leading]
    by_pair = np.argsort(pair, kind="stable")  # the nearest image of each pair comes first
    leading, pair = leading[by_pair], pair[by_pair]
    _, first, count = np.unique(pair, return_index=True, return_counts=True)
    nearest = np.repeat(edges.length[leading[first]], count)
    tied = leading[edges.length[leading] <= nearest + TOLERANCE]
    owner = np.repeat(np.arange(len(first)), count)[edges.length[leading] <= nearest + TOLERANCE]
    kept = edges.take(np.sort(_first_of_each(owner, tied, cells, edges)))
    both = Edges(
        np.concatenate([kept.target, kept.source]),
        np.concatenate([kept.source, kept.target]),
        np.concatenate([kept.shift, -kept.shift]),
        np.concatenate([kept.length, kept.length]),
        edges.capped,
    )
    return both.take(nearest_first(both))


def _first_of_each(owner: np.ndarray, tied: np.ndarray, cells: Cells, edges: Edges) -> np.ndarray:
    """Of the tied edges of each pair the one that the rules prefer; owners are ascending."""
    alone = np.bincount(owner)[owner] == 1
    several = np.flatnonzero(~alone)
    if not len(several):
        return tied
    keys = _preferences(cells, edges, tied[several])
    order = lexicographic_order(owner[several], *(-key for key in keys.T))
    _, best = np.unique(owner[several][order], return_index=True)
    return np.concatenate([tied[alone], tied[several][order][best]])


def _preferences(cells: Cells, edges: Edges, candidates: np.ndarray) -> np.ndarray:
    """Values by which edges are preferred, as integers, the first column counting most, ``[C, 14]``."""
    vectors = _vectors(cells, edges)
    unit = vectors[candidates] / edges.length[candidates, None]
    scores = np.zeros((len(candidates), len(_ORDERS)))
    for atom, sign in ((edges.target, 1), (edges.source, -1)):
        owner, neighbor = _surroundings(edges, atom[candidates], edges.length[candidates])
        along = np.einsum("ex,ex->e", unit[owner], vectors[neighbor]) / edges.length[candidates][owner]
        for column, order in enumerate(_ORDERS):
            total = np.bincount(owner, weights=along**order, minlength=len(candidates))
            scores[:, column] += sign**order * total
    crystal = np.searchsorted(cells.ptr, edges.target[candidates], side="right") - 1
    inverse = np.linalg.inv(cells.lattices)[crystal]
    fractional = np.einsum("ex,exk->ek", vectors[candidates], inverse)
    products = fractional[:, _PRODUCTS[0]] * fractional[:, _PRODUCTS[1]]
    total = fractional.sum(1, keepdims=True) ** 2
    return np.rint(np.hstack([scores, total, products, fractional]) / _RESOLUTION).astype(np.int64)


def _vectors(cells: Cells, edges: Edges) -> np.ndarray:
    """From the target to the image of the source, Å, ``[E, 3]``."""
    crystal = np.searchsorted(cells.ptr, edges.target, side="right") - 1
    translation = np.einsum("ek,ekx->ex", edges.shift.astype(np.float64), cells.lattices[crystal])
    return cells.positions[edges.source] + translation - cells.positions[edges.target]


def _surroundings(edges: Edges, atoms: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All edges that end at each of some atoms and are not longer than a reach: whose, and which."""
    length = np.rint(edges.length / TOLERANCE).astype(np.int64)
    span = int(length.max()) + 3
    key = edges.target * span + length
    begin = np.searchsorted(key, atoms * span)
    end = np.searchsorted(key, atoms * span + np.rint(reach / TOLERANCE).astype(np.int64) + 1, side="right")
    count = end - begin
    owner = np.repeat(np.arange(len(atoms)), count)
    return owner, np.arange(len(owner)) + np.repeat(begin - (np.cumsum(count) - count), count)
