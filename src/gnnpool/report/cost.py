"""What the trials cost: time, memory and parameters, for each pooling."""

import numpy as np
import pandas as pd

from gnnpool.analysis.cost import relative_cost, training_seconds
from gnnpool.specs import Labels
from gnnpool.tables.printed import Item, Printed, Row
from gnnpool.wording import label_of, setting_label, span

_COLUMNS = (
    "Trials",
    "Parameters",
    "Median time of a trial",
    "As a multiple",
    "CPU",
    "GPU",
    "Peak memory",
    "Starts",
)


def cost(trials: pd.DataFrame, labels: Labels) -> Printed:
    """Cost of each pooling in each setting, and of all.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        labels: Printed names.
    """
    rows = []
    for (model, edges), group in trials.groupby(["model", "edges"], sort=False):
        rows.append(Row(setting_label(labels, model, edges)))
        ratios = relative_cost(group).set_index("pooling")["seconds_ratio"]
        rows += [
            Row(label_of(labels, "poolings", pooling), _items(part, ratios.get(pooling, np.nan)))
            for pooling, part in group.groupby("pooling", sort=False)
        ]
    if len(trials):
        rows.append(Row("All", _items(trials, np.nan, whole=True), summary=True))
    return Printed(name="cost", title="Cost of the trials", columns=_COLUMNS, rows=rows, notes=_notes(trials))


def hours(trials: pd.DataFrame) -> tuple[float, float]:
    """CPU and GPU hours: processor time of all trials, and wall time of those on a GPU."""
    on_gpu = trials["device"] == "cuda"
    return trials["cpu_seconds"].sum() / 3600, trials.loc[on_gpu, "wall_seconds"].sum() / 3600


def _items(part: pd.DataFrame, ratio: float, *, whole: bool = False) -> list[Item]:
    cpu, gpu = hours(part)
    return [
        Item(str(len(part))),
        Item("" if whole else span(part["parameters"], "{:,.0f}")),
        Item("" if whole else _duration(training_seconds(part).median())),
        Item("" if pd.isna(ratio) else f"{ratio:.2f} \N{MULTIPLICATION SIGN}"),
        Item(f"{cpu:.2f} h"),
        Item(f"{gpu:.2f} h" if gpu else "none"),
        Item(f"{part['peak_memory'].max():,.0f} MiB"),
        Item(str(int(part["attempts"].sum()))),
    ]


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _notes(trials: pd.DataFrame) -> list[str]:
    shared = "Times of trials that shared a GPU depend on each other: they show an order of magnitude."
    return [
        "Time: of all attempts of a trial, from reading the graphs to the record; processor time on a CPU "
        "(without the processes of a compiler), wall time on a GPU. CPU: processor time; GPU: wall time of "
        "the trials on a GPU. Peak memory: of the GPU where there is one, else of the process.",
        "As a multiple: of the median time of mean pooling on the same dataset and device; median over the "
        "seeds, geometric mean over the datasets.",
        "Parameters: trainable numbers of the whole network. Starts: more than trials if some were stopped.",
        *([shared] if (trials["device"] == "cuda").any() else []),
    ]
