"""The answer in three sentences: what can be told from the trials, and what cannot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gnnpool.analysis.power import MOST_SEEDS, POWER
from gnnpool.analysis.values import AVERAGE
from gnnpool.analysis.wording import interval, label_of, number, setting_label, span
from gnnpool.report.headline import SETTING, comparisons, headline
from gnnpool.tables.power import ALL

# Changes named one by one on each side.
_NAMED = 2


@dataclass(frozen=True)
class Asked:
    """What an answer is asked of.

    Args:
        values: Rows of :func:`gnnpool.analysis.assessed.assessed_values` of the whole grid.
        power: Tidy rows of :mod:`gnnpool.tables.power` of the whole grid.
        labels: For each of datasets, models, edges and poolings the labels by slug.
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
    labels: Mapping[str, Mapping[str, str]]
    planned: int
    finished: int
    poolings: int
    datasets: int
    settings: int
    confidence: float
    margin: float


def answer(asked: Asked) -> tuple[str, str, str]:
    """Say what can be told from mean pooling, how large changes are, and what it would take.

    Args:
        asked: The numbers.

    Returns:
        Three sentences.
    """
    compared = comparisons(asked.values)
    if compared.empty:
        return _nothing(asked)
    first = headline(compared)
    return _told(first, asked), _largest(compared, asked), _needed(first, asked)


def _nothing(asked: Asked) -> tuple[str, str, str]:
    if not asked.finished:
        why = f"of {_count(asked.planned, 'planned trial')} none is finished"
    else:
        why = (
            f"{asked.finished} of {_count(asked.planned, 'planned trial')} "
            f"{'is' if asked.finished == 1 else 'are'} finished, but no pooling has been trained on the same "
            "dataset, setting and seed as mean pooling"
        )
    return (
        f"Nothing can be told yet: {why}.",
        f"The plan compares {_count(asked.poolings, 'pooling')} with mean pooling on "
        f"{_count(asked.datasets, 'dataset')}, in {_count(asked.settings, 'setting')} of model and edges.",
        "Sentences, tables and figures fill in as trials finish.",
    )


def _told(first: pd.DataFrame, asked: Asked) -> str:
    """The first sentence."""
    settings = first.groupby(SETTING, sort=False).ngroups
    poolings = _count(first["pooling"].nunique(), "pooling")
    where = f" ({setting_label(asked.labels, *first[SETTING].iloc[0])})" if settings == 1 else ""
    lead = _lead(first, asked)
    if first["low"].isna().all():
        return f"{lead}nothing can be told{where}: an interval needs two seeds of a dataset, or two datasets."
    lacking = int(first["low"].isna().sum())
    gap = f"; {lacking} of them {'has' if lacking == 1 else 'have'} no interval yet" if lacking else ""
    what, zero = f"{len(first)} poolings", "mean pooling"
    if settings > 1:
        what = f"{len(first)} changes against mean pooling ({poolings} in {settings} settings)"
        zero = "zero"
    told = first[first["told"]]
    if told.empty:
        none = "the one pooling cannot" if len(first) == 1 else f"none of the {what} can"
        return f"{lead}{none} be told from {zero}{where}{gap}."
    sides = [
        ("lower", told[told["value"] < 0].sort_values("value")),
        ("higher", told[told["value"] > 0].sort_values("value", ascending=False)),
    ]
    whole = _from(first)
    named = "; ".join(
        f"a {side} error has {_list(rows, asked, settings > 1, whole)}" for side, rows in sides if len(rows)
    )
    some = "the one pooling" if len(first) == 1 else f"{len(told)} of the {what}"
    return f"{lead}{some} can be told from {zero}{where}: {named}{gap}."


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
    """The second sentence: single datasets."""
    single = compared[compared["dataset"] != AVERAGE]
    many_settings = single.groupby(SETTING).ngroups > 1
    largest = single.loc[single["value"].abs().idxmax()]
    can = "can" if largest["told"] else "cannot"
    change = f"he largest change is {_one(largest, asked, many_settings)}, which {can} be told from zero"
    known = int(single["low"].notna().sum())
    if not known:
        return f"T{change}, as no change of one seed can."
    by_chance = round((1 - asked.confidence) * known)
    if single["dataset"].nunique() == 1:
        chance = f"; by chance alone, up to {by_chance} of {known} changes would be" if by_chance else ""
        return f"T{change}{chance}."
    better = int((single["told"] & (single["value"] < 0)).sum())
    worse = int((single["told"] & (single["value"] > 0)).sum())
    sides = f": {better} better, {worse} worse" if better + worse else ""
    chance = f" (by chance alone, up to {by_chance} would be)" if by_chance else ""
    counted = f"{better + worse} of {_count(known, 'change')} can be told from zero{sides}{chance}"
    return f"On single datasets {counted}; t{change}."


