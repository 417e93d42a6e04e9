"""Test targets below and above those of training."""

from typing import Literal

import numpy as np

from gnnpool.data.held_out import HeldOut
from gnnpool.data.structure import StructureSet
from gnnpool.errors import ConfigError, DataError

TAILS = {"both": (0.5, 0.5), "low": (1.0, 0.0), "high": (0.0, 1.0)}


def hold_out(
    crystals: StructureSet, *, seed: int, share: float, tails: Literal["both", "low", "high"] = "both"
) -> HeldOut:
    """Hold out the structures with the lowest and the highest targets; all others lie strictly between.

    The test part is the same for every seed.

    Args:
        crystals: The structures.
        seed: Not used.
        share: Share of the structures to test, half of it in each tail for both. Structures whose target
            equals the bound of a tail are not tested, so it may be less, down to half of it.
        tails: "both", "low" or "high".

    Raises:
        ConfigError: If there are no such tails.
        DataError: If equal targets leave less than half of the share.
    """
    if tails not in TAILS:
        raise ConfigError(f"split.options.tails: found {tails!r}, expected one of {', '.join(TAILS)}")
    targets, (below, above) = crystals.targets, TAILS[tails]
    order = np.sort(targets)
    low = order[int(below * share * len(order))]
    high = order[len(order) - 1 - int(above * share * len(order))]
    tested = (targets < low) | (targets > high)
    if tested.sum() < share * len(order) / 2:
        raise DataError(
            f"split: found {tested.sum()} of {len(order)} structures with a target below {low:g} or above "
            f"{high:g}, expected at least {share / 2:g} of them: too many targets are equal"
        )
    unit = crystals.metadata.get("unit", "")
    return HeldOut(tested, f"targets below {low:g} or above {high:g} {unit}".strip())
