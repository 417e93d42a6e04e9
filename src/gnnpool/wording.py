"""Printed words and numbers, the same in every table and figure."""

from collections.abc import Iterable, Sequence

from gnnpool.extras import extra

with extra("analysis"):
    import pandas as pd


from gnnpool.specs import Labels

NO_TEST = "No Test"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

_STATISTICS = {
    "mean_change": "mean over the seeds of each seed's change (mean_change)",
    "change_of_mean": "change of the error averaged over the seeds (change_of_mean)",
}


def label_of(labels: Labels, axis: str, slug: str) -> str:
    """Printed name of a slug, or the slug where there is none.

    Args:
        labels: Printed names.
        axis: datasets, models, edges or poolings.
        slug: Name in the configuration.
    """
    return getattr(labels, axis).get(slug, slug)


def number(value: float, *, digits: int = 3) -> str:
    """A change with its sign and with as many decimals as the paper prints.

    Args:
        value: Change in percent.
        digits: Decimals.
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def interval(low: float, high: float, *, digits: int = 2) -> str:
    """An interval of changes, or the word for none.

    Args:
        low: Lower end in percent, or missing.
        high: Upper end in percent.
        digits: Decimals.
    """
    if pd.isna(low):
        return "no interval"
    return f"{number(low, digits=digits)} to {number(high, digits=digits)}"


def span(values: Iterable[float], form: str = "{}") -> str:
    """The lowest and the highest of some numbers, or one number if both are printed alike.

    Args:
        values: At least one, none missing.
        form: How each is printed.
    """
    values = list(values)
    lowest, highest = form.format(min(values)), form.format(max(values))
    return lowest if lowest == highest else f"{lowest} to {highest}"


def setting_label(labels: Labels, model: str, edges: str) -> str:
    """A setting as the paper writes it: edges, then model."""
    return f"{label_of(labels, 'edges', edges)} {label_of(labels, 'models', model)}"


def statistic_notes(statistic: str, seeds: Sequence[int]) -> list[str]:
    """The statistic shown, the meaning of its sign, and its seeds.

    Args:
        statistic: ``mean_change`` or ``change_of_mean``.
        seeds: Planned seeds.
    """
    return [
        "Change of the test error in percent against mean pooling of the same dataset, model, edges "
        "and seed; negative is better.",
        f"Statistic: {_STATISTICS[statistic]}. Seeds: {', '.join(map(str, seeds))}.",
    ]


def unpaired_notes(values: pd.DataFrame) -> list[str]:
    """Number of trials that are excluded because mean pooling lacks their seed; empty if none.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values` that do not overlap.
    """
    count = int(values["n_unpaired"].sum())
    if not count:
        return []
    trials = "1 trial is" if count == 1 else f"{count} trials are"
    return [f"{trials} left out: mean pooling has no trial of the same seed."]


def gap_notes(values: pd.DataFrame, labels: Labels) -> list[str]:
    """Name the datasets that each pooling lacks, poolings with the same gaps together.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values` without averages.
        labels: See :func:`label_of`.
    """
    notes = []
    for state, rows in values[values["n_datasets"] == 0].groupby("state"):
        lacking: dict[tuple[str, ...], list[str]] = {}
        for pooling, group in rows.groupby("pooling", sort=False):
            lacking.setdefault(tuple(group["dataset"]), []).append(label_of(labels, "poolings", pooling))
        for datasets, poolings in lacking.items():
            anywhere = len(datasets) == values["dataset"].nunique()
            where = (
                "any dataset" if anywhere else ", ".join(label_of(labels, "datasets", d) for d in datasets)
            )
            # Labels may hold commas.
            notes.append(f"{'; '.join(poolings)}: {state} on {where}.")
    return notes
