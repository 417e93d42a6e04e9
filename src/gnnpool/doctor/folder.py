"""Folders that may not exist yet."""

from pathlib import Path


def existing(path: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    path = path.resolve()
    return next(place for place in (path, *path.parents) if place.is_dir())
