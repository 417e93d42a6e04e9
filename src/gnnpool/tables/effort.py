"""Weights, seconds and memory of each pooling beside its change, and a mean with as many weights."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from gnnpool.analysis.averages import SETTING
from gnnpool.analysis.cost import UNITS as COST_UNITS
from gnnpool.analysis.cost import relative_cost
from gnnpool.analysis.effort import ENOUGH, against, choose_controls
from gnnpool.analysis.overall import overall_changes
from gnnpool.analysis.ranks import holm
from gnnpool.analysis.values import UNITS as VALUE_UNITS
from gnnpool.records import BASELINE
from gnnpool.tables._changes import between, counted
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import TIMES, number, statistic_notes

UNITS = {
    **VALUE_UNITS,
    **COST_UNITS,
    "control_ratio": "weights of the control's network, of the pooling's",
    "control_value": "%, change of the control relative to mean pooling",
    **dict.fromkeys(["against_value", "against_low", "against_high"], "%, change relative to the control"),
}
_HEADS = (
    "Change, %",
    "Weights",
    "Weights, of mean pooling's",
    "Seconds, of mean pooling's",
    "Memory",
    "Control with as many weights",
    "Change against the control, %",
)
_CHANGE = ["dataset", "value", "low", "high", "significant", "n_seeds", "n_datasets"]
# Columns of the change relative to the control.
_AGAINST = {name: f"against_{name}" for name in [*_CHANGE, "p_value"]}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Controls are those of its poolings that :class:`gnnpool.specs.Traits` call so.

    Returns:
        Tidy: for each setting and trained pooling, mean pooling first: row ("model/edges"), column, model,
        edges and pooling; seconds, seconds_ratio, seconds_ratio_lowest, seconds_ratio_highest, parameters,
        parameters_ratio, memory and n_compared of :func:`gnnpool.analysis.cost.relative_cost`; the change:
        dataset, value, low, high, significant, n_seeds and n_datasets of
        :func:`gnnpool.analysis.overall.overall_changes`; is_control; and, missing without a control: control,
        control_ratio (its weights, of the pooling's), control_value (its own change), and the change relative
        to it: against_dataset, against_value, against_low, against_high, against_significant,
        against_n_seeds, against_n_datasets, against_p_value, and against_holm_p (the same, corrected for all
        of these comparisons).
    """
    tidy = _tidy(source)
    rows = []
    for model, edges in source.spec.settings:
        chosen = tidy[(tidy["model"] == model) & (tidy["edges"] == edges)]
        rows.append(Row(source.setting(model, edges) + ("" if len(chosen) else ": no trial")))
        rows += [
            Row(source.name("poolings", row["pooling"]), _items(source, row)) for _, row in chosen.iterrows()
        ]
    tidy.insert(0, "row", tidy["model"] + "/" + tidy["edges"])
    tidy.insert(1, "column", tidy["pooling"])
    return Table(tidy, UNITS, _HEADS, rows, list(_notes(source, tidy)))


def _tidy(source: Source) -> pd.DataFrame:
    trials = source.trials()
    changes = overall_changes(source.values())
    costs = relative_cost(trials)
    tidy = costs.merge(changes[[*SETTING, *_CHANGE]], on=SETTING, how="left")
    controls = {name for name, traits in source.traits.items() if traits.control}
    found = [
        _against(source, setting, control, [p for p, c in chosen.items() if c == control])
        for setting, group in trials.groupby(["model", "edges"])
        for chosen in [choose_controls(group, controls)]
        for control in dict.fromkeys(chosen.values())
    ]
    columns = [*SETTING, "control", *_AGAINST.values()]
    compared = pd.concat(found) if found else pd.DataFrame(columns=columns)
    tidy = tidy.merge(compared, on=SETTING, how="left").assign(is_control=tidy["pooling"].isin(controls))
    own = tidy.set_index(SETTING)[["parameters", "value"]].rename_axis(["model", "edges", "control"])
    joined = tidy[["model", "edges", "control"]].join(own, on=["model", "edges", "control"])
    tidy = tidy.assign(
        control_ratio=joined["parameters"] / tidy["parameters"], control_value=joined["value"].astype(float)
    )
    order = {pooling: i for i, pooling in enumerate([BASELINE, *source.spec.poolings])}
    settings = {tuple(setting): i for i, setting in enumerate(source.spec.settings)}
    place = [settings[m, e] for m, e in zip(tidy["model"], tidy["edges"], strict=True)]
    tidy = tidy.assign(_place=place, _order=tidy["pooling"].map(order))
    tidy = tidy.assign(against_holm_p=holm(tidy["against_p_value"].astype(float)))
    return tidy.sort_values(["_place", "_order"], ignore_index=True).drop(columns=["_place", "_order"])


def _against(source: Source, setting: Sequence[str], control: str, poolings: Sequence[str]) -> pd.DataFrame:
    """Changes of some poolings relative to their control, in one setting."""
    other = replace(source, records=against(source.records, control))
    values = other.narrowed(settings=[setting], poolings=poolings).values()
    found = overall_changes(values)[[*SETTING, *_AGAINST]].rename(columns=_AGAINST)
    return found.assign(control=control)


def _items(source: Source, row: pd.Series) -> list[Item]:
    return [
        Item("mean pooling") if row["pooling"] == BASELINE else _change(row[_CHANGE]),
        Item(f"{row['parameters']:,.0f}"),
        Item(_times(row["parameters_ratio"])),
        Item(_times(row["seconds_ratio"])),
        Item(f"{row['memory']:,.0f} MiB"),
        *_control_items(source, row),
    ]


def _control_items(source: Source, row: pd.Series) -> list[Item]:
    if row["pooling"] == BASELINE:
        return [Item(""), Item("")]
    if row["is_control"]:
        return [Item("is a control"), Item("")]
    if pd.isna(row["control"]):
        return [Item("none trained"), Item("\N{EM DASH}")]
    own = "" if pd.isna(row["control_value"]) else f", {number(row['control_value'])} %"
    remark = f"{_times(row['control_ratio'])} its weights{own}"
    compared = row[[_AGAINST[name] for name in _CHANGE]].set_axis(_CHANGE)
    return [Item(source.name("poolings", row["control"]), remark=remark), _change(compared)]


def _change(row: pd.Series) -> Item:
    if pd.isna(row["value"]):
        return Item("\N{EM DASH}")
    return Item(
        number(row["value"]),
        remark=counted(row["dataset"], int(row["n_seeds"]), int(row["n_datasets"])),
        interval=between(row),
        faint=not row["significant"],
    )


def _times(ratio: float) -> str:
    return "\N{EM DASH}" if pd.isna(ratio) else f"{ratio:.2f} {TIMES}"


def _notes(source: Source, tidy: pd.DataFrame) -> Iterator[str]:
    yield from statistic_notes(source.statistic, source.seeds)
    yield (
        f"Change: average over the datasets, or the change on the only dataset, with its {source.percent} "
        f"interval and n, datasets {TIMES} seeds. Gray and in parentheses: not significant (uncorrected)."
    )
    yield (
        "Weights: trainable numbers of the whole network. Seconds: processor time on a CPU, wall time on a "
        "GPU, against the median of mean pooling on the same dataset and kind of device. Memory: peak of "
        "the process, median."
    )
    yield (
        "Control: a pooling whose vector holds nothing but the mean, and whose network has at least "
        f"{ENOUGH:g} times the weights of the pooling's; of several the nearest. If a pooling has the lower "
        "error of the two, its weights alone are not the reason. Only poolings of this table are looked at."
    )
