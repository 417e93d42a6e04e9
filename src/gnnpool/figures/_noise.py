"""The noise floor: how far changes scatter about zero that mean nothing."""

import pandas as pd
from matplotlib.axes import Axes

from gnnpool.analysis.values import AVERAGE
from gnnpool.figures.base import Source

_COLORS = ("#ececec", "#dcdcdc")


def draw_noise(axes: Axes, values: pd.DataFrame) -> None:
    """Draw the lowest and the highest noise floor of some values as bands about zero.

    Args:
        axes: Its y axis is the change of the error, %.
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`; without a noise floor nothing
            is drawn.
    """
    floors = values["noise_floor"].dropna()
    for floor, color in zip(floors.agg(["max", "min"]).dropna(), _COLORS, strict=False):
        axes.axhspan(-floor, floor, color=color, linewidth=0, zorder=0.5)


def noise_notes(source: Source, values: pd.DataFrame, *, drawn: bool = True) -> list[str]:
    """Say what the band is, or how large it would be; nothing without repeats.

    Args:
        source: What the figure is made from.
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.
        drawn: Whether there is a band.
    """
    known = values[values["noise_floor"].notna()]
    if known.empty:
        return []
    lowest, highest = (known.loc[known["noise_floor"].agg(end)] for end in ("idxmin", "idxmax"))
    band = "Gray about zero: the noise floor" if drawn else "Noise floor"
    ends = [f"± {row['noise_floor']:.1f} % ({_where(source, row)})" for row in (lowest, highest)]
    if ends[0] != ends[1]:
        # Panels of several settings have a band each.
        alone = len(source.spec.settings) == 1
        ends = [f"dark, {ends[0]}", f"light, {ends[1]}"] if drawn and alone else ends
    size = " to ".join(dict.fromkeys(ends))
    lacking = values.loc[values["noise_floor"].isna() & (values["n_datasets"] > 0), "dataset"].unique()
    names = ", ".join(source.name("datasets", dataset) for dataset in lacking)
    repeats = " to ".join(map(str, sorted({known["n_repeats"].min(), known["n_repeats"].max()})))
    return [
        f"{band}, {size}: {source.percent} of changes are not larger if nothing differs but the initial "
        f"weights and the order of the batches; from {repeats} repeats."
        + (f" Not known for {names}." if names else "")
    ]


def _where(source: Source, row: pd.Series) -> str:
    several = len(source.spec.settings) > 1
    setting = f"{source.setting(row['model'], row['edges'])}, " if several else ""
    if row["dataset"] == AVERAGE:
        return f"{setting}average over {row['n_datasets']} datasets"
    seeds = f"{row['n_seeds']} seed{'s' if row['n_seeds'] > 1 else ''}"
    return f"{setting}{source.name('datasets', row['dataset'])}, {seeds}"
