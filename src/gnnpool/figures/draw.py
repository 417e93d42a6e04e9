"""Figures from trial records: chosen by kind, and saved with their description and their numbers."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

import pyarrow as pa
from matplotlib.figure import Figure

from gnnpool import plugins
from gnnpool.analysis.collect import read_trials
from gnnpool.analysis.readings import reading_notes, reading_of, titled
from gnnpool.analysis.source import Files
from gnnpool.artifacts import file_sha256, write_atomically, write_table
from gnnpool.figures import style
from gnnpool.figures.base import Source

_MARGIN = 0.12  # inches around what is on the page


def draw_figure(
    *,
    trials: str | Path,
    predictions: Sequence[str | Path],
    history: Sequence[str | Path],
    structures: Sequence[str | Path],
    entry: Mapping,
    labels: Mapping[str, Mapping[str, str]],
    statistic: str,
    statistics: Mapping[str, float],
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
    png: str | Path,
    pdf: str | Path,
    parquet: str | Path,
) -> None:
    """Draw one figure and save it with its description and its numbers.

    The module of this folder that has the name of the kind draws it, by its function ``build``.
    The same files give the same bytes: no times are written.

    Args:
        trials: Trials; output of :func:`gnnpool.analysis.collect.collect_trials`.
        predictions: Predictions of these trials, if the kind needs them; or none.
        history: Their histories, if the kind needs them; or none.
        structures: Structures of their datasets, if the kind needs them; or none.
        entry: Name, title, kind, settings, datasets and poolings of the figure; reading, if it is not raw.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        statistic: ``mean_change`` or ``change_of_mean``.
        statistics: confidence of intervals, resamples of bootstraps, and the margin (%) that matters.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        png: Picture for the screen; its metadata hold an alternative text.
        pdf: Picture for print.
        parquet: The numbers drawn; the alternative text is in its metadata too.

    Raises:
        ConfigError: If the kind or the statistic is unknown, or the kind does not fit the entry.
    """
    kinds = plugins.names("gnnpool.figures")
    plugins.require(entry["kind"], kinds, what=f"kind of figure {entry['name']!r}")
    entry = titled(entry)
    build = import_module(f"gnnpool.figures.{entry['kind']}").build
    source = Source(
        entry=entry,
        labels=labels,
        records=read_trials(trials),
        files=Files(predictions=predictions, history=history, structures=structures),
        seeds=seeds,
        planned=planned,
        statistic=statistic,
        **statistics,
    )
    drawing = build(source)

    units = {name: unit for name, unit in drawing.units.items() if name in drawing.tidy.columns}
    save_figure(
        drawing.figure,
        pa.Table.from_pandas(drawing.tidy, preserve_index=False),
        png=png,
        pdf=pdf,
        parquet=parquet,
        metadata={
            "title": entry["title"],
            "description": " ".join([drawing.description, *reading_notes(entry)]),
            "statistic": statistic,
            "reading": reading_of(entry),
        },
        units=units,
    )


def save_figure(
    figure: Figure,
    table: pa.Table,
    *,
    png: str | Path,
    pdf: str | Path,
    parquet: str | Path,
    metadata: Mapping[str, str],
    units: Mapping[str, str] | None = None,
) -> None:
    """Save a figure for the screen and for print, and the numbers drawn; the same input gives the same bytes.

    Args:
        figure: The figure; the page is cropped to what is on it.
        table: The numbers drawn.
        png: For the screen; its metadata hold title and description.
        pdf: For print; its metadata hold them too.
        parquet: The numbers; their metadata hold the SHA-256 of the PNG file as well, by which
            :func:`gnnpool.report.exhibits.read_galleries` verifies it.
        metadata: With ``title``, and ``description``, the title in more words for readers who do not see
            the figure.
        units: Unit of each column that has one.
    """
    title, text = metadata["title"], metadata["description"]
    described = {
        "png": {"Title": title, "Description": text, "Software": None},
        "pdf": {"Title": title, "Subject": text, "CreationDate": None},
    }
    cropped = {"dpi": style.DPI, "bbox_inches": "tight", "pad_inches": _MARGIN}
    with style.styled():
        for kind, path in (("png", png), ("pdf", pdf)):
            # The temporary name does not end in the suffix, hence the explicit format.
            save = partial(figure.savefig, format=kind, metadata=described[kind], **cropped)
            write_atomically(path, save)
    write_table(parquet, table, metadata={**metadata, "png_sha256": file_sha256(png)}, units=units)
