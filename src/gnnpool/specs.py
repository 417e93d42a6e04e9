"""What a configuration says of a table, figure, explanation or dataset, as values with names and types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from gnnpool.records import READINGS

Setting = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A part of the grid of trials.

    Args:
        settings: Pairs of model and edges.
        datasets: Slugs, in the order shown.
        poolings: Names, in the order shown; mean pooling, which they are compared with, need not be named.
        reading: Which weights of each training count, one of :data:`gnnpool.records.READINGS`.
    """

    settings: Sequence[Setting]
    datasets: Sequence[str]
    poolings: Sequence[str]
    reading: str = READINGS[0]


@dataclass(frozen=True, kw_only=True)
class ExhibitSpec(Slice):
    """A table or figure.

    Args:
        name: Name of its files.
        title: What it shows.
        kind: Module that makes it.
    """

    name: str
    title: str
    kind: str

    @classmethod
    def of(cls, entry: Mapping) -> "ExhibitSpec":
        """The table or figure of an entry of the configuration."""
        return cls(**{**entry, "settings": [tuple(setting) for setting in entry["settings"]]})


@dataclass(frozen=True, kw_only=True)
class ExplanationSpec:
    """What atoms contribute under some poolings.

    Args:
        name: Name of its folder.
        title: What it shows.
        dataset: Slug.
        setting: Model and edges.
        poolings: Names, in the order shown.
        seed: Split seed of the trials.
        structures: Which structures are shown; see :func:`gnnpool.explain.choice.choose_structures`.
        reading: Which weights of each training are explained, one of :data:`gnnpool.records.READINGS`.
    """

    name: str
    title: str
    dataset: str
    setting: Setting
    poolings: Sequence[str]
    seed: int
    structures: int | str | Sequence[str]
    reading: str = READINGS[0]

    @classmethod
    def of(cls, entry: Mapping) -> "ExplanationSpec":
        """The explanation of an entry of the configuration."""
        return cls(**{**entry, "setting": tuple(entry["setting"])})

    @property
    def slice(self) -> Slice:
        """Its dataset, setting and poolings, as those of a table or figure."""
        return Slice(
            settings=[self.setting], datasets=[self.dataset], poolings=self.poolings, reading=self.reading
        )


@dataclass(frozen=True, kw_only=True)
class DatasetSpec:
    """What decides the structures of a dataset: neither its label nor where its file lies.

    Args:
        source: Reader of the raw file.
        target: Quantity predicted.
        unit: Unit of the target.
        structures: Rows that the raw file must hold.
        exact_count: Whether another number of rows is refused; otherwise it is logged.
        target_statistics: Published ``mean`` and ``mean_absolute_deviation`` of the target, in its unit.
        options: Arguments of the reader.
        citation: Source to cite.
        sha256: Of the raw file, if it is known.
        md5: Of the raw file, if it is known.
    """

    source: str
    target: str
    unit: str
    structures: int
    exact_count: bool = True
    target_statistics: Mapping[str, float] | None = None
    options: Mapping = field(default_factory=dict)
    citation: str = ""
    sha256: str | None = None
    md5: str | None = None

    @classmethod
    def of(cls, entry: Mapping) -> "DatasetSpec":
        """The dataset of an entry of the configuration."""
        return cls(**cls.keys_of(entry))

    @classmethod
    def keys_of(cls, entry: Mapping) -> dict:
        """The part of an entry of the configuration that this class takes."""
        return {key.name: entry[key.name] for key in fields(cls) if key.name in entry}


@dataclass(frozen=True, kw_only=True)
class Physics:
    """Which kind of quantity the target of a dataset is.

    Args:
        grows_with_cell: Whether it is extensive: a cell of twice the atoms has twice the target.
        decided_by: "bulk", "layer" or "surface".
        note: What else a reader must know; may be empty.
    """

    grows_with_cell: bool
    decided_by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What the entry of a pooling says of its vector.

    Args:
        sees_size: Whether the vector depends on how many atoms describe a crystal; None where only the check
            of the network measures that.
        control: Whether the vector holds nothing but the mean, as that of several means or of a mean and
            layers after it. If its network is as large as that of another pooling, it shows what weights do.
        width: Channels D' that a linear map gives the vector; None without a map.
        base: The pooling that differs in nothing but the width; itself without a map.
    """

    sees_size: bool | None
    control: bool
    width: int | None
    base: str


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Printed names by slug.

    Args:
        datasets: Of datasets.
        models: Of models.
        edges: Of edges.
        poolings: Of poolings.
    """

    datasets: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, str] = field(default_factory=dict)
    poolings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What all tables and figures of a configuration share.

    Args:
        labels: Printed names.
        seeds: Planned seeds.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Of intervals, such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent that matters.
        traits: Of poolings.
    """

    labels: Labels
    seeds: Sequence[int]
    statistic: str
    confidence: float
    resamples: int
    margin: float
    traits: Mapping[str, Traits] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping) -> "Study":
        """The same of plain values: labels, seeds, statistic, traits, and statistics with the other three."""
        return cls(
            labels=Labels(**settings["labels"]),
            seeds=settings["seeds"],
            statistic=settings["statistic"],
            traits={name: Traits(**known) for name, known in settings.get("traits", {}).items()},
            **settings["statistics"],
        )
