"""Classes of poolings by classes of targets: does a pooling that sees the number of atoms fit the target?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from gnnpool.analysis.classes import averaged_by_class, common_seeds
from gnnpool.analysis.overall import overall_changes
from gnnpool.analysis.values import UNITS, slice_trials
from gnnpool.records import BASELINE
from gnnpool.tables._changes import counted
from gnnpool.tables.base import Source, Table
from gnnpool.tables.by_physics import KINDS
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import TIMES, interval, number, span, statistic_notes

NEEDS = ("networks",)

QUESTION = "grows_with_cell"
CLASSES: Mapping[bool, str] = {False: "blind", True: "seeing"}
HEADS = {"blind": "Does not see the number of atoms", "seeing": "Sees the number of atoms"}
_COUNTS = ["n_seeds", "n_datasets", "datasets"]
_SHOWN = ["model", "edges", "value", "low", "high", "significant", "p_value", "sd", *_COUNTS]


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Its poolings are divided by :attr:`gnnpool.analysis.source.Source.sees_size`, its datasets by
            ``grows_with_cell``; of which neither is known, they are named below and count nowhere.

    Returns:
        Tidy: for each setting, class of targets and class of poolings that has a change: row
        ("model/edges: grows_with_cell = false"), column ("blind" or "seeing"), grows_with_cell, sees_size,
        value (%, mean over the poolings of the class, seed by seed, then as of one pooling: over seeds and
        datasets), low, high, significant, p_value, sd, n_poolings (the lowest of the datasets), poolings,
        n_seeds, n_datasets and datasets.
    """
    sees = source.sees_size
    classes = {
        name: CLASSES[sees[name]]
        for name in source.spec.poolings
        if name != BASELINE and sees.get(name) is not None
    }
    trials = slice_trials(source.records, part=source.spec, seeds=source.seeds)
    members = common_seeds(trials, classes)
    whole = replace(source, records=averaged_by_class(members, trials), planned=[])
    targets = {
        kind: [d for d in source.spec.datasets if d in source.physics and _kind(source, d) == kind]
        for kind in KINDS[QUESTION]
    }
    cells, rows = [], []
    for setting in source.spec.settings:
        rows.append(Row(source.setting(*setting)))
        for kind, datasets in targets.items():
            found = _cells(whole, members, setting, datasets) if datasets else {}
            cells += [{**cell, QUESTION: kind, "column": name} for name, cell in found.items()]
            names = ", ".join(source.name("datasets", dataset) for dataset in datasets)
            items = [_item(found.get(name)) for name in HEADS]
            rows.append(Row(f"{KINDS[QUESTION][kind]}: {names or 'no dataset'}", items))
    return Table(_tidy(cells), UNITS, list(HEADS.values()), rows, list(_notes(source, classes, members)))


def _kind(source: Source, dataset: str) -> object:
    return getattr(source.physics[dataset], QUESTION)


def _cells(
    whole: Source, members: pd.DataFrame, setting: Sequence[str], datasets: Sequence[str]
) -> dict[str, dict]:
    """The change of each class of poolings over some datasets in one setting, where there is one."""
    part = whole.narrowed(settings=[setting], datasets=datasets, poolings=list(HEADS))
    here = members[(members["model"] == setting[0]) & (members["edges"] == setting[1])]
    found = {}
    for row in overall_changes(part.values()).to_dict("records"):
        own = here[here["dataset"].isin(row["datasets"].split(",")) & (here["class"] == row["pooling"])]
        by_dataset = own.groupby("dataset")["pooling"].nunique()
        known = {"n_poolings": int(by_dataset.min()), "poolings": ",".join(own["pooling"].unique())}
        found[row["pooling"]] = {**row, **known, "shown_poolings": span(by_dataset)}
    return found


def _tidy(cells: Sequence[Mapping]) -> pd.DataFrame:
    rows = [
        {
            "row": f"{cell['model']}/{cell['edges']}: {QUESTION} = {str(cell[QUESTION]).lower()}",
            "column": cell["column"],
            QUESTION: cell[QUESTION],
            "sees_size": cell["column"] == CLASSES[True],
            **{name: cell[name] for name in [*_SHOWN, "n_poolings", "poolings"]},
        }
        for cell in cells
    ]
    columns = ["row", "column", QUESTION, "sees_size", *_SHOWN, "n_poolings", "poolings"]
    return pd.DataFrame(rows, columns=columns)


def _item(cell: Mapping | None) -> Item:
    if cell is None:
        return Item("\N{EM DASH}")
    n = counted(cell["dataset"], cell["n_seeds"], cell["n_datasets"])
    poolings = f"{cell['shown_poolings']} pooling{'' if cell['shown_poolings'] == '1' else 's'}"
    return Item(
        number(cell["value"]),
        remark=f"{poolings}, {n}",
        interval=interval(cell["low"], cell["high"]),
        faint=not cell["significant"],
    )


def _notes(source: Source, classes: Mapping[str, str], members: pd.DataFrame) -> Iterator[str]:
    yield from statistic_notes(source.statistic, source.seeds)
    yield (
        "Each number: mean of the changes of all poolings of the class, of which mean pooling is none; below "
        f"it the {source.percent} interval, the poolings, and n, datasets {TIMES} seeds. Interval: corrected "
        "resampled t over the seeds of one dataset; of several, t over the datasets, or that of the seeds if "
        "wider. Gray and in parentheses: "
        "not significant (uncorrected). A dash: no trial."
    )
    yield (
        "A target that does not grow with the cell is the same for a supercell, and so is the vector of a "
        "pooling that does not see the number of atoms; a target that grows needs one that sees it."
    )
    trained = set(members["pooling"])
    for name, head in HEADS.items():
        if own := [p for p, of in classes.items() if of == name and p in trained]:
            yield f"{head}: {_names(source, own)}."
    if lacking := [p for p in classes if p not in trained]:
        yield f"Not trained, or not of all seeds that others have; not counted: {_names(source, lacking)}."
    if unknown := [p for p in source.spec.poolings if p != BASELINE and p not in classes]:
        yield f"Not known to see the number of atoms or not, and not counted: {_names(source, unknown)}."
    for dataset in source.spec.datasets:
        if (known := source.physics.get(dataset)) and known.note:
            yield f"{source.name('datasets', dataset)}: {known.note}."
    if unknown := [d for d in source.spec.datasets if d not in source.physics]:
        names = ", ".join(source.name("datasets", dataset) for dataset in unknown)
        yield f"Of no declared kind, and not counted: {names}."


def _names(source: Source, poolings: Sequence[str]) -> str:
    # Labels may hold commas.
    return "; ".join(source.name("poolings", pooling) for pooling in poolings)
