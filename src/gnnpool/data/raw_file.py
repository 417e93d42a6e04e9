"""The configured hash of a raw file, and whether a file matches it."""

from collections.abc import Mapping
from pathlib import Path

from gnnpool.data.packed_folder import raw_hash

_KINDS = ("sha256", "md5")


def known_hash(entry: Mapping) -> tuple[str, str] | None:
    """Kind and value of the hash that a raw file must have; None if the configuration has none."""
    return next(((kind, entry[kind]) for kind in _KINDS if entry.get(kind)), None)


def has_address(entry: Mapping) -> bool:
    """Whether the workflow can obtain a raw file itself."""
    return any(entry.get(key) for key in ("url", "mirrors", "service"))


def disagreement(path: str | Path, entry: Mapping) -> str | None:
    """Expected and found hash of a file in words; None if they agree or no hash is configured.

    Args:
        path: The file, or a folder that will be packed.
        entry: The dataset's entry in the configuration.
    """
    if (known := known_hash(entry)) is None:
        return None
    kind, expected = known
    found = raw_hash(path, kind)
    return None if found == expected else f"expected {kind} {expected}, found {found}"
