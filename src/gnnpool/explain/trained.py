"""A finished trial made into a network again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError
from gnnpool.network import Network, build_network
from gnnpool.trial_files import read_trial_table, read_trial_tensors


@dataclass(frozen=True)
class TrainedTrial:
    """What a trial left behind.

    Args:
        record: Its one row.
        network: With the weights of the best epoch, on the CPU.
        predictions: id, part, target and prediction of every structure; see
            :mod:`gnnpool.training.outputs`.
    """

    record: Mapping[str, object]
    network: Network
    predictions: pd.DataFrame


def read_trained(
    *, record: str | Path, weights: str | Path, predictions: str | Path, graphs_sha256: str
) -> TrainedTrial:
    """Build the network of a finished trial.

    Args:
        record: Its record.
        weights: Its weights.
        predictions: Its predictions.
        graphs_sha256: Of the graph file at hand.

    Raises:
        ArtifactError: If a file is damaged or of another trial, or the trial was trained on other graphs.
    """
    row = read_table(record).to_pylist()[0]
    if row["graphs_sha256"] != graphs_sha256:
        raise ArtifactError(
            f"{record}: graphs_sha256: found {row['graphs_sha256'][:12]}, expected {graphs_sha256[:12]}, "
            "that of the graph file; train the trial again"
        )
    made = json.loads(row["options"])
    network = build_network(
        model=made["model"],
        pooling=row["pooling"],
        pooling_entry=made["pooling"],
        cutoff=made["edges"]["cutoff"],
    )
    tensors = read_trial_tensors(weights, row)
    try:
        network.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
    except RuntimeError as error:
        raise ArtifactError(f"{weights}: not the weights of {record}: {error}") from error
    return TrainedTrial(row, network.eval(), read_trial_table(predictions, row).to_pandas())
