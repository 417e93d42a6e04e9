"""An overlay that asks for more seeds of some conditions alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from gnnpool.extras import extra

with extra("workflow"):
    import yaml

from gnnpool.artifacts import write_atomically
from gnnpool.config import read_config
from gnnpool.errors import ConfigError
from gnnpool.records import BASELINE, Trial
from gnnpool.trials import plan_trials

# Blocks of this name are written here, and written anew by the next overlay.
PREFIX = "more_seeds_"


def further_blocks(
    kept: Sequence[Mapping],
    common: Sequence[int],
    seeds: Mapping[tuple, Sequence[int]],
    wanted: Mapping[tuple, Sequence[Trial]],
) -> list[dict]:
    """Blocks of all trials that the kept ones do not plan, one for each setting and set of poolings.

    Args:
        kept: Blocks that stay as they are.
        common: Seeds of the blocks that have none of their own.
        seeds: Planned seeds by condition, those of former further blocks among them.
        wanted: Trials that shall be planned, by the condition that needs them.

    Returns:
        Blocks with seeds of their own, mean pooling in each.

    Raises:
        ConfigError: If a kept block plans mean pooling of a wanted seed alone.
    """
    covered = set(plan_trials(kept, common))
    planned = [Trial(*condition, seed) for condition, order in seeds.items() for seed in order]
    poolings: dict[tuple, list[str]] = defaultdict(list)
    for trial in dict.fromkeys([*planned, *(t for trials in wanted.values() for t in trials)]):
        if trial not in covered:
            poolings[trial.dataset, trial.model, trial.edges, trial.seed].append(trial.pooling)
    groups: dict[tuple, list[int]] = defaultdict(list)
    for (*place, seed), names in sorted(poolings.items()):
        groups[(*place, tuple(sorted(names, key=lambda name: (name != BASELINE, name))))].append(seed)
    for (*place, seed), names in poolings.items():
        if BASELINE not in names:
            raise ConfigError(
                f"blocks: seed {seed} of {'/'.join(place)} is planned for {BASELINE!r} and not for "
                f"{names[0]!r}; write {names[0]!r} into the block that has this seed"
            )
    return [
        {
            "name": f"{PREFIX}{number}",
            "datasets": [dataset],
            "models": [model],
            "edges": [edges],
            "poolings": list(names),
            "seeds": numbers,
        }
        for number, ((dataset, model, edges, names), numbers) in enumerate(groups.items(), start=1)
    ]


def write_overlay(path: str | Path, blocks: Sequence[Mapping], *, head: str) -> None:
    """Write blocks as an overlay.

    Args:
        path: YAML file to write.
        blocks: All blocks: lists of an overlay replace those below it.
        head: Comment of its first lines, without the sign.

    Raises:
        ConfigError: If the file is there and was not written by this function.
    """
    path = Path(path)
    if path.exists() and not _is_own(path):
        raise ConfigError(f"{path}: found another file, expected a new one or an overlay of `gnnpool plan`")
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    text = comment + yaml.dump(
        {"blocks": list(blocks)}, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110
    )
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline=""))


def _is_own(path: Path) -> bool:
    """Whether a file holds blocks alone, some of them further seeds."""
    content = read_config([path])
    return set(content) == {"blocks"} and f"name: {PREFIX}" in path.read_text(encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Without anchors: blocks share lists of names, which a reader may want to edit one by one."""

    def ignore_aliases(self, data: object) -> bool:
        return True
