"""What the datasets are, and which of their rows were left out."""

from collections.abc import Mapping, Sequence

import pandas as pd

from gnnpool.specs import Labels
from gnnpool.tables.datasets import print_datasets
from gnnpool.tables.printed import Item, Printed, Row
from gnnpool.wording import label_of

# Rows left out that are named one by one.
_NAMED = 100


def sections(manifests: Sequence[Mapping], datasets: pd.DataFrame, *, labels: Labels) -> list[Printed]:
    """Tables on the data: counts and leaks, targets and origins, and rows left out if there are any.

    Args:
        manifests: Manifests of the structures of the datasets.
        datasets: Rows of :func:`gnnpool.analysis.datasets.count_datasets`.
        labels: Printed names.
    """
    counts = [print_datasets(datasets, labels=labels.datasets)] if len(datasets) else []
    skipped = [fault for manifest in manifests for fault in manifest["skipped"]]
    left_out = [_left_out(skipped, labels)] if skipped else []
    return [*counts, _targets(manifests, labels), *left_out]


def _targets(manifests: Sequence[Mapping], labels: Labels) -> Printed:
    rows = []
    for manifest in manifests:
        targets = manifest["targets"]
        spread = f"{targets['mean']:.4g} ± {targets['std']:.3g}"
        items = [
            Item(manifest["target"]),
            Item(manifest["unit"]),
            Item(spread),
            Item(f"{targets['min']:.4g} to {targets['max']:.4g}"),
            Item(str(manifest["one_atom_cells"])),
            Item(manifest["citation"] or f"source {manifest['source']}"),
        ]
        rows.append(Row(label_of(labels, "datasets", manifest["dataset"]), items))
    columns = ["Target", "Unit", "Mean ± standard deviation", "Range", "One-atom cells", "From"]
    return Printed("targets", "Targets and origins", columns, rows, [])


def _left_out(skipped: Sequence[Mapping], labels: Labels) -> Printed:
    rows = [
        Row(
            label_of(labels, "datasets", fault["dataset"]),
            [Item(str(fault[field])) for field in ("row", "id", "field", "value", "expected")],
        )
        for fault in skipped[:_NAMED]
    ]
    more = [f"And {len(skipped) - _NAMED} more; the manifests name all."] if len(skipped) > _NAMED else []
    columns = ["Row", "Name", "Field", "Found", "Expected"]
    return Printed("left_out", "Rows left out", columns, rows, more)
