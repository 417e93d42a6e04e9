"""Tables from trial records: chosen by kind, and written in every format that someone may need."""

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from gnnpool import plugins
from gnnpool.analysis.collect import read_trials
from gnnpool.analysis.readings import reading_notes, reading_of, titled
from gnnpool.analysis.source import Files
from gnnpool.artifacts import write_atomically, write_table
from gnnpool.tables.base import Source
from gnnpool.tables.formats import to_latex, to_markdown
from gnnpool.tables.html import to_html
from gnnpool.tables.printed import Printed, to_json


def render_table(
    *,
    trials: str | Path,
    predictions: Sequence[str | Path],
    entry: Mapping,
    labels: Mapping[str, Mapping[str, str]],
    statistic: str,
    statistics: Mapping[str, float],
    scheme: str,
    physics: Mapping[str, Mapping],
    seeds: Sequence[int],
    planned: Collection[Sequence[str]],
    parquet: str | Path,
    csv: str | Path,
    markdown: str | Path,
    latex: str | Path,
    html: str | Path,
) -> None:
    """Write one table: Parquet and CSV tidy, the other formats for reading.

    The module of this folder that has the name of the kind makes it, by its function ``build``.

    Args:
        trials: Trials; output of :func:`gnnpool.analysis.collect.collect_trials`.
        predictions: Predictions of these trials, if the kind needs them; or none.
        entry: Name, title, kind, settings, datasets and poolings of the table; reading, if it is not raw.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        statistic: ``mean_change`` or ``change_of_mean``.
        statistics: confidence of intervals, resamples of bootstraps, and the margin (%) that matters.
        scheme: How structures are divided: "random" or "matbench".
        physics: What kind of quantity each dataset's target is, where that is known: grows_with_cell,
            decided_by and note.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        parquet: One line for each number of the table, by slug; its metadata hold the table in words.
        csv: The same.
        markdown: Pipe table with notes.
        latex: Table of the package booktabs.
        html: Page for the report.

    Raises:
        ConfigError: If the kind or the statistic is unknown, or the kind does not fit the entry.
    """
    kinds = plugins.names("gnnpool.tables")
    plugins.require(entry["kind"], kinds, what=f"kind of table {entry['name']!r}")
    entry = titled(entry)
    build = import_module(f"gnnpool.tables.{entry['kind']}").build
    table = build(
        Source(
            entry=entry,
            labels=labels,
            records=read_trials(trials),
            files=Files(predictions=predictions),
            seeds=seeds,
            planned=planned,
            statistic=statistic,
            scheme=scheme,
            physics=physics,
            **statistics,
        )
    )
    units = {name: unit for name, unit in table.units.items() if name in table.tidy.columns}
    notes = [*reading_notes(entry), *table.notes]
    printed = Printed(
        name=entry["name"], title=entry["title"], columns=table.columns, rows=table.rows, notes=notes
    )
    write_table(
        parquet,
        pa.Table.from_pandas(table.tidy, preserve_index=False),
        metadata={
            "title": entry["title"],
            "statistic": statistic,
            "reading": reading_of(entry),
            "printed": to_json(printed),
        },
        units=units,
    )
    for path, text in (
        (csv, table.tidy.to_csv(index=False, float_format="%.6f", lineterminator="\n")),
        (markdown, to_markdown(printed)),
        (latex, to_latex(printed)),
        (html, to_html(printed)),
    ):
        write_atomically(path, _writer(text))


def _writer(text: str) -> Callable[[Path], None]:
    # newline="" keeps line ends as they are: the files are the same on every system.
    return lambda temporary: temporary.write_text(text, encoding="utf-8", newline="")
