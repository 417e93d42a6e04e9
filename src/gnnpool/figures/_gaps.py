"""What stands in a figure in the place of a missing number, and entries that do not fit."""

import pandas as pd
from matplotlib.axes import Axes

from gnnpool.analysis.values import AVERAGE, NO_BASELINE, NOT_PLANNED, NOT_TRAINED
from gnnpool.errors import ConfigError
from gnnpool.figures import style
from gnnpool.figures.base import Source
from gnnpool.specs import ExhibitSpec
from gnnpool.wording import NO_TEST, gap_notes

GAPS = {
    NOT_PLANNED: f"{NO_TEST}\n(not planned)",
    NOT_TRAINED: "not trained",
    NO_BASELINE: "mean pooling\nnot trained",
}


def setting_gap_notes(source: Source, values: pd.DataFrame) -> list[str]:
    """Name the gaps of each setting, and the setting too if there are several.

    Args:
        source: What the figure is made from.
        values: Rows of :func:`gnnpool.analysis.values.slice_values`; averages do not count.
    """
    notes = []
    single = values[values["dataset"] != AVERAGE]
    for setting, chosen in single.groupby(["model", "edges"], sort=False):
        prefix = f"{source.setting(*setting)}: " if len(source.spec.settings) > 1 else ""
        notes += [f"{prefix}{note}" for note in gap_notes(chosen, source.labels)]
    return notes


def write_gap(axes: Axes, words: str) -> None:
    """Write into empty axes why they are empty."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=style.SOFT)


def require_one_setting(spec: ExhibitSpec) -> None:
    """Refuse a figure with several settings where a figure can show one.

    Raises:
        ConfigError: Naming the figure and how many there are.
    """
    if (found := len(spec.settings)) != 1:
        raise ConfigError(
            f"figure {spec.name!r}: settings: found {found}, expected 1 for the kind {spec.kind}"
        )
