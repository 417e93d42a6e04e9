"""Trials as one of their readings, and the words for these."""

import dataclasses
from collections.abc import Mapping

import pandas as pd

from gnnpool.records import READINGS, TrialRecord, column_of

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


def reading_of(entry: Mapping) -> str:
    """The reading of a table or figure: that of its entry, or the raw one."""
    return entry.get("reading", READINGS[0])


def titled(entry: Mapping) -> dict:
    """An entry whose title names its reading, unless that is the raw one."""
    reading = reading_of(entry)
    suffix = "" if reading == READINGS[0] else f" ({reading} reading)"
    return {**entry, "title": f"{entry['title']}{suffix}"}


def reading_notes(entry: Mapping) -> list[str]:
    """What the reading of a table or figure is, unless it is the raw one."""
    reading = reading_of(entry)
    return [] if reading == READINGS[0] else [f"{reading.capitalize()} reading: {MEANING[reading]}."]
