"""The answer in paragraphs: what differs in each reading, the largest change, what can be detected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gnnpool.analysis.values import AVERAGE
from gnnpool.records import READINGS
from gnnpool.report.both_readings import detectable, signs
from gnnpool.report.headline import ANY, DATASETS, SETTING, opposed
from gnnpool.report.phrases import amount, amounts, counted, listed, name_of, on_targets
from gnnpool.specs import Labels, Physics
from gnnpool.wording import interval, label_of, number, setting_label, span

_RAW, _OTHER = READINGS
_OTHER_LEAD = f"In the {_OTHER} reading of the same trainings, "
# Changes named one by one on each side.
_NAMED = 2


@dataclass(frozen=True)
class Asked:
    """What an answer is asked of.

    Args:
        compared: For each reading rows of :func:`gnnpool.report.headline.comparisons` of the whole grid.
        first: For each reading rows of :func:`gnnpool.report.headline.headline`.
        power: For each reading tidy rows of :mod:`gnnpool.tables.power`; averages are over one kind.
        labels: Printed names.
        physics: By dataset which kind of quantity its target is, where that is known.
        planned: Planned trials.
        finished: Those of them that are finished.
        by_size: A sentence on poolings that see the number of atoms; may be empty.
        beyond: A sentence on datasets whose split holds something out of training; may be empty.
        poolings: Planned poolings, mean pooling not counted.
        datasets: Planned datasets.
        settings: Planned settings of model and edges.
        confidence: Of intervals, such as 0.95.
        margin: Percent that matters.
    """

    compared: Mapping[str, pd.DataFrame]
    first: Mapping[str, pd.DataFrame]
    power: Mapping[str, pd.DataFrame]
    labels: Labels
    physics: Mapping[str, Physics]
    planned: int
    finished: int
    by_size: str
    beyond: str
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
        Four paragraphs: significant changes of the raw reading, those of the averaged one, changes of
        single datasets, and what can be detected; three if there is no change yet. The sentence on poolings
        that see the number of atoms is one more, the third; that on what a split holds out is the last, and
        the only one where there is no other dataset. Where some targets grow
        with the cell and some do not, the first two speak of each kind. If the error of a pooling is lower
        on one kind and higher on the other, a paragraph before them says so, and of the averaged reading
        that alone is said.
    """
    if asked.compared[_RAW].empty:
        return (
            (f"{_so_far(asked)}{_start(asked.beyond, lower=_partial(asked))}",)
            if asked.beyond
            else _nothing(asked)
        )
    raw, other = asked.first[_RAW], asked.first[_OTHER]
    with_setting = raw.groupby(SETTING).ngroups > 1
    same = signs(asked.first, asked.labels, with_setting=with_setting)
    if set(raw["kind"]) == {ANY}:
        paragraphs = [
            f"{_significant(raw, asked, _lead(raw, asked))}.",
            f"{_significant(other, asked, _OTHER_LEAD)}; {same}.",
        ]
    else:
        said = [text for text in (_opposed(raw, asked), _by_kind(raw, asked)) if text]
        said[0] = f"{_so_far(asked)}{_start(said[0], lower=_partial(asked))}"
        beside = _opposed(other, asked) or _by_kind(other, asked)
        paragraphs = [*said, f"{_OTHER_LEAD}{_start(beside, lower=True)} {_start(same)}."]
    return (
        *paragraphs,
        *filter(None, [asked.by_size]),
        _largest(asked.compared[_RAW], asked),
        detectable(asked.first, asked.power, asked.labels, margin=asked.margin),
        *filter(None, [asked.beyond]),
    )


def _partial(asked: Asked) -> bool:
    return asked.finished < asked.planned


def _so_far(asked: Asked) -> str:
    return f"So far, with {asked.finished} of {asked.planned} trials: " if _partial(asked) else ""


def _start(text: str, *, lower: bool = False) -> str:
    """A text with another first letter."""
    return f"{text[0].lower() if lower else text[0].upper()}{text[1:]}"


def _by_kind(first: pd.DataFrame, asked: Asked) -> str:
    """A sentence on each kind of target."""
    return " ".join(_on_one_kind(rows, first, asked) for _, rows in first.groupby("kind", sort=False))


def _on_one_kind(rows: pd.DataFrame, first: pd.DataFrame, asked: Asked) -> str:
    where = on_targets(rows, asked.labels, asked.physics)
    lead = f"On {where} and with {amounts(rows['n_seeds'], 'seed')}, "
    return f"{_significant(rows, asked, lead, among=first)}."


def _opposed(first: pd.DataFrame, asked: Asked) -> str:
    """Sentences on poolings whose error is lower on one kind of target and higher on the other, if any."""
    pairs = opposed(first, list(asked.compared[_RAW]["pooling"].unique()))
    if not pairs:
        return ""
    low, high = pairs[0]
    sure = f"{100 * asked.confidence:g} % interval "
    names = [f"{_pooling(row, asked)} with {setting_label(asked.labels, *row[SETTING])}" for row, _ in pairs]
    also = f" The same holds for {_listed(names[1:], len(names) - 1)}." if names[1:] else ""
    return (
        f"Which pooling has the lower error depends on the kind of target: {names[0]} has "
        f"{_against(low, 'lower error than mean pooling', asked, sure=sure)}, and "
        f"{_against(high, 'higher error', asked)}. Both are significant (corrected for "
        f"{int(first['p_value'].notna().sum())} comparisons; the intervals are not).{also}"
    )


