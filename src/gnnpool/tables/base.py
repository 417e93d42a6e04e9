"""What a kind of table is made from, and what it makes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from gnnpool.analysis.assessed import assessed_values
from gnnpool.analysis.printed import Row
from gnnpool.analysis.values import AVERAGE, slice_changes, slice_trials
from gnnpool.analysis.wording import label_of, setting_label


@dataclass(frozen=True)
class Source:
    """What one table is made from.

    Args:
        entry: Name, title, kind, settings, datasets and poolings of the table.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        records: Rows of :func:`gnnpool.analysis.collect.read_records`.
        test_errors: Rows of :func:`gnnpool.analysis.structures.read_test_errors`.
        seeds: Planned seeds.
        planned: Planned conditions (dataset, model, edges, pooling).
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Of intervals, such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent that matters.
        scheme: How structures are divided: "random" or "matbench".
        physics: For each dataset of which it is known: grows_with_cell, decided_by and note.
    """

    entry: Mapping
    labels: Mapping[str, Mapping[str, str]]
    records: pd.DataFrame
    test_errors: pd.DataFrame
    seeds: Sequence[int]
    planned: Collection[Sequence[str]]
    statistic: str
    confidence: float
    resamples: int
    margin: float
    scheme: str
    physics: Mapping[str, Mapping]

    def narrowed(self, **changes: Sequence) -> "Source":
        """The same source with an entry of other settings, datasets or poolings."""
        return replace(self, entry={**self.entry, **changes})

    def trials(self) -> pd.DataFrame:
        """Records of the entry, mean pooling and all initialisations among them."""
        return slice_trials(self.records, entry=self.entry, seeds=self.seeds)

    def changes(self) -> pd.DataFrame:
        """Changes seed by seed; see :func:`gnnpool.analysis.values.slice_changes`."""
        return slice_changes(self.records, entry=self.entry, seeds=self.seeds)

    def values(self) -> pd.DataFrame:
        """Changes with intervals; see :func:`gnnpool.analysis.assessed.assessed_values`."""
        return assessed_values(
            self.records,
            entry=self.entry,
            statistic=self.statistic,
            seeds=self.seeds,
            planned=self.planned,
            confidence=self.confidence,
            resamples=self.resamples,
            margin=self.margin,
        )

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


@dataclass(frozen=True)
class Table:
    """A table twice: tidy, by slug, and in words.

    Args:
        tidy: One line for each number or comparison.
        units: Unit of each column that has one.
        columns: Heads of the printed columns, the one over the row labels not counted.
        rows: Printed lines.
        notes: Sentences below.
    """

    tidy: pd.DataFrame
    units: Mapping[str, str]
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=list)
