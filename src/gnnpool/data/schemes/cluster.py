"""Test clusters of similar structures that no training structure belongs to."""

import warnings

from gnnpool.bounds import Count
from gnnpool.data.held_out import HeldOut, choose_groups
from gnnpool.data.similarity import fingerprints
from gnnpool.data.structure import StructureSet
from gnnpool.errors import ConfigError
from gnnpool.extras import extra

with extra("data"):
    from scipy.cluster.vq import kmeans2

_SEED = 0  # of the clusters, which are the same for every split seed


def hold_out(crystals: StructureSet, *, seed: int, share: float, clusters: Count = 20) -> HeldOut:
    """Hold out whole clusters of structures with similar fingerprints.

    The clusters are those of k-means (scipy) over :func:`gnnpool.data.similarity.fingerprints`. They are
    the same for every seed, which chooses among them.

    Args:
        crystals: The structures.
        seed: Split seed.
        share: Share of the structures to test; see :func:`gnnpool.data.held_out.choose_groups`.
        clusters: Number of clusters; some may be empty.

    Raises:
        ConfigError: If there are more clusters than structures.
        DataError: If every cluster is larger than the share.
    """
    labels = cluster_labels(crystals, clusters)
    tested = choose_groups(labels, seed=seed, share=share, what="clusters")
    held = {label for label, test in zip(labels, tested, strict=True) if test}
    return HeldOut(tested, f"{len(held)} of {len(set(labels))} clusters")


def cluster_labels(crystals: StructureSet, clusters: int) -> list[int]:
    """The cluster of each structure.

    Args:
        crystals: The structures.
        clusters: Number of clusters; some may be empty.

    Raises:
        ConfigError: If there are more clusters than structures.
    """
    if not 2 <= clusters <= len(crystals):
        raise ConfigError(
            f"split.options.clusters: found {clusters}, expected 2 to {len(crystals)}, the structures"
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="One of the clusters is empty")
        return kmeans2(fingerprints(crystals), clusters, minit="++", rng=_SEED)[1].tolist()
