"""Which trials the blocks of a configuration plan, and which of them a table, figure or explanation needs."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from gnnpool.errors import ConfigError
from gnnpool.records import BASELINE, Trial
from gnnpool.specs import ExplanationSpec, Slice


def plan_trials(
    blocks: Sequence[Mapping], seeds: Sequence[int], noise_floor: Mapping | None = None
) -> list[Trial]:
    """Expand the blocks into trials; the grid is the union of the blocks.

    Args:
        blocks: Each with a name and the lists datasets, models, edges and poolings; a list of seeds
            of its own replaces the common one.
        seeds: Split seeds of the blocks that have none of their own.
        noise_floor: poolings that each block having them trains again, and the numbers of these
            further initialisations; None for no noise floor. Blocks with seeds of their own train
            nothing again.

    Returns:
        The trials, in the order of the blocks.

    Raises:
        ConfigError: If a block has no baseline, or two blocks plan the same trial.
    """
    owner: dict[Trial, str] = {}
    for block in blocks:
        own = block.get("seeds", seeds)
        if len(set(own)) != len(own):
            raise ConfigError(f"seeds: expected distinct integers, got {list(own)}")
        if BASELINE not in block["poolings"]:
            raise ConfigError(
                f"block {block['name']!r}: poolings lack the baseline {BASELINE!r}, "
                "to which every error is compared"
            )
        for trial in [*_product(block, own), *_again(block, seeds, noise_floor)]:
            if trial in owner:
                raise ConfigError(
                    f"blocks {owner[trial]!r} and {block['name']!r} both plan {trial}, "
                    "expected each trial in one block"
                )
            owner[trial] = block["name"]
    return list(owner)


def count_trials(blocks: Sequence[Mapping], seeds: Sequence[int], noise_floor: Mapping) -> int:
    """Number of trials that :func:`plan_trials` would list, without listing them."""
    total = 0
    for block in blocks:
        again = len(set(block["poolings"]) & set(noise_floor["poolings"])) * len(
            noise_floor["initialisations"]
        )
        places = len(block["datasets"]) * len(block["models"]) * len(block["edges"])
        own = block.get("seeds")
        total += places * (len(block["poolings"]) * len(own or seeds) + (0 if own else again * len(seeds)))
    return total


def trials_of(part: Slice, planned: Collection[Trial]) -> list[Trial]:
    """The planned trials that a table or figure draws on, baselines included.

    Args:
        part: Settings, datasets and poolings of the table or figure.
        planned: All planned trials.

    Returns:
        Those of the slice, in planned order; empty if no pooling of it is planned. Further
        initialisations of its poolings and of the baseline belong to it.
    """
    settings, datasets = set(part.settings), set(part.datasets)
    slice_ = [t for t in planned if t.dataset in datasets and (t.model, t.edges) in settings]
    wanted = [t for t in slice_ if t.pooling in part.poolings]
    compared = {(t.dataset, t.model, t.edges) for t in wanted}
    baselines = [t for t in slice_ if t.pooling == BASELINE and (t.dataset, t.model, t.edges) in compared]
    chosen = {*wanted, *baselines}
    return [t for t in slice_ if t in chosen]


def seeds_of(trials: Collection[Trial]) -> list[int]:
    """Distinct seeds, in the order of the trials."""
    return list(dict.fromkeys(trial.seed for trial in trials))


def planned_conditions(trials: Collection[Trial], *, common: int) -> list[tuple]:
    """Conditions of some trials, sorted.

    Args:
        trials: Planned trials.
        common: Number of seeds that a condition has unless it states another.

    Returns:
        Dataset, model, edges and pooling of each, and its number of seeds where that differs.
    """
    counts = Counter(trial.condition for trial in trials if not trial.init)
    return [(*key, number)[: 4 if number == common else 5] for key, number in sorted(counts.items())]


def explained_trials(explanation: ExplanationSpec, planned: Collection[Trial]) -> list[Trial]:
    """The planned trials that an explanation looks at, in the order of its poolings.

    Args:
        explanation: Names dataset, setting, poolings and seed.
        planned: All planned trials.

    Returns:
        One for each of its poolings that is planned.
    """
    order = explanation.poolings
    found = [
        trial
        for trial in trials_of(explanation.slice, planned)
        if trial.pooling in order and trial.seed == explanation.seed and not trial.init
    ]
    return sorted(found, key=lambda trial: order.index(trial.pooling))


def _product(block: Mapping, seeds: Sequence[int]) -> list[Trial]:
    return [
        Trial(dataset, model, edges, pooling, seed)
        for dataset in block["datasets"]
        for model in block["models"]
        for edges in block["edges"]
        for pooling in block["poolings"]
        for seed in seeds
    ]


def _again(block: Mapping, seeds: Sequence[int], noise_floor: Mapping | None) -> list[Trial]:
    if noise_floor is None or "seeds" in block:
        return []
    poolings = [pooling for pooling in block["poolings"] if pooling in noise_floor["poolings"]]
    return [
        dataclasses.replace(trial, init=init)
        for trial in _product({**block, "poolings": poolings}, seeds)
        for init in noise_floor["initialisations"]
    ]


def variants_of(datasets: Mapping[str, Mapping]) -> dict[str, dict[str, str]]:
    """Scheme and reference (the dataset with the same structures) of datasets with a split of their own.

    Args:
        datasets: Entries of the configuration.
    """
    found = {slug: entry["split"] for slug, entry in datasets.items() if "split" in entry}
    return {slug: {"scheme": own["scheme"], "reference": own["reference"]} for slug, own in found.items()}
