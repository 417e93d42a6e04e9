"""Train one trial from Python, with the settings of the paper where none are given.

:func:`prepare_files` turns crystals and their targets into files, :func:`train_trial` trains on these, or on
those of the workflow.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnnpool import paper, plugins, stages
from gnnpool.data.split_file import read_split
from gnnpool.errors import ConfigError
from gnnpool.graphs.file import read_graphs
from gnnpool.records import Trial, outputs_in
from gnnpool.training.run import run_trial
from gnnpool.trial_files import read_record


@dataclass(frozen=True)
class TrialFiles:
    """What :func:`train_trial` trains on.

    Args:
        graphs: Graph file.
        split: Split file of the same structures.
    """

    graphs: Path
    split: Path


def prepare_files(
    structures: Sequence[Any],
    targets: Sequence[float],
    *,
    target: str,
    unit: str,
    seed: int,
    folder: str | Path,
    ids: Sequence[str] | None = None,
    dataset: str = "structures",
    edges: str = "mdl",
    edges_entry: Mapping[str, Any] | None = None,
    fractions: Mapping[str, float] | None = None,
) -> TrialFiles:
    """Write structures, split and graphs of crystals into a folder.

    Trials in this folder, or in folders directly inside it, find there which elements they were trained on.

    Args:
        structures: pymatgen Structures, ASE Atoms objects, or paths of files.
        targets: Quantity to predict, one for each structure, in the unit.
        target: Name of the quantity.
        unit: Its unit.
        seed: Split seed, from which all randomness of a trial is derived.
        folder: Where to write.
        ids: Distinct names of the structures, which decide the split. If None, "1", "2", ..., or of files
            their names; if names repeat, their paths below the folder that holds all of them.
        dataset: Name of the dataset.
        edges: Name of the edges.
        edges_entry: scheme, cutoff (Å), max_neighbors and max_offsets; the paper's for this name if None.
        fractions: Shares of train, val and test; the paper's if None.

    Returns:
        The graph file and the split file.

    Raises:
        ConfigError: If there are no such edges, or the name of the dataset or the seed is none.
        DataError: If a structure cannot be used, with its name, or there are too few.
        MissingExtra: If the packages that read structures are not installed.
    """
    from gnnpool.data.objects import structures_from
    from gnnpool.data.splits import make_split
    from gnnpool.data.structure import write_structures
    from gnnpool.graphs.build import build_graphs

    if edges_entry is None:
        plugins.require(edges, paper.EDGES, what="edges")
    _named(Trial(dataset, model="any", edges=edges, pooling="any", seed=seed))
    if ids is None and all(isinstance(one, str | os.PathLike) for one in structures):
        ids = _file_names([Path(one).absolute() for one in structures])
    root = Path(folder)
    crystals = root / "structures.parquet"
    files = TrialFiles(graphs=root / f"{edges}.safetensors", split=root / "split.parquet")
    metadata = {
        "dataset": dataset,
        "target": target,
        "unit": unit,
        "raw_sha256": "",
        "stage_version": str(stages.STRUCTURES),
    }
    write_structures(crystals, structures_from(structures, targets, ids=ids, metadata=metadata))
    make_split(structures=crystals, seed=seed, fractions=fractions or paper.SPLIT, output=files.split)
    build_graphs(
        structures=crystals,
        scheme=paper.EDGES[edges] if edges_entry is None else edges_entry,
        output=files.graphs,
        manifest=root / f"{edges}.json",
    )
    return files


def train_trial(
    *,
    graphs: str | Path,
    split: str | Path,
    output: str | Path,
    model: str = "cgcnn",
    pooling: str = "mean",
    model_entry: Mapping[str, Any] | None = None,
    pooling_entry: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    checkpoint: Mapping[str, float] | None = None,
    init: int = 0,
    device: str = "auto",
) -> dict[str, Any]:
    """Train one network on a graph file and a split file; an interrupted training resumes.

    Args:
        graphs: Graph file; its name without ending is that of the edges.
        split: Split file of the same structures.
        output: Folder for record, history, predictions and weights.
        model: Name of the model.
        pooling: Name of the pooling: an operator, or a combination of the paper.
        model_entry: encoder, options and head, as in a configuration; the paper's for this name if None.
        pooling_entry: operators, options and so on; the paper's for this name if None.
        training: Settings that replace those of the paper, such as ``{"epochs": 5}``; of the scheduler and
            of averaging those that differ suffice.
        checkpoint: epochs and seconds after which the training is saved.
        init: Number of the initialisation.
        device: "auto", "cpu" or "cuda".

    Returns:
        The record: errors in the target's unit, cost and provenance.

    Raises:
        ArtifactError: If a file is damaged, or graphs and split are of different structures.
        ConfigError: If there is no such model, pooling, option, setting or device.
        DataError: If a part of the split is too small.
        DivergedError: If the loss is not finite.
    """
    if model_entry is None:
        plugins.require(model, paper.MODELS, what="model")
    for name in training or {}:
        plugins.require(name, paper.TRAINING, what="training setting")
    folder = Path(output)
    trial = Trial(
        dataset=read_graphs(graphs).metadata["dataset"],
        model=model,
        edges=Path(graphs).stem,
        pooling=pooling,
        seed=int(read_split(split).metadata["seed"]),
        init=init,
    )
    run_trial(
        graphs=graphs,
        split=split,
        trial=_named(trial),
        model=paper.MODELS[model] if model_entry is None else model_entry,
        pooling=paper.POOLINGS.get(pooling) if pooling_entry is None else pooling_entry,
        training=_replaced(paper.TRAINING, training or {}),
        stage_version=stages.TRAINING,
        device=device,
        outputs=outputs_in(folder),
        checkpoint=folder / "checkpoint",
        checkpoint_every={**paper.CHECKPOINT, **(checkpoint or {})},
        journal=folder / "train.jsonl",
    )
    return read_record(outputs_in(folder)["record"])


def _named(trial: Trial) -> str:
    """The name of a trial.

    Raises:
        ConfigError: If a part of it cannot be one.
    """
    try:
        Trial.parse(str(trial))
    except ValueError as error:
        raise ConfigError(f"trial: found {error}") from error
    return str(trial)


def _file_names(paths: Sequence[Path]) -> list[str] | None:
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        whole = os.path.commonpath([path.parent for path in paths])
        names = [path.relative_to(whole).as_posix() for path in paths]
    return names or None


def _replaced(settings: Mapping[str, Any], by: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those that replace them; of settings in groups, one by one."""
    return {
        name: {**old, **by[name]} if isinstance(old, Mapping) and name in by else by.get(name, old)
        for name, old in settings.items()
    }
