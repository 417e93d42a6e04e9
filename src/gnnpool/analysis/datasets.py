"""What the datasets hold, and how many tested structures were trained on under another name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from gnnpool.analysis.html_table import to_html
from gnnpool.analysis.printed import Item, Printed, Row
from gnnpool.analysis.wording import span
from gnnpool.artifacts import read_json, write_atomically, write_table
from gnnpool.data.groups import LEAKS, count_leaks, read_groups
from gnnpool.data.splits import PARTS, read_split

_COLUMNS = (
    "Rows read",
    "Left out",
    "Structures",
    "Atoms per cell",
    "Same as another",
    "Tested, and trained on",
    "Tested, and validated on",
    "Raw file, SHA-256",
)
_NOTES = (
    "Same as another: structures of which another one of the dataset is the same crystal.",
    "Tested, and trained on: test structures that are the same crystal as a training structure; "
    "lowest and highest count over the seeds.",
)


def describe_datasets(
    *,
    manifests: Sequence[str | Path],
    duplicates: Sequence[str | Path],
    splits: Sequence[str | Path],
    labels: Mapping[str, str],
    parquet: str | Path,
    html: str | Path,
) -> None:
    """Write the table of datasets: Parquet with a row for each split, a page with one for each dataset.

    Args:
        manifests: Manifest of the structures of each dataset (JSON).
        duplicates: Duplicates of each dataset, in the same order (Parquet).
        splits: Splits of all of them, in any order (Parquet).
        labels: Printed name of each dataset.
        parquet: File to write; counts of structures, and leaks as :func:`gnnpool.data.groups.count_leaks`.
        html: Page to write, for the report.

    Raises:
        ArtifactError: If a file is damaged, or duplicates and splits are of different structures.
    """
    rows = []
    parted = [read_split(path) for path in splits]
    for manifest, twins in zip(manifests, duplicates, strict=True):
        known = _of_manifest(read_json(manifest))
        for split in parted:
            if split.metadata["dataset"] == known["dataset"]:
                groups = read_groups(twins, ids=split.ids)
                rows.append(known | _of_split(groups, split.part.tolist(), split.metadata))
    table = pd.DataFrame(rows)
    write_table(parquet, pa.Table.from_pandas(table, preserve_index=False))
    page = to_html(print_datasets(table, labels=labels))
    write_atomically(html, lambda temporary: temporary.write_text(page, encoding="utf-8", newline=""))


def print_datasets(table: pd.DataFrame, *, labels: Mapping[str, str]) -> Printed:
    """Turn the table into words, one line for each dataset.

    Args:
        table: Rows of :func:`describe_datasets`.
        labels: Printed name of each dataset.
    """
    rows = [
        Row(label=labels[dataset], items=_items(group))
        for dataset, group in table.groupby("dataset", sort=False)
    ]
    return Printed(name="datasets", title="Datasets", columns=_COLUMNS, rows=rows, notes=_NOTES)


def _of_manifest(manifest: Mapping) -> dict[str, object]:
    return {
        "dataset": manifest["dataset"],
        "source": manifest["source"],
        "raw_sha256": manifest["raw_sha256"],
        "rows_expected": manifest["rows_expected"],
        "rows_read": manifest["rows_read"],
        "rows_left_out": manifest["rows_read"] - manifest["rows_kept"],
        "structures": manifest["rows_kept"],
        "mean_atoms": manifest["atoms"]["mean"],
    }


def _of_split(groups: Sequence[str], parts: Sequence[str], metadata: Mapping[str, str]) -> dict[str, object]:
    sizes = Counter(groups)
    counts = Counter(parts)
    return {
        "same_as_another": sum(size for size in sizes.values() if size > 1),
        "seed": int(metadata["seed"]),
        "scheme": metadata["scheme"],
        **{part: counts[part] for part in PARTS},
        **count_leaks(groups, parts),
    }


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
        Item(first["raw_sha256"][:12] or "none"),
    ]
