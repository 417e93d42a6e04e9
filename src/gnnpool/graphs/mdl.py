"""MDL edges: each atom to the nearest image of each other atom."""

import numpy as np

from gnnpool.graphs.neighbors import Cells, Edges, find_neighbors, keep_nearest, pair_reach
from gnnpool.graphs.ties import shortest_images


def assign_edges(cells: Cells, *, cutoff: float, max_neighbors: int, max_offsets: int | None) -> Edges:
    """One edge for each ordered pair of different atoms, at their shortest distance.

    An atom has no edge to its own images, so a cell of one atom has none at all. The result
    depends on the choice of the cell: a supercell has other edges. Of equally near images
    :func:`gnnpool.graphs.ties.shortest_images` chooses one.

    Args:
        cells: The crystals.
        cutoff: Å; longer edges are left out.
        max_neighbors: Edges kept for each target, the shortest ones.
        max_offsets: Images searched on each axis, at most; None searches all of them.

    Returns:
        Edges sorted by target, length and source.

    Source:
        Section 2, "Edge assignment", of the benchmark paper; `edge_calc_method: mdl` of MatDeepLearn.
    """
    # In most cells all shortest images are far nearer than the cutoff, unless max_offsets excludes some.
    reach = cutoff if max_offsets is not None else np.minimum(cutoff, pair_reach(cells))
    edges = find_neighbors(cells, cutoff=reach, max_offsets=max_offsets)
    return keep_nearest(shortest_images(cells, edges), max_neighbors)
