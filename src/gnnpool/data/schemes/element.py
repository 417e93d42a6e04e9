"""Test an element that no training structure contains."""

from fractions import Fraction

import numpy as np

from gnnpool.bounds import NonNegative
from gnnpool.data.elements import symbol
from gnnpool.data.held_out import HeldOut, rank
from gnnpool.data.structure import StructureSet
from gnnpool.errors import DataError


def hold_out(
    crystals: StructureSet,
    *,
    seed: int,
    share: float,
    min_share: NonNegative = 0.05,
    max_share: NonNegative = 0.25,
) -> HeldOut:
    """Hold out all structures that contain one element.

    The element is the first one in the order of the seed among those that between min_share and max_share
    of the structures contain.

    Args:
        crystals: The structures.
        seed: Split seed.
        share: Not used: the frequency of the element decides how many structures are tested.
        min_share: Lowest share of structures that contain the element.
        max_share: Highest share of them.

    Raises:
        DataError: If no element is that frequent.
    """
    structure = np.repeat(np.arange(len(crystals)), np.diff(crystals.node_ptr))
    holds = np.zeros((len(crystals), int(crystals.numbers.max()) + 1), dtype=bool)
    holds[structure, crystals.numbers] = True
    counts = holds.sum(axis=0)
    low, high = (Fraction(str(bound)) * len(crystals) for bound in (min_share, max_share))
    candidates = {symbol(n): n for n in np.flatnonzero(counts).tolist() if low <= int(counts[n]) <= high}
    if not candidates:
        named = {
            symbol(n): int(counts[n]) for n in np.argsort(-counts, kind="stable")[:5].tolist() if counts[n]
        }
        raise DataError(
            f"split: no element is in {min_share:g} to {max_share:g} of {len(crystals)} structures; the most "
            f"frequent: {', '.join(f'{name} in {count}' for name, count in named.items())}"
        )
    chosen = min(candidates, key=rank(seed))
    return HeldOut(holds[:, candidates[chosen]], f"element {chosen}")
