"""Elements of the training part of a finished trial, from the folder of the trial."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gnnpool.artifacts import file_sha256, read_json
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures

# Beside the weights in a bundle: the elements of the training part.
ELEMENTS = "elements.json"


def trained_elements(folder: str | Path, record: Mapping[str, Any]) -> frozenset[int] | None:
    """Atomic numbers in the training part of a trial.

    They are read from the file beside the weights of a bundle, or from the structures and the split that the
    trial was trained with: in its own folder, in the one around it, or where the workflow puts them.

    Args:
        folder: Folder of the trial.
        record: Its record, which holds the SHA-256 of the split.

    Returns:
        The numbers; None if the files are not there, or are others.
    """
    if (listed := Path(folder) / ELEMENTS).is_file():
        return frozenset(read_json(listed)["elements"])
    for structures, split in _places(Path(folder).resolve(), record):
        if not (structures.is_file() and split.is_file()) or file_sha256(split) != record["split_sha256"]:
            continue
        division = read_split(split)
        if file_sha256(structures) == division.metadata["structures_sha256"]:
            crystals = read_structures(structures)
            trained = np.repeat(division.part == "train", np.diff(crystals.node_ptr))
            return frozenset(np.unique(crystals.numbers[trained]).tolist())
    return None


def _places(folder: Path, record: Mapping[str, Any]) -> Iterable[tuple[Path, Path]]:
    for place in (folder, folder.parent):
        yield place / "structures.parquet", place / "split.parquet"
    if len(folder.parents) > 5:  # trials/{dataset}/{model}/{edges}/{pooling}/seed-{seed}
        data = folder.parents[5] / "data" / record["dataset"]
        yield data / "structures.parquet", data / "splits" / f"seed-{record['seed']}.parquet"
