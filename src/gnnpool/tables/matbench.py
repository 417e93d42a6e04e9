"""Absolute test errors beside those of Matbench's public leaderboard."""

import pandas as pd

from gnnpool.analysis.leaderboard import (
    NEAREST,
    NEAREST_PROTOCOL,
    PROTOCOL,
    SHOWN,
    SOURCE,
    leaderboard_errors,
)
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import TIMES

UNITS = {"mae": "unit", "sd": "unit", "ratio": f"error of {NEAREST}"}
OURS, PUBLIC = "ours", "leaderboard"


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from; datasets that are not on the leaderboard are left out.

    Returns:
        Tidy: a line for each model and dataset: origin ("ours" or "leaderboard"), algorithm (ours:
        "model/edges/pooling"), dataset, unit, mae, sd (ours: over the seeds, n - 1 in the
        denominator; leaderboard: over the folds, n in it), n (seeds or folds), ratio (to the error
        of CGCNN v2019), read_from (see :func:`gnnpool.analysis.leaderboard.leaderboard_errors`).
    """
    public = leaderboard_errors()
    datasets = [d for d in source.spec.datasets if d in set(public["dataset"])]
    trials = source.trials()
    units = trials.groupby("dataset")["unit"].first()
    datasets = [d for d in datasets if d in units.index]
    trials = trials[
        (trials["init"] == 0)
        & trials["pooling"].isin(source.spec.poolings)
        & trials["dataset"].isin(datasets)
    ]
    public = public[public["dataset"].isin(datasets)]
    groups = trials.groupby(["model", "edges", "pooling", "dataset"])["test_mae"]
    ours = groups.agg(mae="mean", sd="std", n="count").reset_index()
    ours["algorithm"] = ours["model"] + "/" + ours["edges"] + "/" + ours["pooling"]
    tidy = pd.concat(
        [ours.assign(origin=OURS, read_from="records"), public.assign(origin=PUBLIC, n=5)], ignore_index=True
    )
    nearest = public[public["algorithm"] == NEAREST].set_index("dataset")["mae"]
    tidy = tidy.astype({"mae": float, "sd": float})
    tidy["ratio"] = tidy["mae"] / tidy["dataset"].map(nearest).astype(float)
    tidy["unit"] = tidy["dataset"].map(units)
    columns = ["origin", "algorithm", "dataset", "unit", "mae", "sd", "n", "ratio", "read_from"]
    tidy = tidy[columns]
    heads = [source.name("datasets", d) + ("" if units[d] == "1" else f", {units[d]}") for d in datasets]
    return Table(tidy, UNITS, heads, _rows(source, tidy, datasets), _notes(source, trials))


def _rows(source: Source, tidy: pd.DataFrame, datasets: list[str]) -> list[Row]:
    by_name = dict(tuple(tidy.groupby("algorithm")))
    rows = [Row("Ours")]
    for model, edges in source.spec.settings:
        for pooling in source.spec.poolings:
            lines = by_name.get(f"{model}/{edges}/{pooling}")
            if lines is not None:
                label = f"{source.setting(model, edges)}: {source.name('poolings', pooling)}"
                rows.append(Row(label, _items(lines, datasets, source)))
    rows.append(Row("Leaderboard"))
    return [*rows, *(Row(name, _items(by_name[name], datasets, source)) for name in SHOWN if name in by_name)]


def _items(lines: pd.DataFrame, datasets: list[str], source: Source) -> list[Item]:
    by_dataset = {row.dataset: row for row in lines.itertuples()}
    items = []
    for dataset in datasets:
        row = by_dataset.get(dataset)
        if row is None:
            items.append(Item("\N{EM DASH}"))
            continue
        spread = "" if pd.isna(row.sd) else f"{row.sd:#.3g}"
        planned = source.n_planned(dataset, *row.algorithm.split("/")) if row.origin == OURS else row.n
        counted = f", n = {row.n} of {planned}" if row.n < planned else ""
        items.append(Item(f"{row.mae:#.4g}", spread, f"{row.ratio:.2f} {TIMES}{counted}"))
    return items


def _notes(source: Source, trials: pd.DataFrame) -> list[str]:
    if source.scheme == "matbench":
        protocol = "Ours: the same five folds; what a fold does not test is divided into train and val."
    else:
        test = trials["n_test"] / (trials["n_train"] + trials["n_val"] + trials["n_test"])
        shown = f"{100 * test.mean():.0f} %" if len(trials) else "part"
        splits = "random splits" if source.scheme == "random" else f"splits of the scheme {source.scheme}"
        protocol = (
            f"Ours: {splits} of the same "
            f"structures, {shown} to test. These are not the folds, so the "
            "errors are no entries of the leaderboard, but a check that they are of the right size."
        )
    return [
        f"Mean absolute error in the unit of the target ± standard deviation over the seeds or folds; n = "
        f"{len(source.seeds)} seeds, 5 folds. Below: as a multiple of {NEAREST}.",
        f"Leaderboard: {SOURCE}; {PROTOCOL}.",
        protocol,
        f"{NEAREST}, the model nearest to ours: {NEAREST_PROTOCOL}. Ours: absolute error, and the shares, "
        "batches and epochs of the configuration.",
    ]
