"""Averages over datasets of one kind of target, and whether the kinds differ."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from gnnpool.analysis.difference import difference_of_means
from gnnpool.analysis.intervals import excludes_zero
from gnnpool.analysis.values import AVERAGE, NOT_PLANNED, UNITS
from gnnpool.tables._changes import gap_meanings, item
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import TIMES, interval, number, statistic_notes

# Kinds by what is asked, in the order shown; each is compared with the first one that has datasets.
KINDS: Mapping[str, Mapping[object, str]] = {
    "grows_with_cell": {False: "Does not grow with the cell", True: "Grows with the cell"},
    "decided_by": {
        "bulk": "Decided by the bulk",
        "layer": "Decided by a layer",
        "surface": "Decided by a surface",
    },
}
DIFFERENCE = "difference"


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Datasets of its entry without physics are named below and count nowhere.

    Returns:
        Tidy: for each setting, kind and pooling the average among the rows of
        :func:`gnnpool.analysis.values.assessed_values` over the datasets of the kind, with the columns
        row ("model/edges: question = kind"), column (the pooling), question ("grows_with_cell" or
        "decided_by"), kind, and compared_with. That is empty but for differences, whose dataset is
        "difference" and whose value is the average of the kind less that of this other kind, in
        percentage points, with n_datasets and n_compared datasets of the two.
    """
    values, members = source.values(), _members(source)
    frames, rows = [], []
    for model, edges in source.spec.settings:
        setting = values[(values["model"] == model) & (values["edges"] == edges)]
        kinds = list(_kinds(source, setting, members, model, edges))
        frames += [frame for frame, _ in kinds]
        planned = (setting["state"] != NOT_PLANNED).any()
        rows.append(Row(source.setting(model, edges) + ("" if planned else ": not planned")))
        rows += [row for _, row in kinds if planned]
    tidy = pd.concat(frames, ignore_index=True) if frames else _named(values[:0], "", "")
    columns = [source.name("poolings", pooling) for pooling in source.spec.poolings]
    return Table(tidy, UNITS, columns, rows, list(_notes(source, members, tidy)))


def _members(source: Source) -> dict[str, dict[object, list[str]]]:
    """Datasets of the entry by question and kind; without questions and kinds that have none."""
    known = [dataset for dataset in source.spec.datasets if dataset in source.physics]
    members: dict[str, dict[object, list[str]]] = {}
    for question, kinds in KINDS.items():
        for kind in kinds:
            if datasets := [d for d in known if getattr(source.physics[d], question) == kind]:
                members.setdefault(question, {})[kind] = datasets
    return members


def _kinds(
    source: Source, values: pd.DataFrame, members: Mapping, model: str, edges: str
) -> Iterator[tuple[pd.DataFrame, Row]]:
    """The lines of one setting, as tidy rows and printed: averages of each kind, then their differences."""
    for question, kinds in members.items():
        for kind, datasets in kinds.items():
            average = _averages(source, [model, edges], datasets)
            label = f"{KINDS[question][kind]}: {_names(source, datasets)}"
            yield _named(average, question, kind), Row(label, [item(row) for row in average.itertuples()])
        first, *others = kinds
        for kind in others:
            found = _differences(values, kinds[kind], kinds[first], source)
            label = f"{KINDS[question][kind]}, less: {KINDS[question][first].lower()}"
            items = [_item(row) for row in found.itertuples()]
            yield _named(found, question, kind, first), Row(label, items, summary=True)


def _averages(source: Source, setting: Sequence[str], datasets: Sequence[str]) -> pd.DataFrame:
    """Averages over some datasets in one setting, a row for each pooling."""
    values = source.narrowed(settings=[setting], datasets=datasets).values()
    return values[values["dataset"] == AVERAGE]


def _differences(
    values: pd.DataFrame, datasets: Sequence[str], others: Sequence[str], source: Source
) -> pd.DataFrame:
    """Averages over some datasets less those over others, in one setting, a row for each pooling."""
    rows = []
    for names, group in values[values["dataset"] != AVERAGE].groupby(
        ["model", "edges", "pooling"], sort=False
    ):
        known = group[group["value"].notna()].set_index("dataset")["value"]
        first, second = known[known.index.isin(datasets)], known[known.index.isin(others)]
        value, found = difference_of_means(first.to_numpy(), second.to_numpy(), confidence=source.confidence)
        rows.append((DIFFERENCE, *names, value, *found, len(first), len(second)))
    columns = ["dataset", "model", "edges", "pooling", "value", "low", "high", "n_datasets", "n_compared"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(significant=excludes_zero(frame["low"], frame["high"]))


def _named(values: pd.DataFrame, question: str, kind: object, other: object = "") -> pd.DataFrame:
    row = values["model"] + "/" + values["edges"] + f": {question} = {str(kind).lower()}"
    added = {"question": question, "kind": str(kind).lower(), "compared_with": str(other).lower()}
    frame = values.assign(row=row, column=values["pooling"], **added)
    return frame[["row", "column", *added, *values.columns]]


def _item(row: object) -> Item:
    """A difference if it is significant, that it is not, or why that cannot be decided."""
    if row.n_datasets == 0 and row.n_compared == 0:
        return Item("")
    of = f"n = {row.n_datasets} and {row.n_compared}"
    if pd.isna(row.low):
        return Item("undecided", remark=of)
    between = interval(row.low, row.high)
    return Item(number(row.value) if row.significant else "not significant", remark=of, interval=between)


def _names(source: Source, datasets: Sequence[str]) -> str:
    return ", ".join(source.name("datasets", dataset) for dataset in datasets)


def _notes(source: Source, members: Mapping, tidy: pd.DataFrame) -> Iterator[str]:
    yield from statistic_notes(source.statistic, source.seeds)
    yield (
        f"Below a number: its {source.percent} interval, over the datasets of the kind or, if wider, "
        f"over the seeds, and n, datasets {TIMES} seeds. One dataset has no interval, since one number does "
        "not show how far the datasets of a kind scatter. Gray and in parentheses: not significant "
        "(uncorrected), as the interval includes zero or there is none."
    )
    if count := int(((tidy["compared_with"] != "") & tidy["low"].notna()).sum()):
        chance = (1 - source.confidence) * count
        yield (
            "Less: difference of two averages in percentage points, significant (uncorrected) if its "
            f"interval (Welch) excludes zero; of {count} with an interval, about {chance:.2g} are "
            "expected by chance."
        )
    if ((tidy["compared_with"] != "") & tidy["low"].isna()).any():
        yield "Undecided: a difference of two kinds has an interval only if both have two datasets or more."
    yield (
        "A kind of one or two datasets proves nothing, and datasets of two kinds differ in more than their "
        "kind: in size, unit, elements and cells."
    )
    for dataset in source.spec.datasets:
        if (known := source.physics.get(dataset)) and known.note:
            yield f"{source.name('datasets', dataset)}: {known.note}."
    if lacking := [d for d in source.spec.datasets if d not in source.physics]:
        yield f"Of no declared kind, and not counted: {_names(source, lacking)}."
    if "state" in tidy:
        yield from gap_meanings(tidy)
