"""What a table or figure is made from: records, and more where its kind needs it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from gnnpool.analysis.change import seeds_by_condition
from gnnpool.analysis.histories import read_histories
from gnnpool.analysis.networks import read_networks, sizes_seen
from gnnpool.analysis.perturbed import read_perturbed
from gnnpool.analysis.readings import of_reading
from gnnpool.analysis.sizes import read_sizes
from gnnpool.analysis.test_errors import read_test_errors
from gnnpool.analysis.values import AVERAGE, assessed_values, slice_changes, slice_trials
from gnnpool.specs import ExhibitSpec, Labels, Traits
from gnnpool.wording import label_of, setting_label


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where what a table or figure is made from, besides its trials, lies.

    A kind declares in its constant ``NEEDS`` which of them it needs; the others are empty.

    Args:
        predictions: Predictions of trials, in any order.
        history: Their histories, in any order.
        perturbed: Their predictions for changed structures, in any order.
        structures: Structures of the datasets, in any order.
        networks: Checks of networks, in any order.
    """

    predictions: Sequence[str | Path] = ()
    history: Sequence[str | Path] = ()
    perturbed: Sequence[str | Path] = ()
    structures: Sequence[str | Path] = ()
    networks: Sequence[str | Path] = ()


def split_inputs(inputs: Mapping[str, str | Path | Sequence[str | Path]]) -> tuple[str | Path, Files]:
    """The file of the trials of a table or figure, and its other files.

    Args:
        inputs: ``trials``, and some fields of :class:`Files`.
    """
    return inputs["trials"], Files(**{name: paths for name, paths in inputs.items() if name != "trials"})


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one table or figure is made from; files are read when they are asked for.

    Args:
        spec: The table or figure, and its reading.
        labels: Printed names.
        records: Rows of :func:`gnnpool.analysis.collect.read_records`, with all readings.
        files: Where the rest lies that the kind needs.
        seeds: Planned seeds.
        planned: Planned conditions; see :func:`gnnpool.analysis.values.slice_values`.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Of intervals, such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent that matters.
        traits: Of poolings, where they are known.
    """

    spec: ExhibitSpec
    labels: Labels
    records: pd.DataFrame
    files: Files
    seeds: Sequence[int]
    planned: Collection[Sequence[str]]
    statistic: str
    confidence: float
    resamples: int
    margin: float
    traits: Mapping[str, Traits] = field(default_factory=dict)

    @property
    def reading(self) -> str:
        """The reading whose errors are used."""
        return self.spec.reading

    @cached_property
    def _read(self) -> pd.DataFrame:
        return of_reading(self.records, self.reading)

    def n_planned(self, *condition: str) -> int:
        """Planned seeds of a dataset, model, edges and pooling."""
        common = len(self.seeds)
        return seeds_by_condition(self.planned, common=common).get(condition, common)

    def trials(self) -> pd.DataFrame:
        """Records of the slice in its reading, mean pooling and all repeats among them."""
        return slice_trials(self._read, part=self.spec, seeds=self.seeds)

    def changes(self) -> pd.DataFrame:
        """Changes seed by seed; see :func:`gnnpool.analysis.values.slice_changes`."""
        return slice_changes(self._read, part=self.spec, seeds=self.seeds)

    def values(self) -> pd.DataFrame:
        """Changes with intervals; see :func:`gnnpool.analysis.values.assessed_values`."""
        return self._values.copy()

    @cached_property
    def _values(self) -> pd.DataFrame:
        return assessed_values(
            self._read,
            part=self.spec,
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
    def perturbed(self) -> pd.DataFrame:
        """See :func:`gnnpool.analysis.perturbed.read_perturbed`; needs "perturbed"."""
        return read_perturbed(self.files.perturbed, self.records, reading=self.reading)

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """See :func:`gnnpool.analysis.sizes.read_sizes`; needs "structures"."""
        return read_sizes(self.files.structures)

    @cached_property
    def pooled_channels(self) -> dict[tuple[str, str], int]:
        """Channels of the pooled vector by model and pooling, where known; needs "networks"."""
        return {key: found["pooled_channels"] for key, found in read_networks(self.files.networks).items()}

    @cached_property
    def sees_size(self) -> dict[str, bool | None]:
        """See :func:`gnnpool.analysis.networks.sizes_seen`; needs "networks"."""
        return sizes_seen(self.traits, self.files.networks)

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
