"""What the checks of networks measured of their poolings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gnnpool.artifacts import read_json
from gnnpool.specs import Traits


def read_networks(paths: Sequence[str | Path]) -> dict[tuple[str, str], Mapping]:
    """Read checks of networks.

    Args:
        paths: Files of :func:`gnnpool.network_check.check_networks`; :class:`gnnpool.layout.Layout` places
            them at model/pooling-digest.json.

    Returns:
        Their content by model and pooling.

    Raises:
        ArtifactError: If a file is damaged.
    """
    return {(path.parent.name, path.stem.rpartition("-")[0]): read_json(path) for path in map(Path, paths)}


def sizes_seen(traits: Mapping[str, Traits], networks: Sequence[str | Path]) -> dict[str, bool | None]:
    """Whether poolings see the number of atoms, as their operators declare it, or else as it was measured.

    Args:
        traits: Of poolings.
        networks: See :func:`read_networks`.

    Returns:
        By pooling; None where it is neither declared nor measured.
    """
    measured = {pooling: found.get("sees_size") for (_, pooling), found in read_networks(networks).items()}
    return {
        pooling: measured.get(pooling) if known.sees_size is None else known.sees_size
        for pooling, known in traits.items()
    }
