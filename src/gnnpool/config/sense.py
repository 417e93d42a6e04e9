"""Check that the values of a configuration fit each other and the working directory."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from gnnpool.config.folders import check_folders
from gnnpool.config.parts import split_of
from gnnpool.data.matbench_folds import FOLDS
from gnnpool.errors import ConfigError
from gnnpool.trials import count_trials, plan_trials, variants_of

# A plan of 19,964 trials took 38 s of CPU time and 0.8 GiB (docs/performance.md): 2 ms and 40 kB for each.
MOST_TRIALS = 50_000
# gnnpool.analysis.values.AVERAGE, which needs pandas.
_AVERAGE = "average"
_ALL = "all"


def check_sense(config: Mapping, *, checkout: Path) -> None:
    """Refuse values that contradict each other.

    Args:
        config: A configuration of the right form, with names that exist.
        checkout: Folder of the workflow, which results must not be mixed with.

    Raises:
        ConfigError: With the key, what was found and what was expected.
    """
    check_folders({key: config[key] for key in ("results", "logs", "resources")}, checkout=checkout)
    if config["mirror"] and Path(config["mirror"]).is_file():
        raise ConfigError(f"mirror: expected a folder, found the file {config['mirror']}")
    variants = variants_of(config["datasets"])
    own = (b["seeds"] for b in config["blocks"] if "seeds" in b and not variants.keys() >= {*b["datasets"]})
    _check_split(config["split"], list(chain(config["seeds"], *own)))
    for slug, variant in variants.items():
        _check_variant(config, slug, variant["reference"])
        blocks = [block for block in config["blocks"] if slug in block["datasets"]]
        used = chain.from_iterable(block.get("seeds", config["seeds"]) for block in blocks)
        _check_split(split_of(config, slug), list(used), where=f"datasets.{slug}.split")
    _check_training(config["training"])
    for key in ("blocks", "tables", "figures", "explanations"):
        given = [entry["name"] for entry in config[key]]
        repeated = {name for name in given if given.count(name) > 1}
        if repeated:
            raise ConfigError(f"{key}: expected distinct names, {', '.join(sorted(repeated))} is given twice")
    for i, entry in enumerate(config["tables"]):
        if entry["kind"] == "readings" and "reading" in entry:
            raise ConfigError(f"tables.{i}.reading: expected none for the kind 'readings', which shows both")
    if _AVERAGE in config["datasets"]:
        raise ConfigError(f"datasets.{_AVERAGE}: expected another name, it is that of averages over datasets")
    if _ALL in config["poolings"]:
        raise ConfigError(f"poolings.{_ALL}: expected another name, it is that of all poolings together")
    for slug, entry in config["datasets"].items():
        _check_origin(slug, {key for key, value in entry.items() if value is not None})
    _check_number(config)
    plan_trials(config["blocks"], config["seeds"], config["noise_floor"])


def _check_training(training: Mapping) -> None:
    first, lowest = training["learning_rate"], training["scheduler"]["min_learning_rate"]
    if lowest > first:
        where = "training.scheduler.min_learning_rate"
        raise ConfigError(f"{where}: expected at most learning_rate {first:g}, found {lowest:g}")


def _check_number(config: Mapping) -> None:
    number = count_trials(config["blocks"], config["seeds"], config["noise_floor"])
    if number > MOST_TRIALS:
        raise ConfigError(
            f"blocks: they plan {number:,} trials with {len(config['seeds']):,} seeds, expected at most "
            f"{MOST_TRIALS:,}: Snakemake plans all of them at once, 2 ms and 40 kB of memory for each; "
            "divide them into several configurations with 'results' of their own"
        )


def _check_split(split: Mapping, seeds: Sequence[int], *, where: str = "split") -> None:
    shares = {part: split[part] for part in ("train", "val", "test")}
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ConfigError(f"{where}: expected shares that sum to 1, got {shares}, which sum to {total:g}")
    if split["scheme"] != "matbench":
        return
    if others := sorted(set(seeds) - set(range(FOLDS))):
        raise ConfigError(
            f"seeds: with {where}.scheme 'matbench' they are its folds, expected 0 to {FOLDS - 1}, "
            f"found {', '.join(map(str, others))}"
        )
    if split["keep_duplicates_together"]:
        raise ConfigError(
            "split.keep_duplicates_together: expected false, "
            f"the folds of {where}.scheme 'matbench' are fixed"
        )


def _check_variant(config: Mapping, slug: str, reference: str) -> None:
    """A dataset with a split of its own has the structures of its reference, which has none of its own."""
    where = f"datasets.{slug}.split.reference"
    first, second = config["datasets"][reference], config["datasets"][slug]
    if "split" in first:
        raise ConfigError(f"{where}: expected a dataset without a split of its own, found {reference!r}")
    for key in ("source", "target", "unit", "structures", "file", "sha256", "md5", "options", "physics"):
        if first.get(key) != second.get(key):
            raise ConfigError(
                f"{where}: expected the same {key!r} as {reference!r}, which is {first.get(key)!r}, found "
                f"{second.get(key)!r}"
            )


def _check_origin(slug: str, given: set[str]) -> None:
    where = f"datasets.{slug}"
    if "url" in given and not given & {"sha256", "md5"}:
        raise ConfigError(f"{where}: 'url' needs the hash of the file: 'sha256' (or 'md5')")
    if "file" in given and not given & {"sha256", "md5", "service", "by_hand"}:
        raise ConfigError(
            f"{where}: 'file' needs its hash ('sha256'), or 'by_hand' with where to get it, or a 'service'"
        )
    if "service" in given and given & {"url", "sha256", "md5"}:
        raise ConfigError(f"{where}: beside a 'service', 'url', 'sha256' and 'md5' must be null")
