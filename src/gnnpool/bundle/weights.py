"""Trained weights in a bundle: each trial's folder holds what a prediction needs."""

import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from gnnpool.artifacts import copy_file, write_json
from gnnpool.bundle.files import WEIGHTS
from gnnpool.errors import ArtifactError, ConfigError
from gnnpool.records import Trial, outputs_in
from gnnpool.trained_elements import ELEMENTS, trained_elements
from gnnpool.trial_files import read_record


def with_weights(records: Sequence[Path], poolings: Collection[str]) -> list[Path]:
    """The trials of some poolings that have weights.

    Args:
        records: Records of trials; those of another bundle have no weights.
        poolings: Which ones.

    Returns:
        Their records.

    Raises:
        ConfigError: If a pooling has no trial with weights.
    """
    found = {
        path: pooling
        for path in records
        if (pooling := Trial.of_file(path).pooling) in poolings
        and outputs_in(path.parent)["weights"].is_file()
    }
    if missing := [pooling for pooling in poolings if pooling not in found.values()]:
        raise ConfigError(
            f"--weights: found no trial with weights of {', '.join(missing)}; trials from a bundle have none"
        )
    return list(found)


def copy_weights(records: Sequence[Path], folder: Path) -> list[str]:
    """Copy the weights of trials into a bundle; those of an earlier bundle in the same folder go.

    Args:
        records: See :func:`with_weights`.
        folder: Of the bundle.

    Returns:
        Names of the files, relative to the folder.

    Raises:
        ArtifactError: If the structures or the split of a trial are missing.
    """
    shutil.rmtree(folder / WEIGHTS, ignore_errors=True)
    return [name for path in records for name in _copy_trial(path, folder)]


def _copy_trial(path: Path, folder: Path) -> Iterator[str]:
    elements = trained_elements(path.parent, read_record(path))
    if elements is None:
        raise ArtifactError(f"{path.parent}: found not the structures and the split that it was trained with")
    place, outputs = f"{WEIGHTS}/{Trial.of_file(path)}", outputs_in(path.parent)
    for what in ("record", "weights"):
        copy_file(outputs[what], folder / place / outputs[what].name)
        yield f"{place}/{outputs[what].name}"
    write_json(folder / place / ELEMENTS, {"elements": sorted(elements)})
    yield f"{place}/{ELEMENTS}"
