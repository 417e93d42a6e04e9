"""The files of the workflow that come with the package."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from gnnpool.errors import ArtifactError, ConfigError, unwritable

# setup.py puts them into the wheel.
FILES = ("Snakefile", "workflow", "config", "profiles", "evidence")
SCHEMA = "workflow/schemas/config.schema.yaml"
# Holds the copies in a folder that exists, until all are there.
_HALF = ".gnnpool-init"


def shipped_folder() -> Path:
    """The folder of the files: in the installed package, or the checkout that it is imported from.

    Raises:
        ArtifactError: If this installation lacks them.
    """
    here = Path(__file__).resolve().parent
    for place in (here / "shipped", here.parents[1]):
        if all((place / name).exists() for name in FILES):
            return place
    raise ArtifactError(
        f"{here / 'shipped'}: found none of {', '.join(FILES)}, expected the files of the workflow; "
        "install gnnpool from its wheel or its checkout"
    )


def schema_file() -> Path:
    """The schema of the configuration, of the working directory if it is a folder of the workflow.

    Raises:
        ArtifactError: If neither the working directory nor this installation has it.
    """
    here = Path(SCHEMA)
    return here if here.is_file() else shipped_folder() / SCHEMA


def evidence() -> list[Path]:
    """The bundle that comes with the project: of the working directory, else of this installation, if any."""
    places = [Path("evidence")]
    with suppress(ArtifactError):
        places.append(shipped_folder() / "evidence")
    return [place for place in places if (place / "bundle.json").is_file()][:1]


def make_folder(folder: str | Path) -> list[str]:
    """Copy the files of the workflow into a new folder, completely or not at all.

    Args:
        folder: The folder; it may exist if it is empty.

    Returns:
        Names of the copied files and folders.

    Raises:
        ArtifactError: If this installation lacks the files, or the folder cannot be written.
        ConfigError: If the folder is a file, or holds files.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: found a file, expected a new or empty folder")
    if folder.is_dir() and (found := sorted(path.name for path in folder.iterdir() if path.name != _HALF)):
        names = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        raise ConfigError(f"{folder}: found {names}, expected a new or empty folder")
    source = shipped_folder()
    target = folder.resolve()
    # A folder that exists stays the same one: it may be the root of a file system.
    if target.is_dir():
        half = target / _HALF
        moves = [(half / name, target / name) for name in FILES]
    else:
        half = target.with_name(f".{target.name}.{os.getpid()}")
        moves = [(half, target)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(half, ignore_errors=True)
        for name in FILES:
            _copy(source / name, half / name)
        for temporary, place in moves:
            temporary.rename(place)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return list(FILES)


def changed_files(folder: str | Path) -> list[str]:
    """Files of a folder's workflow that differ from those of the package; configuration may differ.

    Args:
        folder: The folder.

    Returns:
        Paths relative to the folder, sorted; also those that only one of both has.
    """
    ours, theirs = (_rules(Path(place)) for place in (shipped_folder(), folder))
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def _rules(folder: Path) -> dict[str, bytes]:
    paths = [folder / "Snakefile", *(folder / "workflow").rglob("*")]
    paths = [path for path in paths if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".snakemake"))
    else:
        shutil.copyfile(source, target)
