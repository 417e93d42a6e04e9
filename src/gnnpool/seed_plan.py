"""Where more seeds decide: which comparisons with mean pooling are open, and what would settle them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from gnnpool.extras import extra

with extra("analysis"):
    import numpy as np
    import pandas as pd

from gnnpool.analysis.change import CONDITION, changes_by_seed, combined_change, contributions
from gnnpool.analysis.collect import TRIAL, read_records, read_trials
from gnnpool.analysis.intervals import NO_INTERVAL, Interval
from gnnpool.analysis.power import detectable_difference, number_needed
from gnnpool.analysis.readings import of_reading
from gnnpool.analysis.sequential import LOOKS, critical_values, levels, look_that_detects, repeated_interval
from gnnpool.bundle.files import open_bundle
from gnnpool.bundle.planning import plan_bundles
from gnnpool.data.matbench_folds import FOLDS
from gnnpool.errors import ConfigError
from gnnpool.records import BASELINE, Trial
from gnnpool.seed_overlay import PREFIX, further_blocks
from gnnpool.trials import plan_trials

LOWER, HIGHER, WITHIN = DECIDED = ("lower error", "higher error", "smaller")
MORE, FIRST, LATE, NEVER = (
    "more seeds",
    "before the first look",
    "beyond the last look",
    "no number of seeds",
)


@dataclass(frozen=True)
class Comparison:
    """One condition compared with mean pooling.

    Args:
        condition: Dataset, model, edges and pooling.
        n: Finished seeds that mean pooling has too.
        look: Seeds of the look that the next four are from; 0 before the first look.
        change: Change of the error, %, of the seeds of the look, before it of all; NaN without a seed.
        low: Lower end of the repeated confidence interval, %; NaN before the first look.
        high: Upper end.
        detectable: Change that the last look detects with 80 % power, %; NaN before the first look.
        state: One of :data:`DECIDED`, or why it is open.
        seeds: Seeds that decide with 80 % power; None where no number does or it is decided.
    """

    condition: tuple[str, str, str, str]
    n: int
    look: int = 0
    change: float = np.nan
    low: float = np.nan
    high: float = np.nan
    detectable: float = np.nan
    state: str = FIRST
    seeds: int | None = None


@dataclass(frozen=True)
class SeedPlan:
    """All comparisons of a configuration, and the trials that more seeds need.

    Args:
        comparisons: In the order of the plan.
        detect: Change that matters, %.
        looks: Numbers of seeds at which a decision is taken.
        trials: Trials to train for each open condition, those of mean pooling included.
        hours: Mean CPU time of a finished trial of each condition, core-hours.
        blocks: Blocks of a configuration that plans these trials.
        new_seeds: Whether these blocks differ from those of the configuration.
    """

    comparisons: Sequence[Comparison]
    detect: float
    looks: tuple[int, ...]
    trials: Mapping[tuple, Sequence[Trial]]
    hours: Mapping[tuple, float]
    blocks: Sequence[Mapping]
    new_seeds: bool

    def cost(self, conditions: Iterable[tuple]) -> tuple[float, int]:
        """Core-hours of the trials of some conditions, shared ones counted once, and how many are unknown."""
        trials = {trial for condition in conditions for trial in self.trials.get(condition, ())}
        known = [self.hours[trial.condition] for trial in trials if trial.condition in self.hours]
        return sum(known), len(trials) - len(known)


def plan_seeds(
    config: Mapping,
    *,
    detect: float,
    reading: str = "raw",
    looks: Sequence[int] = LOOKS,
    next_look: bool = False,
) -> SeedPlan:
    """Find the seeds that decide whether poolings differ from mean pooling.

    Args:
        config: The configuration: results, seeds, blocks, noise_floor, split, statistic and statistics.
        detect: Change that matters, %.
        reading: One of :data:`gnnpool.records.READINGS`.
        looks: Numbers of seeds at which a decision is taken, stated before the first one.
        next_look: Ask for the seeds of the next look alone, not for all that decide.

    Raises:
        ConfigError: If ``detect`` is not above 0, or the looks do not increase or exceed Matbench's folds.
        ArtifactError: As :func:`gnnpool.analysis.collect.read_records`, or if a bundle is damaged.
    """
    looks = tuple(looks)
    _check(config, detect, looks)
    planned = plan_trials(config["blocks"], config["seeds"])
    trials = of_reading(_finished(config, planned), reading)
    changes = changes_by_seed(trials)
    changes = dict(list(changes[changes["change"].notna()].groupby(CONDITION)))
    seeds: dict[tuple, list[int]] = defaultdict(list)
    for trial in planned:
        seeds[trial.condition].append(trial.seed)
    rule = {"detect": detect, "looks": looks, "confidence": config["statistics"]["confidence"]}
    comparisons = [
        _compare(condition, changes.get(condition), order, statistic=config["statistic"], **rule)
        for condition, order in seeds.items()
        if condition[-1] != BASELINE
    ]
    there = {Trial(*row) for row in trials[[*CONDITION, "seed"]].itertuples(index=False)}
    kept, wanted = _wanted(config, comparisons, seeds, there, looks if next_look else ())
    blocks = [*kept, *further_blocks(kept, config["seeds"], seeds, wanted)]
    return SeedPlan(
        comparisons,
        detect,
        looks,
        {condition: [t for t in trials if t not in there] for condition, trials in wanted.items()},
        {key: value / 3600 for key, value in trials.groupby(CONDITION)["cpu_seconds"].mean().items()},
        blocks,
        any(trial.seed not in seeds[trial.condition] for trials in wanted.values() for trial in trials),
    )


def _check(config: Mapping, detect: float, looks: tuple[int, ...]) -> None:
    if not (np.isfinite(detect) and detect > 0):
        raise ConfigError(f"--detect: found {detect:g}, expected a number above 0 (%)")
    if not looks or looks[0] < 2 or list(looks) != sorted(set(looks)):
        found = " ".join(map(str, looks)) or "none"
        raise ConfigError(f"--looks: found {found}, expected increasing numbers of seeds, at least 2")
    if config["split"]["scheme"] == "matbench" and looks[-1] > FOLDS:
        raise ConfigError(
            f"--looks: found {looks[-1]}, expected at most {FOLDS}: with split.scheme 'matbench' "
            "the seeds are its folds"
        )


def _finished(config: Mapping, planned: Sequence[Trial]) -> pd.DataFrame:
    """Records of the planned trials that were trained here, and of those that bundles hold."""
    records = (Path(config["results"]) / "trials" / str(trial) / "record.parquet" for trial in planned)
    tables = [read_records([path for path in records if path.exists()])]
    for folder, names in plan_bundles(config, planned).names.items():
        rows = read_trials(open_bundle(folder).path("trials"))
        tables.append(rows[[str(Trial(*row)) in names for row in rows[TRIAL].itertuples(index=False)]])
    return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


def _compare(
    condition: tuple,
    changes: pd.DataFrame | None,
    order: Sequence[int],
    *,
    statistic: str,
    detect: float,
    looks: tuple[int, ...],
    confidence: float,
) -> Comparison:
    """Judge every look that has its seeds; the first decision stands."""
    if changes is None:
        return Comparison(condition, 0, seeds=looks[0])
    changes = changes.set_index("seed").loc[[seed for seed in order if seed in set(changes["seed"])]]
    error, baseline, n = changes["error"].to_numpy(), changes["baseline"].to_numpy(), len(changes)
    if n < looks[0]:
        change = float(combined_change(error, baseline, statistic))
        return Comparison(condition, n, change=change, seeds=looks[0])
    overlap = round(float(changes["overlap"].mean()), 4)
    test = {"overlap": overlap, "confidence": confidence}
    for look, bound in zip(looks, critical_values(looks, **test), strict=True):
        if look <= n:
            taken, values = look, contributions(error[:look], baseline[:look], statistic)
            interval = repeated_interval(values, bound=bound, overlap=overlap)
            if state := _decision(interval, detect):
                break
    sd = float(np.std(values, ddof=1))
    last = {"confidence": 1 - levels(looks, **test)[-1], "overlap": overlap}
    found = sd * detectable_difference(n=looks[-1], **last)
    seeds = None
    if not state:
        seeds = look_that_detects(detect, sd=sd, after=taken, looks=looks, **test)
        state = MORE if seeds else LATE
        seeds = seeds or number_needed(detect, sd=sd, **last)
        state = state if seeds else NEVER
        seeds = None if taken == looks[-1] else seeds
    return Comparison(condition, n, taken, float(values.mean()), *interval, found, state, seeds)


def _decision(interval: Interval, detect: float) -> str | None:
    if interval == NO_INTERVAL:
        return None
    if interval.high < 0 or interval.low > 0:
        return LOWER if interval.high < 0 else HIGHER
    return WITHIN if max(-interval.low, interval.high) < detect else None


def _wanted(
    config: Mapping,
    comparisons: Sequence[Comparison],
    seeds: Mapping[tuple, Sequence[int]],
    there: set[Trial],
    looks: tuple[int, ...],
) -> tuple[list[Mapping], dict[tuple, list[Trial]]]:
    """Blocks that are kept, and for each open condition that seeds decide its trials and their baselines."""
    kept = [block for block in config["blocks"] if not block["name"].startswith(PREFIX)]
    folds = config["split"]["scheme"] == "matbench"
    # Folds are given; other seeds are new ones.
    used = set() if folds else set(config["seeds"]).union(*(block.get("seeds", ()) for block in kept))
    wanted = {}
    for one in comparisons:
        if one.state not in (MORE, FIRST):
            continue
        number = next((look for look in looks if look > one.look), one.seeds)
        *place, _ = one.condition
        order = list(seeds[one.condition])
        paired = [
            s for s in order if all(Trial(*place, p, s) in there for p in (BASELINE, one.condition[-1]))
        ]
        order = [*paired, *(s for s in order if s not in paired)]
        further = (seed for seed in count() if seed not in used and seed not in order)
        order += [next(further) for _ in range(number - len(order))]
        pairs = [(pooling, seed) for pooling in (one.condition[-1], BASELINE) for seed in order[:number]]
        wanted[one.condition] = [Trial(*place, *pair) for pair in pairs]
    return kept, wanted
