"""What the two readings say beside each other: signs, detectable differences and noise floors."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.power import MOST, POWER
from gnnpool.analysis.values import AVERAGE
from gnnpool.records import READINGS
from gnnpool.report.phrases import amount, amounts, listed, name_of
from gnnpool.specs import Labels
from gnnpool.tables.power import ALL
from gnnpool.wording import number, setting_label, span

RAW, OTHER = READINGS
# Changes of other signs that a sentence names; "At a glance" marks all of them.
_NAMED = 5


def with_other(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Put the values of another reading beside changes.

    Args:
        rows: Changes of one reading, such as rows of :func:`gnnpool.report.headline.comparisons`.
        others: The same of another reading.

    Returns:
        The rows with the columns other_value (%), other_significant and other_sign: whether one reading
        is below zero and the other one above.
    """
    same = [*CONDITION, "datasets"]
    found = others[[*same, "value", "significant"]]
    found = found.rename(columns={"value": "other_value", "significant": "other_significant"})
    both = rows.merge(found, on=same, how="left")
    return both.assign(other_sign=np.sign(both["value"]) * np.sign(both["other_value"]) < 0)


def signs(first: Mapping[str, pd.DataFrame], labels: Mapping, *, with_setting: bool) -> str:
    """Say whether the readings agree on the signs of the changes, and name those where they do not.

    Args:
        first: For each reading rows of :func:`gnnpool.report.headline.headline`.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        with_setting: Whether names state model and edges.
    """
    both = with_other(first[RAW], first[OTHER])
    differ = both[both["other_sign"]]
    if differ.empty:
        return "no change has another sign than in the raw reading"
    named = [
        f"{name_of(row, labels, with_setting=with_setting)} ({RAW} {number(row['value'], digits=2)} %, "
        f"{OTHER} {number(row['other_value'], digits=2)} %)"
        for _, row in differ.head(_NAMED).iterrows()
    ]
    more = [f"{len(differ) - _NAMED} more"] if len(differ) > _NAMED else []
    has = "has" if len(differ) == 1 else "have"
    return (
        f"{len(differ)} of {amount(len(both), 'change')} {has} another sign than in the raw reading: "
        f"{listed([*named, *more])}"
    )


def detectable(
    first: Mapping[str, pd.DataFrame], power: Mapping[str, pd.DataFrame], labels: Labels, *, margin: float
) -> str:
    """The last sentence: detectable differences, seeds needed, and the noise floor, of both readings.

    Args:
        first: For each reading rows of :func:`gnnpool.report.headline.headline`.
        power: For each reading tidy rows of :mod:`gnnpool.tables.power`.
        labels: Printed names.
        margin: Percent that matters.
    """
    lines = {reading: of[of["pooling"] == ALL] for reading, of in power.items()}
    single = {reading: of[of["dataset"] != AVERAGE] for reading, of in lines.items()}
    averages = {reading: of[of["dataset"] == AVERAGE] for reading, of in lines.items()}
    raw = single[RAW]
    if raw.empty:
        said = "The detectable difference is not known, as a spread needs two seeds"
    else:
        median = f", median of {len(raw)} pairs of dataset and setting" if len(raw) > 1 else ""
        said = (
            f"With {amounts(raw['n'], 'seed')} the detectable difference on one dataset is "
            f"{_both(_medians(single), f'; {100 * POWER:g} % power, uncorrected{median}')}"
        )
        if len(averages[RAW]):
            datasets = amounts(averages[RAW]["n"], "dataset")
            over = len(averages[RAW])
            median = f"; median of {over} settings" if over > 1 else ""
            said += f", and of an average over {datasets} {_both(_medians(averages), median)}"
        said += f"; {_needed(raw['needed'], margin)}"
    floors = {reading: of["noise_floor"].dropna() for reading, of in first.items()}
    if floors[RAW].empty:
        return f"{said}; the noise floor was not measured."
    sizes = _both({reading: f"± {span(of, '{:.1f}')} %" for reading, of in floors.items()})
    return (
        f"{said}; the noise floor is {sizes}{_measured(first[RAW], labels)}, the size of changes when only "
        "the initialisation differs."
    )


def _measured(first: pd.DataFrame, labels: Labels) -> str:
    """The settings of the noise floor, where it was not measured in all of them."""
    known = first["noise_floor"].notna().groupby([first["model"], first["edges"]], sort=False).any()
    named = listed([setting_label(labels, *setting) for setting in known.index[known]])
    return "" if known.all() else f" with {named}"


def _medians(lines: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    return {reading: f"{of['detectable_difference'].median():.1f} %" for reading, of in lines.items()}


def _both(words: Mapping[str, str], more: str = "") -> str:
    """The words of the raw reading, and in parentheses those of the other one and more."""
    return f"{words[RAW]} ({OTHER} reading: {words[OTHER]}{more})"


def _needed(found: pd.Series, margin: float) -> str:
    """How many seeds detect the margin on one dataset."""
    wanted, at = f"{margin:g} %", "at the typical spread of the poolings"
    enough, never = found.dropna().astype(int), int(found.isna().sum())
    why = "as splits of one dataset share structures: more structures are needed"
    if enough.empty:
        return f"{at} no number of seeds detects {wanted} on one dataset, {why}"
    median = int(np.ceil(enough.median()))
    seeds = f"more than {MOST}" if median > MOST else f"about {median}"
    if not never:
        return f"to detect {wanted} on one dataset takes {seeds} seeds"
    of = f"{at}, on {never} of {len(found)} no number of seeds detects {wanted}"
    return f"{of}, {why}; on {'the other' if len(enough) == 1 else 'the others'} it takes {seeds} seeds"
