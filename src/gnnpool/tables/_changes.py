"""What tables of changes have in common: how one number is printed, and what is said below."""

import pandas as pd

from gnnpool.analysis.values import AVERAGE, NO_BASELINE, NOT_PLANNED, NOT_TRAINED
from gnnpool.tables.base import Source
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import NO_TEST, TIMES, interval, number, statistic_notes, unpaired_notes

NOISE_FLOOR = "Noise floor"

_GAPS = {
    NOT_PLANNED: (NO_TEST, "not planned"),
    NOT_TRAINED: ("\N{EM DASH}", "planned, not trained yet"),
    NO_BASELINE: ("no baseline", "trained, but mean pooling is not"),
}


def item(value: object) -> Item:
    """One change with its interval and what it is from, or the word for its gap.

    Args:
        value: Row of :func:`gnnpool.analysis.values.assessed_values`.
    """
    if value.state in _GAPS:
        return Item(_GAPS[value.state][0])
    return Item(
        number(value.value),
        remark=counts(value),
        interval=between(value),
        faint=not value.significant,
    )


def between(value: object) -> str:
    """The interval of a change, or why there is none: one number does not scatter.

    Args:
        value: Row of :func:`gnnpool.analysis.values.assessed_values`, or what has its columns.
    """
    if not pd.isna(value.low):
        return interval(value.low, value.high)
    if value.dataset == AVERAGE and value.n_datasets == 1:
        return "no interval: one dataset"
    return "no interval: one seed" if value.dataset != AVERAGE and value.n_seeds == 1 else "no interval"


def counts(value: object) -> str:
    """How many seeds, and datasets, a change is from, and how many were planned.

    Args:
        value: Row of :func:`gnnpool.analysis.values.assessed_values`.
    """
    seeds = _of(value.n_seeds, value.n_seeds_planned)
    if value.dataset != AVERAGE:
        return f"n = {seeds}"
    at_least = "at least " if value.n_seeds < value.n_seeds_planned and value.n_datasets > 1 else ""
    return f"n = {_of(value.n_datasets, value.n_datasets_planned)} {TIMES} {at_least}{seeds}"


def counted(dataset: str, seeds: int, datasets: int) -> str:
    """From how many seeds, and datasets, a change is, where no plan says how many there are to be.

    Args:
        dataset: Slug, or the word for averages.
        seeds: Number of seeds.
        datasets: Number of datasets.
    """
    return f"n = {datasets} {TIMES} {seeds}" if dataset == AVERAGE else f"n = {seeds}"


def noise_columns(values: pd.DataFrame) -> list[str]:
    """Head of the column of the noise floor, if there is anything to put there."""
    return [NOISE_FLOOR] if values["noise_floor"].notna().any() else []


def noise_items(row: pd.DataFrame, values: pd.DataFrame) -> list[Item]:
    """The noise floor of one line: that of its value of most seeds.

    Args:
        row: Values of the line.
        values: Values of the table.
    """
    if not noise_columns(values):
        return []
    known = row[row["noise_floor"].notna()]
    if known.empty:
        return [Item("\N{EM DASH}")]
    most = known.loc[known["n_seeds"].idxmax()]
    return [Item(f"± {most['noise_floor']:.3f}", remark=f"from {most['n_repeats']} repeats")]


def without_one(values: pd.DataFrame, like: pd.DataFrame) -> Row | None:
    """Line below an average: how far it moves when one dataset is left out; none for one dataset.

    Args:
        values: The averages of one line.
        like: Values of the table.
    """
    if values["without_one_low"].isna().all():
        return None
    items = [
        Item("" if pd.isna(row.without_one_low) else interval(row.without_one_low, row.without_one_high))
        for row in values.itertuples()
    ]
    return Row("without one dataset", [*items, *(Item("") for _ in noise_columns(like))])


def change_notes(source: Source, values: pd.DataFrame, *, average: str) -> list[str]:
    """The sentences below a table of changes.

    Args:
        source: What the table is made from.
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.
        average: What is averaged over the datasets, such as "Average".
    """
    names = ", ".join(source.name("datasets", dataset) for dataset in source.spec.datasets)
    notes = [
        *statistic_notes(source.statistic, source.seeds),
        f"Below a number: its {source.percent} interval, and n, the seeds; of an average, datasets {TIMES} "
        "seeds. Gray and in parentheses: the change is not significant (uncorrected for multiple "
        "comparisons), as its interval includes zero or there is none.",
        "Interval: corrected resampled t over the seeds, whose splits share structures; of an average, t "
        "over the datasets, or that of the seeds if wider.",
        f"{average}: over the datasets ({names}) with equal weights.",
    ]
    if values["without_one_low"].notna().any():
        notes.append("Without one dataset: lowest and highest average that remains when one is left out.")
    if noise_columns(values):
        notes.append(
            f"{NOISE_FLOOR}: {source.percent} of such changes are not larger if nothing differs but the "
            "weights and the order that a training starts with; from trainings repeated in this way."
        )
    averages = values[(values["dataset"] == AVERAGE) & (values["n_datasets"] > 0)]
    if averages["datasets"].nunique() > 1:
        notes.append("These averages are not over the same datasets and do not compare directly.")
    return [*notes, *gap_meanings(values), *unpaired_notes(values[values["dataset"] != AVERAGE])]


def gap_meanings(values: pd.DataFrame) -> list[str]:
    """What the words for gaps mean that a table has.

    Args:
        values: Rows with a state.
    """
    return [
        f"{text}: {meaning}." for state, (text, meaning) in _GAPS.items() if (values["state"] == state).any()
    ]


def _of(count: int, planned: int) -> str:
    return str(count) if count == planned else f"{count} of {planned}"
