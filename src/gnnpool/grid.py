"""The trials that a configuration plans, and those that a table or figure needs."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from gnnpool.errors import ConfigError
from gnnpool.records import BASELINE, Trial


def plan_trials(
    blocks: Sequence[Mapping], seeds: Sequence[int], noise_floor: Mapping | None = None
) -> list[Trial]:
    """Expand the blocks into trials; the grid is the union of the blocks.

    Args:
        blocks: Each with a name and the lists datasets, models, edges and poolings.
        seeds: Split seeds, the same for every block.
        noise_floor: poolings that are repeated in each block that contains them, and the numbers of the
            repeats; None for no noise floor.

    Returns:
        The trials, in the order of the blocks.

    Raises:
        ConfigError: If a block has no baseline, or two blocks plan the same trial.
    """
    if len(set(seeds)) != len(seeds):
        raise ConfigError(f"seeds: expected distinct integers, got {list(seeds)}")
    owner: dict[Trial, str] = {}
    for block in blocks:
        if BASELINE not in block["poolings"]:
            raise ConfigError(
                f"block {block['name']!r}: poolings lack the baseline {BASELINE!r}, "
                "to which every error is compared"
            )
        for trial in [*_product(block, seeds), *_again(block, seeds, noise_floor)]:
            if trial in owner:
                raise ConfigError(f"blocks {owner[trial]!r} and {block['name']!r} both plan {trial}")
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
        total += places * (len(block["poolings"]) + again) * len(seeds)
    return total


def trials_of(entry: Mapping, planned: Collection[Trial]) -> list[Trial]:
    """The planned trials that a table or figure uses, baselines included.

    Args:
        entry: Lists settings (pairs of model and edges), datasets and poolings.
        planned: All planned trials.

    Returns:
        Trials of the entry's slice, in planned order; none if no pooling of the entry is planned. Repeats
        of the entry's poolings and of the baseline are included.
    """
    settings = {tuple(setting) for setting in entry["settings"]}
    datasets = set(entry["datasets"])
    slice_ = [t for t in planned if t.dataset in datasets and (t.model, t.edges) in settings]
    wanted = [t for t in slice_ if t.pooling in entry["poolings"]]
    compared = {(t.dataset, t.model, t.edges) for t in wanted}
    baselines = [t for t in slice_ if t.pooling == BASELINE and (t.dataset, t.model, t.edges) in compared]
    chosen = {*wanted, *baselines}
    return [t for t in slice_ if t in chosen]


def first_alike(needed: Mapping[str, Sequence[Trial]]) -> dict[str, str]:
    """Find tables and figures that need the same trials.

    Args:
        needed: Trials by the name of the table or figure.

    Returns:
        For each name the first one that needs the same trials.
    """
    first: dict[tuple[Trial, ...], str] = {}
    return {name: first.setdefault(tuple(trials), name) for name, trials in needed.items()}


def nested(needed: Mapping[str, Sequence[Trial]]) -> dict[str, tuple[list[str], list[Trial]]]:
    """Assemble lists of trials from smaller lists, so that each trial is listed few times.

    Args:
        needed: Trials by name; no two lists are equal.

    Returns:
        For each name: other names whose trials are disjoint and all part of its own; and the other trials.
    """
    known: list[str] = []
    found = {}
    for name in sorted(needed, key=lambda name: len(needed[name])):
        left, parts = dict.fromkeys(needed[name]), []
        for part in reversed(known):
            if all(trial in left for trial in needed[part]):
                parts.append(part)
                for trial in needed[part]:
                    del left[trial]
        found[name] = parts, list(left)
        known += [name] if needed[name] else []
    return found


def slice_of(explanation: Mapping) -> dict[str, list]:
    """An explanation's dataset, setting and poolings, as those of a table or figure."""
    return {
        "settings": [explanation["setting"]],
        "datasets": [explanation["dataset"]],
        "poolings": explanation["poolings"],
    }


def explained_trials(explanation: Mapping, planned: Collection[Trial]) -> list[Trial]:
    """The planned trials of an explanation, in the order of its poolings.

    Args:
        explanation: dataset, setting, poolings and seed.
        planned: All planned trials.

    Returns:
        One for each of its poolings that is planned.
    """
    order = explanation["poolings"]
    found = [
        trial
        for trial in trials_of(slice_of(explanation), planned)
        if trial.pooling in order and trial.seed == explanation["seed"] and not trial.init
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
    if noise_floor is None:
        return []
    poolings = [pooling for pooling in block["poolings"] if pooling in noise_floor["poolings"]]
    return [
        dataclasses.replace(trial, init=init)
        for trial in _product({**block, "poolings": poolings}, seeds)
        for init in noise_floor["initialisations"]
    ]
