"""How far the structures of a test part are from those of training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gnnpool.artifacts import read_column
from gnnpool.extras import extra

with extra("analysis"):
    from scipy.spatial import KDTree


def read_fingerprints(path: str | Path, *, ids: Sequence[str]) -> np.ndarray:
    """Read the fingerprint of each structure.

    Args:
        path: Output of :func:`gnnpool.data.similarity.fingerprint_structures`.
        ids: Names of the expected structures.

    Returns:
        Without unit, ``[S, 19]``.

    Raises:
        ArtifactError: If the file is missing, damaged, holds something else, or is of other structures.
    """
    return np.stack(read_column(path, "fingerprint", ids=ids).to_numpy())


def distances(points: np.ndarray, parts: Sequence[str]) -> dict[str, float]:
    """Distances of structures to the nearest training structure.

    Args:
        points: Fingerprint of each structure, ``[S, F]``.
        parts: Its part, "train", "val" or "test".

    Returns:
        Without unit: test_distance (median over the test structures), train_distance (median over the
        training structures, of the nearest other one) and distance_ratio (the first by the second; missing
        if the second is 0).
    """
    parts = np.asarray(parts)
    train = points[parts == "train"]
    tree = KDTree(train)
    test_distance = float(np.median(tree.query(points[parts == "test"])[0]))
    train_distance = float(np.median(tree.query(train, k=2)[0][:, 1])) if len(train) > 1 else np.nan
    ratio = test_distance / train_distance if train_distance > 0 else np.nan
    return {"test_distance": test_distance, "train_distance": train_distance, "distance_ratio": ratio}
