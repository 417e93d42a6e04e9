"""Embedded demonstration data: ionic crystals and their electrostatic energy, generated in seconds.

Ions of formal charge sit in common structure types, at distances that are the sums of their radii.
Cells are multiplied, strained and rattled, so that sizes and distances vary. The target is the Ewald
energy of exactly these point charges: it follows from elements and positions alone, which is all
that a network sees.
"""

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Structure

from gnnpool.bounds import Count, Natural
from gnnpool.data.structure import RawStructure
from gnnpool.errors import ConfigError

TARGETS = ("per_atom", "per_cell")
SEED = 2024  # defines the dataset; another seed gives other crystals of the same kind
MAX_ATOMS = 24
STRAIN = 0.04  # largest entry of the strain tensor
RATTLE = 0.10  # Å, largest displacement on each axis

# Charge and radius (Å) of ions with six neighbors. Source: Shannon, Acta Cryst. A 32, 751 (1976).
IONS = {
    **{"Li": (1, 0.76), "Na": (1, 1.02), "K": (1, 1.38), "Rb": (1, 1.52), "Cs": (1, 1.67)},
    **{"Mg": (2, 0.72), "Ca": (2, 1.00), "Sr": (2, 1.18), "Ba": (2, 1.35), "Zn": (2, 0.74), "Cd": (2, 0.95)},
    **{"Ti": (4, 0.605), "Zr": (4, 0.72), "Hf": (4, 0.71), "Sn": (4, 0.69), "Ce": (4, 0.87)},
    **{"F": (-1, 1.33), "Cl": (-1, 1.81), "Br": (-1, 1.96), "I": (-1, 2.20)},
    **{"O": (-2, 1.40), "S": (-2, 1.84), "Se": (-2, 1.98), "Te": (-2, 2.21)},
}


@dataclass(frozen=True)
class _Prototype:
    """A structure type: lattice and sites in units of the edge a, and a from the ions' distance."""

    lattice: list[list[float]]
    fractional: list[list[float]]
    sites: str  # which of the ions A, B, C is on each site
    edge: float  # a / (radius of the bonded cation + radius of the anion)


_FCC = [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]
_CUBE = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
_HEXAGONAL = [[1.0, 0.0, 0.0], [-0.5, math.sqrt(0.75), 0.0], [0.0, 0.0, math.sqrt(8 / 3)]]
_TETRAGONAL = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.65]]
_U = 0.305  # the free coordinate of the anion in rutile

# The last ion is the anion. In the perovskite B is in the middle of six of them.
_PROTOTYPES = {
    "rocksalt": _Prototype(_FCC, [[0, 0, 0], [0.5] * 3], "AB", 2.0),
    "caesium chloride": _Prototype(_CUBE, [[0, 0, 0], [0.5] * 3], "AB", 2 / math.sqrt(3)),
    "zincblende": _Prototype(_FCC, [[0, 0, 0], [0.25] * 3], "AB", 4 / math.sqrt(3)),
    "wurtzite": _Prototype(
        _HEXAGONAL,
        [[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5], [1 / 3, 2 / 3, 0.375], [2 / 3, 1 / 3, 0.875]],
        "AABB",
        math.sqrt(8 / 3),
    ),
    "fluorite": _Prototype(_FCC, [[0, 0, 0], [0.25] * 3, [0.75] * 3], "ABB", 4 / math.sqrt(3)),
    "antifluorite": _Prototype(_FCC, [[0, 0, 0], [0.25] * 3, [0.75] * 3], "BAA", 4 / math.sqrt(3)),
    "rutile": _Prototype(
        _TETRAGONAL,
        [
            [0, 0, 0],
            [0.5] * 3,
            [_U, _U, 0],
            [1 - _U, 1 - _U, 0],
            [0.5 + _U, 0.5 - _U, 0.5],
            [0.5 - _U, 0.5 + _U, 0.5],
        ],
        "AABBBB",
        1 / (_U * math.sqrt(2)),
    ),
    "perovskite": _Prototype(
        _CUBE, [[0.5] * 3, [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]], "ABCCC", 2.0
    ),
}
_MULTIPLES = [
    *(np.diag(n) for n in ([1, 1, 1], [2, 1, 1], [1, 1, 2], [3, 1, 1], [2, 2, 1], [2, 2, 2])),
    np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]),  # the cubic cell of a face-centered lattice
    np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 1]]),
]


