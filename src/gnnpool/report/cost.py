"""What the trials cost: time, memory and parameters, for each pooling."""

from collections.abc import Mapping

import pandas as pd

from gnnpool.analysis.printed import Item, Printed, Row
from gnnpool.analysis.wording import label_of, setting_label
from gnnpool.records import BASELINE

_COLUMNS = ("Trials", "Parameters", "Time of a trial", "As a multiple", "CPU", "GPU", "Peak memory", "Starts")


def cost(trials: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> Printed:
    """Cost of each pooling in each setting, and of all.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        labels: For each of datasets, models, edges and poolings the labels by slug.
    """
    rows = []
    for (model, edges), group in trials.groupby(["model", "edges"], sort=False):
        rows.append(Row(setting_label(labels, model, edges)))
        ratios = _ratios(group)
        rows += [
            Row(label_of(labels, "poolings", pooling), _items(part, ratios.get(pooling)))
            for pooling, part in group.groupby("pooling", sort=False)
        ]
    if len(trials):
        rows.append(Row("All", _items(trials, None, whole=True), summary=True))
    return Printed(name="cost", title="Cost of the trials", columns=_COLUMNS, rows=rows, notes=_notes(trials))


def hours(trials: pd.DataFrame) -> tuple[float, float]:
    """CPU and GPU hours: processor time of all trials, and wall time of those on a GPU."""
    on_gpu = trials["device"] == "cuda"
    return trials["cpu_seconds"].sum() / 3600, trials.loc[on_gpu, "wall_seconds"].sum() / 3600


def _ratios(group: pd.DataFrame) -> pd.Series:
    """Time of each pooling over that of mean pooling, median over the same dataset, seed and device."""
    key = ["dataset", "seed", "init", "device_name"]
    baseline = group.loc[group["pooling"] == BASELINE, [*key, "wall_seconds"]]
    paired = group.merge(baseline, on=key, suffixes=("", "_baseline"))
    paired["ratio"] = paired["wall_seconds"] / paired["wall_seconds_baseline"]
    return paired.groupby("pooling")["ratio"].median()


def _items(part: pd.DataFrame, ratio: float | None, *, whole: bool = False) -> list[Item]:
    cpu, gpu = hours(part)
    return [
        Item(str(len(part))),
        Item("" if whole else _range(part["parameters"], "{:,.0f}")),
        Item("" if whole else _duration(part["wall_seconds"].median()), remark="" if whole else "median"),
        Item("" if ratio is None else f"{ratio:.2f} \N{MULTIPLICATION SIGN}"),
        Item(f"{cpu:.2f} h"),
        Item(f"{gpu:.2f} h" if gpu else "none"),
        Item(f"{part['peak_memory'].max():,.0f} MiB"),
        Item(str(int(part["attempts"].sum()))),
    ]


def _range(values: pd.Series, form: str) -> str:
    least, most = form.format(values.min()), form.format(values.max())
    return least if least == most else f"{least} to {most}"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _notes(trials: pd.DataFrame) -> list[str]:
    shared = "Times of trials that shared a machine depend on each other: they tell an order of magnitude."
    return [
        "Time: wall time of all attempts of a trial, from reading the graphs to the record. CPU: processor "
        "time; GPU: wall time of the trials on a GPU. Peak memory: of the GPU where there is one, else of "
        "the process.",
        "As a multiple: of the time of mean pooling with the same dataset, seed and device, median.",
        "Parameters: trainable numbers of the whole network. Starts: more than trials if some were stopped.",
        *([shared] if len(trials) else []),
    ]
