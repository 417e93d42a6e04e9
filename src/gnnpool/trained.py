"""The network of a finished trial, with its trained weights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from gnnpool.errors import ArtifactError
from gnnpool.network import Network, build_network
from gnnpool.trial_files import read_trial_weights


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
