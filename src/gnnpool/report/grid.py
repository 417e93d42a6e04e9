"""All that is planned, as one table would see it: in each reading, with what is known of its poolings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from gnnpool.analysis.source import Files
from gnnpool.records import BASELINE, READINGS, Trial
from gnnpool.specs import ExhibitSpec, Labels, Physics, Slice, Traits
from gnnpool.tables.base import Source
from gnnpool.trials import planned_conditions, seeds_of


def whole_grid(planned: Sequence[Trial], datasets: Mapping[str, Mapping]) -> Slice:
    """All that is planned: its settings, datasets, and poolings without the baseline.

    Datasets with a split of their own are left out: they would count the same structures several times.

    Args:
        planned: Planned trials.
        datasets: Their entries.
    """
    planned = [t for t in planned if "split" not in datasets.get(t.dataset, {})]
    return Slice(
        settings=list(dict.fromkeys((t.model, t.edges) for t in planned)),
        datasets=list(dict.fromkeys(t.dataset for t in planned)),
        poolings=list(dict.fromkeys(t.pooling for t in planned if t.pooling != BASELINE)),
    )


def grid_sources(
    trials: pd.DataFrame,
    planned: Sequence[Trial],
    *,
    config: Mapping,
    labels: Labels,
    physics: Mapping[str, Mapping],
    traits: Mapping[str, Mapping],
    networks: Sequence[str | Path],
) -> dict[str, Source]:
    """What a table of the whole grid is made from, by reading.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        planned: Planned trials.
        config: What decides the results; see :func:`gnnpool.config.what_decides`.
        labels: Printed names.
        physics: By dataset the fields of :class:`gnnpool.specs.Physics`, where they are known.
        traits: By pooling the fields of :class:`gnnpool.specs.Traits`.
        networks: Checks of networks.
    """
    grid, seeds = whole_grid(planned, config["datasets"]), seeds_of(planned)
    return {
        reading: Source(
            spec=ExhibitSpec(**(vars(grid) | {"reading": reading}), name="grid", title="", kind=""),
            labels=labels,
            records=trials,
            files=Files(networks=networks),
            seeds=seeds,
            planned=planned_conditions(planned, common=len(seeds)),
            statistic=config["statistic"],
            **config["statistics"],
            scheme=config["split"]["scheme"],
            physics={dataset: Physics(**known) for dataset, known in physics.items()},
            variants={},  # left out of the grid
            traits={pooling: Traits(**known) for pooling, known in traits.items()},
        )
        for reading in READINGS
    }
