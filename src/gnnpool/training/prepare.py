"""From the files and settings of a trial to a network, graphs on the device, and what identifies them."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gnnpool import provenance
from gnnpool.artifacts import file_sha256
from gnnpool.data.split_file import PARTS, Split, read_split
from gnnpool.errors import ArtifactError, ConfigError, DataError
from gnnpool.graphs.file import GraphSet, read_graphs
from gnnpool.network import Network, build_network
from gnnpool.records import Trial
from gnnpool.training.batches import DeviceGraphs, cut
from gnnpool.training.engine import choose_engine
from gnnpool.training.seeding import derive_seed, prepare_torch
from gnnpool.training.settings import Training


@dataclass(frozen=True)
class PreparedTrial:
    """A trial that is ready to be trained.

    Args:
        trial: Which one.
        settings: How to train.
        network: On its device, with initial weights.
        graphs: All graphs, on the same device.
        split: Part of each structure.
        parts: Indices of the graphs of each part.
        identity: The fields of the record that determine its numbers. A checkpoint, or the record of
            another process, is used only if all of them agree.
        target: Quantity predicted.
        unit: Its unit.
    """

    trial: Trial
    settings: Training
    network: Network
    graphs: DeviceGraphs
    split: Split
    parts: dict[str, np.ndarray]
    identity: dict[str, object]
    target: str
    unit: str

    @property
    def id(self) -> str:
        """SHA-256 of the identity; it links the trial's files and its checkpoint."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()

    @property
    def engine(self) -> str:
        """How the encoder runs: "eager" or "compiled"."""
        return self.identity["engine"]  # type: ignore[return-value]


def prepare_trial(
    *,
    graphs: str | Path,
    split: str | Path,
    trial: Trial,
    model: Mapping,
    pooling: Mapping | None,
    training: Mapping,
    stage_version: int,
    device: str,
) -> PreparedTrial:
    """Seed torch, build the network and put the graphs on the device.

    Args:
        graphs: Graph file of the dataset and edges.
        split: Split file of the dataset and seed.
        trial: Which one.
        model: The model's entry of the configuration.
        pooling: The pooling's entry, if it has one.
        training: The configuration's training section.
        stage_version: Version of the training stage.
        device: "auto", "cpu" or "cuda".

    Returns:
        The trial, ready to be trained.

    Raises:
        ArtifactError: If a file is damaged, or graphs and split were made from different structures.
        ConfigError: If there is no such device, model, pooling or option.
        DataError: If a part of the split is too small for training or evaluation.
    """
    settings = Training(**training)
    place = choose_device(device, trial)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    init_seed = derive_seed(trial, "initialisation")
    prepare_torch(
        init_seed=init_seed,
        threads=settings.threads,
        deterministic=settings.deterministic,
        tf32=settings.tf32,
    )

    graph_set, division = read_graphs(graphs), read_split(split)
    parts = _parts(graph_set, division, files=(graphs, split))
    scheme = json.loads(graph_set.metadata["edges"])
    network = build_network(
        model=model, pooling=trial.pooling, pooling_entry=pooling, cutoff=scheme["cutoff"]
    ).to(place)
    if settings.standardize_target:
        known = graph_set.targets[parts["train"]]
        network.shift.fill_(known.mean())  # type: ignore[operator]
        network.scale.fill_(known.std())  # type: ignore[operator]
    steps = settings.epochs * len(cut(parts["train"], settings.batch_size))
    identity = {
        **vars(trial),
        "device": place.type,
        "threads": settings.threads,
        "engine": choose_engine(settings.engine, steps=steps, device=place),
        "deterministic": settings.deterministic,
        "init_seed": init_seed,
        "options": json.dumps({"model": model, "pooling": pooling, "edges": scheme, "training": training}),
        "stage_version": stage_version,
        "graphs_sha256": file_sha256(graphs),
        "split_sha256": file_sha256(split),
        **provenance.code_of(encoder=model["encoder"], pooling=trial.pooling, entry=pooling),
        **provenance.versions(),
    }
    return PreparedTrial(
        trial=trial,
        settings=settings,
        network=network,
        graphs=DeviceGraphs(graph_set, device=place, vectors=network.encoder.needs_vectors),
        split=division,
        parts=parts,
        identity=identity,
        target=graph_set.metadata["target"],
        unit=graph_set.metadata["unit"],
    )


def choose_device(wanted: str, trial: Trial) -> torch.device:
    """Choose the device; one of several GPUs by the trial's name, so that trials spread over them.

    Args:
        wanted: "auto", "cpu" or "cuda".
        trial: Which one.

    Returns:
        The device, with its number if it is a GPU.

    Raises:
        ConfigError: If there is no such device.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "device: 'cuda' is configured, but torch finds no usable CUDA device on this machine"
        )
    if wanted == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", zlib.crc32(str(trial).encode()) % torch.cuda.device_count())


def _parts(graphs: GraphSet, split: Split, *, files: tuple[str | Path, str | Path]) -> dict[str, np.ndarray]:
    """Check that graphs and split are of the same structures, and give the indices of each part."""
    if any(graphs.metadata[key] != split.metadata[key] for key in ("ids_sha256", "structures_sha256")):
        raise ArtifactError(
            f"{files[0]} and {files[1]}: made from different structures "
            f"({len(graphs)} graphs, {len(split.ids)} ids); delete both and run again"
        )
    parts = {part: split.indices(part) for part in PARTS}
    for part, least in (("train", 2), ("val", 1), ("test", 1)):
        if len(parts[part]) < least:
            raise DataError(
                f"{files[1]}: part {part!r} has {len(parts[part])} structures, expected at least {least}; "
                "the dataset is too small for these fractions"
            )
    return parts
