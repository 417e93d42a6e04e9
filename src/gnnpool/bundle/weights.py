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


def copy_weights(records: Sequence[Path], folder: Path, poolings: Collection[str]) -> list[str]:
    """Copy the weights of trials into a bundle; those of an earlier bundle in the same folder go.

    Args:
        records: Records of the trials; those of another bundle have no weights.
        folder: Of the bundle.
        poolings: Those whose weights are kept.

    Returns:
        Names of the files, relative to the folder.

    Raises:
        ArtifactError: If the structures or the split of such a trial are missing.
        ConfigError: If a pooling has no trial with weights.
    """
    shutil.rmtree(folder / WEIGHTS, ignore_errors=True)
    names = [name for path in records for name in _copy_trial(path, folder, poolings)]
    held = {name.split("/")[4] for name in names}
    if missing := [pooling for pooling in poolings if pooling not in held]:
        raise ConfigError(
            f"--weights: found no trial with weights of {', '.join(missing)}; trials from a bundle have none"
        )
    return names


def _copy_trial(path: Path, folder: Path, poolings: Collection[str]) -> Iterator[str]:
    trial, outputs = Trial.parse("/".join(path.parts[-6:-1])), outputs_in(path.parent)
    if trial.pooling not in poolings or not outputs["weights"].is_file():
        return
    elements = trained_elements(path.parent, read_record(path))
    if elements is None:
        raise ArtifactError(f"{path.parent}: found not the structures and the split that it was trained with")
    place = f"{WEIGHTS}/{trial}"
    for what in ("record", "weights"):
        copy_file(outputs[what], folder / place / outputs[what].name)
        yield f"{place}/{outputs[what].name}"
    write_json(folder / place / ELEMENTS, {"elements": sorted(elements)})
    yield f"{place}/{ELEMENTS}"
