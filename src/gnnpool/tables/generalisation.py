"""Errors beyond a random test part: splits that hold something out, and noise in the structures."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.perturbed import NOISE, UNITS, changes_by_level, growth_by_condition
from gnnpool.records import BASELINE
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import MINUS, TIMES, interval, number, statistic_notes

NEEDS = ("perturbed",)
WITHIN = "in_distribution"

_DASH = "\N{EM DASH}"
_COLUMNS = [*CONDITION, "axis", "level", "value", "low", "high", "significant", "n_seeds", "error", "ratio"]
_HEADS = {WITHIN: "In distribution", "displaced": "Displaced", "strained": "Strained"}
_NOISE_UNITS = {"displaced": "Å", "strained": "%"}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Its datasets are references and those with a split of their own, in any order.

    Returns:
        Tidy: a line for each reference, model, edges, pooling (mean pooling among them), axis and level:
        value, low and high (% against mean pooling on the same axis and level; missing for mean pooling),
        significant, n_seeds, error (mean over the seeds, target unit) and ratio (to the error in
        distribution of the same pooling). The axis is "in_distribution", the scheme of a split or, where a
        reference has several of it, their dataset, "displaced" or "strained". n_seeds counts those that
        mean pooling has too.
    """
    tidy = pd.concat(
        [frame for frame in (_split_rows(source), _noise_rows(source)) if len(frame)] or [_empty()]
    )
    tidy = tidy[_COLUMNS].reset_index(drop=True)
    axes = _axes(source, tidy)
    heads = [_head(source, axis, level) for axis, level in axes]
    return Table(tidy, UNITS, heads, list(_rows(source, tidy, axes)), _notes(source))


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=_COLUMNS)


def _split_rows(source: Source) -> pd.DataFrame:
    """Errors and changes of each reference in distribution, and of the datasets that hold something out."""
    values = source.values().set_index(CONDITION)
    trials = source.trials()
    first = trials[trials["init"] == 0]
    errors = first.groupby(CONDITION)["test_mae"].agg(["mean", "count"])
    axes = _split_axes(source)
    by_seed = first.set_index([*CONDITION, "seed"])["test_mae"].unstack("seed")
    rows = []
    for (dataset, model, edges, pooling), (error, seeds) in errors.iterrows():
        key = (source.variants.get(dataset, {"reference": dataset})["reference"], model, edges, pooling)
        found = values.loc[(dataset, model, edges, pooling)] if pooling != BASELINE else {}
        numbers = [found.get(name) for name in ("value", "low", "high")]
        significant, n_seeds = bool(found.get("significant", False)), found.get("n_seeds", seeds)
        ratio = None
        if key in by_seed.index:  # only seeds that both have
            both = by_seed.loc[[(dataset, model, edges, pooling), key]].dropna(axis=1).mean(axis=1)
            ratio = both.iloc[0] / both.iloc[1]
        rows.append((*key, axes.get(dataset, WITHIN), "", *numbers, significant, int(n_seeds), error, ratio))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _split_axes(source: Source) -> dict[str, str]:
    """Axis of each dataset that holds something out: the scheme, or itself if its reference has several."""
    kinds = {name: (variant["reference"], variant["scheme"]) for name, variant in source.variants.items()}
    counts = Counter(kinds.values())
    return {name: kind[1] if counts[kind] == 1 else name for name, kind in kinds.items()}


def _noise_rows(source: Source) -> pd.DataFrame:
    """Errors and changes under noise, at the largest level of each kind and sign."""
    found = source.perturbed
    chosen = source.trials()
    found = found[found["axis"].isin(NOISE) & found["dataset"].isin(chosen["dataset"])]
    found = found[found["pooling"].isin(chosen["pooling"]) & found["seed"].isin(source.seeds)]
    if found.empty:
        return _empty()
    amount = pd.to_numeric(found["level"])
    largest = amount.abs().groupby([found["axis"], amount > 0]).transform("max")
    found = found[amount.abs() == largest]
    sure = {"statistic": source.statistic, "confidence": source.confidence, "margin": source.margin}
    changes = changes_by_level(found, source.trials(), **sure)
    growth = growth_by_condition(found, **sure)[[*CONDITION, "axis", "level", "ratio"]]
    rows = changes.drop(columns="ratio").merge(growth, on=[*CONDITION, "axis", "level"])
    baseline = rows["pooling"] == BASELINE
    rows[["value", "low", "high"]] = rows[["value", "low", "high"]].mask(baseline)
    return rows.assign(significant=rows["significant"].astype(bool) & ~baseline)


def _axes(source: Source, tidy: pd.DataFrame) -> list[tuple[str, str]]:
    """Axes with their levels, in the order shown: in distribution, schemes as the entry names them, noise."""
    axes = _split_axes(source)
    splits = [axes[dataset] for dataset in source.spec.datasets if dataset in axes]
    order = list(dict.fromkeys([WITHIN, *splits, *NOISE]))
    known = dict.fromkeys(tidy[["axis", "level"]].itertuples(index=False, name=None))
    return sorted(known, key=lambda one: order.index(one[0]))


def _head(source: Source, axis: str, level: str) -> str:
    if level:
        return f"{_HEADS[axis]} {level.replace('-', MINUS)} {_NOISE_UNITS[axis]}"
    if axis in source.variants:
        return source.name("datasets", axis)
    return _HEADS.get(axis, axis.replace("_", " ").capitalize())


def _rows(source: Source, tidy: pd.DataFrame, axes: Sequence[tuple[str, str]]) -> Iterator[Row]:
    lines = {row[1:7]: row for row in tidy.itertuples()}
    for model, edges in source.spec.settings:
        for reference in dict.fromkeys(tidy["dataset"]):
            poolings = dict.fromkeys([BASELINE, *source.spec.poolings])
            keys = [(reference, model, edges, pooling) for pooling in poolings]
            there = [key for key in keys if any((*key, *axis) in lines for axis in axes)]
            if there:
                yield Row(f"{source.name('datasets', reference)}, {source.setting(model, edges)}")
            for key in there:
                items = [_item(lines.get((*key, *axis)), source) for axis in axes]
                yield Row(source.name("poolings", key[-1]), items)


def _item(row: object, source: Source) -> Item:
    """The change against mean pooling, and the error as a multiple of that in distribution."""
    if row is None:
        return Item(_DASH)
    multiple = "" if row.axis == WITHIN or pd.isna(row.ratio) else f"{row.ratio:.2f} {TIMES}"
    if row.pooling == BASELINE:
        return Item("baseline", remark=multiple)
    if pd.isna(row.value):
        return Item("no baseline", remark=multiple)
    counted = f"n = {row.n_seeds}"
    return Item(
        number(row.value, digits=1),
        remark=f"{multiple}, {counted}" if multiple else counted,
        interval=interval(row.low, row.high, digits=1),
        faint=not row.significant,
    )


def _notes(source: Source) -> list[str]:
    part = f"{'random' if source.scheme == 'random' else repr(source.scheme)} test part"
    return [
        *statistic_notes(source.statistic, source.seeds),
        "Each column compares with mean pooling on the same split, or on the same changed structures. In "
        f"distribution: a {part}. The others hold out of training what they are named after, or add "
        f"noise to the structures of the {part}.",
        f"Below a number: its {source.percent} interval; the error as a multiple ({TIMES}) of that in "
        "distribution of the same pooling, which shows how much each pooling loses; and n, the seeds. Gray "
        "and in parentheses: not significant (uncorrected), as the interval includes zero or there is none.",
        "Size and target test the same structures for every seed, element in some seeds: intervals say "
        "nothing of other test structures.",
    ]
