"""Folders of results, logs and raw files, which must not overlap each other or the code."""

import os
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from gnnpool.errors import ConfigError

# Folders of the checkout; a results folder with one of these names would be mixed with them.
_OF_THE_CHECKOUT = (
    "src",
    "workflow",
    "config",
    "profiles",
    "docs",
    "tests",
    "benchmarks",
    ".git",
    ".snakemake",
)


def check_folders(folders: Mapping[str, str], *, checkout: Path) -> None:
    """Refuse folders that overlap each other, the code or the whole disk.

    Args:
        folders: Paths by key, absolute or relative to the working directory.
        checkout: Folder of the workflow.

    Raises:
        ConfigError: If a folder is a file, is not in its shortest form, holds the working directory or the
            checkout, lies in its code, or two folders are the same or inside each other.
    """
    places = {key: Path(path).resolve() for key, path in folders.items()}
    for key, path in folders.items():
        shortest = os.path.normpath(path)
        if shortest != path:
            raise ConfigError(f"{key}: expected the shortest form {shortest!r}, found {path!r}")
        for whole, what in (
            (Path.cwd(), "the working directory"),
            (checkout, "the checkout of the workflow"),
        ):
            if whole.resolve().is_relative_to(places[key]):
                raise ConfigError(f"{key}: expected a folder of its own, found {path!r}, which holds {what}")
        for own in _OF_THE_CHECKOUT:
            if places[key].is_relative_to(checkout / own):
                raise ConfigError(
                    f"{key}: expected a folder outside of the workflow's {own}/, found {path!r}"
                )
        if (places[key] / "bundle.json").exists():
            raise ConfigError(f"{key}: expected a folder of its own, found the bundle {path!r}")
        for above in (places[key], *places[key].parents):
            if above.exists() and not above.is_dir():
                raise ConfigError(f"{key}: expected a folder, but {above} is a file")
    for (one, first), (other, second) in combinations(places.items(), 2):
        if first.is_relative_to(second) or second.is_relative_to(first):
            raise ConfigError(
                f"{one}, {other}: expected folders apart from each other, found {folders[one]!r} and "
                f"{folders[other]!r}"
            )
