"""The network of a finished trial, built from its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gnnpool.analysis.readings import of_reading
from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError
from gnnpool.network import Network
from gnnpool.records import column_of
from gnnpool.trained import read_network
from gnnpool.trial_files import read_trial_table


@dataclass(frozen=True)
class TrainedTrial:
    """The content of the files of a trial, for one reading.

    Args:
        record: Its one row, with the errors of the reading.
        network: With the weights of the reading, on the CPU.
        predictions: id, part, target and prediction of every structure; the prediction is that of the
            reading.
    """

    record: Mapping[str, object]
    network: Network
    predictions: pd.DataFrame


def read_trained(
    *,
    record: str | Path,
    weights: str | Path,
    predictions: str | Path,
    graphs_sha256: str,
    reading: str = "raw",
) -> TrainedTrial:
    """Build the network of a finished trial.

    Args:
        record: Its record.
        weights: Its weights.
        predictions: Its predictions.
        graphs_sha256: SHA-256 of the graph file to be used.
        reading: One of :data:`gnnpool.records.READINGS`.

    Raises:
        ArtifactError: If a file is damaged or of another trial, or the trial was trained on other graphs.
        ValueError: If there is no such reading.
    """
    row = of_reading(read_table(record).to_pandas(), reading).to_dict("records")[0]
    if row["graphs_sha256"] != graphs_sha256:
        raise ArtifactError(
            f"{record}: graphs_sha256: found {row['graphs_sha256'][:12]}, expected {graphs_sha256[:12]}, "
            "that of the graph file; train the trial again"
        )
    network = read_network(row, weights, reading)
    prediction = column_of(reading, "prediction")
    table = read_trial_table(predictions, row).to_pandas()
    table["prediction"] = table[prediction]
    return TrainedTrial(row, network, table[["id", "part", "target", "prediction"]])
