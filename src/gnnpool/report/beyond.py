"""Lines on datasets that hold something out of training, and on changed structures, for the findings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from gnnpool.analysis.ranks import holm
from gnnpool.records import BASELINE, READINGS
from gnnpool.report.phrases import listed, name_of, place_of
from gnnpool.specs import Labels
from gnnpool.tables import generalisation
from gnnpool.tables.base import Source
from gnnpool.wording import interval, label_of, number, span

_CONDITION = ["dataset", "model", "edges", "pooling"]
# Schemes of which what is held out names the test part.
_NAMED = ("element", "size", "target")


def beyond(sources: Mapping[str, Source], variants: Mapping[str, Mapping[str, str]]) -> Iterator[dict]:
    """Errors and changes where a split holds something out of training, beside those of a random test part.

    Args:
        sources: By reading; see :func:`gnnpool.report.grid.grid_sources`.
        variants: Scheme and reference of each dataset with a split of its own.

    Yields:
        For each of these datasets, setting, reading and pooling that has a trial: place, reading, pooling,
        times (its error as a multiple of that of the same pooling in distribution), change (against mean
        pooling on the same split), its interval, n (seeds), and within (the change in distribution).
    """
    for reading, source in sources.items():
        trained = [name for name in variants if name in set(source.records["dataset"])]
        for dataset in trained:
            yield from _of_one(dataset, reading, source, variants)


def beyond_sentence(sources: Mapping[str, Source], variants: Mapping[str, Mapping[str, str]]) -> str:
    """Say which changes are significant where a split holds something out of training.

    Args:
        sources: By reading; see :func:`gnnpool.report.grid.grid_sources`.
        variants: Scheme and reference of each dataset with a split of its own.

    Returns:
        The sentence, whose changes are corrected by Holm's method for all of these datasets together; "" if
        nothing was trained on them that can be tested.
    """
    raw, other = (_tested(source, variants) for source in sources.values())
    if raw.empty:
        return ""
    source = sources[READINGS[0]]
    raw, other = (of.assign(significant=holm(of["p_value"]) < 1 - source.confidence) for of in (raw, other))
    found, beside = raw[raw["significant"]], other.set_index(_CONDITION)
    found = found.loc[found["value"].abs().sort_values(ascending=False).index]
    sure = f"uncorrected {source.percent} interval "
    with_setting = raw.groupby(["model", "edges"]).ngroups > 1
    named = [
        f"{name_of(row, source.labels, with_setting=with_setting)}, {number(row['value'], digits=1)} % "
        f"({'' if i else sure}{interval(row['low'], row['high'], digits=1)}; {READINGS[1]} reading "
        f"{_beside(beside.loc[tuple(row[_CONDITION])])})"
        for i, (_, row) in enumerate(found.iterrows())
    ]
    where = listed([source.name("datasets", dataset) for dataset in raw["dataset"].unique()])
    return (
        f"Where a split holds something out of training ({where}), {len(found) or 'none'} of {len(raw)} "
        f"changes relative to mean pooling {'are' if len(found) > 1 else 'is'} significant "
        f"(corrected for {len(raw)} comparisons){f': {listed(named)}' if named else ''}."
    )


def _beside(row: pd.Series) -> str:
    """The same change in the other reading."""
    return f"{number(row['value'], digits=1)} %{'' if row['significant'] else ', not significant'}"


def held_out(counts: pd.DataFrame, trials: pd.DataFrame, labels: Labels) -> list[str]:
    """What is held out of training on each dataset that has trials.

    Args:
        counts: Counts of the datasets, with the columns dataset, scheme, held_out and test; may be empty.
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        labels: Printed names.
    """
    if "held_out" not in counts:
        return []
    known = counts[counts["held_out"].astype(bool) & counts["dataset"].isin(trials["dataset"])]
    return [
        f"{label_of(labels, 'datasets', dataset)}: {', '.join(dict.fromkeys(rows['held_out']))} "
        f"({span(rows['test'])} structures{_repeated(rows)})"
        for dataset, rows in known.groupby("dataset", sort=False)
    ]


def _repeated(rows: pd.DataFrame) -> str:
    """How many test parts differ, where several seeds have the same one."""
    different = rows["held_out"].nunique()
    if rows["scheme"].iloc[0] not in _NAMED or different == len(rows):
        return ""
    same = "the same" if different == 1 else f"{different} different test parts"
    return f", {same} for {len(rows)} seeds"


def _tested(source: Source, variants: Mapping) -> pd.DataFrame:
    """Changes with a p-value on the datasets that hold something out."""
    here = source.records[source.records["dataset"].isin(variants)]
    part = _narrowed(source, here, list(here["dataset"].unique()))
    values = part.values() if len(here) else pd.DataFrame(columns=[*_CONDITION, "p_value"])
    values = values[values["dataset"].isin(variants) & (values["pooling"] != BASELINE)]
    return values[values["p_value"].notna()]


def _narrowed(source: Source, here: pd.DataFrame, datasets: list[str]) -> Source:
    """The source with some datasets, and with the settings and poolings of some records."""
    poolings = dict.fromkeys([*source.spec.poolings, *here["pooling"]])
    return source.narrowed(
        datasets=datasets,
        settings=list(here[["model", "edges"]].drop_duplicates().itertuples(index=False, name=None)),
        poolings=[pooling for pooling in poolings if pooling in set(here["pooling"]) - {BASELINE}],
    )


def changed(invariances: pd.DataFrame, noise: pd.DataFrame, labels: Labels) -> Iterator[dict]:
    """Deviations for supercells, and errors under the largest displacements.

    Args:
        invariances: Tidy rows of :mod:`gnnpool.tables.invariances`.
        noise: Tidy rows of :mod:`gnnpool.figures.error_by_noise`.
        labels: Printed names.

    Yields:
        For each dataset, setting and pooling of both: place, pooling, supercells (deviation in % of the test
        error by supercell), displaced (change of the error in %), its interval, n (seeds) and amount (Å).
    """
    cells = invariances[invariances["axis"] == "supercell"].set_index([*_CONDITION, "level"])["share"]
    displaced = noise[noise["axis"] == "displaced"]
    largest = displaced[displaced["amount"] == displaced["amount"].max()].set_index(_CONDITION)
    for key, shares in cells.groupby(level=_CONDITION, sort=False):
        if key not in largest.index:
            continue
        row = largest.loc[key]
        yield {
            "place": place_of(dict(zip(_CONDITION, key, strict=True)), labels),
            "pooling": label_of(labels, "poolings", key[-1]),
            "supercells": {level: _share(share) for (*_, level), share in shares.items()},
            "displaced": f"{number(row['value'], digits=1)} %",
            "interval": interval(row["low"], row["high"], digits=1),
            "amount": f"{row['amount']:g}",
            "n": int(row["n_seeds"]),
        }


def _share(percent: float) -> str:
    return "< 0.1 %" if 0 < percent < 0.1 else f"{percent:.{int(percent < 1)}f} %"


def _of_one(
    dataset: str, reading: str, source: Source, variants: Mapping[str, Mapping[str, str]]
) -> Iterator[dict]:
    own, reference = {dataset: variants[dataset]}, variants[dataset]["reference"]
    here = source.records[source.records["dataset"] == dataset]
    part = _narrowed(replace(source, variants=own), here, [reference, dataset])
    lines = {
        (row.model, row.edges, row.pooling, row.axis): row
        for row in generalisation.build(part).tidy.itertuples()
    }
    for (model, edges, pooling, axis), row in lines.items():
        if axis == generalisation.WITHIN:
            continue
        yield {
            "place": place_of({"dataset": dataset, "model": model, "edges": edges}, source.labels),
            "reading": reading,
            "pooling": source.name("poolings", pooling),
            "times": "none" if pd.isna(row.ratio) else f"{row.ratio:.2f}",
            "change": _change(row),
            "interval": "baseline" if pooling == BASELINE else interval(row.low, row.high, digits=1),
            "n": row.n_seeds,
            "within": _change(lines.get((model, edges, pooling, generalisation.WITHIN))),
        }


def _change(row: object) -> str:
    return "none" if row is None or pd.isna(row.value) else f"{number(row.value, digits=1)} %"
