"""One finished trial in, its predictions for changed test structures out."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gnnpool.artifacts import file_sha256, write_table
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import StructureSet, ids_sha256, read_structures
from gnnpool.errors import ArtifactError
from gnnpool.graphs.build import graph_set
from gnnpool.perturb.changes import UNCHANGED, Changed, changed, selected
from gnnpool.predict import predict_graphs
from gnnpool.records import READINGS, Trial, column_of
from gnnpool.trained import read_network
from gnnpool.trial_files import named, read_record

logger = logging.getLogger(__name__)


def predict_perturbed(
    *,
    inputs: Mapping[str, str | Path],
    levels: Mapping[str, Sequence],
    grows_with_cell: bool | None,
    stage_version: int,
    output: str | Path,
) -> None:
    """Predict for changed test structures of a trial with both readings of its weights, on the CPU.

    Args:
        inputs: ``structures`` of the dataset, and ``split``, ``record`` and ``weights`` of the trial.
        levels: For each axis of :data:`gnnpool.perturb.changes.AXES` its levels.
        grows_with_cell: Whether the target is extensive; None if that is not known. Then there are no
            supercells.
        stage_version: Version of this stage.
        output: Parquet file with a row for each axis, level and test structure: factor (by which the target
            grows with the cell), target (after that), and the prediction of each reading, target unit. The
            axis "unchanged" holds the structures as they are.

    Raises:
        ArtifactError: If files do not belong together, or a network does not repeat its test error.
        DataError: If a changed structure is refused, with its id.
    """
    record = read_record(inputs["record"])
    crystals = _tested(inputs, record)
    networks = {reading: read_network(record, inputs["weights"], reading) for reading in READINGS}
    scheme = json.loads(record["options"])["edges"]
    tables = []
    for one in _changes(crystals, levels, grows_with_cell, seed=record["seed"]):
        graphs = graph_set(one.structures, scheme)
        found = {
            column_of(reading, "prediction"): predict_graphs(network, graphs)
            for reading, network in networks.items()
        }
        if one.axis == UNCHANGED:
            _require_same(found, crystals.targets, record, inputs["weights"])
        factor = float(one.cells if grows_with_cell else 1)
        rows = {
            "axis": [one.axis] * len(crystals),
            "level": [one.level] * len(crystals),
            "id": crystals.ids,
            "factor": [factor] * len(crystals),
            "target": factor * crystals.targets,
        }
        tables.append(pa.table({**rows, **found}))
        logger.info("%s %s: %d structures", one.axis, one.level, len(crystals))
    trial = Trial(*(record[name] for name in vars(Trial("", "", "", "", 0))))
    units = dict.fromkeys(["target", *found], record["unit"]) | {"factor": "1"}
    metadata = named(trial, record["trial_id"]) | {"stage_version": str(stage_version)}
    write_table(output, pa.concat_tables(tables), metadata=metadata, units=units)


def _tested(inputs: Mapping[str, str | Path], record: Mapping[str, Any]) -> StructureSet:
    """The test structures of a trial."""
    crystals, split = read_structures(inputs["structures"]), read_split(inputs["split"])
    if (found := file_sha256(inputs["split"])) != record["split_sha256"]:
        raise ArtifactError(
            f"{inputs['split']}: SHA-256: found {found[:12]}, expected {record['split_sha256'][:12]} as in "
            f"{inputs['record']}; train the trial again"
        )
    if split.metadata["ids_sha256"] != ids_sha256(crystals.ids):
        raise ArtifactError(
            f"{inputs['split']} and {inputs['structures']}: made from different structures; delete both"
        )
    return selected(crystals, split.indices("test").tolist())


def _changes(
    crystals: StructureSet, levels: Mapping[str, Sequence], grows_with_cell: bool | None, *, seed: int
) -> Iterator[Changed]:
    yield Changed(UNCHANGED, "", 1, crystals)
    for axis, amounts in levels.items():
        if axis == "supercell" and grows_with_cell is None:
            logger.warning("no supercells: the dataset has no entry physics.grows_with_cell")
            continue
        for amount in amounts:
            yield changed(crystals, axis, amount, seed=seed)


def _require_same(
    found: Mapping[str, np.ndarray], targets: np.ndarray, record: Mapping[str, Any], weights: str | Path
) -> None:
    """Refuse networks that do not repeat the test error of their record, up to rounding."""
    for reading in READINGS:
        name = column_of(reading, "test_mae")
        error = float(np.abs(found[column_of(reading, "prediction")] - targets).mean())
        if abs(error - record[name]) > 1e-3 * record[name]:
            raise ArtifactError(
                f"{weights}: {name}: found {error:.6g}, expected {record[name]:.6g} {record['unit']} as in "
                "the record; train the trial again"
            )
