"""Predictions and histories of many trials as one table, and the files of one trial out of it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from gnnpool.analysis.collect import TRIAL
from gnnpool.artifacts import write_table
from gnnpool.extras import extra
from gnnpool.records import RECORD_UNITS, Trial, outputs_in
from gnnpool.trial_files import named, read_trial_table

with extra("analysis"):
    import pandas as pd

_HISTORY = ("train_mae", "val_mae", "averaged_val_mae")
_PREDICTIONS = ("target", "prediction", "averaged_prediction")


def gather(paths: Sequence[Path], trials: pd.DataFrame, what: str) -> pa.Table:
    """Put histories, or predictions of the test part, of trials together, with a column that names the trial.

    Args:
        paths: Records of the trials; their other files lie beside them.
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`, in the order of the paths.
        what: "history" or "predictions".

    Returns:
        The columns of these files, and first trial: names of trials, each with its rows together.

    Raises:
        ArtifactError: If a file is damaged or of another trial.
    """
    parts, names, counts = [], [], []
    for path, record in zip(paths, trials.to_dict("records"), strict=True):
        table = read_trial_table(outputs_in(path.parent)[what], record)
        if what == "predictions":
            table = table.filter(pa.compute.equal(table["part"], "test")).drop_columns("part")
        parts.append(table.replace_schema_metadata())
        names.append(str(Trial(*(record[name] for name in TRIAL))))
        counts.append(table.num_rows)
    indices = np.repeat(np.arange(len(names), dtype=np.int32), counts)
    trial = pa.DictionaryArray.from_arrays(indices, names)
    table = pa.concat_tables(parts).add_column(0, "trial", trial)
    if what == "predictions":
        place = table.column_names.index("id")
        table = table.set_column(place, "id", table["id"].combine_chunks().dictionary_encode())
    return table.combine_chunks()


def divide(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each trial, without its name.

    Args:
        table: Output of :func:`gather`.
    """
    return dict(_divide(table))


def _divide(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    trial = table["trial"].combine_chunks()
    indices = trial.indices.to_numpy()
    starts = np.flatnonzero(np.diff(indices, prepend=-1))
    rest = table.drop_columns("trial")
    for start, end in zip(starts, [*starts[1:], len(indices)], strict=True):
        yield trial.dictionary[int(indices[start])].as_py(), rest.slice(start, end - start)


def write_trial(folder: Path, record: Mapping, history: pa.Table, predictions: pa.Table) -> None:
    """Write record, history and predictions of the test part of a trial as a training leaves them.

    Args:
        folder: Of the trial.
        record: One row of a bundle's trials.
        history: The trial's rows of :func:`divide`.
        predictions: The same.
    """
    trial = Trial(*(record[name] for name in TRIAL))
    names, unit, files = named(trial, record["trial_id"]), record["unit"], outputs_in(folder)
    ids = predictions["id"].cast(pa.string())
    part = pa.array(["test"] * predictions.num_rows, pa.string())
    predictions = predictions.set_column(0, "id", ids).add_column(1, "part", part)
    units = {"epoch": "1", **dict.fromkeys(_HISTORY, unit), "learning_rate": "1", "seconds": "s"}
    write_table(files["history"], history, metadata=names, units=units)
    write_table(files["predictions"], predictions, metadata=names, units=dict.fromkeys(_PREDICTIONS, unit))
    units = {**RECORD_UNITS, "target unit": unit}
    write_table(files["record"], pa.Table.from_pylist([dict(record)]), units=units)
