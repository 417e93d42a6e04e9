"""Every change with each kind of interval that the data allow, side by side."""

import pandas as pd

from gnnpool.analysis.averages import SETTING
from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.intervals import bca_over_seeds, excludes_zero
from gnnpool.analysis.test_errors import intervals_over_structures
from gnnpool.analysis.values import AVERAGE, TRAINED
from gnnpool.tables._changes import item
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import TIMES, interval, statistic_notes

NEEDS = ("predictions",)

DECIDES, OVER_SEEDS, OVER_STRUCTURES = "decides", "bootstrap of seeds", "bootstrap of test structures"
HIERARCHICAL, WITHOUT_ONE = "bootstrap of datasets and seeds", "range without one dataset"

UNITS = {"value": "%", "low": "%", "high": "%", "probability_better": "1", "n": "what n_of names"}

_COLUMNS = [
    *CONDITION,
    "method",
    "seed",
    "value",
    "low",
    "high",
    "significant",
    "probability_better",
    "n",
    "n_of",
]


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Its test errors give the intervals over test structures; without any these are left
            out.

    Returns:
        Tidy: a line for each interval, and none for what is not trained: dataset (or "average"),
        model, edges, pooling, method, seed (of intervals over test structures; else missing), value,
        low and high (%, missing where n is too small), significant (whether the interval
        excludes zero; uncorrected), probability_better (of the method "decides": that the error is
        lower by more than the margin),
        n, and n_of: seeds, datasets or structures.
    """
    values = source.values()
    values = values[values["state"] == TRAINED]
    over_structures = intervals_over_structures(
        source.test_errors, confidence=source.confidence, resamples=source.resamples
    )
    single, averages = values[values["dataset"] != AVERAGE], values[values["dataset"] == AVERAGE]
    tidy = pd.concat(
        [
            _part(single, DECIDES, "n_seeds", "seeds"),
            _part(_over_seeds(source, single), OVER_SEEDS, "n_seeds", "seeds"),
            _part(_shown(over_structures, single), OVER_STRUCTURES, "n", "structures"),
            _part(averages, DECIDES, "n_datasets", "datasets"),
            _part(averages, HIERARCHICAL, "n_datasets", "datasets", ends="hierarchical_"),
            _part(averages, WITHOUT_ONE, "n_datasets", "datasets", ends="without_one_"),
        ],
        ignore_index=True,
    )
    return Table(tidy, UNITS, _heads(source), _rows(source, values, tidy), _notes(source))


def _part(values: pd.DataFrame, method: str, n: str, n_of: str, *, ends: str = "") -> pd.DataFrame:
    """The lines of one method."""
    part = values[CONDITION].assign(
        method=method,
        seed=values["seed"].astype("Int64") if "seed" in values else pd.array([pd.NA] * len(values), "Int64"),
        value=values["value"],
        low=values[f"{ends}low"],
        high=values[f"{ends}high"],
        probability_better=values["probability_better"] if method == DECIDES else float("nan"),
        n=values[n].astype(int),
        n_of=n_of,
    )
    return part.assign(significant=excludes_zero(part["low"], part["high"]))[_COLUMNS]


def _over_seeds(source: Source, values: pd.DataFrame) -> pd.DataFrame:
    changes = source.changes()
    groups = dict(tuple(changes[changes["change"].notna()].groupby(CONDITION)))
    found = [
        bca_over_seeds(
            groups[condition]["error"].to_numpy(),
            groups[condition]["baseline"].to_numpy(),
            statistic=source.statistic,
            confidence=source.confidence,
            resamples=source.resamples,
        )
        for condition in values[CONDITION].itertuples(index=False, name=None)
    ]
    return values.assign(low=[i.low for i in found], high=[i.high for i in found])


def _shown(found: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Intervals of the conditions of the table alone, in its order."""
    return values[CONDITION].merge(found, on=CONDITION)


def _heads(source: Source) -> list[str]:
    better = f"Probability: {source.margin:g} % better"
    return [
        f"Change, {source.percent} interval",
        "Bootstrap",
        "Without one dataset",
        "Test structures",
        better,
    ]


def _rows(source: Source, values: pd.DataFrame, tidy: pd.DataFrame) -> list[Row]:
    by_condition = dict(tuple(tidy.groupby([*SETTING, "dataset"])))
    rows = []
    for (model, edges), group in values.groupby(["model", "edges"], sort=False):
        rows.append(Row(source.setting(model, edges)))
        for value in group.itertuples():
            label = f"{source.name('datasets', value.dataset)}: {source.name('poolings', value.pooling)}"
            lines = by_condition[(model, edges, value.pooling, value.dataset)]
            rows.append(Row(label, _items(value, lines)))
    return rows


def _items(value: object, lines: pd.DataFrame) -> list[Item]:
    by_method = lines.set_index("method")
    bootstrap = by_method.loc[HIERARCHICAL if value.dataset == AVERAGE else OVER_SEEDS]
    tested = lines[lines["method"] == OVER_STRUCTURES]
    better, worse = int((tested["high"] < 0).sum()), int((tested["low"] > 0).sum())
    known = pd.notna(value.probability_better)
    return [
        item(value),
        Item(interval(bootstrap["low"], bootstrap["high"])),
        Item(interval(value.without_one_low, value.without_one_high) if value.dataset == AVERAGE else ""),
        Item(f"{better} better, {worse} worse", remark=f"of {len(tested)} seeds")
        if len(tested)
        else Item(""),
        Item(f"{value.probability_better:.2f}" if known else "no interval"),
    ]


def _notes(source: Source) -> list[str]:
    return [
        *statistic_notes(source.statistic, source.seeds),
        f"Change: as in the other tables, with the interval that decides, and n, the seeds; of an average, "
        f"datasets {TIMES} seeds. Gray and in parentheses: not significant (uncorrected), as "
        "the interval includes zero or there is none.",
        f"Bootstrap: {source.percent}, bias-corrected and accelerated, over the seeds; of an average, "
        "datasets are drawn and then seeds within each. Of few seeds or datasets it is too narrow, so it "
        "decides nothing.",
        "Without one dataset: lowest and highest average that remains when one is left out.",
        "Test structures: seeds whose change is below or above zero by the bootstrap interval of their test "
        "structures. It holds the trained networks fixed and does not cover other trainings.",
        "Probability: that the error is lower than that of mean pooling by more than the margin, given the "
        "distribution of the interval that decides.",
    ]
