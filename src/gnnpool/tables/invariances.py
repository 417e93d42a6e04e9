"""How far predictions change when the same crystal is described by another cell."""

from collections.abc import Iterator

import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.perturbed import NOISE
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row

NEEDS = ("perturbed",)
UNITS = {"deviation": "target unit", "share": "% of the test error"}
# %; deviations below it are the rounding of float32.
EXACT = 0.1

_HEADS = {
    ("supercell", "2x1x1"): "Supercell 2x1x1",
    ("supercell", "skew"): "Supercell, skew",
    ("rewritten", "basis"): "Another basis",
    ("rewritten", "origin_and_order"): "Another origin and order",
}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Trials that do not predict for changed structures are left out.

    Returns:
        Tidy: a line for each dataset, model, edges, pooling, axis and level: deviation (mean absolute
        difference from the prediction for the cell as it is, over test structures and seeds, target unit),
        share (the same in percent of the test error), and n_seeds.
    """
    found = source.perturbed
    found = found[~found["axis"].isin(NOISE) & found["seed"].isin(source.seeds)]
    found = found[found["dataset"].isin(source.spec.datasets) & found["pooling"].isin(source.spec.poolings)]
    groups = found.groupby([*CONDITION, "axis", "level"], sort=False)
    tidy = groups.agg(
        deviation=("deviation", "mean"), error=("unchanged_error", "mean"), n_seeds=("seed", "nunique")
    ).reset_index()
    tidy["share"] = 100 * tidy["deviation"] / tidy.pop("error")
    there = set(zip(tidy["axis"], tidy["level"], strict=True))
    heads = {key: head for key, head in _HEADS.items() if key in there}
    return Table(tidy, UNITS, list(heads.values()), list(_rows(source, tidy, list(heads))), _notes())


def _rows(source: Source, tidy: pd.DataFrame, columns: list[tuple[str, str]]) -> Iterator[Row]:
    lines = {row[1:7]: row for row in tidy.itertuples()}
    for model, edges in source.spec.settings:
        for dataset in source.spec.datasets:
            keys = [(dataset, model, edges, pooling) for pooling in source.spec.poolings]
            there = [key for key in keys if any((*key, *column) in lines for column in columns)]
            if there:
                yield Row(f"{source.name('datasets', dataset)}, {source.setting(model, edges)}")
            for key in there:
                items = [_item(lines.get((*key, *column))) for column in columns]
                yield Row(source.name("poolings", key[-1]), items)


def _item(row: object) -> Item:
    if row is None:
        return Item("\N{EM DASH}")
    shown = f"below {EXACT:g} %" if row.share < EXACT else f"{row.share:.3g} %"
    return Item(shown, remark=f"n = {row.n_seeds}", faint=row.share < EXACT)


def _notes() -> list[str]:
    return [
        "Mean absolute difference between the predictions for the changed cell and for the cell as it is, in "
        "percent of the test error. For an extensive target the prediction for a cell of twice the atoms "
        "is compared with twice the prediction.",
        f"Gray and in parentheses: below {EXACT:g} %, of the size of the rounding of float32.",
        "Every network is invariant to another basis, origin and order of atoms. A supercell has the same "
        "prediction if the edges of an atom do not depend on the cell (OCP; with MDL a pair of atoms has one "
        "edge) and the pooling does not depend on the number of atoms.",
    ]
