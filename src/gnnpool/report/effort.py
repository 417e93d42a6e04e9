"""Lower errors that come with more weights, and what a mean with as many weights says of them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from gnnpool.records import BASELINE
from gnnpool.report.phrases import name_of
from gnnpool.specs import Traits
from gnnpool.tables import effort
from gnnpool.tables._changes import counted
from gnnpool.tables.base import Source
from gnnpool.wording import TIMES, interval, label_of, number


def larger(tidy: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Poolings with a lower error and more weights than mean pooling, controls left out.

    Args:
        tidy: Tidy rows of :mod:`gnnpool.tables.effort`.
        confidence: Such as 0.95.

    Returns:
        Their rows, and the column settled: whether the error is significantly lower than that of a control
        with as many weights, corrected for all comparisons with controls.
    """
    level = 1 - confidence
    rows = tidy[(tidy["value"] < 0) & (tidy["parameters_ratio"] > 1) & ~tidy["is_control"]]
    return rows.assign(settled=(rows["against_holm_p"] < level) & (rows["against_value"] < 0))


def effort_sentences(tidy: pd.DataFrame, source: Source) -> list[str]:
    """One sentence for each pooling of :func:`larger`: its weights, its control, and what that shows.

    Args:
        tidy: Tidy rows of :mod:`gnnpool.tables.effort`.
        source: What they were made from.
    """
    said, tests = [], int(tidy["against_p_value"].notna().sum())
    for _, row in larger(tidy, confidence=source.confidence).iterrows():
        name = name_of(row, source.labels, with_setting=len(source.spec.settings) > 1)
        lead = (
            f"{name}, {number(row['value'], digits=1)} %, has {row['parameters_ratio']:.2f} {TIMES} the "
            "weights of mean pooling"
        )
        here = tidy[(tidy["model"] == row["model"]) & (tidy["edges"] == row["edges"])]
        untested = pd.isna(row["control"])
        control = _untested(here, source) if untested else _tested(row, source, tests)
        said.append(f"{lead}; {control}.")
    return said


def effort_of_choice(source: Source, names: Sequence[str], pooling: str) -> list[str]:
    """What a mean with as many weights says of a pooling on one dataset; nothing if it has no more weights.

    Args:
        source: What a table of the whole grid is made from.
        names: Dataset, model and edges.
        pooling: Which one.
    """
    dataset, *setting = names
    controls = _controls(source.traits)
    part = source.narrowed(settings=[setting], datasets=[dataset], poolings=[pooling, *controls])
    return effort_sentences(effort.build(part).tidy, part)


def effort_limits(tidy: pd.DataFrame, *, confidence: float) -> list[str]:
    """A sentence on lower errors that more weights may explain; none if there is no such error.

    Args:
        tidy: Tidy rows of :mod:`gnnpool.tables.effort`.
        confidence: Such as 0.95.
    """
    rows = larger(tidy, confidence=confidence)
    unsettled, alone = int((~rows["settled"]).sum()), int(rows["control"].isna().sum())
    if not unsettled:
        return []
    lower = int(((tidy["value"] < 0) & ~tidy["is_control"]).sum())
    has, is_ = ("has", "is") if unsettled == 1 else ("have", "are")
    without = f"; for {alone} of them no such control is trained" if alone else ""
    return [
        f"{unsettled} of {lower} poolings with a lower error than mean pooling {has} more weights and {is_} "
        f"not significantly better than a mean with as many weights{without} (see Equal effort)."
    ]


def _tested(row: pd.Series, source: Source, tests: int) -> str:
    n = counted(row["against_dataset"], int(row["against_n_seeds"]), int(row["against_n_datasets"]))
    ends = interval(row["against_low"], row["against_high"], digits=1)
    control = label_of(source.labels, "poolings", row["control"])
    own = "" if pd.isna(row["control_value"]) else f", {number(row['control_value'], digits=1)} %"
    return (
        f"against its control {control} ({row['control_ratio']:.2f} {TIMES} its weights{own}) the change is "
        f"{number(row['against_value'], digits=1)} % ({ends}, {n}), "
        f"{_verdict(row, source.confidence, tests)}"
    )


def _verdict(row: pd.Series, confidence: float, tests: int) -> str:
    corrected = f" (corrected for {tests} comparisons)" if tests > 1 else ""
    if row["settled"]:
        return f"significant{corrected}: the weights alone are not the reason"
    if row["against_holm_p"] < 1 - confidence:
        return f"significant{corrected}: a mean with as many weights has the lower error"
    return f"not significant{corrected}: whether the weights are the reason is open"


def _untested(here: pd.DataFrame, source: Source) -> str:
    """Which controls are not trained, or too small."""
    trained = here.loc[here["is_control"], "pooling"]
    lacking = [name for name in _controls(source.traits) if name not in set(trained)]
    if lacking:
        return f"no control with as many weights is trained; defined: {_names(lacking, source)}"
    if len(trained):
        return f"no control is as large; trained: {_names(trained, source)}"
    return "no control is defined, such as a mean several times (operators: [mean, mean])"


def _controls(traits: Mapping[str, Traits]) -> list[str]:
    return [name for name, known in traits.items() if known.control and name != BASELINE]


def _names(poolings: list[str] | pd.Series, source: Source) -> str:
    return ", ".join(label_of(source.labels, "poolings", name) for name in poolings)
