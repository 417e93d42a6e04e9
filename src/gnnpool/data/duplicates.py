"""Duplicates: structures of a dataset that are the same crystal under different names.

If a duplicate of a test structure is in the training part, the test structure does not test generalization.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnnpool import stages
from gnnpool.artifacts import file_sha256
from gnnpool.data.groups import write_groups
from gnnpool.data.structure import StructureSet, read_structures
from gnnpool.extras import extra

with extra("data"):
    from pymatgen.analysis.structure_matcher import StructureMatcher
    from pymatgen.core import Structure
    from pymatgen.optimization.neighbors import find_points_in_spheres
    from scipy.cluster.hierarchy import DisjointSet
    from scipy.spatial import KDTree

# Å; fingerprints of duplicates differ by less.
FINGERPRINT_TOLERANCE = 0.3
# Å; atoms this far apart do not interact, so more empty space in a cell gives the same crystal.
VACUUM = 8.0
# Maximum number of structures with which each one is compared: those with the most similar fingerprints.
NEAREST = 8
# Distances of an atom in its fingerprint.
_SHELL = 12
_PERIODIC = np.ones(3, dtype=np.int64)
_logger = logging.getLogger(__name__)


def find_duplicates(*, structures: str | Path, output: str | Path) -> None:
    """Write the groups of duplicates of a dataset.

    Args:
        structures: Parquet file of structures.
        output: Parquet file to write; see :func:`gnnpool.data.groups.write_groups`.
    """
    crystals = read_structures(structures)
    groups = group_duplicates(crystals)
    metadata = {
        "dataset": crystals.metadata["dataset"],
        "fingerprint_tolerance": str(FINGERPRINT_TOLERANCE),
        "structures_sha256": file_sha256(structures),
        "stage_version": str(stages.DUPLICATES),
    }
    write_groups(output, crystals.ids, groups, metadata=metadata)
    different = len(set(groups))
    _logger.info("%d structures are %d different crystals", len(groups), different)


def group_duplicates(crystals: StructureSet) -> list[str]:
    """Group the structures of the same crystal, independent of cell, orientation and origin.

    Two structures are the same crystal if they have the same reduced composition, fingerprints within
    FINGERPRINT_TOLERANCE, and match by pymatgen's StructureMatcher with its default tolerances: primitive
    cells scaled to one volume, lattices within 20 % and 5 degrees, atoms within 0.3 (volume / atoms)^(1/3).
    Empty space beyond VACUUM is removed from the cells first. Each structure is compared with at most the
    NEAREST most similar ones, so the cost grows with the number of structures, not with its square.
    A group is a chain: two of its members may match only through a third.

    Args:
        crystals: The structures.

    Returns:
        For each structure the name of the first one of its group.
    """
    matcher = StructureMatcher()
    first = np.arange(len(crystals))
    for block in _by_composition(crystals):
        solids = [solid_of(crystals, place) for place in block]
        groups = DisjointSet(range(len(block)))
        reduced = {}
        for pair in _similar(solids):
            if groups.connected(*pair):
                continue
            reduced |= {place: _primitive(solids[place]) for place in pair if place not in reduced}
            if matcher.fit(*(reduced[place] for place in pair), skip_structure_reduction=True):
                groups.merge(*pair)
        for group in groups.subsets():
            members = [block[place] for place in group]
            first[members] = min(members)
    return [crystals.ids[place] for place in first]


@dataclass(frozen=True)
class Solid:
    """One crystal without empty space.

    Args:
        lattice: Rows are vectors, Å, ``[3, 3]``.
        numbers: Atomic numbers, ``[N]``.
        positions: Cartesian, Å, ``[N, 3]``.
    """

    lattice: np.ndarray
    numbers: np.ndarray
    positions: np.ndarray


def solid_of(crystals: StructureSet, place: int) -> Solid:
    """Select one structure, and remove empty space beyond VACUUM from its cell.

    If all atoms lie between two planes of the cell, and the next image of the first plane is more
    than VACUUM away from the second, that vector of the cell is replaced by one perpendicular to
    the planes that leaves VACUUM between them.

    Args:
        crystals: The structures.
        place: Index of the structure.
    """
    atoms = slice(crystals.node_ptr[place], crystals.node_ptr[place + 1])
    lattice, fractional = crystals.lattices[place].copy(), crystals.fractional[atoms]
    positions = crystals.positions[atoms]
    for axis in range(3):
        normal = np.cross(lattice[axis - 2], lattice[axis - 1])
        normal /= np.linalg.norm(normal)
        height = lattice[axis] @ normal
        level = np.sort(fractional[:, axis] % 1)
        gaps = np.diff(level, append=level[0] + 1)
        widest = gaps.argmax()
        if (empty := gaps[widest] * abs(height)) > VACUUM:
            shift = fractional % 1
            shift[:, axis] = (fractional[:, axis] - level[(widest + 1) % len(level)] + 1e-9) % 1
            positions = shift @ lattice
            lattice[axis] = normal * np.sign(height) * (abs(height) - empty + VACUUM)
            fractional = positions @ np.linalg.inv(lattice)
    return Solid(lattice, crystals.numbers[atoms], positions)


def fingerprint(solid: Solid) -> np.ndarray:
    """Mean distances of the atoms of each element to their nearest atoms.

    Element by element, and for k = 1 ... 12, the mean over its atoms of the distance to the k-th
    nearest atom of any element: an average minimum distance, the same for every choice of the cell,
    and changed by displacements of the atoms by no more than twice the largest of them.

    Args:
        solid: The crystal.

    Returns:
        Å, elements by rising atomic number, ``[elements * 12]``.

    Source:
        Widdowson et al., MATCH Commun. Math. Comput. Chem. 87, 529 (2022), there for all atoms at once.
    """
    nearest = nearest_distances(solid)
    _, element, count = np.unique(solid.numbers, return_inverse=True, return_counts=True)
    sums = np.zeros((len(count), _SHELL))
    np.add.at(sums, element, nearest)
    return (sums / count[:, None]).ravel()


def nearest_distances(solid: Solid) -> np.ndarray:
    """Distances of each atom to its twelve nearest atoms, images included.

    Args:
        solid: The crystal.

    Returns:
        Å, ascending, ``[N, 12]``.
    """
    # A sphere with three times as many atoms as needed, at the mean density; larger if that is not enough.
    positions, atoms = solid.positions, len(solid.positions)
    volume = abs(np.linalg.det(solid.lattice))
    cutoff = (3 * _SHELL * volume / atoms * 3 / (4 * np.pi)) ** (1 / 3)
    while True:
        atom, _, _, distance = find_points_in_spheres(positions, positions, cutoff, _PERIODIC, solid.lattice)
        degree = np.bincount(atom, minlength=atoms)
        # The nearest one is the atom itself.
        if degree.min() > _SHELL:
            start = np.cumsum(degree) - degree
            return distance[np.lexsort((distance, atom))][start[:, None] + np.arange(1, _SHELL + 1)]
        cutoff *= 1.5


def _by_composition(crystals: StructureSet) -> Iterator[list[int]]:
    """Places of the structures that share a reduced composition with another one."""
    blocks = defaultdict(list)
    for place, (start, end) in enumerate(zip(crystals.node_ptr, crystals.node_ptr[1:], strict=False)):
        counts = np.bincount(crystals.numbers[start:end])
        elements = np.flatnonzero(counts)
        ratio = counts[elements] // np.gcd.reduce(counts[elements])
        blocks[elements.tobytes(), ratio.tobytes()].append(place)
    return (block for block in blocks.values() if len(block) > 1)


def _similar(solids: Sequence[Solid]) -> list[tuple[int, int]]:
    """Pairs of similar fingerprints, the most similar ones first."""
    points = np.stack([fingerprint(solid) for solid in solids])
    distances, neighbors = KDTree(points).query(
        points, k=min(len(points), NEAREST + 1), p=np.inf, distance_upper_bound=FINGERPRINT_TOLERANCE
    )
    one = np.broadcast_to(np.arange(len(points))[:, None], neighbors.shape)
    wanted = np.isfinite(distances) & (one != neighbors)
    pairs = np.sort(np.stack([one[wanted], neighbors[wanted]], axis=1), axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], distances[wanted]))
    return list(dict.fromkeys(map(tuple, pairs[order].tolist())))


def _primitive(solid: Solid) -> Structure:
    crystal = Structure(solid.lattice, solid.numbers, solid.positions, coords_are_cartesian=True)
    return crystal.get_reduced_structure("niggli").get_primitive_structure()
