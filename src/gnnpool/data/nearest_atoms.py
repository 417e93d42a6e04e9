"""The nearest two atoms of a crystal."""

import numpy as np

from gnnpool.extras import extra

with extra("data"):
    from scipy.spatial import cKDTree


def nearest_atoms(
    fractional: np.ndarray, lattice: np.ndarray, *, within: float
) -> tuple[int, int, float] | None:
    """Find the nearest two atoms of a crystal, if they are within a distance.

    The cost grows with the number of atoms, not with its square: in addition to the atoms of one cell,
    only images of atoms within the distance of a face are searched.

    Args:
        fractional: Coordinates in units of the lattice vectors, ``[N, 3]``.
        lattice: Rows are vectors, Å, ``[3, 3]``; the cell is higher than the distance.
        within: Distance, Å.

    Returns:
        Both atoms, in the order of the list, and their distance in Å; None if no two are nearer than
        ``within``.
    """
    points, atoms = fractional - np.floor(fractional), np.arange(len(fractional))
    margins = within * np.linalg.norm(np.linalg.inv(lattice), axis=0)
    for axis, step in enumerate(np.eye(3)):
        low, high = points[:, axis] < margins[axis], points[:, axis] > 1 - margins[axis]
        points = np.concatenate([points, points[low] + step, points[high] - step])
        atoms = np.concatenate([atoms, atoms[low], atoms[high]])
    tree = cKDTree(points @ lattice)
    distances, found = tree.query(tree.data[: len(fractional)], k=2, distance_upper_bound=within)
    # One of the two is the atom itself, unless several others are at its place.
    others = np.append(atoms, -1)[found]
    distances[(others == np.arange(len(fractional))[:, None]) | (others < 0)] = np.inf
    atom, place = np.unravel_index(distances.argmin(), distances.shape)
    if np.isinf(distances[atom, place]):
        return None
    first, second = sorted([int(atom), int(others[atom, place])])
    return first, second, float(distances[atom, place])
