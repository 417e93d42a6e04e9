"""Differences that can be detected, and seeds or datasets needed, from the spread that was measured."""

import numpy as np
import pandas as pd

from gnnpool.analysis.averages import SETTING
from gnnpool.analysis.power import MOST, POWER, detectable_difference, number_needed
from gnnpool.analysis.values import AVERAGE
from gnnpool.records import BASELINE
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row

ALL = "all"
UNITS = {
    "sd": "%, standard deviation of the change over what n_of names",
    "n": "what n_of names",
    "detectable_difference": "%",
    "needed": "what n_of names",
}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from.

    Returns:
        Tidy: a line for each dataset (or "average"), model, edges and pooling with two seeds (datasets)
        or more, and one with the pooling "all", the root mean square of these: sd (%), n (the lowest of
        "all"), n_of ("seeds", of averages "datasets"), detectable_difference (%, by n with 80 % power, in
        the test that decides, uncorrected for multiple comparisons), needed (seeds or datasets to detect
        the margin; 1001 stands for more than 1000; missing: no number is enough).
    """
    tidy = spreads(source.values(), source.changes(), margin=source.margin, confidence=source.confidence)
    rows = []
    for model, edges in source.spec.settings:
        chosen = (tidy["model"] == model) & (tidy["edges"] == edges) & (tidy["pooling"] == ALL)
        lines = tidy[chosen].set_index("dataset")
        shown = [d for d in (*source.spec.datasets, AVERAGE) if d in lines.index]
        if shown:
            rows.append(Row(source.setting(model, edges)))
        for dataset in shown:
            items = _items(lines.loc[dataset])
            rows.append(Row(source.name("datasets", dataset), items, summary=dataset == AVERAGE))
    heads = ["Spread", "Detectable difference", f"Needed to detect {source.margin:g} %"]
    return Table(tidy, UNITS, heads, rows, _notes(source))


def spreads(values: pd.DataFrame, changes: pd.DataFrame, *, margin: float, confidence: float) -> pd.DataFrame:
    """How much changes scatter over seeds and datasets, and which differences can be detected.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`.
        margin: Percent that matters.
        confidence: Such as 0.95.

    Returns:
        The tidy rows of :func:`build`.
    """
    there = values[(values["pooling"] != BASELINE) & (values["dataset"] != AVERAGE) & values["value"].notna()]
    seeds = there[there["sd"].notna()].rename(columns={"n_seeds": "n"})
    over = there.groupby(SETTING, sort=False)["value"].agg(sd="std", n="count").reset_index()
    datasets = over[over["n"] > 1].assign(dataset=AVERAGE)
    overlap = {AVERAGE: 0.0, **changes.groupby("dataset")["overlap"].mean()}
    measured = pd.concat([seeds, datasets])
    groups = [
        *((tuple(v), g) for v, g in measured.groupby(["dataset", *SETTING], sort=False)),
        *(((*v, ALL), g) for v, g in measured.groupby(["dataset", *SETTING[:-1]], sort=False)),
    ]
    lines = []
    for names, group in groups:
        sd, n = float(np.sqrt((group["sd"] ** 2).mean())), int(group["n"].min())
        test = {"confidence": confidence, "overlap": overlap[names[0]]}
        n_of = "datasets" if names[0] == AVERAGE else "seeds"
        found = sd * detectable_difference(n=n, **test), number_needed(margin, sd=sd, **test)
        lines.append((*names, sd, n, n_of, *found))
    columns = ["dataset", *SETTING, "sd", "n", "n_of", "detectable_difference", "needed"]
    return pd.DataFrame(lines, columns=columns).astype({"needed": "Int64"})


def _items(line: pd.Series) -> list[Item]:
    needed = f"no number of {line['n_of']}"
    if pd.notna(line["needed"]):
        count = f"more than {MOST}" if line["needed"] > MOST else line["needed"]
        needed = f"{count} {line['n_of']}"
    return [
        Item(f"{line['sd']:.2f} %", remark=f"n = {line['n']} {line['n_of']}"),
        Item(f"{line['detectable_difference']:.1f} %"),
        Item(needed),
    ]


def _notes(source: Source) -> list[str]:
    return [
        "Spread: standard deviation of the change relative to mean pooling, root mean square over the "
        "poolings; of a dataset over its seeds, of the average over the datasets.",
        f"Detectable difference: the change that n seeds (or datasets) find significant with {100 * POWER:g} "
        f"% power at the {100 * (1 - source.confidence):g} % level (uncorrected for multiple comparisons), "
        "in the corrected resampled t test over seeds, which decides, or the t test over datasets; where few "
        "datasets agree by chance, the wider interval of their seeds decides instead, with less power.",
        "No number of seeds: splits of one dataset share structures, and the variance that this adds to the "
        "mean, s² times tested / trained, does not shrink with more seeds. More structures are needed.",
        "Seeds are taken to correlate as the corrected test assumes; where they correlate less, the power is "
        "higher.",
    ]
