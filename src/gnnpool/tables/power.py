"""How many seeds would tell a difference that matters, from the spread that was measured."""

import numpy as np
import pandas as pd

from gnnpool.analysis.averages import SETTING
from gnnpool.analysis.power import MOST_SEEDS, POWER, difference_to_tell, seeds_to_tell
from gnnpool.analysis.printed import Item, Row
from gnnpool.analysis.values import AVERAGE
from gnnpool.records import BASELINE
from gnnpool.tables.base import Source, Table

ALL = "all"
UNITS = {
    "sd": "%, standard deviation of the change over seeds",
    "difference_told": "%",
    "seeds_needed": "seeds",
    "seeds_needed_beyond": "seeds",
}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from.

    Returns:
        Tidy: a line for each dataset (or "average"), model, edges and pooling with two seeds or
        more, and one with the pooling "all", the root mean square of these: sd (%), n_seeds (the
        least of "all"), difference_told (%, told by so many seeds with 80 % power), seeds_needed (to
        tell the margin on these structures, paired t test), seeds_needed_beyond (the same beyond
        these structures, corrected resampled t test; of averages missing). Missing seeds: more than
        a thousand.
    """
    tidy = spreads(source.values(), source.changes(), margin=source.margin, confidence=source.confidence)
    rows = []
    for model, edges in source.entry["settings"]:
        chosen = (tidy["model"] == model) & (tidy["edges"] == edges) & (tidy["pooling"] == ALL)
        lines = tidy[chosen].set_index("dataset")
        shown = [d for d in (*source.entry["datasets"], AVERAGE) if d in lines.index]
        if shown:
            rows.append(Row(source.setting(model, edges)))
        for dataset in shown:
            items = _items(lines.loc[dataset], dataset)
            rows.append(Row(source.name("datasets", dataset), items, summary=dataset == AVERAGE))
    heads = [
        "Spread over seeds",
        "Told now",
        f"Seeds to tell {source.margin:g} %",
        f"Seeds to tell {source.margin:g} % beyond these structures",
    ]
    return Table(tidy, UNITS, heads, rows, _notes(source))


def spreads(values: pd.DataFrame, changes: pd.DataFrame, *, margin: float, confidence: float) -> pd.DataFrame:
    """How much changes scatter over the seeds, and what so many seeds can tell.

    Args:
        values: Rows of :func:`gnnpool.analysis.assessed.assessed_values`.
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`.
        margin: Percent that matters.
        confidence: Such as 0.95.

    Returns:
        The tidy rows of :func:`build`.
    """
    values = values[values["sd"].notna() & (values["pooling"] != BASELINE)]
    overlap = changes.groupby("dataset")["overlap"].mean()
    groups = [
        *((tuple(v), g) for v, g in values.groupby(["dataset", *SETTING], sort=False)),
        *(((*v, ALL), g) for v, g in values.groupby(["dataset", *SETTING[:-1]], sort=False)),
    ]
    return pd.DataFrame(
        [_line(group, names, overlap, margin, confidence) for names, group in groups],
        columns=["dataset", *SETTING, "sd", "n_seeds", *list(UNITS)[1:]],
    ).astype(dict.fromkeys(["seeds_needed", "seeds_needed_beyond"], "Int64"))


def _line(
    group: pd.DataFrame, names: tuple[str, ...], overlap: pd.Series, margin: float, confidence: float
) -> tuple:
    sd = float(np.sqrt((group["sd"] ** 2).mean()))
    n = int(group["n_seeds"].min())
    told = sd * difference_to_tell(n=n, confidence=confidence)
    needed = seeds_to_tell(margin, sd=sd, confidence=confidence)
    beyond = None
    if names[0] != AVERAGE:
        beyond = seeds_to_tell(margin, sd=sd, confidence=confidence, overlap=overlap[names[0]])
    return (*names, sd, n, told, needed, beyond)


def _items(line: pd.Series, dataset: str) -> list[Item]:
    beyond = "" if dataset == AVERAGE else _seeds(line["seeds_needed_beyond"], "none is enough")
    return [
        Item(f"{line['sd']:.2f} %", remark=f"n = {line['n_seeds']}"),
        Item(f"{line['difference_told']:.1f} %"),
        Item(_seeds(line["seeds_needed"], f"over {MOST_SEEDS}")),
        Item(beyond),
    ]


def _seeds(count: object, otherwise: str) -> str:
    return otherwise if pd.isna(count) else str(count)


def _notes(source: Source) -> list[str]:
    return [
        "Spread: standard deviation over the seeds of the change against mean pooling, root mean square over "
        "the poolings.",
        f"Told now: the change that as many seeds as there are would tell from none with {100 * POWER:g} % "
        f"power, by a paired t test at the {100 * (1 - source.confidence):g} % level.",
        "Beyond these structures: by the corrected test, which the intervals of the other tables are from. "
        "Splits of one dataset share structures, so seeds alone cannot make up for a small dataset: where "
        "none is enough, more structures are needed.",
    ]
