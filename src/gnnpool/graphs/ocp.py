"""OCP edges: each atom to every image of every atom."""

from gnnpool.graphs.neighbors import Cells, Edges, find_neighbors, keep_nearest


def assign_edges(cells: Cells, *, cutoff: float, max_neighbors: int, max_offsets: int | None) -> Edges:
    """One edge for each image of each atom inside the cutoff, the atom's own images included.

    Without limits the surroundings of an atom do not depend on the choice of the cell.

    Args:
        cells: The crystals.
        cutoff: Å; longer edges are left out.
        max_neighbors: Edges kept for each target, the shortest ones.
        max_offsets: Images searched on each axis, at most; None searches all of them.

    Returns:
        Edges sorted by target, length, source and shift.

    Source:
        Section 2, "Edge assignment", of the benchmark paper; `edge_calc_method: ocp` of
        MatDeepLearn, after the periodic radius graph of the Open Catalyst Project.
    """
    edges = find_neighbors(cells, cutoff=cutoff, max_offsets=max_offsets)
    return keep_nearest(edges, max_neighbors)
