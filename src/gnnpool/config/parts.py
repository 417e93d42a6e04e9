"""The parts of a configuration that the jobs need."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from gnnpool.records import Trial

_DECIDING = (
    *("seeds", "noise_floor", "split", "on_bad_row", "blocks", "training"),
    *("statistic", "statistics", "perturbations"),
)
SCHEMES = "gnnpool.data.schemes"
_NOT_DECIDING = {"label", "url", "mirrors", "redirect_hosts"}


def without_label(entry: Mapping | None) -> Mapping:
    """A catalog entry without its label, so that a new label reruns nothing; none is one that is empty."""
    return {key: value for key, value in (entry or {}).items() if key != "label"}


def split_of(config: Mapping, dataset: str) -> dict[str, Any]:
    """How a dataset is divided: the common split, with its own scheme and options if it has them.

    Args:
        config: The configuration.
        dataset: Slug.
    """
    own = config["datasets"][dataset].get("split")
    if own is None:
        return dict(config["split"])
    common = {key: value for key, value in config["split"].items() if key != "options"}
    return {**common, **{key: value for key, value in own.items() if key != "reference"}}


def complete_variants(config: Mapping) -> dict:
    """A configuration whose datasets with a split of their own have all keys of their references.

    Args:
        config: The merged configuration, not checked yet.

    Returns:
        The same, with `{label, split}` of such a dataset completed; what cannot be completed stays as it is.
    """
    datasets = config.get("datasets")
    if not isinstance(datasets, Mapping):
        return dict(config)
    completed = {}
    for slug, entry in datasets.items():
        split = entry.get("split") if isinstance(entry, Mapping) else None
        first = datasets.get(str(split.get("reference"))) if isinstance(split, Mapping) else None
        completed[slug] = {**first, **entry} if isinstance(first, Mapping) else entry
    return {**config, "datasets": completed}


def what_decides(config: Mapping) -> dict:
    """The part of a configuration that decides results: used entries without labels and addresses."""
    used = {
        axis: {name for block in config["blocks"] for name in block[axis]}
        for axis in ("datasets", "models", "edges", "poolings")
    }
    catalogs = {
        axis: {
            slug: {key: value for key, value in entry.items() if key not in _NOT_DECIDING}
            for slug, entry in config[axis].items()
            if slug in used[axis]
        }
        for axis in used
    }
    # A bundle may be older than a key.
    return {**{key: config[key] for key in _DECIDING if key in config}, **catalogs}


def trial_settings(config: Mapping) -> dict:
    """The settings of trials by section, without labels: models, poolings, edges and training."""
    catalogs = {
        axis: {slug: without_label(entry) for slug, entry in config[axis].items()}
        for axis in ("models", "poolings", "edges")
    }
    return {**catalogs, "training": config["training"]}


def labels_of(config: Mapping) -> dict[str, dict[str, str]]:
    """Printed names by axis and slug; a pooling that depends on the order of atoms says so."""
    return {
        axis: {
            slug: entry["label"]
            + (" (depends on the order of atoms)" if entry.get("order_dependent") else "")
            for slug, entry in config[axis].items()
        }
        for axis in ("datasets", "models", "edges", "poolings")
    }


def physics_of(config: Mapping) -> dict[str, Mapping]:
    """The `physics` entry of each dataset that has one, by slug."""
    return {slug: entry["physics"] for slug, entry in config["datasets"].items() if "physics" in entry}


def networks_of(config: Mapping, trials: Iterable[Trial]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The network of each model, edges and pooling that is planned.

    Args:
        config: The configuration.
        trials: Planned trials.

    Returns:
        For each (model, edges, pooling) the entries that decide its network, and a name that changes
        with them. Edges of the same cutoff share a network, and its name.
    """
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for key in dict.fromkeys((trial.model, trial.edges, trial.pooling) for trial in trials):
        model, edges, pooling = key
        decides = {
            "model": without_label(config["models"][model]),
            "pooling_entry": without_label(config["poolings"].get(pooling)),
            "cutoff": config["edges"][edges]["cutoff"],
        }
        digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:8]
        found[key] = {"name": f"{model}/{pooling}-{digest}", "edges": edges, "pooling": pooling, **decides}
    return found
