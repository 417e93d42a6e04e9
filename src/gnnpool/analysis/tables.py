"""Tables of the benchmark, each in every format that someone may need."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from gnnpool.analysis.collect import read_records
from gnnpool.analysis.formats import Item, Printed, Row, to_html, to_latex, to_markdown
from gnnpool.analysis.values import AVERAGE, NO_BASELINE, NOT_PLANNED, NOT_TRAINED, UNITS, slice_values
from gnnpool.analysis.wording import (
    NO_TEST,
    label_of,
    number,
    setting_label,
    statistic_notes,
    unpaired_notes,
)
from gnnpool.artifacts import write_atomically, write_table
from gnnpool.errors import ConfigError
from gnnpool.plugins import require

KINDS = ("by_dataset", "by_setting")

_GAPS = {
    NOT_PLANNED: (NO_TEST, "not planned"),
    NOT_TRAINED: ("\N{EM DASH}", "planned, not trained yet"),
    NO_BASELINE: ("no baseline", "trained, but mean pooling is not"),
}


def render_table(
    *,
    records: Sequence[str | Path],
    entry: Mapping,
    labels: Mapping[str, Mapping[str, str]],
    statistic: str,
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
    parquet: str | Path,
    csv: str | Path,
    markdown: str | Path,
    latex: str | Path,
    html: str | Path,
) -> None:
    """Write one table: Parquet and CSV tidy, the other formats for reading.

    Args:
        records: Trial records; see :func:`gnnpool.analysis.collect.read_records`.
        entry: Name, title, kind, settings, datasets and poolings of the table.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        statistic: ``mean_change`` or ``change_of_mean``.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        parquet: One line for each entry of the table, by slug.
        csv: The same.
        markdown: Pipe table with notes.
        latex: Floating table of the package booktabs.
        html: Page for the report.

    Raises:
        ConfigError: If the kind or the statistic is unknown, or by_dataset has several settings.
    """
    values = slice_values(
        read_records(records), entry=entry, statistic=statistic, seeds=seeds, planned=planned
    )
    tidy = arrange(values, entry=entry)
    notes = [*statistic_notes(statistic, seeds), *_notes(tidy, values, entry=entry, labels=labels)]
    printed = print_table(tidy, entry=entry, labels=labels, notes=notes)

    metadata = {"title": entry["title"], "statistic": statistic}
    write_table(parquet, pa.Table.from_pandas(tidy, preserve_index=False), metadata=metadata, units=UNITS)
    for path, text in (
        (csv, tidy.to_csv(index=False, float_format="%.6f", lineterminator="\n")),
        (markdown, to_markdown(printed)),
        (latex, to_latex(printed)),
        (html, to_html(printed)),
    ):
        write_atomically(path, _writer(text))


def arrange(values: pd.DataFrame, *, entry: Mapping) -> pd.DataFrame:
    """Put the values of an entry into rows and columns.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values`.
        entry: Its kind decides: by_dataset has a row for each dataset and one for the average,
            by_setting a row "model/edges" for each setting, with the averages.

    Returns:
        The values with their slugs in the columns row and column.

    Raises:
        ConfigError: If the kind is unknown, or by_dataset has several settings.
    """
    require(entry["kind"], KINDS, what=f"kind of table {entry['name']!r}")
    if entry["kind"] == "by_setting":
        values = values[values["dataset"] == AVERAGE]
        row = values["model"] + "/" + values["edges"]
    else:
        if len(entry["settings"]) != 1:
            raise ConfigError(
                f"table {entry['name']!r}: settings: found {len(entry['settings'])}, "
                "expected 1 for the kind by_dataset (by_setting shows several)"
            )
        row = values["dataset"]
    tidy = values.reset_index(drop=True)
    tidy.insert(0, "row", row.to_list())
    tidy.insert(1, "column", tidy["pooling"])
    return tidy


def print_table(
    tidy: pd.DataFrame, *, entry: Mapping, labels: Mapping[str, Mapping[str, str]], notes: Sequence[str]
) -> Printed:
    """Turn a tidy table into words.

    Args:
        tidy: Result of :func:`arrange`.
        entry: Its name, title, kind and poolings.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        notes: Sentences below the table.
    """
    row_label = _setting_row if entry["kind"] == "by_setting" else _dataset_row
    rows = [
        Row(
            label=row_label(group.iloc[0], labels),
            items=[_item(value) for value in group.itertuples()],
            summary=entry["kind"] == "by_dataset" and row == AVERAGE,
        )
        for row, group in tidy.groupby("row", sort=False)
    ]
    columns = [label_of(labels, "poolings", pooling) for pooling in entry["poolings"]]
    return Printed(name=entry["name"], title=entry["title"], columns=columns, rows=rows, notes=notes)


def _setting_row(first: pd.Series, labels: Mapping) -> str:
    return setting_label(labels, first["model"], first["edges"])


def _dataset_row(first: pd.Series, labels: Mapping) -> str:
    return "Average" if first["dataset"] == AVERAGE else label_of(labels, "datasets", first["dataset"])


def _item(value: object) -> Item:
    if value.state in _GAPS:
        return Item(_GAPS[value.state][0])
    remarks = []
    if value.n_datasets < value.n_datasets_planned:
        remarks.append(f"{value.n_datasets} of {value.n_datasets_planned}")
    if value.n_seeds < value.n_seeds_planned:
        least = "at least " if value.dataset == AVERAGE and value.n_datasets > 1 else ""
        remarks.append(f"{least}{value.n_seeds} of {value.n_seeds_planned} seeds")
    spread = "" if pd.isna(value.sd) else f"{value.sd:.3f}"
    return Item(number(value.value), spread, ", ".join(remarks))


def _notes(tidy: pd.DataFrame, values: pd.DataFrame, *, entry: Mapping, labels: Mapping) -> list[str]:
    notes = []
    if tidy["sd"].notna().any():
        notes.append("±: standard deviation over the seeds.")
    average = "Average" if entry["kind"] == "by_dataset" else "Each number"
    planned = len(entry["datasets"])
    names = ", ".join(label_of(labels, "datasets", dataset) for dataset in entry["datasets"])
    notes.append(f"{average}: over the datasets ({names}) with equal weights.")
    averages = tidy[(tidy["dataset"] == AVERAGE) & (tidy["n_datasets"] > 0)]
    if (averages["n_datasets"] < planned).any():
        notes.append(f"k of {planned}: averaged over the k datasets that have a value.")
    if averages["datasets"].nunique() > 1:
        notes.append("These averages are not over the same datasets and do not compare directly.")
    for state, (text, meaning) in _GAPS.items():
        if (tidy["state"] == state).any():
            notes.append(f"{text}: {meaning}.")
    return [*notes, *unpaired_notes(values[values["dataset"] != AVERAGE])]


def _writer(text: str) -> Callable[[Path], None]:
    # newline="" keeps line ends as they are: the files are the same on every system.
    return lambda temporary: temporary.write_text(text, encoding="utf-8", newline="")
