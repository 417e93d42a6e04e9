"""Tables from trial records: chosen by kind, and written in every format that someone may need."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from gnnpool import plugins
from gnnpool.analysis.collect import read_trials
from gnnpool.analysis.readings import reading_notes, titled
from gnnpool.analysis.source import split_inputs
from gnnpool.artifacts import write_atomically, write_table
from gnnpool.specs import ExhibitSpec, Physics, Study
from gnnpool.tables.base import Source, Table
from gnnpool.tables.formats import to_latex, to_markdown
from gnnpool.tables.html import to_html
from gnnpool.tables.printed import Printed, to_json

KINDS = "gnnpool.tables"


def render_table(
    *,
    inputs: Mapping[str, str | Path | Sequence[str | Path]],
    spec: Mapping,
    study: Mapping,
    planned: Collection[Sequence[str]],
    scheme: str,
    physics: Mapping[str, Mapping],
    variants: Mapping[str, Mapping[str, str]],
    outputs: Mapping[str, str | Path],
) -> None:
    """Write one table: Parquet and CSV tidy, the other formats for reading.

    The module of this folder that has the name of the kind makes it, by its function ``build``.

    Args:
        inputs: ``trials``, output of :func:`gnnpool.analysis.collect.collect_trials`, and the fields of
            :class:`gnnpool.analysis.source.Files` that the kind needs.
        spec: Fields of :class:`gnnpool.specs.ExhibitSpec`.
        study: What all tables share; see :meth:`gnnpool.specs.Study.of`.
        planned: Planned conditions (dataset, model, edges, pooling).
        scheme: How structures are divided, such as "random".
        physics: By dataset the fields of :class:`gnnpool.specs.Physics`, where they are known.
        variants: By dataset its scheme and reference, of those with a split of their own.
        outputs: ``parquet``: one line for each number of the table, by slug; its metadata hold the table
            in words. ``csv``: the same. ``markdown``: pipe table with notes. ``latex``: table of the
            package booktabs. ``html``: page for the report.

    Raises:
        ConfigError: If the kind or the statistic is unknown, or the kind does not fit the table.
    """
    spec = titled(ExhibitSpec.of(spec))
    plugins.require(spec.kind, plugins.names(KINDS, group=KINDS), what=f"kind of table {spec.name!r}")
    trials, others = split_inputs(inputs)
    source = Source(
        spec=spec,
        records=read_trials(trials),
        files=others,
        planned=planned,
        scheme=scheme,
        variants=variants,
        physics={dataset: Physics(**known) for dataset, known in physics.items()},
        **vars(Study.of(study)),
    )
    _write(spec, source.statistic, plugins.load_function(KINDS, spec.kind, "build")(source), outputs)


def _write(spec: ExhibitSpec, statistic: str, table: Table, outputs: Mapping[str, str | Path]) -> None:
    units = {name: unit for name, unit in table.units.items() if name in table.tidy.columns}
    printed = Printed(
        name=spec.name,
        title=spec.title,
        columns=table.columns,
        rows=table.rows,
        notes=[*reading_notes(spec), *table.notes],
    )
    write_table(
        outputs["parquet"],
        pa.Table.from_pandas(table.tidy, preserve_index=False),
        metadata={
            "title": spec.title,
            "statistic": statistic,
            "reading": spec.reading,
            "kind": spec.kind,
            "printed": to_json(printed),
        },
        units=units,
    )
    for name, text in (
        ("csv", table.tidy.to_csv(index=False, float_format="%.9g", lineterminator="\n")),
        ("markdown", to_markdown(printed)),
        ("latex", to_latex(printed)),
        ("html", to_html(printed)),
    ):
        write_atomically(outputs[name], _writer(text))


def _writer(text: str) -> Callable[[Path], None]:
    # newline="" keeps line ends as they are: the files are the same on every system.
    return lambda temporary: temporary.write_text(text, encoding="utf-8", newline="")
