"""Figures from trial records: chosen by kind, described in words, saved with their numbers."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from gnnpool import plugins
from gnnpool.analysis.collect import read_records
from gnnpool.analysis.values import AVERAGE, UNITS, five_numbers, slice_values
from gnnpool.analysis.wording import gap_notes, label_of, number, statistic_notes, unpaired_notes
from gnnpool.artifacts import write_atomically, write_table
from gnnpool.figures import style

_SUMMARY_UNIT = "%, over the datasets of the pooling"


def draw_figure(
    *,
    records: Sequence[str | Path],
    entry: Mapping,
    labels: Mapping[str, Mapping[str, str]],
    statistic: str,
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
    png: str | Path,
    pdf: str | Path,
    parquet: str | Path,
) -> None:
    """Draw one figure and save it with its description and its numbers.

    The module of this folder that has the name of the kind draws it, by its function ``draw``.
    The same records give the same bytes: no times are written.

    Args:
        records: Trial records; see :func:`gnnpool.analysis.collect.read_records`.
        entry: Name, title, kind, settings, datasets and poolings of the figure.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        statistic: ``mean_change`` or ``change_of_mean``.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        png: Picture for the screen; its metadata hold an alternative text.
        pdf: Picture for print.
        parquet: The numbers drawn, one row for each dataset and pooling.

    Raises:
        ConfigError: If the kind or the statistic is unknown, or the kind does not fit the entry.
    """
    kinds = plugins.names("gnnpool.figures")
    plugins.require(entry["kind"], kinds, what=f"kind of figure {entry['name']!r}")
    draw = import_module(f"gnnpool.figures.{entry['kind']}").draw

    trials = read_records(records)
    values = slice_values(trials, entry=entry, statistic=statistic, seeds=seeds, planned=planned)
    values = values[values["dataset"] != AVERAGE]
    notes = [*statistic_notes(statistic, seeds), *unpaired_notes(values)]
    figure = draw(values, title=entry["title"], labels=labels, notes=notes)

    text = describe(values, entry=entry, labels=labels)
    _save(figure, png=png, pdf=pdf, title=entry["title"], text=text)
    numbers = values.merge(five_numbers(values), how="left", left_on="pooling", right_index=True)
    units = UNITS | dict.fromkeys(["minimum", "q1", "median", "q3", "maximum"], _SUMMARY_UNIT)
    metadata = {"title": entry["title"], "statistic": statistic, "description": text}
    write_table(parquet, pa.Table.from_pandas(numbers, preserve_index=False), metadata=metadata, units=units)


def describe(values: pd.DataFrame, *, entry: Mapping, labels: Mapping[str, Mapping[str, str]]) -> str:
    """Say in words what the figure shows, for readers who do not see it.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.slice_values` without averages.
        entry: Its title is used.
        labels: For each of datasets, models, edges and poolings the labels by slug.
    """
    sentences = [f"{entry['title']}: error change against mean pooling in percent; negative is better."]
    valued = values[values["value"].notna()]
    for pooling, summary in five_numbers(values).iterrows():
        rows = valued[valued["pooling"] == pooling].set_index("dataset")["value"]
        median, least, greatest = (
            number(summary[name], digits=1) for name in ("median", "minimum", "maximum")
        )
        best, worst = (label_of(labels, "datasets", slug) for slug in (rows.idxmin(), rows.idxmax()))
        noun = "dataset" if len(rows) == 1 else "datasets"
        sentences.append(
            f"{label_of(labels, 'poolings', pooling)}: {len(rows)} {noun}, median {median}, "
            f"least {least} ({best}), greatest {greatest} ({worst})."
        )
    return " ".join([*sentences, *gap_notes(values, labels)])


def _save(figure: Figure, *, png: str | Path, pdf: str | Path, title: str, text: str) -> None:
    described = {
        "png": {"Title": title, "Description": text, "Software": None},
        "pdf": {"Title": title, "Subject": text, "CreationDate": None},
    }
    with style.styled():
        for kind, path in (("png", png), ("pdf", pdf)):
            # The temporary name does not end in the suffix, hence the explicit format.
            save = partial(figure.savefig, format=kind, dpi=style.DPI, metadata=described[kind])
            write_atomically(path, save)
