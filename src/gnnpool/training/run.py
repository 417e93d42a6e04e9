"""One trial: graph and split files in, record, history, predictions and weights out."""

import json
import logging
import resource
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from gnnpool import provenance
from gnnpool.artifacts import file_sha256, write_table, write_tensors
from gnnpool.data.splits import PARTS, Split, read_split
from gnnpool.errors import ArtifactError, ConfigError, DataError
from gnnpool.graphs.file import GraphSet, read_graphs
from gnnpool.network import Network, build_network
from gnnpool.records import RECORD_UNITS, Trial, TrialRecord
from gnnpool.training.batches import DeviceGraphs, cut
from gnnpool.training.engine import choose_engine
from gnnpool.training.loop import Progress, predict, train
from gnnpool.training.metrics import mae, rmse
from gnnpool.training.seeding import derive_seed, prepare_torch
from gnnpool.training.settings import Training

logger = logging.getLogger("gnnpool.training")


def run_trial(
    *,
    graphs: str | Path,
    split: str | Path,
    trial: Mapping[str, str],
    model: Mapping,
    pooling: Mapping | None,
    training: Mapping,
    stage_version: int,
    device: str,
    record: str | Path,
    history: str | Path,
    predictions: str | Path,
    weights: str | Path,
) -> None:
    """Train one network and write what it leaves behind; the record last.

    Args:
        graphs: Graph file of the dataset and edges.
        split: Split file of the dataset and seed.
        trial: dataset, model, edges, pooling and seed.
        model: The model's entry of the configuration.
        pooling: The pooling's entry, if it has one.
        training: The configuration's training section.
        stage_version: Version of the training stage, kept in the record.
        device: "auto", "cpu" or "cuda".
        record: One row with errors, cost and provenance (Parquet).
        history: One row for each epoch (Parquet).
        predictions: One row for each structure (Parquet).
        weights: Weights of the best epoch (safetensors).

    Raises:
        ArtifactError: If a file is damaged, or graphs and split are of different structures.
        DataError: If a part of the split is too small to train or judge with.
        DivergedError: If the loss is not finite; no record is written.
    """
    clock = time.perf_counter(), time.process_time()
    trial = Trial(**{**trial, "seed": int(trial["seed"])})
    settings = Training(**training)
    place = _device(device)
    init_seed = derive_seed(trial.seed, "initialisation")
    prepare_torch(init_seed=init_seed, threads=settings.threads, deterministic=settings.deterministic)

    graph_set, division = read_graphs(graphs), read_split(split)
    parts = _parts(graph_set, division, files=(graphs, split))
    scheme = json.loads(graph_set.metadata["edges"])
    network = build_network(
        model=model, pooling=trial.pooling, pooling_entry=pooling, cutoff=scheme["cutoff"]
    ).to(place)
    if settings.standardize_target:
        known = graph_set.targets[parts["train"]]
        network.shift.fill_(known.mean())
        network.scale.fill_(known.std())
    device_graphs = DeviceGraphs(graph_set, device=place, vectors=network.encoder.needs_vectors)
    steps = settings.epochs * len(cut(parts["train"], settings.batch_size))
    engine = choose_engine(settings.engine, steps=steps, device=place)
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    logger.info("%s: %d parameters, %d steps, %s on %s", trial, parameters, steps, engine, place)

    progress = train(
        network,
        device_graphs,
        parts,
        settings,
        order_seed=derive_seed(trial.seed, "order"),
        engine=engine,
    )
    network.load_state_dict(progress.best_state)
    outcome = {
        part: predict(network, [device_graphs.batch(i) for i in cut(parts[part], settings.batch_size)])
        for part in PARTS
    }
    row = TrialRecord(
        **vars(trial),
        target=graph_set.metadata["target"],
        unit=graph_set.metadata["unit"],
        **{f"{part}_mae": mae(*outcome[part]) for part in PARTS},
        **{f"{part}_rmse": rmse(*outcome[part]) for part in PARTS},
        best_epoch=progress.best_epoch,
        epochs=progress.epoch,
        **{f"n_{part}": len(parts[part]) for part in PARTS},
        parameters=parameters,
        wall_seconds=time.perf_counter() - clock[0],
        cpu_seconds=time.process_time() - clock[1],
        peak_memory=_peak_memory(place),
        device=place.type,
        device_name=torch.cuda.get_device_name(place) if place.type == "cuda" else "",
        threads=settings.threads,
        engine=engine,
        deterministic=settings.deterministic,
        init_seed=init_seed,
        options=json.dumps({"model": model, "pooling": pooling, "edges": scheme, "training": training}),
        stage_version=stage_version,
        graphs_sha256=file_sha256(graphs),
        split_sha256=file_sha256(split),
        code_fingerprint=provenance.code_fingerprint(),
        **provenance.versions(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    _write_weights(weights, network, trial)
    _write_predictions(predictions, division, parts, outcome, unit=row.unit)
    _write_history(history, progress, unit=row.unit)
    table = pa.Table.from_pylist([vars(row)])
    write_table(record, table, units={**RECORD_UNITS, "target unit": row.unit})
    logger.info("best epoch %d, test MAE %.6g %s", row.best_epoch, row.test_mae, row.unit)


def _device(wanted: str) -> torch.device:
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "device: 'cuda' was asked for, but torch finds no usable CUDA device on this machine"
        )
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def _parts(graphs: GraphSet, split: Split, *, files: tuple[str | Path, str | Path]) -> dict[str, np.ndarray]:
    """Indices of each part, after checking that graphs and split are of the same structures."""
    if graphs.metadata["ids_sha256"] != split.metadata["ids_sha256"]:
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


def _peak_memory(device: torch.device) -> float:
    """MiB: of the device where there is one, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def _write_weights(path: str | Path, network: Network, trial: Trial) -> None:
    arrays = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    write_tensors(path, arrays, metadata={"trial": str(trial), "kind": "gnnpool weights 1"})


def _write_predictions(
    path: str | Path,
    split: Split,
    parts: Mapping[str, np.ndarray],
    outcome: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    unit: str,
) -> None:
    table = pa.concat_tables(
        pa.table(
            {
                "id": [split.ids[i] for i in parts[part]],
                "part": [part] * len(parts[part]),
                "target": outcome[part][0],
                "prediction": outcome[part][1],
            }
        )
        for part in PARTS
    )
    write_table(path, table, units={"target": unit, "prediction": unit})


def _write_history(path: str | Path, progress: Progress, *, unit: str) -> None:
    units = {"epoch": "1", "train_mae": unit, "val_mae": unit, "learning_rate": "1", "seconds": "s"}
    write_table(path, pa.Table.from_pylist(progress.history), units=units)