def _needed(first: pd.DataFrame, asked: Asked) -> str:
    """The third sentence: seeds that it would take, and the noise floor."""
    power = asked.power
    lines = power[(power["pooling"] == ALL) & (power["dataset"] != AVERAGE)]
    margin = f"{asked.margin:g} %"
    if lines.empty:
        seeds = (
            f"How many seeds would tell a difference of {margin} is not known, as a spread needs two seeds"
        )
    else:
        now = _counts(lines["n_seeds"], "seed")
        over = f"medians over {len(lines)} pairs of dataset and setting, " if len(lines) > 1 else ""
        seeds = (
            f"As changes scatter between seeds, {now} tell a difference of "
            f"{lines['difference_told'].median():.1f} %, and telling {margin} would take "
            f"{_seeds(lines['seeds_needed'])} ({over}{100 * POWER:g} % power){_beyond(lines)}"
        )
    floors = first[first["noise_floor"].notna()]
    if floors.empty:
        return f"{seeds}; the noise floor was not measured."
    size = span(floors["noise_floor"], "{:.1f}")
    return (
        f"{seeds}; the noise floor is ± {size} %, so large are changes when only the initialisation differs."
    )


def _seeds(counts: pd.Series) -> str:
    median = np.median(counts.astype(float).fillna(np.inf))
    return f"about {np.ceil(median):.0f} seeds" if np.isfinite(median) else f"more than {MOST_SEEDS} seeds"


def _beyond(lines: pd.DataFrame) -> str:
    """What it takes where the claim shall hold for other crystals of the kind."""
    lacking = int(lines["seeds_needed_beyond"].isna().sum())
    if not lacking:
        return f", or {_seeds(lines['seeds_needed_beyond'])} for a claim about other crystals too"
    where = "" if lacking == len(lines) else f" on {lacking} of them"
    return f", while a claim about other crystals too needs more structures{where}, not more seeds"


def _from(rows: pd.DataFrame) -> str:
    """From what the first sentence says that the changes are, for those of which it is true."""
    return counted(rows.loc[rows["n_datasets"].idxmax()])


def _list(rows: pd.DataFrame, asked: Asked, with_setting: bool, whole: str) -> str:
    """Changes in words, the first ones of them; those that are not from the whole say from what."""
    named = []
    for i, (_, row) in enumerate(rows.head(_NAMED).iterrows()):
        ends = interval(row["low"], row["high"], digits=1)
        ends = ends if i else f"{_percent(asked)} interval {ends}"
        n = "" if counted(row) == whole else f", {counted(row)}"
        named.append(f"{_name(row, asked, with_setting)}, {number(row['value'], digits=1)} % ({ends}{n})")
    more = [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
    *others, last = [*named, *more]
    return f"{', '.join(others)} and {last}" if others else last


def _one(row: pd.Series, asked: Asked, with_setting: bool) -> str:
    """One change in words: what, where, how large, how sure, and from how much."""
    ends = interval(row["low"], row["high"], digits=1)
    if not pd.isna(row["low"]):
        ends = f"{_percent(asked)} interval {ends}"
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


def _percent(asked: Asked) -> str:
    return f"{100 * asked.confidence:g} %"
