"""The table of datasets: Parquet for other jobs, and a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from gnnpool.analysis.datasets import count_datasets
from gnnpool.artifacts import write_atomically, write_table
from gnnpool.data.groups import LEAKS
from gnnpool.tables.html import to_html
from gnnpool.tables.printed import Item, Printed, Row
from gnnpool.wording import span

_COLUMNS = (
    "Rows read",
    "Left out",
    "Structures",
    "Atoms per cell",
    "Same as another",
    "Tested, and trained on",
    "Tested, and validated on",
    "Split",
    "Distance",
    "Raw file, SHA-256",
)
_NOTES = (
    "Same as another: structures of which another one of the dataset is the same crystal.",
    "Tested, and trained on: test structures that are the same crystal as a training structure; "
    "lowest and highest count over the seeds.",
    "Split: the scheme, and what it holds out. Distance: median over the test structures of the distance "
    "to the nearest training structure, divided by the same among the training structures; compare it with "
    "that of a random split, about 1 without duplicates in training (docs/beyond.md).",
)


def describe_datasets(
    *,
    manifests: Sequence[str | Path],
    duplicates: Sequence[str | Path],
    fingerprints: Sequence[str | Path],
    splits: Sequence[str | Path],
    labels: Mapping[str, str],
    parquet: str | Path,
    html: str | Path,
) -> None:
    """Write the table of datasets: Parquet with a row for each split, a page with one for each dataset.

    Args:
        manifests: Manifest of the structures of each dataset (JSON).
        duplicates: Duplicates of each dataset, in the same order (Parquet).
        fingerprints: Fingerprints of its structures, in the same order (Parquet).
        splits: Splits of all of them, in any order (Parquet).
        labels: Printed name of each dataset.
        parquet: File to write; see :func:`gnnpool.analysis.datasets.count_datasets`.
        html: Page to write, for the report.

    Raises:
        ArtifactError: If a file is damaged, or its files are of different structures.
    """
    table = count_datasets(
        manifests=manifests, duplicates=duplicates, fingerprints=fingerprints, splits=splits
    )
    write_table(parquet, pa.Table.from_pandas(table, preserve_index=False))
    page = to_html(print_datasets(table, labels=labels))
    write_atomically(html, lambda temporary: temporary.write_text(page, encoding="utf-8", newline=""))


def print_datasets(table: pd.DataFrame, *, labels: Mapping[str, str]) -> Printed:
    """Turn the table into words, one line for each dataset.

    Args:
        table: Rows of :func:`gnnpool.analysis.datasets.count_datasets`.
        labels: Printed name of each dataset.
    """
    # Without a finished trial a partial run has no dataset, and the table no columns.
    groups = table.groupby("dataset", sort=False) if len(table) else ()
    rows = [Row(label=labels[dataset], items=_items(group)) for dataset, group in groups]
    return Printed(name="datasets", title="Datasets", columns=_COLUMNS, rows=rows, notes=_NOTES)


def _items(group: pd.DataFrame) -> list[Item]:
    first = group.iloc[0]
    unexpected = first["rows_read"] != first["rows_expected"]
    return [
        Item(str(first["rows_read"]), remark=f"{first['rows_expected']} expected" if unexpected else ""),
        Item(str(first["rows_left_out"])),
        Item(str(first["structures"])),
        Item(f"{first['mean_atoms']:.1f}"),
        Item(str(first["same_as_another"])),
        *(
            Item(span(group[f"{part}_in_{other}"]), remark=f"of {span(group[part])}")
            for part, other in LEAKS
            if part == "test"
        ),
        *_split(group),
        Item(first["raw_sha256"][:12] or "none"),
    ]


def _split(group: pd.DataFrame) -> list[Item]:
    """Scheme and distance; a bundle made before they were measured has neither."""
    if "distance_ratio" not in group:
        return [Item(group["scheme"].iloc[0]), Item("\N{EM DASH}")]
    scheme = Item(group["scheme"].iloc[0], remark="; ".join(filter(None, dict.fromkeys(group["held_out"]))))
    known = group["distance_ratio"].dropna()
    return [scheme, Item(span(known, "{:.2f}") if len(known) else "\N{EM DASH}")]
