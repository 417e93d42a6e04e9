"""What a kind of figure is drawn from, and what it makes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from gnnpool.analysis import source
from gnnpool.figures import style


class Source(source.Source):
    """What one figure is drawn from; see :class:`gnnpool.analysis.source.Source`."""

    def colors(self, poolings: Iterable[str]) -> dict[str, str]:
        """Color of each pooling; see :func:`gnnpool.figures.style.pooling_colors`."""
        return style.pooling_colors(poolings, self.labels.poolings)


@dataclass(frozen=True)
class Drawing:
    """A figure, the numbers that it draws, and what it shows in words.

    Args:
        figure: The picture; nothing is saved.
        tidy: The numbers drawn, one line for each.
        units: Unit of each column that has one.
        description: For readers who do not see the picture: what is drawn, and the main numbers.
    """

    figure: Figure
    tidy: pd.DataFrame
    units: Mapping[str, str]
    description: str
