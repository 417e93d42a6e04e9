"""What a table or figure is made from: records, and more where its kind needs it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from gnnpool.analysis.histories import read_histories
from gnnpool.analysis.readings import of_reading, reading_of
from gnnpool.analysis.sizes import read_sizes
from gnnpool.analysis.test_errors import read_test_errors
from gnnpool.analysis.values import AVERAGE, assessed_values, slice_changes, slice_trials
from gnnpool.wording import label_of, setting_label


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where what a table or figure is made from, besides its trials, lies.

    A kind declares in its constant ``NEEDS`` which of them it needs; the others are empty.

    Args:
        predictions: Predictions of trials, in any order.
        history: Their histories, in any order.
        structures: Structures of the datasets, in any order.
    """

    predictions: Sequence[str | Path] = ()
    history: Sequence[str | Path] = ()
    structures: Sequence[str | Path] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one table or figure is made from; files are read when they are asked for.

    Args:
        entry: Name, title, kind, settings, datasets and poolings of the table or figure, and its reading.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        records: Rows of :func:`gnnpool.analysis.collect.read_records`, with all readings.
        files: Where the rest lies that the kind needs.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Of intervals, such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent that matters.
    """

    entry: Mapping
    labels: Mapping[str, Mapping[str, str]]
    records: pd.DataFrame
    files: Files
    seeds: Sequence[int]
    planned: Collection[Sequence[str]]
    statistic: str
    confidence: float
    resamples: int
    margin: float

    @property
    def reading(self) -> str:
        """The reading whose errors are used."""
        return reading_of(self.entry)

    @cached_property
    def _read(self) -> pd.DataFrame:
        return of_reading(self.records, self.reading)

    def trials(self) -> pd.DataFrame:
        """Records of the entry in its reading, mean pooling and all initialisations among them."""
        return slice_trials(self._read, entry=self.entry, seeds=self.seeds)

    def changes(self) -> pd.DataFrame:
        """Changes seed by seed; see :func:`gnnpool.analysis.values.slice_changes`."""
        return slice_changes(self._read, entry=self.entry, seeds=self.seeds)

    def values(self) -> pd.DataFrame:
        """Changes with intervals; see :func:`gnnpool.analysis.values.assessed_values`."""
        return assessed_values(
            self._read,
            entry=self.entry,
            statistic=self.statistic,
            seeds=self.seeds,
            planned=self.planned,
            confidence=self.confidence,
            resamples=self.resamples,
            margin=self.margin,
        )

    @cached_property
    def test_errors(self) -> pd.DataFrame:
        """See :func:`gnnpool.analysis.test_errors.read_test_errors`; needs "predictions"."""
        return read_test_errors(self.files.predictions, self.records, reading=self.reading)

    @cached_property
    def histories(self) -> pd.DataFrame:
        """See :func:`gnnpool.analysis.histories.read_histories`; needs "history"."""
        return read_histories(self.files.history, self.records, reading=self.reading)

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """See :func:`gnnpool.analysis.sizes.read_sizes`; needs "structures"."""
        return read_sizes(self.files.structures)

    def name(self, axis: str, slug: str) -> str:
        """Printed name of a dataset, model, edges or pooling."""
        if axis == "datasets" and slug == AVERAGE:
            return "Average"
        return label_of(self.labels, axis, slug)

    def setting(self, model: str, edges: str) -> str:
        """Printed name of a setting."""
        return setting_label(self.labels, model, edges)

    @property
    def percent(self) -> str:
        """The confidence in words, such as "95 %"."""
        return f"{100 * self.confidence:g} %"
