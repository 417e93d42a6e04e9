"""Shares of the variance of test errors: pooling, split, initialisation, and their interactions."""

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
_HEADS = (
    *("Pooling", "Split", "Split by pooling", "Initialisation", "Initialisation by pooling"),
    *("Noise of a repeat", "From"),
)


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from; mean pooling is one of the poolings.

    Returns:
        Tidy: a line for each setting and dataset that has trials: dataset, model, edges, the
        variances pooling, split, split_by_pooling, initialisation and initialisation_by_pooling of
        :func:`gnnpool.analysis.variance.variance_components` (percent squared), their shares
        share_of_pooling, share_of_split, share_of_split_by_pooling, share_of_initialisation and
        share_of_initialisation_by_pooling, noise (%, root mean square of the changes of repeated
        trainings), n_poolings, n_seeds, n_repeats and n_repeated (poolings that are repeated
        together). What cannot be estimated from the trials is missing.
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
    repeats = f"{line['n_repeats']} repeat{'' if line['n_repeats'] == 1 else 's'}"
    if line["n_repeated"] > 1:
        repeats += f" of {line['n_repeated']} poolings"
    return [*items, noise, Item(f"{line['n_poolings']} poolings, {line['n_seeds']} seeds", remark=repeats)]


def _notes() -> list[str]:
    return [
        "Shares of the variance of the logarithm of the test error, by random effects (method of moments); "
        "sd: the standard deviation of each part, in percent of the error.",
        "Split by pooling: interaction of both, as of a pooling that does well on one split and badly on "
        "another.",
        "All poolings of a seed share the initialisation of the encoder and the order of batches. "
        "Initialisation: what these do to all poolings alike; initialisation by pooling: what they do to "
        "each, and all other noise of a training.",
        "Not separable: the two of the initialisation need repeats of two poolings or more. With repeats of "
        "one pooling, initialisation is their sum; without any, split and split by pooling include them.",
        "Noise of a repeat: root mean square of the changes when only the initialisation differs.",
    ]
