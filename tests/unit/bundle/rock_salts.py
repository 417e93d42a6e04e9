"""Results without training: rock salts of growing lattice constants, their splits, and made-up trials."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from made_up import World, write_manifest, write_record

from gnnpool import stages
from gnnpool.analysis.as_planned import planned_options
from gnnpool.artifacts import file_sha256, read_table, write_json, write_tensors
from gnnpool.bundle.tables import write_trial
from gnnpool.config import trial_settings
from gnnpool.data.split_file import read_split
from gnnpool.data.splits import make_split
from gnnpool.data.structure import StructureSet, write_structures
from gnnpool.provenance import code_of
from gnnpool.records import READINGS, Trial, column_of

COUNT = 40


def rock_salts(dataset: str, *, shift: float = 0.0, count: int = COUNT) -> StructureSet:
    """Primitive cells of NaCl, whose lattice constants (Å) are all changed by a shift."""
    constants = 5.0 + 0.05 * np.arange(count) + shift
    half = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
    lattices = constants[:, None, None] * half
    fractional = np.tile([[0.0, 0, 0], [0.5, 0.5, 0.5]], (count, 1))
    return StructureSet(
        ids=[f"{dataset}-{i}" for i in range(count)],
        lattices=lattices,
        numbers=np.tile(np.array([11, 17], dtype=np.uint8), count),
        fractional=fractional,
        positions=np.einsum("ni,nij->nj", fractional, np.repeat(lattices, 2, axis=0)),
        node_ptr=2 * np.arange(count + 1),
        targets=100.0 - 10 * np.arange(count) / count,
        metadata={
            "dataset": dataset,
            "target": "last phonon DOS peak",
            "unit": "1/cm",
            "raw_sha256": "",
            "stage_version": str(stages.STRUCTURES),
        },
    )


def write_data(results: Path, config: dict, structures: StructureSet) -> None:
    """Structures, manifest, splits, and the files of graphs, which hold no graphs here."""
    dataset = structures.metadata["dataset"]
    data = results / f"data/{dataset}"
    write_structures(data / "structures.parquet", structures)
    entry = {**config["datasets"][dataset], "structures": len(structures)}
    write_manifest(results, dataset, entry, stage_version=stages.STRUCTURES)
    for seed in config["seeds"]:
        make_split(
            structures=data / "structures.parquet",
            seed=seed,
            fractions={part: config["split"][part] for part in ("train", "val", "test")},
            method=None,
            official_folder=None,
            duplicates=None,
            output=data / f"splits/seed-{seed}.parquet",
        )
    for edges in config["edges"]:
        graphs = results / f"graphs/{dataset}/{edges}"
        write_tensors(graphs.with_suffix(".safetensors"), {"cells": structures.lattices}, metadata={})
        write_json(graphs.with_suffix(".json"), {"stage_version": stages.GRAPHS})


def write_results(world: World, trials: Iterable[Trial]) -> None:
    """Data of all datasets of trials, and the trials, as trained by this checkout."""
    trials = list(trials)
    for dataset in sorted({trial.dataset for trial in trials}):
        write_data(world.results, world.config, rock_salts(dataset))
    for trial in trials:
        write_made_up_trial(world, trial)


def write_made_up_trial(world: World, trial: Trial, **fields: object) -> Path:
    """Record, history and predictions of a trial, whose errors belong together; fields are replaceable."""
    results, settings = world.results, trial_settings(world.config)
    path = write_record(world, trial)
    record = read_table(path).to_pylist()[0]
    split_file = results / f"data/{trial.dataset}/splits/seed-{trial.seed}.parquet"
    record |= {
        "stage_version": stages.TRAINING,
        "graphs_sha256": file_sha256(results / f"graphs/{trial.dataset}/{trial.edges}.safetensors"),
        "split_sha256": file_sha256(split_file),
        "options": json.dumps(planned_options(trial, settings)),
        "trial_id": f"id of {trial}",
        **code_of(
            encoder=settings["models"][trial.model]["encoder"],
            pooling=trial.pooling,
            entry=settings["poolings"].get(trial.pooling),
        ),
    }
    split = read_split(split_file)
    tested = split.indices("test")
    targets = rock_salts(trial.dataset, count=len(split.ids)).targets[tested]
    sign = np.where(np.arange(len(tested)) % 2, 1.0, -1.0)
    errors = {
        column_of(reading, "prediction"): targets + sign * record[column_of(reading, "test_mae")]
        for reading in READINGS
    }
    ids = pa.array([split.ids[i] for i in tested])
    predictions = pa.table({"id": ids, "target": targets, **errors})
    epochs = np.arange(1, record["epochs"] + 1)
    falling = record["val_mae"] * (1 + 1 / epochs)
    history = pa.table(
        {
            "epoch": epochs,
            **dict.fromkeys(["train_mae", "val_mae", "averaged_val_mae"], falling),
            "learning_rate": np.full(len(epochs), 0.001),
            "seconds": np.full(len(epochs), 0.5),
        }
    )
    write_trial(path.parent, record | fields, history, predictions)
    return path
