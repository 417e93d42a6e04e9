"""Test larger cells than those of training."""

import numpy as np

from gnnpool.data.held_out import HeldOut
from gnnpool.data.structure import StructureSet
from gnnpool.errors import DataError


def hold_out(crystals: StructureSet, *, seed: int, share: float) -> HeldOut:
    """Hold out the structures with the most atoms per cell; every other cell has fewer.

    Of the possible bounds, the one whose number of tested structures is nearest to the share is taken.
    The test part is the same for every seed.

    Args:
        crystals: The structures.
        seed: Not used.
        share: Share of the structures to test; between half of it and twice of it are tested.

    Raises:
        DataError: If no bound on the number of atoms gives such a share.
    """
    atoms = np.diff(crystals.node_ptr)
    bounds = np.unique(atoms)[1:]
    tested = np.array([np.count_nonzero(atoms >= bound) for bound in bounds])
    wanted = share * len(crystals)
    fits = (tested >= wanted / 2) & (tested <= 2 * wanted)
    if not fits.any():
        raise DataError(
            f"split: no number of atoms per cell has {share / 2:g} to {2 * share:g} of {len(crystals)} "
            f"structures at or above it: found cells of {atoms.min()} to {atoms.max()} atoms, median "
            f"{np.median(atoms):g}"
        )
    bound = bounds[np.argmin(np.where(fits, np.abs(tested - wanted), np.inf))]
    return HeldOut(atoms >= bound, f"cells of {bound} atoms or more")
