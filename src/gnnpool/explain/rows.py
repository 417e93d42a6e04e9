"""Rows of an explanation: for structures, and for the atoms of the structures shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from gnnpool.analysis.participation import participation
from gnnpool.artifacts import write_table
from gnnpool.data.elements import symbol
from gnnpool.data.structure import StructureSet

# Share of the test error; smaller contributions are rounding of the encoder, which computes in float32.
RESOLUTION = 1e-4


def structure_row(
    crystals: StructureSet,
    i: int,
    *,
    part: str,
    prediction: float,
    contribution: np.ndarray,
    record: Mapping,
    shown: int,
) -> dict[str, object]:
    """The row of one structure and pooling.

    Args:
        crystals: All structures.
        i: Which one.
        part: "train", "val" or "test".
        prediction: Target unit.
        contribution: Of each atom, target unit, ``[N]``.
        record: Of the trial.
        shown: Place among the structures shown, from 1; 0 if it is not shown.
    """
    resolution = RESOLUTION * record["test_mae"]
    share = participation(contribution, resolution=resolution)
    return _names(record, crystals.ids[i], part) | {
        "shown": shown,
        "atoms": len(contribution),
        "lattice": crystals.lattices[i].ravel().tolist(),
        "target": float(crystals.targets[i]),
        "prediction": prediction,
        "participation": share,
        "participating_atoms": share * len(contribution),
        "resolution": resolution,
    }


def atom_rows(
    crystals: StructureSet,
    i: int,
    *,
    part: str,
    contribution: np.ndarray,
    weights: np.ndarray | None,
    record: Mapping,
) -> pd.DataFrame:
    """The rows of the atoms of one structure and pooling.

    Args:
        crystals: All structures.
        i: Which one.
        part: "train", "val" or "test".
        contribution: Of each atom, target unit, ``[N]``.
        weights: ``[N, heads]``, or None.
        record: Of the trial.
    """
    own = slice(crystals.node_ptr[i], crystals.node_ptr[i + 1])
    numbers = crystals.numbers[own].astype(int)
    frame = pd.DataFrame({"atom": np.arange(len(numbers)), "number": numbers})
    frame["element"] = [symbol(number) for number in numbers]
    for axis, values in zip("abc", crystals.fractional[own].T, strict=True):
        frame[f"fractional_{axis}"] = values
    for axis, values in zip("xyz", crystals.positions[own].T, strict=True):
        frame[axis] = values
    frame["contribution"] = contribution
    frame["weights"] = pd.Series([None] * len(numbers) if weights is None else list(weights), dtype=object)
    names = _names(record, crystals.ids[i], part)
    return frame.assign(**names)[[*names, *frame.columns]]


def write_atoms(path: str | Path, frames: Sequence[pd.DataFrame], metadata: Mapping[str, str]) -> None:
    """Write the rows of :func:`atom_rows`; units are in the schema metadata."""
    frame = pd.concat(frames)
    weights = pa.array(frame.pop("weights").tolist(), pa.list_(pa.float64()))
    table = pa.Table.from_pandas(frame, preserve_index=False).append_column("weights", weights)
    units = {
        **dict.fromkeys(["fractional_a", "fractional_b", "fractional_c"], "1, of the lattice vector"),
        **dict.fromkeys("xyz", "Å"),
        "contribution": metadata["unit"],
        "weights": "1, one for each head",
    }
    write_table(path, table.replace_schema_metadata(), metadata=metadata, units=units)


def write_structures_explained(
    path: str | Path, rows: Sequence[Mapping], metadata: Mapping[str, str]
) -> None:
    """Write the rows of :func:`structure_row`; units are in the schema metadata."""
    table = pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False)
    units = {
        **dict.fromkeys(["target", "prediction", "resolution"], metadata["unit"]),
        "lattice": "Å, three vectors one after the other",
        "participation": "1, from 1/atoms to 1",
        "participating_atoms": "atoms",
    }
    write_table(path, table.replace_schema_metadata(), metadata=metadata, units=units)


def _names(record: Mapping, id_: str, part: str) -> dict[str, object]:
    trial = {name: record[name] for name in ("dataset", "model", "edges", "pooling", "seed")}
    return trial | {"id": id_, "part": part}
