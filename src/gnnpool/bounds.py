"""Bounds of options, as annotations for the check of the configuration.

A component annotates its options with these names, such as ``heads: Count``. The check reads them from the
source, without importing the component; relations between options are checked by its constructor.
"""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Bound:
    """Lowest value of an option.

    Args:
        lowest: The value.
        excluded: Whether the value itself is not allowed.
    """

    lowest: float
    excluded: bool = False

    def admits(self, value: float) -> bool:
        """Whether a value is within the bound."""
        return value > self.lowest if self.excluded else value >= self.lowest

    def __str__(self) -> str:
        return f"{'>' if self.excluded else '≥'} {self.lowest}"


Count = Annotated[int, Bound(1)]
Natural = Annotated[int, Bound(0)]
Positive = Annotated[float, Bound(0, excluded=True)]
NonNegative = Annotated[float, Bound(0)]
