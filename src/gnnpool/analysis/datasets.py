"""What the datasets hold, and how many tested structures were trained on under another name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from gnnpool.artifacts import read_json
from gnnpool.data.groups import count_leaks, read_groups
from gnnpool.data.splits import PARTS, read_split


def count_datasets(
    *, manifests: Sequence[str | Path], duplicates: Sequence[str | Path], splits: Sequence[str | Path]
) -> pd.DataFrame:
    """Count the structures of each dataset and split.

    Args:
        manifests: Manifest of the structures of each dataset (JSON).
        duplicates: Duplicates of each dataset, in the same order (Parquet).
        splits: Splits of all of them, in any order (Parquet).

    Returns:
        One row for each dataset and split: counts of structures, and leaks as
        :func:`gnnpool.data.groups.count_leaks`.

    Raises:
        ArtifactError: If a file is damaged, or duplicates and splits are of different structures.
    """
    rows = []
    parted = [read_split(path) for path in splits]
    for manifest, groups_file in zip(manifests, duplicates, strict=True):
        known = _of_manifest(read_json(manifest))
        for split in parted:
            if split.metadata["dataset"] == known["dataset"]:
                groups = read_groups(groups_file, ids=split.ids)
                rows.append(known | _of_split(groups, split.part.tolist(), split.metadata))
    return pd.DataFrame(rows)


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
