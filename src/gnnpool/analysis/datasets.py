"""What the datasets hold, and how far their test structures are from training, duplicates included."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from gnnpool.analysis.distance import distances, read_fingerprints
from gnnpool.artifacts import read_json
from gnnpool.data.groups import count_leaks, read_groups
from gnnpool.data.split_file import PARTS, read_split


def count_datasets(
    *,
    manifests: Sequence[str | Path],
    duplicates: Sequence[str | Path],
    fingerprints: Sequence[str | Path],
    splits: Sequence[str | Path],
) -> pd.DataFrame:
    """Count the structures of each dataset and split.

    Args:
        manifests: Manifest of the structures of each dataset (JSON).
        duplicates: Duplicates of each dataset, in the same order (Parquet).
        fingerprints: Fingerprints of its structures, in the same order (Parquet).
        splits: Splits of all of them, in any order (Parquet).

    Returns:
        One row for each dataset and split: counts of structures, leaks as
        :func:`gnnpool.data.groups.count_leaks`, distances as :func:`gnnpool.analysis.distance.distances`, and
        held_out, what the scheme held out.

    Raises:
        ArtifactError: If a file is damaged, or its files are of different structures.
    """
    rows = []
    parted = [read_split(path) for path in splits]
    for manifest, groups_file, points_file in zip(manifests, duplicates, fingerprints, strict=True):
        known = _of_manifest(read_json(manifest))
        for split in parted:
            if split.metadata["dataset"] == known["dataset"]:
                groups = read_groups(groups_file, ids=split.ids)
                points, parts = read_fingerprints(points_file, ids=split.ids), split.part.tolist()
                rows.append(known | _of_split(groups, parts, split.metadata) | distances(points, parts))
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
        "held_out": metadata.get("held_out", ""),
        **{part: counts[part] for part in PARTS},
        **count_leaks(groups, parts),
    }