def read(
    *, target: Literal["per_atom", "per_cell"], seed: Natural = SEED, count: Count = 600
) -> list[RawStructure]:
    """Generate the demonstration crystals; there is no file.

    Args:
        target: "per_atom" (eV/atom, intensive) or "per_cell" (eV/cell, extensive).
        seed: Determines compositions, cells, strains and displacements. The crystals of a seed are
            the same for both targets and on every machine.
        count: Number of crystals; a smaller number gives the first ones of a larger number.

    Returns:
        The crystals, each with its electrostatic energy as the target.

    Raises:
        ConfigError: If the target is not one of the two.
    """
    if target not in TARGETS:
        raise ConfigError(f"demo: expected a target of {', '.join(TARGETS)}, got {target!r}")
    # Only random() of the standard generator is guaranteed to stay the same in later versions.
    draw = random.Random(seed).random
    choices = {name: _compositions(prototype) for name, prototype in _PROTOTYPES.items()}
    rows = []
    for number in range(count):
        name = list(_PROTOTYPES)[number % len(_PROTOTYPES)]
        crystal = _crystal(_PROTOTYPES[name], _pick(choices[name], draw), draw)
        rows.append(_row(f"demo-{number + 1:04d}", crystal, target))
    return rows


def _compositions(prototype: _Prototype) -> list[tuple[str, ...]]:
    """Ions that make the prototype neutral, the anion last, in alphabetic order."""
    letters = sorted(set(prototype.sites))
    counts = [prototype.sites.count(letter) for letter in letters]
    cations = sorted(name for name, (charge, _) in IONS.items() if charge > 0)
    anions = sorted(name for name, (charge, _) in IONS.items() if charge < 0)
    found = []
    for ions in itertools.product(*[cations] * (len(letters) - 1), anions):
        neutral = sum(n * IONS[ion][0] for n, ion in zip(counts, ions, strict=True)) == 0
        if neutral and (len(ions) == 2 or _fits_perovskite(*ions)):
            found.append(ions)
    return found


def _fits_perovskite(a: str, b: str, x: str) -> bool:
    # Goldschmidt's tolerance factor: A fills the hole between the octahedra around B.
    radius_a, radius_b, radius_x = (IONS[ion][1] for ion in (a, b, x))
    return a != b and 0.8 <= (radius_a + radius_x) / (math.sqrt(2) * (radius_b + radius_x)) <= 1.05


def _crystal(prototype: _Prototype, ions: tuple[str, ...], draw: Callable[[], float]) -> Structure:
    a = prototype.edge * (IONS[ions[-2]][1] + IONS[ions[-1]][1])
    species = [ions["ABC".index(site)] for site in prototype.sites]
    crystal = Structure(a * np.array(prototype.lattice), species, prototype.fractional)
    fitting = [m for m in _MULTIPLES if round(abs(np.linalg.det(m))) * len(species) <= MAX_ATOMS]
    crystal = crystal.make_supercell(_pick(fitting, draw), in_place=False)
    strain = STRAIN * np.array([2 * draw() - 1 for _ in range(9)]).reshape(3, 3)
    lattice = crystal.lattice.matrix @ (np.eye(3) + (strain + strain.T) / 2)
    moves = RATTLE * np.array([2 * draw() - 1 for _ in range(3 * len(crystal))]).reshape(-1, 3)
    fractional = crystal.frac_coords + moves @ np.linalg.inv(lattice)
    return Structure(lattice, crystal.species, fractional)


def _row(id_: str, crystal: Structure, target: str) -> RawStructure:
    symbols = [site.specie.symbol for site in crystal]
    crystal.add_oxidation_state_by_site([IONS[symbol][0] for symbol in symbols])
    energy = float(EwaldSummation(crystal).total_energy)
    return RawStructure(
        id=id_,
        lattice=crystal.lattice.matrix.tolist(),
        species=[{symbol: 1.0} for symbol in symbols],
        target=energy / len(symbols) if target == "per_atom" else energy,
        fractional=crystal.frac_coords.tolist(),
    )


def _pick(options: list, draw: Callable[[], float]) -> object:
    return options[int(draw() * len(options))]
