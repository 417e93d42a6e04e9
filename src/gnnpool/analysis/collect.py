"""Trial records gathered into one table that holds only what belongs together."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa

from gnnpool.artifacts import read_table, write_table
from gnnpool.errors import ArtifactError
from gnnpool.records import ADDED, RECORD_UNITS, Trial, TrialRecord

TRIAL = [field.name for field in dataclasses.fields(Trial)]

_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_SCHEMA = pa.schema({field.name: _ARROW[field.type] for field in dataclasses.fields(TrialRecord)})
_ERRORS = [name for name, unit in RECORD_UNITS.items() if unit == "target unit"]


def read_records(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read trial records, one row for each, sorted by trial.

    Args:
        paths: Files that end with the name of their trial and ``record.parquet``.

    Returns:
        The columns of :class:`TrialRecord`; no rows if there are no paths.

    Raises:
        ArtifactError: If a record is damaged, has other columns, belongs to another trial than its
            path, holds an error that is no finite number, or if two records are of one trial or
            come from different versions of the training stage.
    """
    paths = [Path(path) for path in paths]
    tables = [_read_record(path) for path in paths]
    trials = pa.concat_tables([_SCHEMA.empty_table(), *tables]).to_pandas()
    _require_own_path(trials, paths)
    _require_finite(trials, paths)
    _require_distinct(trials, paths)
    _require_one_version(trials, paths)
    return trials.sort_values(TRIAL, ignore_index=True)


def read_trials(path: str | Path) -> pd.DataFrame:
    """Read trials that were collected.

    Args:
        path: Output of :func:`collect_trials`.

    Returns:
        Rows of :func:`read_records`.

    Raises:
        ArtifactError: If the file is damaged or has other columns.
    """
    return _read_columns(Path(path)).to_pandas()


def trials_beside(paths: Sequence[str | Path], trials: pd.DataFrame) -> list[pd.Series]:
    """Find the trial of each of some files that lie beside records.

    Args:
        paths: Files in the folders of trials.
        trials: Rows of :func:`read_records`.

    Returns:
        For each file the row of its trial.

    Raises:
        ArtifactError: If a file lies in no folder of a trial, or its trial is not there.
    """
    rows = {Trial(*row): i for i, row in enumerate(trials[TRIAL].itertuples(index=False))}
    found = []
    for path in map(Path, paths):
        trial = _trial_of(path)
        if trial not in rows:
            _refuse(path, "trial", "no record", f"one of {len(rows)} trials")
        found.append(trials.iloc[rows[trial]])
    return found


def collect_trials(*, records: Sequence[str | Path], output: str | Path) -> None:
    """Write trials as one Parquet file, units in its schema metadata.

    Args:
        records: See :func:`read_records`.
        output: The Parquet file.

    Raises:
        ArtifactError: As :func:`read_records`.
    """
    table = pa.Table.from_pandas(read_records(records), _SCHEMA, preserve_index=False)
    write_table(output, table, units=RECORD_UNITS)


def _read_record(path: Path) -> pa.Table:
    table = _read_columns(path)
    if table.num_rows != 1:
        _refuse(path, "rows", table.num_rows, 1)
    return table


def _read_columns(path: Path) -> pa.Table:
    table = read_table(path)
    for name in ADDED.keys() - set(table.column_names):
        table = table.append_column(name, pa.array([ADDED[name]] * table.num_rows, _SCHEMA.field(name).type))
    missing = sorted(set(_SCHEMA.names) - set(table.column_names))
    unknown = sorted(set(table.column_names) - set(_SCHEMA.names))
    if missing or unknown:
        found = f"lacking {missing or 'none'}, unknown {unknown or 'none'}"
        _refuse(path, "columns", found, "those of a trial record")
    table = table.select(_SCHEMA.names)
    for name, found, expected, column in zip(
        _SCHEMA.names, table.schema.types, _SCHEMA.types, table.columns, strict=True
    ):
        if found != expected:
            _refuse(path, name, f"type {found}", f"type {expected}")
        if column.null_count:
            _refuse(path, name, "nothing", f"a value of type {expected}")
    return table.replace_schema_metadata()


def _require_own_path(trials: pd.DataFrame, paths: Sequence[Path]) -> None:
    for row, path in zip(trials[TRIAL].itertuples(index=False), paths, strict=True):
        for field, found, expected in zip(TRIAL, row, vars(_trial_of(path)).values(), strict=True):
            if found != expected:
                _refuse(path, field, repr(found), f"{expected!r} as in its path")


def _trial_of(path: Path) -> Trial:
    try:
        return Trial.of_file(path)
    except ValueError:
        _refuse(path, "path", path.name, f"dataset/model/edges/pooling/seed-(integer)/{path.name}")


def _require_finite(trials: pd.DataFrame, paths: Sequence[Path]) -> None:
    wrong = ~(np.isfinite(trials[_ERRORS]) & (trials[_ERRORS] >= 0))
    for i in np.flatnonzero(wrong.any(axis=1)):
        field = wrong.columns[wrong.iloc[i]][0]
        _refuse(paths[i], field, trials[field].iloc[i], "a finite number, at least 0")


def _require_distinct(trials: pd.DataFrame, paths: Sequence[Path]) -> None:
    for i in np.flatnonzero(trials.duplicated(TRIAL)):
        same = (trials[TRIAL] == trials[TRIAL].iloc[i]).all(axis=1)
        _refuse(paths[i], "trial", f"also in {paths[int(np.argmax(same))]}", "one record for each trial")


def _require_one_version(trials: pd.DataFrame, paths: Sequence[Path]) -> None:
    if trials["stage_version"].nunique() > 1:
        old, new = trials["stage_version"].argmin(), trials["stage_version"].argmax()
        found, newest = trials["stage_version"].iloc[[old, new]]
        _refuse(
            paths[old], "stage_version", found, f"{newest} as in {paths[new]}; train the older trial again"
        )


def _refuse(path: Path, field: str, found: object, expected: object) -> NoReturn:
    raise ArtifactError(f"{path}: {field}: found {found}, expected {expected}")
