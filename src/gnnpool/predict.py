"""Predict with the networks of finished trials.

``predict("trial", structure)`` gives value and unit; several trials give their mean and spread.
"""

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch

from gnnpool.data.elements import symbol
from gnnpool.data.objects import structures_from
from gnnpool.data.structure import StructureSet
from gnnpool.errors import ArtifactError, ConfigError
from gnnpool.graphs.build import graph_set
from gnnpool.graphs.file import GraphSet
from gnnpool.network import Network
from gnnpool.records import READINGS, outputs_in
from gnnpool.trained import read_network
from gnnpool.trained_elements import trained_elements
from gnnpool.training.batches import DeviceGraphs
from gnnpool.training.loop import predict as predict_batches
from gnnpool.training.step import evaluation_limit
from gnnpool.trial_files import read_record


class UnseenElement(UserWarning):
    """A structure holds elements that a trial was not trained on, or these are not known."""


@dataclass(frozen=True)
class Prediction:
    """What trials predict for one structure.

    Args:
        value: Mean of the trials, in the unit.
        unit: Unit of the target.
        target: Quantity predicted.
        spread: Standard deviation of the trials (n - 1), in the unit; None for one trial.
        values: Prediction of each trial, in their order, in the unit.
        unseen: Symbols of the elements that at least one trial was not trained on; None if a trial's
            structures and split are not found.
    """

    value: float
    unit: str
    target: str
    spread: float | None
    values: tuple[float, ...]
    unseen: tuple[str, ...] | None


@overload
def predict(
    trials: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    structures: list[Any] | tuple[Any, ...],
    *,
    reading: str = ...,
) -> list[Prediction]: ...


@overload
def predict(
    trials: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], structures: Any, *, reading: str = ...
) -> Prediction: ...


def predict(
    trials: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    structures: Any,
    *,
    reading: str = READINGS[0],
) -> Prediction | list[Prediction]:
    """Predict for structures with finished trials, on the CPU.

    Args:
        trials: Folder of a trial with record.parquet and model.safetensors, or several folders of trials
            for the same quantity, such as one for each seed.
        structures: A pymatgen Structure, an ASE Atoms object or the path of a file (CIF, POSCAR, JSON,
            extended XYZ); or a list of these.
        reading: Which weights: "raw", of the epoch with the lowest validation error, or "averaged".

    Returns:
        One prediction for a structure, a list for a list.

    Raises:
        ArtifactError: If a file is missing, damaged or of another trial, or targets of trials differ.
        ConfigError: If there is no trial, no structure, or no such reading.
        DataError: If a structure cannot be used, with its name.
        MissingExtra: If the packages that read structures are not installed.
    """
    if reading not in READINGS:
        raise ConfigError(f"reading: found {reading!r}, expected one of {', '.join(READINGS)}")
    folders = [Path(one) for one in ([trials] if isinstance(trials, str | os.PathLike) else trials)]
    several = isinstance(structures, list | tuple)
    given = list(structures) if several else [structures]
    if not folders or not given:
        raise ConfigError(
            f"expected the folder of at least one trial and at least one structure, found {len(folders)} "
            f"and {len(given)}"
        )
    records = [read_record(outputs_in(folder)["record"]) for folder in folders]
    _require_same_quantity(folders, records)
    metadata = {"dataset": "structures", **{name: records[0][name] for name in ("target", "unit")}}
    # Targets are not used: a network does not read them.
    crystals = structures_from(given, [0.0] * len(given), metadata=metadata)
    graphs: dict[str, GraphSet] = {}
    values = []
    for folder, record in zip(folders, records, strict=True):
        scheme = json.loads(record["options"])["edges"]
        key = json.dumps(scheme, sort_keys=True)
        if key not in graphs:
            graphs[key] = graph_set(crystals, scheme)
        network = read_network(record, outputs_in(folder)["weights"], reading)
        values.append(predict_graphs(network, graphs[key]))
    found = _predictions(np.stack(values), records[0], _unseen(folders, records, crystals))
    _warn(found, crystals.ids)
    return found if several else found[0]


def predict_graphs(network: Network, graphs: GraphSet) -> np.ndarray:
    """Predict for each graph, on the CPU.

    Args:
        network: In evaluation mode.
        graphs: The graphs.

    Returns:
        Target unit, ``[S]``.
    """
    ready = DeviceGraphs(graphs, device=torch.device("cpu"), vectors=network.encoder.needs_vectors)
    parts = ready.divide(np.arange(len(graphs)), evaluation_limit(ready))
    return predict_batches(network, ready.batches(parts))[1]


def _require_same_quantity(folders: Sequence[Path], records: Sequence[Mapping[str, Any]]) -> None:
    expected = (records[0]["target"], records[0]["unit"])
    for folder, record in zip(folders, records, strict=True):
        if (found := (record["target"], record["unit"])) != expected:
            raise ArtifactError(
                f"{folder}: target: found {found[0]} ({found[1]}), expected {expected[0]} ({expected[1]}) "
                f"as in {folders[0]}"
            )


def _unseen(
    folders: Sequence[Path], records: Sequence[Mapping[str, Any]], crystals: StructureSet
) -> list[tuple[str, ...] | None]:
    """Symbols of the elements of each structure that at least one trial was not trained on."""
    known: frozenset[int] | None = frozenset(range(1, 101))
    for folder, record in zip(folders, records, strict=True):
        elements = trained_elements(folder, record)
        known = None if known is None or elements is None else known & elements
    parts = np.split(crystals.numbers, crystals.node_ptr[1:-1])
    return [
        None if known is None else tuple(symbol(n) for n in np.unique(part).tolist() if n not in known)
        for part in parts
    ]


def _predictions(
    values: np.ndarray, record: Mapping[str, Any], unseen: Sequence[tuple[str, ...] | None]
) -> list[Prediction]:
    return [
        Prediction(
            value=float(column.mean()),
            unit=record["unit"],
            target=record["target"],
            spread=float(column.std(ddof=1)) if len(column) > 1 else None,
            values=tuple(column.tolist()),
            unseen=missing,
        )
        for column, missing in zip(values.T, unseen, strict=True)
    ]


def _warn(predictions: Sequence[Prediction], ids: Sequence[str]) -> None:
    if any(one.unseen is None for one in predictions):
        text = "it is not known which elements the trials were trained on: their structures are not found"
        warnings.warn(text, UnseenElement, stacklevel=3)
    for one, name in zip(predictions, ids, strict=True):
        if one.unseen:
            text = f"structure {name}: no training structure holds {', '.join(one.unseen)}"
            warnings.warn(text, UnseenElement, stacklevel=3)
