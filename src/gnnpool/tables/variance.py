"""What share of the differences between test errors is due to pooling, split and initialisation."""

import numpy as np
import pandas as pd

from gnnpool.analysis.variance import SETTING, SOURCES, noise_by_setting, variance_components
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row

UNITS = {
    **dict.fromkeys(SOURCES, "% squared"),
    **{f"share_of_{source}": "1" for source in SOURCES},
    "noise": "%, root mean square",
}
_HEADS = ("Pooling", "Split", "Pooling and split together", "Initialisation", "Noise of a repeat", "From")


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from; mean pooling is one of the poolings.

    Returns:
        Tidy: a line for each setting and dataset that has trials: dataset, model, edges, the
        variances pooling, split, interaction and initialisation (percent squared), their shares
        share_of_pooling, share_of_split, share_of_interaction and share_of_initialisation, noise (%,
        root mean square of the changes of repeated trainings), n_poolings, n_seeds, n_repeats.
        What cannot be estimated from the trials is missing.
    """
    trials = source.trials()
    tidy = variance_components(trials)
    noise = noise_by_setting(trials).drop(columns="n_repeats")
    tidy = tidy.merge(noise, on=SETTING, how="left").astype({"noise": float})
    variances = tidy[list(SOURCES)].astype(float)
    total = variances.sum(axis=1).where(variances["split"].notna())
    for name in SOURCES:
        tidy[f"share_of_{name}"] = variances[name] / total.where(total > 0)

    rows = []
    for model, edges in source.spec.settings:
        lines = tidy[(tidy["model"] == model) & (tidy["edges"] == edges)].set_index("dataset")
        shown = [dataset for dataset in source.spec.datasets if dataset in lines.index]
        if shown:
            rows.append(Row(source.setting(model, edges)))
        rows += [Row(source.name("datasets", d), _items(lines.loc[d])) for d in shown]
    return Table(tidy, UNITS, _HEADS, rows, _notes())


def _items(line: pd.Series) -> list[Item]:
    items = []
    for name in SOURCES:
        share, variance = line[f"share_of_{name}"], line[name]
        if pd.isna(share):
            items.append(Item("not separable"))
        else:
            items.append(Item(f"{100 * share:.0f} %", remark=f"sd {np.sqrt(variance):.2f} %"))
    noise = Item("not measured") if pd.isna(line["noise"]) else Item(f"{line['noise']:.2f} %")
    table = f"{line['n_poolings']} poolings, {line['n_seeds']} seeds"
    return [*items, noise, Item(table, remark=f"{line['n_repeats']} repeats")]


def _notes() -> list[str]:
    return [
        "Shares of the variance of the logarithm of the test error, by random effects (method of moments); "
        "sd: the standard deviation of each part, in percent of the error.",
        "Pooling and split together: a pooling that does well on one split and badly on another. Without "
        "repeated trainings it includes the initialisation and the two cannot be separated.",
        "Noise of a repeat: root mean square of the changes when nothing differs but the initialisation.",
        "All poolings of a seed start from the same encoder: what that start does to all is in the split.",
    ]
