"""One explanation: finished trials in, contributions of atoms and participation numbers out."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from gnnpool.artifacts import file_sha256
from gnnpool.data.structure import StructureSet, ids_sha256, read_structures
from gnnpool.errors import ArtifactError
from gnnpool.explain.choice import choose_structures
from gnnpool.explain.leave_one_out import leave_one_out
from gnnpool.explain.rows import atom_rows, structure_row, write_atoms, write_structures_explained
from gnnpool.explain.trained import TrainedTrial, read_trained
from gnnpool.graphs.file import GraphSet, read_graphs
from gnnpool.specs import ExplanationSpec
from gnnpool.training.batches import DeviceGraphs
from gnnpool.training.step import evaluation_limit

logger = logging.getLogger("gnnpool.explain")


def explain_atoms(
    *,
    inputs: Mapping[str, str | Path | Sequence[str | Path]],
    spec: Mapping,
    stage_version: int,
    outputs: Mapping[str, str | Path],
) -> None:
    """Leave out every atom of every test structure once, for one trial of each pooling.

    Args:
        inputs: ``structures`` of the dataset, ``graphs`` that the trials were trained on, and of one trial
            of each pooling, in the same order, ``records``, ``predictions`` and ``weights``.
        spec: Fields of :class:`gnnpool.specs.ExplanationSpec`.
        stage_version: Version of this stage.
        outputs: ``atoms``: Parquet file with a row for each pooling and atom of the chosen structures.
            ``summary``: Parquet file with a row for each pooling and structure of the test part, and for
            those chosen from other parts.

    Raises:
        ArtifactError: If files do not belong together, or a network does not repeat its predictions.
        ConfigError: If a structure that the explanation names does not exist.
        DataError: If the test part has nothing to look at.
    """
    spec, structures, graphs = ExplanationSpec.of(spec), inputs["structures"], inputs["graphs"]
    crystals, graph_set, sha256 = read_structures(structures), read_graphs(graphs), file_sha256(graphs)
    if graph_set.metadata["ids_sha256"] != ids_sha256(crystals.ids):
        raise ArtifactError(f"{graphs} and {structures}: made from different structures; delete both")
    files = zip(inputs["records"], inputs["weights"], inputs["predictions"], strict=True)
    trials = [
        read_trained(
            record=record,
            weights=weight,
            predictions=prediction,
            graphs_sha256=sha256,
            reading=spec.reading,
        )
        for record, weight, prediction in files
    ]
    chosen = _choose(spec, crystals, trials)
    frames, rows = [], []
    for trial in trials:
        logger.info("%s: leave out atoms, pooling %s", spec.name, trial.record["pooling"])
        for row, frame in _explained(trial, crystals, graph_set, chosen):
            rows.append(row)
            frames += [] if frame is None else [frame]
    metadata = {
        "title": spec.title,
        "dataset": spec.dataset,
        "target": graph_set.metadata["target"],
        "unit": graph_set.metadata["unit"],
        "stage_version": str(stage_version),
    }
    write_atoms(outputs["atoms"], frames, metadata)
    write_structures_explained(outputs["summary"], rows, metadata)


def _choose(spec: ExplanationSpec, crystals: StructureSet, trials: Sequence[TrainedTrial]) -> list[str]:
    """Ids of the structures to be shown, by the errors of all poolings together."""
    saved = pd.concat([trial.predictions for trial in trials])
    saved["error"] = (saved["prediction"] - saved["target"]).abs()
    saved = saved.groupby("id").agg(part=("part", "first"), error=("error", "mean"))
    known = pd.DataFrame({"id": crystals.ids, "atoms": np.diff(crystals.node_ptr)})
    known = known.merge(saved, left_on="id", right_index=True, how="left")
    return choose_structures(spec.structures, known, explanation=spec.name, dataset=spec.dataset)


def _explained(
    trial: TrainedTrial, crystals: StructureSet, graph_set: GraphSet, chosen: Sequence[str]
) -> Iterator[tuple[dict, pd.DataFrame | None]]:
    """The row of each structure, and the rows of its atoms if the structure is chosen."""
    vectors = trial.network.encoder.needs_vectors
    graphs = DeviceGraphs(graph_set, device=torch.device("cpu"), vectors=vectors)
    saved = trial.predictions.set_index("id")
    tested = saved["part"].reindex(crystals.ids).to_numpy() == "test"
    wanted = np.flatnonzero(tested | np.isin(crystals.ids, chosen))
    for index in graphs.divide(wanted, evaluation_limit(graphs)):
        batch, _ = graphs.batch(index)
        found = leave_one_out(trial.network, batch)
        predictions = found.prediction.tolist()
        _require_same(predictions, saved.loc[[crystals.ids[i] for i in index]], trial.record)
        sizes = batch.sizes.tolist()
        parts = found.contribution.split(sizes)
        shares = [None] * len(index) if found.weights is None else found.weights.split(sizes)
        for i, prediction, part, share in zip(index, predictions, parts, shares, strict=True):
            id_ = crystals.ids[i]
            place = chosen.index(id_) + 1 if id_ in chosen else 0
            common = {
                "part": saved.at[id_, "part"],
                "contribution": part.numpy(),
                "record": trial.record,
            }
            row = structure_row(crystals, i, prediction=prediction, shown=place, **common)
            weights = None if share is None else share.numpy()
            yield row, atom_rows(crystals, i, weights=weights, **common) if place else None


def _require_same(found: Sequence[float], saved: pd.DataFrame, record: Mapping) -> None:
    """Refuse a network that does not repeat the predictions of its trial, up to rounding."""
    found = np.array(found)
    off = np.abs(found - saved["prediction"].to_numpy())
    allowed = 1e-3 * (np.abs(found) + record["test_mae"])
    if (wrong := np.flatnonzero(~(off <= allowed))).size:
        first = wrong[0]
        trial = "/".join(record[name] for name in ("dataset", "model", "edges", "pooling"))
        raise ArtifactError(
            f"{trial}/seed-{record['seed']}: structure {saved.index[first]!r}: the saved network predicts "
            f"{found[first]:.6g} {record['unit']}, expected {saved['prediction'].iloc[first]:.6g} as in its "
            "predictions; train the trial again"
        )