def _pooling(row: pd.Series, asked: Asked) -> str:
    return label_of(asked.labels, "poolings", row["pooling"])


def _against(row: pd.Series, side: str, asked: Asked, *, sure: str = "") -> str:
    """A change in words, such as "a 20.0 % lower error (...) on the target that grows with the cell"."""
    ends = interval(row["low"], row["high"], digits=1)
    where = on_targets(row.to_frame().T, asked.labels, asked.physics)
    return f"a {abs(row['value']):.1f} % {side} ({sure}{ends}, {counted(row)}) on {where}"


def _nothing(asked: Asked) -> tuple[str, ...]:
    if not asked.datasets:
        there = f"{asked.finished} of {amount(asked.planned, 'planned trial')} are there"
        return (
            f"There is no result yet: {there}, on splits that hold something out, and none can be tested: a "
            "test needs two seeds of a pooling and of mean pooling.",
        )
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


def _significant(first: pd.DataFrame, asked: Asked, lead: str, *, among: pd.DataFrame | None = None) -> str:
    """The significant changes of one reading, or of a part of those it is corrected for; no full stop."""
    settings = first.groupby(SETTING, sort=False).ngroups
    where = [setting_label(asked.labels, *first[SETTING].iloc[0])] if settings == 1 else []
    if first["p_value"].isna().all():
        said = f"{lead}no change can be tested"
        return f"{said}{_bracketed(where)}: a test needs two seeds of a dataset, or {DATASETS} datasets"
    tested = int(first["p_value"].notna().sum())
    lacking = len(first) - tested
    gap = f"; {lacking} more {'has' if lacking == 1 else 'have'} no interval yet" if lacking else ""
    corrected = tested if among is None else int(among["p_value"].notna().sum())
    if corrected > 1:
        where.append(f"corrected for {corrected} comparisons")
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
    """How many poolings, or changes of several settings or datasets, are significant."""
    datasets = first.loc[first["dataset"] != AVERAGE, "dataset"].nunique()
    if settings > 1 or _by_dataset(first):
        poolings = amount(first["pooling"].nunique(), "pooling")
        on = f"on {amount(datasets, 'dataset')}" if datasets else ""
        within = f"in {settings} settings" if settings > 1 else ""
        combined = first["pooling"].nunique() * max(datasets, 1) * settings == len(first)
        each = "" if combined else ", not all combined"
        of = f"changes relative to mean pooling ({' '.join(filter(None, [poolings, on, within]))}{each})"
        return f"{count or 'none'} of {tested} {of} {'are' if count > 1 else 'is'} significant"
    if tested == 1:
        return f"the one pooling {'differs' if count else 'does not differ'} significantly from mean pooling"
    poolings = f"{count} of {tested} poolings" if count else "no pooling"
    return f"{poolings} {'differ' if count > 1 else 'differs'} significantly from mean pooling"


def _by_dataset(first: pd.DataFrame) -> bool:
    """Whether the changes are of poolings on several datasets, each by itself."""
    return bool(first.duplicated(["kind", *SETTING, "pooling"]).any())


def _bracketed(words: list[str]) -> str:
    return f" ({'; '.join(words)})" if words else ""


def _lead(first: pd.DataFrame, asked: Asked) -> str:
    """Of how much the answer is: trials, datasets of each pooling and seeds."""
    done = _so_far(asked)
    datasets = list(dict.fromkeys(d for row in first["datasets"] for d in row.split(",")))
    of = f" of {asked.datasets}" if len(datasets) < asked.datasets else ""
    each = "" if first["n_datasets"].min() == len(datasets) else " each"
    one = first["n_datasets"].max() == 1 and not of
    where = f"{span(first['n_datasets'])}{of} {'dataset' if one else 'datasets'}{each}"
    if _by_dataset(first) and (first["dataset"] != AVERAGE).all():
        where = f"{len(datasets)}{of} datasets, each by itself,"
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
    """From what the first sentence says that the changes are, for those of which it is true; "" for none."""
    if rows["n_seeds"].nunique() > 1:
        return ""
    return counted(rows.loc[rows["n_datasets"].idxmax()])


def _list(rows: pd.DataFrame, asked: Asked, with_setting: bool, whole: str) -> str:
    """Changes in words, the first ones of them; those that are not from the whole say from what."""
    named = []
    for i, (_, row) in enumerate(rows.head(_NAMED).iterrows()):
        ends = interval(row["low"], row["high"], digits=1)
        ends = ends if i else f"uncorrected {100 * asked.confidence:g} % interval {ends}"
        n = "" if counted(row) == whole else f", {counted(row)}"
        # The only dataset of a kind is named before.
        shown = {"with_setting": with_setting, "with_dataset": row["kind"] == ANY}
        name = name_of(row, asked.labels, **shown)
        named.append(f"{name}, {number(row['value'], digits=1)} % ({ends}{n})")
    return _listed(named, len(rows))


def _listed(names: Sequence[str], count: int) -> str:
    """The first ones of some names, and how many more there are."""
    more = [f"{count - _NAMED} more"] if count > _NAMED else []
    return listed([*names[:_NAMED], *more])


def _one(row: pd.Series, asked: Asked, with_setting: bool) -> str:
    """One change in words: what, where, how large, how sure, and from how much."""
    ends = interval(row["low"], row["high"], digits=1)
    if not pd.isna(row["low"]):
        ends = f"{100 * asked.confidence:g} % interval {ends}"
    name = name_of(row, asked.labels, with_setting=with_setting)
    return f"{name}, {number(row['value'], digits=1)} % ({ends}, {counted(row)})"
