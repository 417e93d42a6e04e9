"""Figures from trial records: chosen by kind, and saved with their description and their numbers."""

import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from matplotlib.figure import Figure

from gnnpool import plugins
from gnnpool.analysis.collect import read_trials
from gnnpool.analysis.readings import reading_notes, titled
from gnnpool.analysis.source import split_inputs
from gnnpool.artifacts import file_sha256, write_atomically, write_table
from gnnpool.figures import style
from gnnpool.figures.base import Source
from gnnpool.specs import ExhibitSpec, Study

KINDS = "gnnpool.figures"

_MARGIN = 0.12  # inches around what is on the page


def draw_figure(
    *,
    inputs: Mapping[str, str | Path | Sequence[str | Path]],
    spec: Mapping,
    study: Mapping,
    planned: Collection[Sequence[str]],
    outputs: Mapping[str, str | Path],
) -> None:
    """Draw one figure and save it with its description and its numbers.

    The module of this folder that has the name of the kind draws it, by its function ``build``.
    The same files give the same bytes: no times are written.

    Args:
        inputs: ``trials``, output of :func:`gnnpool.analysis.collect.collect_trials`, and the fields of
            :class:`gnnpool.analysis.source.Files` that the kind needs.
        spec: Fields of :class:`gnnpool.specs.ExhibitSpec`.
        study: What all figures share; see :meth:`gnnpool.specs.Study.of`.
        planned: Planned conditions (dataset, model, edges, pooling).
        outputs: ``png``: picture for the screen; its metadata hold an alternative text. ``pdf``: picture
            for print. ``parquet``: the numbers drawn; the alternative text is in its metadata too.

    Raises:
        ConfigError: If the kind or the statistic is unknown, or the kind does not fit the figure.
    """
    spec = titled(ExhibitSpec.of(spec))
    plugins.require(spec.kind, plugins.names(KINDS, group=KINDS), what=f"kind of figure {spec.name!r}")
    trials, others = split_inputs(inputs)
    source = Source(
        spec=spec, records=read_trials(trials), files=others, planned=planned, **vars(Study.of(study))
    )
    drawing = plugins.load_function(KINDS, spec.kind, "build")(source)

    units = {name: unit for name, unit in drawing.units.items() if name in drawing.tidy.columns}
    save_figure(
        drawing.figure,
        pa.Table.from_pandas(drawing.tidy, preserve_index=False),
        **outputs,
        metadata={
            "title": spec.title,
            "description": " ".join([drawing.description, *reading_notes(spec)]),
            "statistic": source.statistic,
            "reading": spec.reading,
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
            # In memory first: matplotlib hides the error of a full disk behind another one.
            figure.savefig(drawn := io.BytesIO(), format=kind, metadata=described[kind], **cropped)
            content = drawn.getvalue()
            write_atomically(path, lambda temporary, content=content: temporary.write_bytes(content))
    write_table(parquet, table, metadata={**metadata, "png_sha256": file_sha256(png)}, units=units)
