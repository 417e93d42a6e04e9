"""The answer in four sentences: what differs in each reading, the largest change, what can be detected."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from gnnpool.analysis.values import AVERAGE
from gnnpool.records import READINGS
from gnnpool.report.both_readings import detectable, signs
from gnnpool.report.headline import SETTING, comparisons, headline
from gnnpool.report.phrases import amount, amounts, counted, name_of
from gnnpool.specs import Labels
from gnnpool.wording import interval, label_of, number, setting_label, span

_RAW, _OTHER = READINGS
# Changes named one by one on each side.
_NAMED = 2


@dataclass(frozen=True)
class Asked:
    """What an answer is asked of.

    Args:
        values: For each reading rows of :func:`gnnpool.analysis.values.assessed_values` of the whole grid.
        power: For each reading tidy rows of :mod:`gnnpool.tables.power` of the whole grid.
        labels: Printed names.
        planned: Planned trials.
        finished: Those of them that are finished.
        poolings: Planned poolings, mean pooling not counted.
        datasets: Planned datasets.
        settings: Planned settings of model and edges.
        confidence: Of intervals, such as 0.95.
        margin: Percent that matters.
    """

    values: Mapping[str, pd.DataFrame]
    power: Mapping[str, pd.DataFrame]
    labels: Labels
    planned: int
    finished: int
    poolings: int
    datasets: int
    settings: int
    confidence: float
    margin: float


def answer(asked: Asked) -> tuple[str, ...]:
    """Say which poolings differ from mean pooling, how large changes are, and what can be detected.

    Args:
        asked: The numbers.

    Returns:
        Four sentences: significant changes of the raw reading, those of the averaged one, changes of
        single datasets, and what can be detected; three if there is no change yet.
    """
    compared = {reading: comparisons(values) for reading, values in asked.values.items()}
    if compared[_RAW].empty:
        return _nothing(asked)
    first = {reading: headline(rows, confidence=asked.confidence) for reading, rows in compared.items()}
    averaged = _significant(first[_OTHER], asked, f"In the {_OTHER} reading of the same trainings, ")
    with_setting = first[_RAW].groupby(SETTING).ngroups > 1
    return (
        f"{_significant(first[_RAW], asked, _lead(first[_RAW], asked))}.",
        f"{averaged}; {signs(first, asked.labels, with_setting=with_setting)}.",
        _largest(compared[_RAW], asked),
        detectable(first, asked.power, margin=asked.margin),
    )


def _nothing(asked: Asked) -> tuple[str, str, str]:
    if not asked.finished:
        why = f"none of {amount(asked.planned, 'planned trial')} is finished"
    else:
        why = (
            f"{asked.finished} of {amount(asked.planned, 'planned trial')} "
            f"{'is' if asked.finished == 1 else 'are'} finished, but no pooling has been trained on the same "
            "dataset, setting and seed as mean pooling"
        )
    return (
        f"There is no result yet: {why}.",
        f"The plan compares {amount(asked.poolings, 'pooling')} with mean pooling on "
        f"{amount(asked.datasets, 'dataset')}, in {amount(asked.settings, 'setting')} of model and edges.",
        "Sentences, tables and figures fill in as trials finish.",
    )


def _significant(first: pd.DataFrame, asked: Asked, lead: str) -> str:
    """The significant changes of one reading, without a full stop."""
    settings = first.groupby(SETTING, sort=False).ngroups
    where = [setting_label(asked.labels, *first[SETTING].iloc[0])] if settings == 1 else []
    if first["p_value"].isna().all():
        said = f"{lead}no change can be tested"
        return f"{said}{_bracketed(where)}: a test needs two seeds of a dataset, or two datasets"
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
    return f"{lead}{said}{': ' if named else ''}{named}{gap}"


def _how_many(count: int, tested: int, first: pd.DataFrame, settings: int) -> str:
    """How many poolings, or changes of several settings, are significant."""
    if settings > 1:
        poolings = amount(first["pooling"].nunique(), "pooling")
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
    return f"{done}{'o' if done else 'O'}n {where} and with {amounts(first['n_seeds'], 'seed')}, "


def _largest(compared: pd.DataFrame, asked: Asked) -> str:
    """Changes of single datasets in the raw reading, uncorrected."""
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
        f"On single datasets, {count or 'none'} of {amount(known, 'change')} {'are' if count > 1 else 'is'} "
        f"significant (uncorrected; {sides}about {expected} expected by chance); t{change}, which {is_} "
        "significant (uncorrected)."
    )


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
        name = name_of(row, asked.labels, with_setting=with_setting)
        named.append(f"{name}, {number(row['value'], digits=1)} % ({ends}{n})")
    more = [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
    *others, last = [*named, *more]
    return f"{', '.join(others)} and {last}" if others else last


def _one(row: pd.Series, asked: Asked, with_setting: bool) -> str:
    """One change in words: what, where, how large, how sure, and from how much."""
    ends = interval(row["low"], row["high"], digits=1)
    if not pd.isna(row["low"]):
        ends = f"{100 * asked.confidence:g} % interval {ends}"
    name = name_of(row, asked.labels, with_setting=with_setting)
    return f"{name}, {number(row['value'], digits=1)} % ({ends}, {counted(row)})"
