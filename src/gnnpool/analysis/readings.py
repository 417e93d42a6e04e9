"""Trials as one of their readings, and the words for these."""

import dataclasses

import pandas as pd

from gnnpool.records import READINGS, TrialRecord, column_of
from gnnpool.specs import ExhibitSpec

_COLUMNS = [field.name for field in dataclasses.fields(TrialRecord)]
MEANING = {
    "raw": "the weights of the epoch with the lowest validation error (the paper's rule)",
    "averaged": "the exponential moving average of the weights of the same training, at the epoch that "
    "training.averaging selects",
}
# Columns of the raw reading that every other reading has as well.
_READ = [name for name in _COLUMNS if all(column_of(reading, name) in _COLUMNS for reading in READINGS)]


def of_reading(trials: pd.DataFrame, reading: str) -> pd.DataFrame:
    """Give the columns test_mae, best_epoch and their like the values of one reading.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        reading: One of :data:`gnnpool.records.READINGS`.

    Returns:
        The same trials, with the errors and the best epoch of that reading under the names of the raw
        one, and without those of any other reading.

    Raises:
        ValueError: If there is no such reading.
    """
    values = {name: trials[column_of(reading, name)] for name in _READ}
    others = [column_of(other, name) for other in READINGS[1:] for name in _READ]
    return trials.assign(**values).drop(columns=others)


def titled(spec: ExhibitSpec) -> ExhibitSpec:
    """The table or figure with a title that names its reading, unless that is the raw one."""
    if spec.reading == READINGS[0]:
        return spec
    return dataclasses.replace(spec, title=f"{spec.title} ({spec.reading} reading)")


def reading_notes(spec: ExhibitSpec) -> list[str]:
    """What the reading of a table or figure is, unless it is the raw one."""
    if spec.reading == READINGS[0]:
        return []
    return [f"{spec.reading.capitalize()} reading: {MEANING[spec.reading]}."]
