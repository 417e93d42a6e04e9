"""Test chemical systems (sets of elements) that no training structure has."""

import numpy as np

from gnnpool.data.elements import symbol
from gnnpool.data.held_out import HeldOut, choose_groups
from gnnpool.data.structure import StructureSet


def hold_out(crystals: StructureSet, *, seed: int, share: float) -> HeldOut:
    """Hold out whole chemical systems, such as all structures of Li, Fe and O and of nothing else.

    Args:
        crystals: The structures.
        seed: Split seed.
        share: Share of the structures to test; see :func:`gnnpool.data.held_out.choose_groups`.

    Raises:
        DataError: If every system is larger than the share.
    """
    parts = np.split(crystals.numbers, crystals.node_ptr[1:-1])
    systems = ["-".join(symbol(n) for n in np.unique(part).tolist()) for part in parts]
    tested = choose_groups(systems, seed=seed, share=share, what="chemical systems")
    held = {system for system, test in zip(systems, tested, strict=True) if test}
    return HeldOut(tested, f"{len(held)} of {len(set(systems))} chemical systems")
