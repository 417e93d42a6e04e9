"""A crystal seen from somewhere: atoms on the faces of the cell repeated, and all turned to the viewer."""

import itertools

import numpy as np

# Fractional coordinates as near to a face of the cell are drawn on the opposite face as well.
ON_FACE = 0.02
# Degrees: the cell is turned about its c axis, then towards the viewer, so that no edges coincide.
_TURN, _TILT = 24.0, 14.0


def with_images(fractional: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put atoms into the cell, and repeat those on its faces on the opposite ones.

    Args:
        fractional: Coordinates in units of the lattice vectors, ``[N, 3]``.

    Returns:
        Atom of each image, int64 ``[M]``, each atom at least once, and fractional coordinates of the
        images, ``[M, 3]``.
    """
    inside = np.asarray(fractional, dtype=float) % 1.0
    inside = np.where(inside > 1 - ON_FACE, inside - 1, inside)
    atoms, images = [], []
    for shift in itertools.product((0, 1), repeat=3):
        drawn = np.flatnonzero(((np.array(shift) == 0) | (inside < ON_FACE)).all(axis=1))
        atoms.append(drawn)
        images.append(inside[drawn] + shift)
    return np.concatenate(atoms), np.concatenate(images)


def view_of(lattice: np.ndarray) -> np.ndarray:
    """Axes of the picture: c upwards, a to the right, both turned a little.

    Args:
        lattice: Rows are vectors, Å, ``[3, 3]``.

    Returns:
        Rows are unit vectors to the right, upwards and towards the viewer, ``[3, 3]``.
    """
    up = lattice[2] / np.linalg.norm(lattice[2])
    right = lattice[0] - up * (lattice[0] @ up)
    right /= np.linalg.norm(right)
    toward = np.cross(right, up)
    turn, tilt = np.radians([_TURN, _TILT])
    right, toward = (
        np.cos(turn) * right + np.sin(turn) * toward,
        np.cos(turn) * toward - np.sin(turn) * right,
    )
    up, toward = np.cos(tilt) * up - np.sin(tilt) * toward, np.cos(tilt) * toward + np.sin(tilt) * up
    return np.stack([right, up, toward])


def cell_edges() -> np.ndarray:
    """The twelve edges of a cell, fractional coordinates of their ends, ``[12, 2, 3]``."""
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    pairs = [(a, b) for a, b in itertools.combinations(corners, 2) if np.abs(a - b).sum() == 1]
    return np.array(pairs)
