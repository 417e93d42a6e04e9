"""A finished trial from its folder: record, network with trained weights, elements of its training part."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gnnpool.artifacts import file_sha256, read_table
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError
from gnnpool.network import Network, build_network
from gnnpool.trial_files import read_trial_weights


def read_record(path: str | Path) -> dict[str, Any]:
    """Read the record of a trial.

    Args:
        path: The Parquet file.

    Returns:
        The fields of :class:`gnnpool.records.TrialRecord`.

    Raises:
        ArtifactError: If the file is missing, damaged or no record.
    """
    rows = read_table(path).to_pylist()
    if len(rows) != 1 or not {"trial_id", "options", "split_sha256"} <= rows[0].keys():
        raise ArtifactError(f"{path}: expected the record of one trial")
    return rows[0]


def read_network(record: Mapping[str, Any], weights: str | Path, reading: str) -> Network:
    """Build the network of a trial and load its weights; torch's random generator is left as it was.

    Args:
        record: Record of the trial.
        weights: Its safetensors file.
        reading: One of :data:`gnnpool.records.READINGS`.

    Returns:
        The network, on the CPU, in evaluation mode.

    Raises:
        ArtifactError: If the weights are damaged or of another trial.
    """
    made = json.loads(record["options"])
    with torch.random.fork_rng(devices=[]):
        network = build_network(
            model=made["model"],
            pooling=record["pooling"],
            pooling_entry=made["pooling"],
            cutoff=made["edges"]["cutoff"],
        )
    tensors = read_trial_weights(weights, record, reading)
    try:
        network.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
    except RuntimeError as error:
        trial = f"{record['dataset']}/{record['model']}/{record['pooling']}"
        raise ArtifactError(f"{weights}: not the weights of a network of {trial}: {error}") from error
    return network.eval()


def trained_elements(folder: str | Path, record: Mapping[str, Any]) -> frozenset[int] | None:
    """Atomic numbers in the training part of a trial.

    They are read from the structures and the split that the trial was trained with: in its own folder, in
    the one around it, or where the workflow puts them.

    Args:
        folder: Folder of the trial.
        record: Its record, which holds the SHA-256 of the split.

    Returns:
        The numbers; None if the files are not there, or are others.
    """
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
