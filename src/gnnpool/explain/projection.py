"""A crystal turned to the viewer: atoms on the faces of its cell repeated, vacuum cut off."""

import itertools
from dataclasses import dataclass

import numpy as np

# Fractional coordinates as near to a face of the cell are drawn on the opposite face as well.
ON_FACE = 0.02
# Å without atoms, all across a cell, that are vacuum: layers of crystals are nearer to each other.
VACUUM = 7.0
# Å of it that are kept on either side.
_MARGIN = 1.0
# Degrees: the cell is turned about its upright axis, then towards the viewer, so that no edges coincide.
_TURN, _TILT = 24.0, 14.0


@dataclass(frozen=True)
class Scene:
    """What is drawn, Å, axes to the right, upwards and towards the viewer.

    Args:
        atoms: Atom of each image, int64 ``[M]``; every atom has at least one.
        places: Of the images, ``[M, 3]``.
        edges: Ends of the twelve edges of what is drawn of the cell, ``[12, 2, 3]``.
        cut: Which of these edges are none of the cell, but where vacuum is cut off, bool ``[12]``.
    """

    atoms: np.ndarray
    places: np.ndarray
    edges: np.ndarray
    cut: np.ndarray


def make_scene(lattice: np.ndarray, fractional: np.ndarray) -> Scene:
    """Look at a crystal with its third lattice vector upright, or the one through its vacuum.

    Args:
        lattice: Rows are vectors, Å, ``[3, 3]``.
        fractional: Coordinates in units of the lattice vectors, ``[N, 3]``.
    """
    lattice, fractional = np.asarray(lattice, dtype=float), np.asarray(fractional, dtype=float)
    axis, shifted, low, high = find_slab(lattice, fractional)
    upright = 2 if axis is None else axis
    order = [(upright + 1) % 3, (upright + 2) % 3, upright]
    lattice, shifted = lattice[order], shifted[:, order]
    atoms, images = with_images(shifted, closed=(True, True, axis is None))
    edges = _box(low, high)
    cut = (axis is not None) & (edges[:, 0, 2] == edges[:, 1, 2])
    turned = lattice @ view_of(lattice).T
    return Scene(atoms, images @ turned, edges @ turned, cut)


def find_slab(lattice: np.ndarray, fractional: np.ndarray) -> tuple[int | None, np.ndarray, float, float]:
    """Find the widest vacuum, and put the atoms together on one side of it.

    Args:
        lattice: Rows are vectors, Å, ``[3, 3]``.
        fractional: Coordinates in units of the lattice vectors, ``[N, 3]``.

    Returns:
        The lattice vector that runs through the vacuum, or None; fractional coordinates, along it
        counted from the first atom after the vacuum; and where along it the drawing begins and ends.
    """
    volume = abs(np.linalg.det(lattice))
    widest, found = VACUUM, (None, fractional, 0.0, 1.0)
    for axis in range(3):
        others = lattice[(axis + 1) % 3], lattice[(axis + 2) % 3]
        height = volume / np.linalg.norm(np.cross(*others))
        along = np.sort(fractional[:, axis] % 1.0)
        gaps = np.diff(along, append=along[0] + 1)
        place = int(gaps.argmax())
        if gaps[place] * height > widest:
            widest = gaps[place] * height
            first = along[(place + 1) % len(along)]
            shifted = fractional.copy()
            # Rounding must not send the first atom around the cell.
            shifted[:, axis] = (fractional[:, axis] - first + 1e-9) % 1.0
            margin = min(_MARGIN / height, gaps[place] / 2)
            found = axis, shifted, -margin, 1 - gaps[place] + margin
    return found


def with_images(
    fractional: np.ndarray, *, closed: tuple[bool, bool, bool] = (True, True, True)
) -> tuple[np.ndarray, np.ndarray]:
    """Put atoms into the cell, and repeat those on its faces on the opposite ones.

    Args:
        fractional: Coordinates in units of the lattice vectors, ``[N, 3]``.
        closed: Along which of these that is done.

    Returns:
        Atom of each image, int64 ``[M]``, each atom at least once, and fractional coordinates of the
        images, ``[M, 3]``.
    """
    closed = np.array(closed)
    inside = np.where(closed, fractional % 1.0, fractional)
    inside = np.where(closed & (inside > 1 - ON_FACE), inside - 1, inside)
    on_face = closed & (inside < ON_FACE)
    atoms, images = [], []
    for shift in itertools.product((0, 1), repeat=3):
        drawn = np.flatnonzero(((np.array(shift) == 0) | on_face).all(axis=1))
        atoms.append(drawn)
        images.append(inside[drawn] + shift)
    return np.concatenate(atoms), np.concatenate(images)


def view_of(lattice: np.ndarray) -> np.ndarray:
    """Axes of the picture: the third vector upwards, the first to the right, both turned a little.

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


def _box(low: float, high: float) -> np.ndarray:
    """Edges of a cell from low to high along its third vector, fractional, ``[12, 2, 3]``."""
    corners = np.array(list(itertools.product((0.0, 1.0), (0.0, 1.0), (low, high))))
    return np.array([(a, b) for a, b in itertools.combinations(corners, 2) if (a != b).sum() == 1])
