"""The answer in three sentences: what differs, how large changes are, and what can be detected."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gnnpool.analysis.power import MOST, POWER
from gnnpool.analysis.values import AVERAGE
from gnnpool.report.headline import SETTING, comparisons, headline
from gnnpool.specs import Labels
from gnnpool.tables.power import ALL
from gnnpool.wording import interval, label_of, number, setting_label, span

# Changes named one by one on each side.
_NAMED = 2


@dataclass(frozen=True)
class Asked:
    """What an answer is asked of.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values` of the whole grid.
        power: Tidy rows of :mod:`gnnpool.tables.power` of the whole grid.
        labels: Printed names.
        planned: Planned trials.
        finished: Those of them that are finished.
        poolings: Planned poolings, mean pooling not counted.
        datasets: Planned datasets.
        settings: Planned settings of model and edges.
        confidence: Of intervals, such as 0.95.
        margin: Percent that matters.
    """

    values: pd.DataFrame
    power: pd.DataFrame
    labels: Labels
    planned: int
    finished: int
    poolings: int
    datasets: int
    settings: int
    confidence: float
    margin: float


def answer(asked: Asked) -> tuple[str, str, str]:
    """Say which poolings differ from mean pooling, how large changes are, and what can be detected.

    Args:
        asked: The numbers.

    Returns:
        Three sentences.
    """
    compared = comparisons(asked.values)
    if compared.empty:
        return _nothing(asked)
    first = headline(compared, confidence=asked.confidence)
    return _significant(first, asked), _largest(compared, asked), _power(first, asked)


def _nothing(asked: Asked) -> tuple[str, str, str]:
    if not asked.finished:
        why = f"none of {_count(asked.planned, 'planned trial')} is finished"
    else:
        why = (
            f"{asked.finished} of {_count(asked.planned, 'planned trial')} "
            f"{'is' if asked.finished == 1 else 'are'} finished, but no pooling has been trained on the same "
            "dataset, setting and seed as mean pooling"
        )
    return (
        f"There is no result yet: {why}.",
        f"The plan compares {_count(asked.poolings, 'pooling')} with mean pooling on "
        f"{_count(asked.datasets, 'dataset')}, in {_count(asked.settings, 'setting')} of model and edges.",
        "Sentences, tables and figures fill in as trials finish.",
    )


def _significant(first: pd.DataFrame, asked: Asked) -> str:
    """The first sentence."""
    settings = first.groupby(SETTING, sort=False).ngroups
    where = [setting_label(asked.labels, *first[SETTING].iloc[0])] if settings == 1 else []
    lead = _lead(first, asked)
    if first["p_value"].isna().all():
        said = f"{lead}no change can be tested"
        return f"{said}{_bracketed(where)}: a test needs two seeds of a dataset, or two datasets."
    tested = int(first["p_value"].notna().sum())
    lacking = len(first) - tested
    gap = f"; {lacking} more {'has' if lacking == 1 else 'have'} no interval yet" if lacking else ""
    if tested > 1:
        where.append(f"corrected for {tested} comparisons")
    significant = first[first["significant"]]
    said = f"{_how_many(len(significant), tested, first, settings)}{_bracketed(where)}"
    sides = [
        ("lower", significant[significant["value"] < 0].sort_values("value")),
        ("higher", significant[significant["value"] > 0].sort_values("value", ascending=False)),
    ]
    whole = _from(first)
    named = "; ".join(
        f"{side} error: {_list(rows, asked, settings > 1, whole)}" for side, rows in sides if len(rows)
    )
    return f"{lead}{said}{': ' if named else ''}{named}{gap}."


def _how_many(count: int, tested: int, first: pd.DataFrame, settings: int) -> str:
    """How many poolings, or changes of several settings, are significant."""
    if settings > 1:
        poolings = _count(first["pooling"].nunique(), "pooling")
        of = f"changes relative to mean pooling ({poolings} in {settings} settings)"
        return f"{count or 'none'} of {tested} {of} {'are' if count > 1 else 'is'} significant"
    if tested == 1:
        return f"the one pooling {'differs' if count else 'does not differ'} significantly from mean pooling"
    poolings = f"{count} of {tested} poolings" if count else "no pooling"
    return f"{poolings} {'differ' if count > 1 else 'differs'} significantly from mean pooling"


def _bracketed(words: list[str]) -> str:
    return f" ({'; '.join(words)})" if words else ""


def _lead(first: pd.DataFrame, asked: Asked) -> str:
    """Of how much the answer is: trials, datasets of each pooling and seeds."""
    done = ""
    if asked.finished < asked.planned:
        done = f"So far, with {asked.finished} of {asked.planned} trials: "
    datasets = list(dict.fromkeys(d for row in first["datasets"] for d in row.split(",")))
    of = f" of {asked.datasets}" if len(datasets) < asked.datasets else ""
    each = "" if first["n_datasets"].min() == len(datasets) else " each"
    where = f"{span(first['n_datasets'])}{of} {'dataset' if asked.datasets == 1 else 'datasets'}{each}"
    if len(datasets) == 1:
        where += f" ({label_of(asked.labels, 'datasets', datasets[0])})"
    return f"{done}{'o' if done else 'O'}n {where} and with {_counts(first['n_seeds'], 'seed')}, "


def _largest(compared: pd.DataFrame, asked: Asked) -> str:
    """The second sentence: single datasets, uncorrected."""
    single = compared[compared["dataset"] != AVERAGE]
    many_settings = single.groupby(SETTING).ngroups > 1
    largest = single.loc[single["value"].abs().idxmax()]
    is_ = "is" if largest["significant"] else "is not"
    change = f"he largest change is {_one(largest, asked, many_settings)}"
    known = int(single["low"].notna().sum())
    if not known:
        return f"T{change}; one seed has no interval."
    lower = int((single["significant"] & (single["value"] < 0)).sum())
    higher = int((single["significant"] & (single["value"] > 0)).sum())
    count = lower + higher
    expected = (1 - asked.confidence) * known
    expected = f"{expected:.0f}" if expected >= 1 else f"{expected:.1g}"
    sides = f"{lower} lower, {higher} higher; " if count else ""
    return (
        f"On single datasets, {count or 'none'} of {_count(known, 'change')} {'are' if count > 1 else 'is'} "
        f"significant (uncorrected; {sides}about {expected} expected by chance); t{change}, which {is_} "
        "significant (uncorrected)."
    )


def _power(first: pd.DataFrame, asked: Asked) -> str:
    """The third sentence: detectable differences, seeds needed, and the noise floor."""
    lines = asked.power[asked.power["pooling"] == ALL]
    single, averages = (lines[(lines["dataset"] == AVERAGE) == side] for side in (False, True))
    if single.empty:
        said = "The detectable difference is not known, as a spread needs two seeds"
    else:
        median = f", median of {len(single)} pairs of dataset and setting" if len(single) > 1 else ""
        said = (
            f"With {_counts(single['n'], 'seed')} the detectable difference on one dataset is "
            f"{single['detectable_difference'].median():.1f} % ({100 * POWER:g} % power, uncorrected{median})"
        )
        if len(averages):
            said += (
                f", and of an average over {_counts(averages['n'], 'dataset')} "
                f"{averages['detectable_difference'].median():.1f} %"
            )
        said += f"; {_needed(single['needed'], asked)}"
    floors = first[first["noise_floor"].notna()]
    if floors.empty:
        return f"{said}; the noise floor was not measured."
    size = span(floors["noise_floor"], "{:.1f}")
    return f"{said}; the noise floor is ± {size} %, the size of changes when only the initialisation differs."


def _needed(counts: pd.Series, asked: Asked) -> str:
    """How many seeds detect the margin on one dataset."""
    margin = f"{asked.margin:g} %"
    enough, never = counts.dropna().astype(int), int(counts.isna().sum())
    why = "as splits of one dataset share structures: more structures are needed"
    if enough.empty:
        return f"no number of seeds detects {margin} there, {why}"
    median = int(np.ceil(enough.median()))
    seeds = f"more than {MOST}" if median > MOST else f"about {median}"
    if not never:
        return f"to detect {margin} there takes {seeds} seeds"
    of = f"on {never} of {len(counts)} no number of seeds detects {margin}"
    return f"{of}, {why}; on {'the other' if len(enough) == 1 else 'the others'} it takes {seeds} seeds"


def _from(rows: pd.DataFrame) -> str:
    """From what the first sentence says that the changes are, for those of which it is true."""
    return counted(rows.loc[rows["n_datasets"].idxmax()])


def _list(rows: pd.DataFrame, asked: Asked, with_setting: bool, whole: str) -> str:
    """Changes in words, the first ones of them; those that are not from the whole say from what."""
    named = []
    for i, (_, row) in enumerate(rows.head(_NAMED).iterrows()):
        ends = interval(row["low"], row["high"], digits=1)
        ends = ends if i else f"uncorrected {100 * asked.confidence:g} % interval {ends}"
        n = "" if counted(row) == whole else f", {counted(row)}"
        named.append(f"{_name(row, asked, with_setting)}, {number(row['value'], digits=1)} % ({ends}{n})")
    more = [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
    *others, last = [*named, *more]
    return f"{', '.join(others)} and {last}" if others else last


def _one(row: pd.Series, asked: Asked, with_setting: bool) -> str:
    """One change in words: what, where, how large, how sure, and from how much."""
    ends = interval(row["low"], row["high"], digits=1)
    if not pd.isna(row["low"]):
        ends = f"{100 * asked.confidence:g} % interval {ends}"
    name = _name(row, asked, with_setting)
    return f"{name}, {number(row['value'], digits=1)} % ({ends}, {counted(row)})"


def _name(row: pd.Series, asked: Asked, with_setting: bool) -> str:
    name = label_of(asked.labels, "poolings", row["pooling"])
    if row["dataset"] != AVERAGE:
        name += f" on {label_of(asked.labels, 'datasets', row['dataset'])}"
    if with_setting:
        name += f" with {setting_label(asked.labels, row['model'], row['edges'])}"
    return name


def counted(row: pd.Series) -> str:
    """From how many datasets and seeds a change is, such as "n = 7 datasets × 5 seeds"."""
    seeds = _count(row["n_seeds"], "seed")
    if row["dataset"] != AVERAGE:
        return f"n = {seeds}"
    return f"n = {_count(row['n_datasets'], 'dataset')} \N{MULTIPLICATION SIGN} {seeds}"


def _count(count: int, noun: str) -> str:
    return _counts([count], noun)


def _counts(counts: Iterable[int], noun: str) -> str:
    text = span(counts)
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"
