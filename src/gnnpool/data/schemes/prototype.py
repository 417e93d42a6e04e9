"""Test prototypes that no training structure has."""

import warnings

import numpy as np

from gnnpool.bounds import Positive
from gnnpool.data.held_out import HeldOut, choose_groups
from gnnpool.data.structure import StructureSet
from gnnpool.errors import DataError
from gnnpool.extras import extra

with extra("data"):
    from pymatgen.core import Composition, Structure
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer, SymmetryUndeterminedError

# Å; displacements below it do not lower the symmetry. Ours: the tolerance of relaxed structures in the
# Materials Project.
SYMPREC = 0.1


def hold_out(crystals: StructureSet, *, seed: int, share: float, symprec: Positive = SYMPREC) -> HeldOut:
    """Hold out whole prototypes: structures of one space group and one anonymous formula, such as 225 AB.

    Args:
        crystals: The structures.
        seed: Split seed.
        share: Share of the structures to test; see :func:`gnnpool.data.held_out.choose_groups`.
        symprec: Tolerance of the positions in the search for symmetry, Å.

    Raises:
        DataError: If every prototype is larger than the share.
    """
    prototypes = [prototype_of(crystals, place, symprec=symprec) for place in range(len(crystals))]
    tested = choose_groups(prototypes, seed=seed, share=share, what="prototypes")
    held = {one for one, test in zip(prototypes, tested, strict=True) if test}
    return HeldOut(tested, f"{len(held)} of {len(set(prototypes))} prototypes")


def prototype_of(crystals: StructureSet, place: int, *, symprec: float = SYMPREC) -> str:
    """Number of the space group and anonymous formula of one structure, such as "225 AB".

    Args:
        crystals: The structures.
        place: Index of the structure.
        symprec: Tolerance of the positions, Å.

    Raises:
        DataError: If spglib finds no space group.
    """
    atoms = slice(crystals.node_ptr[place], crystals.node_ptr[place + 1])
    numbers = crystals.numbers[atoms]
    crystal = Structure(crystals.lattices[place], numbers, crystals.fractional[atoms])
    elements, counts = np.unique(numbers, return_counts=True)
    formula = Composition(dict(zip(elements.tolist(), counts.tolist(), strict=True))).anonymized_formula
    try:
        with warnings.catch_warnings():
            # spglib 2.8 announces errors that are exceptions, on success too.
            warnings.filterwarnings("ignore", message="Set OLD_ERROR_HANDLING", category=DeprecationWarning)
            group = SpacegroupAnalyzer(crystal, symprec=symprec).get_space_group_number()
    except SymmetryUndeterminedError as error:
        name = f"{crystals.metadata['dataset']} structure {crystals.ids[place]}"
        raise DataError(f"{name}: no space group found with symprec {symprec:g} Å") from error
    return f"{group} {formula}"
